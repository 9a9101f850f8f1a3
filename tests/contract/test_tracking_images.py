"""Pictures: from numpy, Pillow and files, by key and step or as files of their own.

What MLflow 3.17.2 writes was asked of it: the names, the sizes, the pixels and the tag below are its own.
"""

import re
import sys
import time
import warnings
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy
import PIL.Image
import pytest

from runstone import Client, Image
from runstone.artifacts import load_image
from runstone.errors import BadRequest, InvalidParameterValue, MissingLibrary, UnsupportedOperation

PIXELS = numpy.arange(12, dtype=numpy.uint8).reshape(2, 2, 3)
UUID = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def paths(client: Client, run: str, path: str | None = None) -> list[str]:
    return [info.path for info in client.list_artifacts(run, path)]


def pixels(client: Client, run: str, path: str) -> list[Any]:
    with PIL.Image.open(client.download_artifacts(run, path)) as image:
        return numpy.asarray(image).tolist()


def test_a_picture_by_key_and_step_is_kept_whole_and_small(client: Client, run: str) -> None:
    picture = numpy.zeros((1000, 600, 3), numpy.uint8)
    client.log_image(run, picture, key="val/dogs 1", step=3, timestamp=5)
    small, whole = paths(client, run, "images")
    assert re.fullmatch(rf"images/val~dogs 1\+step\+3\+timestamp\+5\+{UUID}\.png", whole)
    assert small == f"{whole.removesuffix('.png')}+compressed.webp"
    with PIL.Image.open(client.download_artifacts(run, whole)) as image:
        assert (image.format, image.size) == ("PNG", (600, 1000))
    with PIL.Image.open(client.download_artifacts(run, small)) as image:
        assert (image.format, image.size) == ("WEBP", (153, 256))
    assert client.get_run(run).data.tags["mlflow.loggedImages"] == "True"


def test_a_step_is_0_and_a_time_the_present_one_unless_given(client: Client, run: str) -> None:
    before = int(time.time() * 1000)
    client.log_image(run, PIXELS, key="k")
    client.log_image(run, PIXELS, key="at", step=-7, timestamp=0)
    at, k = (path for path in paths(client, run, "images") if path.endswith(".png"))
    found = re.match(r"images/k\+step\+0\+timestamp\+(\d+)\+", k)
    assert found is not None
    assert before <= int(found[1]) <= time.time() * 1000
    assert at.startswith("images/at+step+-7+timestamp+0+")


def test_steps_of_one_key_are_kept_side_by_side(mlflow: ModuleType) -> None:
    with mlflow.start_run() as active:
        for step in range(3):
            mlflow.log_image(PIXELS, key="k", step=step, synchronous=step == 1)
        mlflow.log_image(PIXELS, key="k", step=2)
        found = mlflow.artifacts.list_artifacts(run_id=active.info.run_id, artifact_path="images")
    assert len(found) == 8


def test_a_picture_as_a_file_is_of_the_kind_that_its_name_says(client: Client, run: str) -> None:
    for name, kind in {"a/x.png": "PNG", "x.JPG": "JPEG", "x.webp": "WEBP", "x.bmp": "BMP"}.items():
        client.log_image(run, PIXELS, name)
        with PIL.Image.open(client.download_artifacts(run, name)) as image:
            assert (image.format, image.size) == (kind, (2, 2))
    assert pixels(client, run, "a/x.png") == PIXELS.tolist()
    assert "mlflow.loggedImages" not in client.get_run(run).data.tags


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (numpy.array([[True, False]]), [[255, 0]]),
        (numpy.array([[0, 255]]), [[0, 255]]),
        (numpy.array([[7, 200]], numpy.int16), [[7, 200]]),
        (numpy.array([[7, 200]], numpy.uint64), [[7, 200]]),
        (numpy.array([[0.0, 0.5, 1.0]]), [[0, 127, 255]]),
        (numpy.array([[0.0, 0.5]], numpy.float16), [[0, 127]]),
        (numpy.zeros((2, 1, 1)), [[0], [0]]),
        (numpy.full((1, 1, 4), 9, numpy.uint8), [[[9, 9, 9, 9]]]),
        (PIXELS[:, ::-1], PIXELS[:, ::-1].tolist()),
    ],
)
def test_arrays_become_pixels_as_in_mlflow(client: Client, run: str, array: Any, expected: list[Any]) -> None:
    client.log_image(run, array, "x.png")
    assert pixels(client, run, "x.png") == expected


@pytest.mark.parametrize(
    ("array", "expected", "words"),
    [
        ([[0.0, 2.0]], [[0, 255]], r"out of acceptable range \[0.0, 1.0\]"),
        ([[-1.0, 1.0]], [[0, 255]], "minimum value -1.0"),
        ([[2.0, 2.0]], [[0, 0]], "maximum value 2.0"),
        ([[0.0, 1.0, numpy.nan]], [[0, 255, 0]], "NaN or infinite"),
        ([[0.0, 1.0, numpy.inf, -numpy.inf]], [[0, 255, 255, 0]], "NaN or infinite"),
        ([[numpy.nan, numpy.nan]], [[0, 0]], "NaN or infinite"),
    ],
)
def test_floats_out_of_range_are_stretched_with_a_warning(
    client: Client, run: str, array: list[Any], expected: list[Any], words: str
) -> None:
    with pytest.warns(UserWarning, match=words):
        client.log_image(run, numpy.array(array), "x.png")
    assert pixels(client, run, "x.png") == expected


@pytest.mark.parametrize(
    ("image", "error", "words"),
    [
        (numpy.array([[-1, 255]]), ValueError, r"out of acceptable range \[0, 255\].*minimum value -1"),
        (numpy.array([[0, 256]], numpy.uint16), ValueError, "maximum value 256"),
        (numpy.array([[1j]]), TypeError, "Invalid array data type: 'complex128'"),
        (numpy.array([[None]]), TypeError, "Invalid array data type: 'object'"),
        (numpy.zeros(3), ValueError, r"2D or 3D array but got image shape: \(3,\)"),
        (numpy.zeros((1, 2, 2, 3)), ValueError, "2D or 3D array"),
        (numpy.zeros((2, 2, 2)), ValueError, "Invalid channel length: 2"),
        (numpy.zeros((0, 2)), ValueError, "no pixels"),
        ("x.png", TypeError, "Unsupported image object type: <class 'str'>"),
        ([[1, 2]], TypeError, "Unsupported image object type: <class 'list'>"),
        (PIL.Image.new("CMYK", (2, 2)), ValueError, "cannot write mode CMYK as PNG.*convert"),
    ],
)
def test_what_is_no_picture_is_refused_and_leaves_nothing(
    client: Client, run: str, image: Any, error: type[Exception], words: str
) -> None:
    ways: list[dict[str, Any]] = [{"artifact_file": "x.png"}, {"key": "k"}]
    for arguments in ways:
        with pytest.raises(InvalidParameterValue, match=words) as caught:
            client.log_image(run, image, **arguments)
        assert isinstance(caught.value, error)
    assert client.list_artifacts(run) == []
    assert "mlflow.loggedImages" not in client.get_run(run).data.tags


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({}, TypeError, "exactly one of `artifact_file` or `key`"),
        ({"step": 0}, TypeError, "exactly one of `artifact_file` or `key`"),
        ({"artifact_file": "x.png", "key": "k"}, TypeError, "cannot be used in conjunction"),
        ({"artifact_file": "x.png", "step": 0}, TypeError, "cannot be used in conjunction"),
        ({"artifact_file": "x.png", "timestamp": 0}, TypeError, "cannot be used in conjunction"),
        ({"key": "a:b"}, ValueError, "may only contain alphanumerics.*`a:b`"),
        ({"key": ""}, ValueError, "may only contain alphanumerics"),
        ({"key": "k\n"}, ValueError, "may only contain alphanumerics"),
        ({"key": "k", "step": "a/b"}, InvalidParameterValue, "integer"),
        ({"artifact_file": "x"}, ValueError, "unknown file extension: ''"),
        ({"artifact_file": "x.xyz"}, ValueError, "unknown file extension: '.xyz'"),
        ({"artifact_file": "../x.png"}, InvalidParameterValue, "Invalid path"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    client: Client, run: str, arguments: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(InvalidParameterValue, match=words) as caught:
        client.log_image(run, PIXELS, **arguments)
    assert isinstance(caught.value, error)
    assert client.list_artifacts(run) == []


def test_a_key_that_climbs_stays_a_name(client: Client, run: str) -> None:
    client.log_image(run, PIXELS, key="../..")
    assert all(path.startswith("images/..~..+step+0+") for path in paths(client, run, "images"))


def test_a_very_thin_picture_has_a_thumbnail_too(client: Client, run: str) -> None:
    client.log_image(run, numpy.zeros((1, 1000), numpy.uint8), key="thin")
    small = next(path for path in paths(client, run, "images") if path.endswith(".webp"))
    with PIL.Image.open(client.download_artifacts(run, small)) as image:
        assert image.size == (256, 1)


def test_an_image_takes_arrays_lists_files_and_pillows_own(client: Client, run: str, tmp_path: Path) -> None:
    file = tmp_path / "x.png"
    Image(PIXELS).save(file)
    for source in (PIXELS, PIXELS.tolist(), PIL.Image.fromarray(PIXELS), str(file), file):
        image = Image(source)
        assert image.size == (2, 2)
        assert image.to_array().tolist() == PIXELS.tolist()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Pillow's, of how older versions list pixels
            assert image.to_list() == [(0, 1, 2), (3, 4, 5), (6, 7, 8), (9, 10, 11)]
        assert isinstance(image.to_pil(), PIL.Image.Image)
        assert image.resize((4, 3)).size == (4, 3)
        client.log_image(run, image, "x.png")
        assert pixels(client, run, "x.png") == PIXELS.tolist()
    with pytest.raises(TypeError, match="Unsupported image object type: <class 'int'>"):
        Image(5)  # pyright: ignore[reportArgumentType]
    with pytest.raises(FileNotFoundError):
        Image(tmp_path / "nothing.png")
    (tmp_path / "text.png").write_text("no picture")
    with pytest.raises(ValueError, match="no picture that Pillow can read"):
        Image(tmp_path / "text.png")


def test_a_picture_is_loaded_by_its_uri(mlflow: ModuleType) -> None:
    with mlflow.start_run() as active:
        mlflow.log_image(PIXELS, "x.png")
        mlflow.log_text("no picture", "y.png")
    uri = f"runs:/{active.info.run_id}"
    image = load_image(f"{uri}/x.png")
    assert (image.format, image.mode, numpy.asarray(image).tolist()) == ("PNG", "RGB", PIXELS.tolist())
    with pytest.raises(BadRequest, match="no picture that can be read"):
        load_image(f"{uri}/y.png")


def test_without_pillow_the_error_names_the_extra(
    client: Client, run: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = BytesIO()
    PIL.Image.fromarray(PIXELS).save(picture, "PNG")
    client.log_stream(run, BytesIO(picture.getvalue()), "x.png")
    monkeypatch.setitem(sys.modules, "PIL", None)
    for act in (
        lambda: client.log_image(run, PIXELS, "x.png"),
        lambda: Image(PIXELS),
        lambda: load_image(f"runs:/{run}/x.png"),
    ):
        with pytest.raises(MissingLibrary, match=r"pip install 'runstone\[images\]'") as caught:
            act()
        assert isinstance(caught.value, ImportError)
        assert isinstance(caught.value, UnsupportedOperation)
