"""Pictures: from numpy, Pillow or a file to the bytes that are kept."""

import posixpath
import re
import time
import uuid
import warnings
from collections.abc import Mapping
from io import BytesIO
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from runstone.errors import InvalidType, InvalidValue, MissingLibrary

if TYPE_CHECKING:
    import numpy
    import PIL.Image

TAG = "mlflow.loggedImages"
"""The tag of runs with pictures by key and step."""

_THUMBNAIL = 256  # the longer side, in pixels
_KEY = re.compile(r"[a-zA-Z0-9_\-./ ]+")
_NUMBERS = {"b": "bool", "i": "signed integer", "u": "unsigned integer", "f": "floating"}


def pillow(function: str) -> Any:
    """Pillow's module of images. Raises MissingLibrary, naming the function that needs it, where it is absent."""
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingLibrary(
            f"{function} needs Pillow, which is not installed. Install it with pip install 'runstone[images]'."
        ) from error
    return Image


class Image:
    """A picture to be logged with `log_image`, or in a column of `log_table`.

    Args:
        image: an array or nested lists of pixels (see `log_image`), an image of Pillow, or the path of a file.

    Raises InvalidType and InvalidValue for what is no picture, MissingLibrary without Pillow.
    """

    def __init__(self, image: "numpy.ndarray[Any, Any] | PIL.Image.Image | str | PathLike[str] | list[Any]"):
        library = pillow("Image")
        import numpy

        if isinstance(image, str | PathLike):
            self.image = _opened(library, fspath(image))
        elif isinstance(image, list | numpy.ndarray):
            self.image = from_array(numpy.array(image))
        elif isinstance(image, library.Image):
            self.image = image
        else:
            raise InvalidType(
                f"Unsupported image object type: {type(image)}. `image` must be one of numpy.ndarray, "
                "PIL.Image.Image, a list of pixels or the path of a picture's file."
            )
        self.size = self.image.size

    def to_list(self) -> list[Any]:
        """The pixels, row by row: numbers, or tuples of them where there are several channels."""
        flattened: Any = getattr(self.image, "get_flattened_data", None) or self.image.getdata
        return list(flattened())

    def to_array(self) -> "numpy.ndarray[Any, Any]":
        """The pixels as an array: H x W, or H x W x channels."""
        import numpy

        return numpy.array(self.image)

    def to_pil(self) -> "PIL.Image.Image":
        """The image of Pillow."""
        return self.image

    def save(self, path: str | PathLike[str]) -> None:
        """Save it to a file, whose ending says the kind."""
        self.image.save(path)

    def resize(self, size: tuple[int, int]) -> "Image":
        """A copy of another size: width and height in pixels."""
        return Image(self.image.resize(size))


class Pictures(NamedTuple):
    """A picture as it is kept: whole, as PNG, and small, as WebP."""

    whole: bytes
    small: bytes


def to_pillow(image: object, function: str) -> "PIL.Image.Image":
    """An array, an image of Pillow or an `Image` as an image of Pillow. Raises InvalidType, InvalidValue."""
    library = pillow(function)
    import numpy

    if isinstance(image, Image):
        return image.to_pil()
    if isinstance(image, numpy.ndarray):
        return from_array(cast("numpy.ndarray[Any, Any]", image))
    if isinstance(image, library.Image):
        return cast("PIL.Image.Image", image)
    raise InvalidType(
        f"Unsupported image object type: {type(image)}. `image` must be one of numpy.ndarray, PIL.Image.Image, and "
        "runstone.Image."
    )


def from_array(array: "numpy.ndarray[Any, Any]") -> "PIL.Image.Image":
    """The picture whose pixels are in an array: H x W, or H x W x 1, 3 or 4 channels; see `log_image`."""
    library = pillow("A picture from an array")
    if array.dtype.kind not in _NUMBERS:
        raise InvalidType(
            f"Invalid array data type: '{array.dtype}'. Must be one of {list(_NUMBERS.values())}"
        )
    if array.ndim not in (2, 3):
        raise InvalidValue(f"`image` must be a 2D or 3D array but got image shape: {array.shape}")
    if array.ndim == 3 and array.shape[2] not in (1, 3, 4):
        raise InvalidValue(f"Invalid channel length: {array.shape[2]}. Must be one of [1, 3, 4]")
    if array.size == 0:
        raise InvalidValue(f"The image has no pixels: its shape is {array.shape}.")
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    return library.fromarray(_bytes(array))


def _bytes(array: "numpy.ndarray[Any, Any]") -> "numpy.ndarray[Any, Any]":
    """Pixels as MLflow scales them: integers in 0…255 as they are, floats in 0…1 times 255, other floats stretched."""
    import numpy

    if array.dtype.kind in "iu":
        if array.min() < 0 or array.max() > 255:
            raise InvalidValue(
                f"Integer pixel values out of acceptable range [0, 255]. Found minimum value {array.min()} and "
                f"maximum value {array.max()}. Ensure all pixel values are within the specified range."
            )
        return array.astype(numpy.uint8)
    if array.dtype.kind == "f":
        array = _within_one(array)
    return (array * 255).astype(numpy.uint8)


def _within_one(array: "numpy.ndarray[Any, Any]") -> "numpy.ndarray[Any, Any]":
    import numpy

    finite = numpy.isfinite(array)
    if not finite.all():
        _warn("The image has pixels that are NaN or infinite: NaN is shown as 0, infinities as the extremes.")
        known = array[finite] if finite.any() else numpy.zeros(1)
        array = numpy.nan_to_num(array.astype(float), nan=0.0, posinf=known.max(), neginf=known.min())
    low, high = array.min(), array.max()
    if low >= 0 and high <= 1:
        return array
    _warn(
        f"Float pixel values out of acceptable range [0.0, 1.0]. Found minimum value {low} and maximum value {high}. "
        "Rescaling values to [0.0, 1.0] with min/max scaler."
    )
    array, low, high = array.astype(float), float(low), float(high)
    return (array - low) / (high - low) if high > low else numpy.zeros_like(array)


def _warn(message: str) -> None:
    warnings.warn(message, UserWarning, stacklevel=2)


def encoded(image: "PIL.Image.Image", artifact_file: str) -> bytes:
    """A picture as the bytes of a file, whose ending says the kind. Raises InvalidValue if it cannot be that."""
    ending = posixpath.splitext(artifact_file)[1].lower()
    kind = pillow("log_image").registered_extensions().get(ending)
    if kind is None:
        raise InvalidValue(
            f"'{artifact_file}' has an unknown file extension: '{ending}'. Let it end in .png or the like."
        )
    return _saved(image, kind)


def pictures(image: "PIL.Image.Image") -> Pictures:
    """A picture as it is kept for the web UI. Raises InvalidValue for one in colours that PNG does not know."""
    width, height = image.size
    scale = _THUMBNAIL / max(width, height)
    small = image.resize((max(int(width * scale), 1), max(int(height * scale), 1)))
    return Pictures(_saved(image, "PNG"), _saved(small, "WEBP"))


def _saved(image: "PIL.Image.Image", kind: str) -> bytes:
    file = BytesIO()
    try:
        image.save(file, kind)
    except (OSError, ValueError, KeyError) as error:
        raise InvalidValue(
            f"The image cannot be saved as {kind}: {error}. Convert it first, as with image.convert('RGB')."
        ) from error
    return file.getvalue()


def _opened(library: Any, file: str) -> "PIL.Image.Image":
    try:
        with library.open(file) as image:
            image.load()
            return image
    except library.UnidentifiedImageError as error:
        raise InvalidValue(f"'{file}' is no picture that Pillow can read.") from error


def check_arguments(artifact_file: str | None, key: str | None, step: object, timestamp: object) -> None:
    """Raises InvalidType unless a picture has either a file or a key, and InvalidValue for a key that cannot be one."""
    if artifact_file is not None and any(value is not None for value in (key, step, timestamp)):
        raise InvalidType(
            "The `artifact_file` parameter cannot be used in conjunction with `key`, `step`, or `timestamp` "
            "parameters. Give either the file, or the key with its step."
        )
    if artifact_file is None and key is None:
        raise InvalidType(
            "Invalid arguments: Please specify exactly one of `artifact_file` or `key`: the key for pictures that "
            "change from step to step, the file for others."
        )
    if key is not None and not _KEY.fullmatch(key):
        raise InvalidValue(
            "The `key` parameter may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), "
            f"and slashes (/). The provided key `{key}` contains invalid characters."
        )


def files_by_key(picture: Pictures, key: str, step: int | None, timestamp: int | None) -> Mapping[str, bytes]:
    """The files in which MLflow, and its web UI, keeps a picture of a key at a step: names and contents."""
    at = int(time.time() * 1_000) if timestamp is None else timestamp
    name = f"images/{key.replace('/', '~')}+step+{step or 0}+timestamp+{at}+{uuid.uuid4()}"
    return {f"{name}.png": picture.whole, f"{name}+compressed.webp": picture.small}
