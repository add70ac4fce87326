"""Any picture, from a file or from memory, as RGB: the one way in.

`open_picture` takes what people have: a path, the bytes of a file, an open file, a PIL picture or an array. It gives
uint8 (H, W, 3), upright, in colour, with transparency laid on a ground that the ink stands out from.
"""

import os
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
from PIL import Image

from letters import decoding, formats, transparency
from letters.decoding import Limits, PictureError

__all__ = ["Limits", "PictureError", "Source", "open_picture"]

Source = str | os.PathLike[str] | bytes | BinaryIO | Image.Image | np.ndarray


def open_picture(
    source: Source,
    limits: Limits = Limits(),  # noqa: B008
) -> np.ndarray:
    """Open a picture of any common kind.

    source: a path, the bytes of a file, a file opened for reading bytes, a PIL picture, or an array: uint8, uint16,
    bool, or float from 0 to 1; (H, W), (H, W, 1), (H, W, 3) RGB or (H, W, 4) RGBA. limits: of files.
    Returns uint8 (H, W, 3), RGB, upright as EXIF says, perhaps read-only; of an animation or several pages, the first.
    More than 8 bits are scaled by the bits in use, so that 12 bits stored as 16 are not nearly black. A JPEG with more
    pixels than `limits.pixels` comes at a half, a quarter or an eighth of its size.
    Raises PictureError ("not_an_image", "too_many_pixels", "too_slow", "empty_image"), FileNotFoundError or another
    OSError for a path that cannot be read, TypeError for any other source, and RuntimeError where a decoder is missing.
    """
    if isinstance(source, np.ndarray):
        return transparency.lay_on_ground(_checked(source))
    if isinstance(source, Image.Image):
        return _from_pil(source)
    data = _bytes(source)
    return transparency.lay_on_ground(decoding.decode(data, formats.format_of(data), limits))


def _bytes(source) -> bytes:
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source)
    if isinstance(source, (str, os.PathLike)):
        return Path(source).read_bytes()
    if hasattr(source, "read"):
        data = source.read()
        if isinstance(data, bytes):
            return data
        raise TypeError("the file is open for reading text; open it with mode 'rb'")
    kinds = "a path, bytes, an open file, a PIL picture or an array"
    raise TypeError(f"a picture must be given as {kinds}, not as {type(source).__name__}")


def _from_pil(image) -> np.ndarray:
    try:
        return transparency.lay_on_ground(decoding.upright(decoding.pixels_of(image), image))
    except decoding.DECODER_ERRORS as error:
        message = "The picture cannot be decoded. Copy or download its file again, or convert it to RGB first."
        raise PictureError("not_an_image", message) from error


def _checked(array) -> np.ndarray:
    """An array from outside as uint8 (H, W, 3 or 4)."""
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] not in (1, 3, 4)):
        shapes = "(H, W), (H, W, 1), (H, W, 3) or (H, W, 4)"
        raise PictureError("not_an_image", f"An array must have the shape {shapes}, not {array.shape}.")
    if array.size == 0:
        raise PictureError("empty_image", "The picture has no pixels.")
    if array.dtype == bool:
        array = array * np.uint8(255)
    elif array.dtype.kind == "f":
        if not (array.min() >= 0 and array.max() <= 1):  # nor where either is NaN
            raise PictureError("not_an_image", "An array of floats must be from 0 to 1. Divide it by its white first.")
        array = (array * 255 + 0.5).astype(np.uint8)
    elif array.dtype == np.uint16:
        colour = decoding.eight_bits(array[..., :3] if array.ndim == 3 else array)
        array = np.dstack([colour, decoding.eight_bits(array[..., 3:])]) if array.shape[2:] == (4,) else colour
    elif array.dtype != np.uint8:
        raise PictureError("not_an_image", f"An array must be uint8, uint16, bool or float, not {array.dtype}.")
    if array.ndim == 2 or array.shape[2] == 1:
        return cv2.cvtColor(np.ascontiguousarray(array), cv2.COLOR_GRAY2RGB)
    return array
