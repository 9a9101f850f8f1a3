"""Texts, dicts and figures as the bytes of a file."""

import json
import posixpath
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from runstone.entities.artifact import check_artifact_path
from runstone.errors import InvalidParameterValue, InvalidType, InvalidValue


def text_bytes(text: str) -> bytes:
    """A text as the bytes of its file: UTF-8. Raises InvalidType, InvalidValue for half of a surrogate pair."""
    if not isinstance(text, str):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidType(f"log_text takes a text, not a value of type '{type(text).__name__}'.")
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise InvalidValue(
            f"The text contains half of a surrogate pair ({error.object[error.start]!a}), which is no character."
        ) from error


def dict_bytes(content: Any, artifact_file: str) -> bytes:
    """A dict as the bytes of its file: YAML if the file's name ends so, else JSON.

    Scalars and arrays of numpy become numbers and lists; what the format has no form for becomes text. Raises
    InvalidType for a key that JSON does not know, InvalidValue for a dict that contains itself.
    """
    try:
        if posixpath.splitext(artifact_file)[1] in (".yml", ".yaml"):
            return _yaml(content)
        return json.dumps(content, indent=2, default=_plain).encode()
    except TypeError as error:
        raise InvalidType(f"The dict cannot be written as '{artifact_file}': {error}.") from error
    except (ValueError, RecursionError) as error:
        raise InvalidValue(f"The dict cannot be written as '{artifact_file}': {error}.") from error


def _plain(value: Any) -> Any:
    """What JSON has a form for, instead of what it has none for."""
    to_list = getattr(value, "tolist", None)  # numpy's, and that of others who follow it
    return to_list() if callable(to_list) and not isinstance(value, type) else str(value)


def _yaml(content: Any) -> bytes:
    import yaml

    class Dumper(yaml.SafeDumper):
        """Writes what `yaml.safe_load` reads."""

    def represent(dumper: yaml.SafeDumper, value: Any) -> yaml.Node:
        return cast("Any", dumper).represent_data(_plain(value))

    Dumper.add_multi_representer(dict, yaml.SafeDumper.represent_dict)
    Dumper.add_multi_representer(list, yaml.SafeDumper.represent_list)
    Dumper.add_multi_representer(tuple, yaml.SafeDumper.represent_list)
    Dumper.add_multi_representer(str, yaml.SafeDumper.represent_str)
    Dumper.add_multi_representer(object, represent)
    return yaml.dump(content, Dumper=Dumper, indent=2, default_flow_style=False, encoding="utf-8")


def with_figure(
    figure: Any, artifact_file: str, options: Mapping[str, Any] | None, use: Callable[[Path], None]
) -> None:
    """Save a figure of matplotlib or plotly to a temporary file, named like the artifact, and use that.

    Recognised by what they can do, so that neither library is imported. Raises InvalidType for anything else,
    InvalidValue for a kind of file that the library cannot write.
    """
    name = posixpath.basename(check_artifact_path(artifact_file))
    if not name:
        raise InvalidParameterValue(f"Invalid path: '{artifact_file}'. A figure needs a file's name.")
    with tempfile.TemporaryDirectory(prefix="runstone-") as folder:
        file = Path(folder) / name
        if callable(getattr(figure, "savefig", None)):
            _save_matplotlib(figure, file, dict(options or {}))
        elif callable(getattr(figure, "write_html", None)) and callable(getattr(figure, "write_image", None)):
            _save_plotly(figure, file, dict(options or {}))
        else:
            raise InvalidType(
                f"Unsupported figure object type: '{type(figure)}'. Pass a figure of matplotlib or plotly."
            )
        use(file)


def _save_matplotlib(figure: Any, file: Path, options: dict[str, Any]) -> None:
    if not file.suffix and "format" not in options:
        raise InvalidValue(
            f"'{file.name}' does not say which kind of file it is. Let it end in .png or the like."
        )
    try:
        figure.savefig(file, **options)
    except ValueError as error:
        raise InvalidValue(f"The figure cannot be saved as '{file.name}': {error}.") from error


def _save_plotly(figure: Any, file: Path, options: dict[str, Any]) -> None:
    extension = file.suffix
    if extension == ".html":
        figure.write_html(str(file), **({"include_plotlyjs": "cdn", "auto_open": False} | options))
    elif extension in (".png", ".jpeg", ".webp", ".svg", ".pdf"):
        figure.write_image(str(file), **options)
    else:
        raise InvalidType(f"Unsupported file extension for plotly figure: '{extension}'")
