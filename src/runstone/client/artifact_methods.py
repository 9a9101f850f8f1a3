"""The client's methods on artifacts."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any

from runstone.artifact_store import Stream
from runstone.client import contents, files, images, run_tables
from runstone.client.convert import to_integer
from runstone.client.run_tables import Runs
from runstone.client.surroundings.recorder import recorder
from runstone.client.transport import ArtifactFolder
from runstone.entities import FileInfo
from runstone.errors import InvalidType

if TYPE_CHECKING:
    import numpy
    import pandas  # pyright: ignore[reportMissingTypeStubs]
    import PIL.Image


class ArtifactMethods(ABC):
    """What `Client` does with artifacts; what it needs for that, `Client` provides."""

    @abstractmethod
    def _artifacts(self, run_id: str) -> ArtifactFolder:
        """The place where a run keeps its artifacts."""

    @abstractmethod
    def _runs(self) -> Runs:
        """Where runs are read, searched and tagged."""

    def list_artifacts(self, run_id: str, path: str | None = None) -> list[FileInfo]:
        """What is directly in a folder of a run's artifacts, sorted by path; [] if it is absent, or a file."""
        recorder.settle(run_id)
        return self._artifacts(run_id).list(path or "")

    def log_artifact(
        self, run_id: str, local_path: str | PathLike[str], artifact_path: str | None = None
    ) -> None:
        """Keep a copy of a local file, or of a folder with all that is in it, in the run's folder `artifact_path`."""
        files.upload(self._artifacts(run_id), local_path, artifact_path)

    def log_artifacts(
        self, run_id: str, local_dir: str | PathLike[str], artifact_path: str | None = None
    ) -> None:
        """Keep a copy of all that is in a local folder in the run's folder `artifact_path`."""
        files.upload_content(self._artifacts(run_id), local_dir, artifact_path)

    def log_text(self, run_id: str, text: str, artifact_file: str) -> None:
        """Keep a text as the artifact `artifact_file`, in UTF-8."""
        self._artifacts(run_id).put_bytes(contents.text_bytes(text), artifact_file)

    def log_dict(self, run_id: str, dictionary: Mapping[str, Any], artifact_file: str) -> None:
        """Keep a dict as the artifact `artifact_file`: as YAML if its name ends in .yml or .yaml, else as JSON."""
        self._artifacts(run_id).put_bytes(contents.dict_bytes(dictionary, artifact_file), artifact_file)

    def log_stream(self, run_id: str, stream: Stream, artifact_file: str) -> None:
        """Keep what is left in an open binary stream as the artifact `artifact_file`, in constant memory."""
        if not callable(getattr(stream, "read", None)):
            raise InvalidType(
                f"log_stream takes a binary stream, not a value of type '{type(stream).__name__}'."
            )
        self._artifacts(run_id).put_stream(stream, artifact_file)

    def log_figure(
        self, run_id: str, figure: Any, artifact_file: str, *, save_kwargs: Mapping[str, Any] | None = None
    ) -> None:
        """Keep a figure of matplotlib or plotly as the artifact `artifact_file`, whose ending says the kind of file.

        `save_kwargs` go to the library: to `savefig`, `write_html` or `write_image`.
        """
        folder = self._artifacts(run_id)
        contents.with_figure(
            figure, artifact_file, save_kwargs, lambda file: folder.put_file(file, artifact_file)
        )

    def log_image(
        self,
        run_id: str,
        image: "numpy.ndarray[Any, Any] | PIL.Image.Image | images.Image",
        artifact_file: str | None = None,
        key: str | None = None,
        step: int | None = None,
        timestamp: int | None = None,
        synchronous: bool | None = None,
    ) -> None:
        """Keep a picture: one of a series, by its key and step, or a single one as the artifact `artifact_file`.

        Args:
            run_id: the run.
            image: an image of Pillow, an `Image`, or an array: H x W (grey), or H x W x 1, 3 (RGB) or 4 (RGBA), of
                bools, of integers from 0 to 255, or of floats from 0 to 1; other floats are stretched to that, with a
                warning.
            artifact_file: the file, whose ending says the kind.
            key: what the series shows: letters, digits, `_ - . /` and spaces.
            step: where in the series; 0 by default.
            timestamp: when it was made; now by default.
            synchronous: accepted as MLflow does; the picture is kept by the time the call returns.

        Needs Pillow: `pip install 'runstone[images]'`. Raises InvalidType and InvalidValue, which are also a TypeError
        and a ValueError.
        """
        images.check_arguments(artifact_file, key, step, timestamp)
        picture = images.to_pillow(image, "log_image")
        folder = self._artifacts(run_id)
        if artifact_file is not None:
            folder.put_bytes(images.encoded(picture, artifact_file), artifact_file)
        elif key is not None:
            at = None if step is None else to_integer(step, "step", key)
            for name, content in images.files_by_key(images.pictures(picture), key, at, timestamp).items():
                folder.put_bytes(content, name)
            self._runs().set_tag(run_id, images.TAG, True)

    def log_table(
        self, run_id: str, data: "Mapping[str, Any] | pandas.DataFrame", artifact_file: str
    ) -> None:
        """Keep a table as the artifact `artifact_file`; if there is one already, append to it.

        Args:
            run_id: the run.
            data: columns by name, or a DataFrame. Pictures in a column, of Pillow or `Image`, become files of their
                own.
            artifact_file: a name that ends in .json, or in .parquet, which needs pandas and pyarrow.

        Threads may append at once; processes must take turns, as each writes the whole file anew. Raises InvalidValue,
        which is also a ValueError, for a name or a value that cannot be kept.
        """
        run_tables.log(self._runs(), self._artifacts(run_id), run_id, data, artifact_file)

    def load_table(
        self,
        experiment_id: str,
        artifact_file: str,
        run_ids: list[str] | None = None,
        extra_columns: list[str] | None = None,
    ) -> "pandas.DataFrame":
        """The table `artifact_file` of an experiment's runs, one below the other, as a DataFrame.

        Args:
            experiment_id: the experiment.
            artifact_file: the name that `log_table` was given.
            run_ids: the runs; by default all that have such a table.
            extra_columns: columns of `search_runs` to add to each row, such as `run_id` or `params.depth`.

        Raises ResourceDoesNotExist if no run has such a table, MissingLibrary without pandas.
        """
        return run_tables.load(
            self._runs(), self._artifacts, experiment_id, artifact_file, run_ids, extra_columns
        )

    def download_artifacts(self, run_id: str, path: str, dst_path: str | PathLike[str] | None = None) -> str:
        """Copy an artifact, or a folder of them ("" is all), into a local folder; returns the copy's path.

        The copy has the artifact's own name. `dst_path` is made if it is absent; without it the copy is in a new
        temporary folder. Raises ResourceDoesNotExist.
        """
        recorder.settle(run_id)
        return files.download(self._artifacts(run_id), path, dst_path)
