"""The part of the fluent API that is about artifacts: functions on those of the active run."""

import os
from collections.abc import Mapping
from os import PathLike
from typing import TYPE_CHECKING, Any

from runstone.artifact_store import Stream
from runstone.client import active, artifact_uris
from runstone.client.active import current_client
from runstone.client.surroundings.recorder import recorder

if TYPE_CHECKING:
    import numpy
    import pandas  # pyright: ignore[reportMissingTypeStubs]
    import PIL.Image

    from runstone.client.images import Image


def log_artifact(
    local_path: str | PathLike[str], artifact_path: str | None = None, run_id: str | None = None
) -> None:
    """Keep a copy of a local file or folder in the active run's artifacts, or in those of the run `run_id`.

    It goes into the folder `artifact_path`, under its own name.
    """
    client, target = active.target(run_id)
    client.log_artifact(target, local_path, artifact_path)


def log_artifacts(
    local_dir: str | PathLike[str], artifact_path: str | None = None, run_id: str | None = None
) -> None:
    """Keep a copy of all that is in a local folder in a run's artifacts, in the folder `artifact_path`."""
    client, target = active.target(run_id)
    client.log_artifacts(target, local_dir, artifact_path)


def log_text(text: str, artifact_file: str, run_id: str | None = None) -> None:
    """Keep a text as the artifact `artifact_file`, in UTF-8."""
    client, target = active.target(run_id)
    client.log_text(target, text, artifact_file)


def log_data_files(*paths: str | PathLike[str], run_id: str | None = None) -> None:
    """Record which data the active run, or the run `run_id`, reads: a SHA-256 digest of each file or folder.

    The digests are made in the background, however large the data is, and kept with sizes and times in the run's
    artifact `runstone/data.json`; the data itself is not copied. Further calls add to it. Raises FileNotFoundError.
    """
    client, target = active.target(run_id)
    for path in paths:
        os.stat(path)  # noqa: PTH116  (its error names the path)
    recorder.record_data(client, target, [os.path.abspath(path) for path in paths])  # noqa: PTH100


def log_dict(dictionary: Mapping[str, Any], artifact_file: str, run_id: str | None = None) -> None:
    """Keep a dict as the artifact `artifact_file`: as YAML if its name ends in .yml or .yaml, else as JSON."""
    client, target = active.target(run_id)
    client.log_dict(target, dictionary, artifact_file)


def log_stream(stream: Stream, artifact_file: str, run_id: str | None = None) -> None:
    """Keep what is left in an open binary stream as the artifact `artifact_file`, in constant memory."""
    client, target = active.target(run_id)
    client.log_stream(target, stream, artifact_file)


def log_image(
    image: "numpy.ndarray[Any, Any] | PIL.Image.Image | Image",
    artifact_file: str | None = None,
    key: str | None = None,
    step: int | None = None,
    timestamp: int | None = None,
    synchronous: bool | None = False,
) -> None:
    """Keep a picture: one of a series, by its key and step, or a single one as a file; see `Client.log_image`."""
    client, target = active.target(None)
    client.log_image(target, image, artifact_file, key, step, timestamp, synchronous)


def log_table(
    data: "Mapping[str, Any] | pandas.DataFrame", artifact_file: str, run_id: str | None = None
) -> None:
    """Keep a table as the artifact `artifact_file`, or append to the one that is there; see `Client.log_table`."""
    client, target = active.target(run_id)
    client.log_table(target, data, artifact_file)


def load_table(
    artifact_file: str, run_ids: list[str] | None = None, extra_columns: list[str] | None = None
) -> "pandas.DataFrame":
    """The table `artifact_file` of the runs of the experiment that new runs go to; see `Client.load_table`."""
    client = current_client()
    experiment_id = active.current_experiment_id(client)
    return client.load_table(experiment_id, artifact_file, run_ids, extra_columns)


def get_artifact_uri(artifact_path: str | None = None) -> str:
    """The URI of the active run's artifacts, or of one of them, which need not exist."""
    client, target = active.target(None)
    return artifact_uris.below(client.get_run(target).info.artifact_uri or "", artifact_path)


def log_figure(figure: Any, artifact_file: str, *, save_kwargs: Mapping[str, Any] | None = None) -> None:
    """Keep a figure of matplotlib or plotly as the artifact `artifact_file`; see `Client.log_figure`."""
    client, target = active.target(None)
    client.log_figure(target, figure, artifact_file, save_kwargs=save_kwargs)


def flush_artifact_async_logging() -> None:
    """Return once every artifact that was logged is stored: at once, since each call waits."""
