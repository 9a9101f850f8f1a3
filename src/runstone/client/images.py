"""Pictures: what numpy and Pillow hold, on its way to a file."""

from typing import Any

from runstone.errors import MissingLibrary


def pillow(function: str) -> Any:
    """Pillow's module of images. Raises MissingLibrary, naming the function that needs it, where it is absent."""
    try:
        from PIL import Image
    except ImportError as error:
        raise MissingLibrary(
            f"{function} needs Pillow, which is not installed. Install it with pip install 'runstone[images]'."
        ) from error
    return Image
