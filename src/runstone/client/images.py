"""Pictures: what numpy and Pillow hold, on its way to a file."""

from typing import Any

from runstone.errors import UnsupportedOperation


def pillow(function: str) -> Any:
    """Pillow's module of images. Raises UnsupportedOperation, naming the function that needs it, where it is absent."""
    try:
        from PIL import Image
    except ImportError as error:
        raise UnsupportedOperation(
            f"{function} needs Pillow, which is not installed. Install it with pip install 'runstone[images]'."
        ) from error
    return Image
