"""Picture files to pixels, safely: the decoders of Pillow, with bounds of time, memory and pixels.

Files come from strangers. Pixels are counted before they are decoded; decoding stops when its time is up. Pillow reads
PNG, JPEG, GIF and BMP in small blocks, and is stopped between two of them. The decoders of TIFF, AVIF and HEIC take a
whole file and cannot be stopped, so they run in a process of their own, which can be killed. A WebP is decoded in one
go as well, but its first frame costs no more than its pixels.

That process runs this file, which therefore imports nothing from this package, to start quickly.
"""

import io
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    ExifTags,
    GifImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)
from PIL.TiffImagePlugin import TILELENGTH, TILEWIDTH

APART = ("TIFF", "AVIF", "HEIC")  # decoded in a process of their own
CHUNK = 4096  # bytes that are decoded between two checks of the time
REDUCTIONS = (2, 4, 8)  # that a JPEG can be decoded at
LARGE_JPEG = 5  # times the limit of pixels that a JPEG may have, as it is decoded at a reduced scale: 200 megapixels
DECODER_ERRORS = (OSError, SyntaxError, ValueError, EOFError, RuntimeError)  # what Pillow raises on broken files
REFUSED = 3  # exit status of the process that decodes, after it has reported why the file is refused
FAILED = 1  # exit status of Python after an exception that was not caught: a bug here, not a broken file
MEMORY = 1024**3  # bytes of address space that this process takes before it decodes anything, with room to spare
MEMORY_OF_PIXEL = 32  # bytes of a pixel: several copies of it in several layouts


class PictureError(ValueError):
    """A picture that cannot be used. `code` is a short name of the reason, the message says what to do."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Limits:
    """What a picture may cost before it is refused. A JPEG of 300 kB can be made to take 12 s to decode."""

    pixels: float = 40_000_000  # counted before decoding; a JPEG may have LARGE_JPEG times as many
    seconds: float = 5.0  # for decoding
    letters: int = 3000  # counted before they are read; 500 take a second, or less, on one core


def decode(data: bytes, kind: str, limits: Limits) -> np.ndarray:
    """The pixels of a file whose format is known (`formats.format_of`): uint8 (H, W, 3), upright as EXIF says; or
    (H, W, 4) where some may be transparent. Raises PictureError, and RuntimeError where a decoder is missing."""
    return _decode_apart(data, kind, limits) if kind in APART else _decode(data, kind, limits)


def _opener(kind) -> Callable[[BinaryIO], ImageFile.ImageFile]:
    """The class of Pillow that opens a format: `Image.open` would count pixels by a limit of its own."""
    if kind == "HEIC":
        from pi_heif import HeifImageFile  # 26 MB of libraries, which only the process that decodes it needs

        return HeifImageFile
    return {
        "PNG": PngImagePlugin.PngImageFile,
        "JPEG": JpegImagePlugin.JpegImageFile,
        "WebP": WebPImagePlugin.WebPImageFile,
        "GIF": GifImagePlugin.GifImageFile,
        "BMP": BmpImagePlugin.BmpImageFile,
        "TIFF": TiffImagePlugin.TiffImageFile,
        "AVIF": AvifImagePlugin.AvifImageFile,
    }[kind]


class _Timed(io.BytesIO):
    """The bytes of a file, which refuse to be read when the time is up, and remember that more were asked for."""

    def __init__(self, data, seconds):
        super().__init__(data)
        self.ran_out = False
        self._seconds, self._end = seconds, time.monotonic() + seconds

    def read(self, size=-1):
        if time.monotonic() > self._end:
            raise _too_slow(self._seconds)
        data = super().read(size)
        self.ran_out |= size != 0 and not data
        return data


def _decode(data, kind, limits) -> np.ndarray:
    """What `decode` gives, in this process."""
    stream = _Timed(data, limits.seconds)
    try:
        image = _opener(kind)(stream)
        _check_size(image, kind, data, limits.pixels)
        image.decodermaxblock = CHUNK
        deep = _deep_colour(image, kind, stream)
        return upright(pixels_of(image) if deep is None else deep, image)
    except PictureError:
        raise
    except Image.DecompressionBombError as error:  # of a frame that is larger than its GIF, or a huge WebP
        most = f"{limits.pixels / 10**6:g} megapixels"
        message = f"The picture has too many pixels, and at most {most} are read. Make it smaller."
        raise PictureError("too_many_pixels", message) from error
    except DECODER_ERRORS as error:  # whose messages are about the internals of a library
        raise _damaged(kind, stream.ran_out or _is_cut_off(data, kind)) from error


def _check_size(image, kind, data, most):
    width, height = image.size
    pixels = width * height
    if kind == "TIFF":  # whose tiles may be larger than itself
        pixels = max(pixels, math.prod(_whole(image.tag_v2.get(tag)) for tag in (TILEWIDTH, TILELENGTH)))
    if pixels <= most:
        return
    if kind == "JPEG" and pixels <= LARGE_JPEG * most and _has_one_scan(image, data):
        scale = next(scale for scale in REDUCTIONS if pixels <= most * scale**2)
        image.draft(None, (width // scale, height // scale))
        return
    way_out = "Make it smaller."
    if pixels <= LARGE_JPEG * most:
        plain = f"one that is not progressive may have {LARGE_JPEG * most / 10**6:g} megapixels"
        way_out = f"Make it smaller, or save it as JPEG: {plain}."
    message = f"The picture has {width} x {height} pixels, and at most {most / 10**6:g} megapixels are read. {way_out}"
    raise PictureError("too_many_pixels", message)


def _has_one_scan(image, data) -> bool:
    """Whether all of a JPEG comes in one scan. One of several scans is kept as a whole while it is decoded, at any
    reduction, which takes two bytes or more a pixel."""
    at = 2
    while data[at : at + 1] == b"\xff" and not image.info.get("progressive"):
        marker, length = data[at + 1 : at + 2], int.from_bytes(data[at + 2 : at + 4])
        if marker == b"\xda":  # the beginning of a scan, which says how many components are in it
            return data[at + 4] == image.layers
        if length < 2 or b"\xd0" <= marker <= b"\xd9":
            return False
        at += 2 + length
    return False


def _whole(value) -> int:
    return value if isinstance(value, int) else 0


def _too_slow(seconds):
    message = f"The picture takes over {seconds:g} s to decode. Save it again as a plain PNG or JPEG."
    return PictureError("too_slow", message)


def _damaged(kind, cut_off):
    what = "cut off: its end is missing" if cut_off else "damaged and cannot be decoded"
    return PictureError("not_an_image", f"This {kind} file is {what}. Copy or download it again, or save it anew.")


def _is_cut_off(data, kind) -> bool:
    """Whether a file of a format that tells its own length is shorter than that."""
    if kind == "WebP":
        return len(data) < 8 + int.from_bytes(data[4:8], "little")
    if kind not in ("AVIF", "HEIC"):
        return False
    at = 0  # where a box begins: its size in 4 bytes, its type in 4 more
    while at < len(data):
        size = int.from_bytes(data[at : at + 4])
        if size < 8:  # 0: it goes on to the end, 1: it has gigabytes
            return False
        at += size
    return at > len(data)


def _decode_apart(data, kind, limits) -> np.ndarray:
    """What `_decode` gives, from another process, which is killed when the time is up."""
    command = [sys.executable, "-P", __file__, kind, repr(limits.pixels), repr(limits.seconds)]
    try:  # in a session of its own, so that Ctrl+C lets it end its work as it lets the server
        done = subprocess.run(
            command, input=data, capture_output=True, timeout=limits.seconds, check=False, start_new_session=True
        )
    except subprocess.TimeoutExpired as error:
        raise _too_slow(limits.seconds) from error
    if done.returncode == REFUSED:
        raise PictureError(**json.loads(done.stdout))
    if done.returncode == FAILED:
        raise RuntimeError(f"the process that decodes {kind} failed:\n{done.stderr.decode(errors='replace')}")
    if done.returncode != 0:  # the decoder crashed
        raise _damaged(kind, _is_cut_off(data, kind))
    shape, _, _ = done.stdout[:64].partition(b"\n")
    return np.frombuffer(done.stdout, np.uint8, offset=len(shape) + 1).reshape(*map(int, shape.split())).copy()


def _decode_for_parent(kind, pixels, seconds) -> int:
    """Decode the file on stdin. Writes the shape, a line break and the pixels to stdout, or the error as JSON."""
    limits = Limits(float(pixels), float(seconds))
    _bound_process(limits)
    Image.MAX_IMAGE_PIXELS = None  # they are counted by the limits given
    try:
        found = _within_memory(sys.stdin.buffer.read(), kind, limits)
    except PictureError as error:
        print(json.dumps({"code": error.code, "message": str(error)}))
        return REFUSED
    sys.stdout.buffer.write(b"%d %d %d\n" % found.shape)
    sys.stdout.buffer.write(found.data)
    return 0


def _within_memory(data, kind, limits) -> np.ndarray:
    try:
        return _decode(data, kind, limits)
    except MemoryError as error:
        message = "The picture takes too much memory to decode. Save it again as a plain PNG or JPEG."
        raise PictureError("too_many_pixels", message) from error


def _bound_process(limits):
    """Limit the memory of this process, and its time, in case its parent is no longer there to kill it."""
    try:
        import resource
    except ImportError:  # Windows has no such bounds
        return
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY + int(MEMORY_OF_PIXEL * limits.pixels)),
        (resource.RLIMIT_CPU, 8 * int(limits.seconds + 1)),  # of all its threads together
    ):
        _, hard = resource.getrlimit(kind)
        resource.setrlimit(kind, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


# ---------------------------------------------------------------------------------- pixels of any depth and mode


def pixels_of(image: Image.Image) -> np.ndarray:
    """The pixels of a PIL picture, uint8 (H, W, 3), or (H, W, 4) where some may be transparent."""
    if image.mode.startswith(("I", "F")):
        levels = np.asarray(image)
        planes = [eight_bits(levels)] * 3
        if (transparent := image.info.get("transparency")) is not None:
            planes.append(np.where(levels == transparent, np.uint8(0), np.uint8(255)))
        return np.dstack(planes)
    mode = "RGBA" if image.has_transparency_data else "RGB"
    return np.asarray(image if image.mode == mode else image.convert(mode))


def eight_bits(values: np.ndarray) -> np.ndarray:
    """Values of any range as uint8. The largest says how many bits are in use; if it is 1 or less, they are shares."""
    values = np.nan_to_num(values.astype(np.float32), posinf=0, neginf=0)
    values -= min(0.0, float(values.min()))
    highest = float(values.max())
    full = 2 ** math.ceil(highest).bit_length() - 1 if highest > 1 else 1
    return (values * (255 / full) + 0.5).astype(np.uint8)


_OTHER_BYTE = {  # how Pillow unpacks 16 bits a channel to the high bytes -> how it unpacks the same to the low bytes
    "RGB;16B": "RGB;16L",
    "RGB;16L": "RGB;16B",
    "RGB;16N": "RGB;16B",  # N is L on all machines that LiteRT runs on
    "RGBA;16B": "RGBA;16L",
    "RGBA;16L": "RGBA;16B",
    "RGBA;16N": "RGBA;16B",
    "LA;16B": "RGBA",  # both bytes of both channels
}


def _deep_colour(image, kind, stream):
    """The pixels of a PNG or TIFF with 16 bits a channel, uint8 (H, W, 3 or 4), or None for any other file.

    Pillow keeps the high byte of each channel only. So the file is decoded twice, once for either byte, and the eight
    highest bits that are in use are kept.
    """
    raw = _raw_mode(image.tile[0]) if kind in ("PNG", "TIFF") and image.tile else None
    if raw not in _OTHER_BYTE:
        return None
    low, high = _unpacked(kind, stream, _OTHER_BYTE[raw]), np.asarray(image)
    if raw == "LA;16B":
        high, low = low[..., [0, 0, 0, 2]], low[..., [1, 1, 1, 3]]
    pixels = _top_bits(high[..., :3], low[..., :3])
    if high.shape[2] == 4:
        return np.dstack([pixels, _top_bits(high[..., 3:], low[..., 3:])])
    if (transparent := image.info.get("transparency")) is not None:
        levels = np.array(transparent)
        clear = ((high == levels >> 8) & (low == levels & 255)).all(axis=2)
        return np.dstack([pixels, np.where(clear, np.uint8(0), np.uint8(255))])
    return pixels


def _unpacked(kind, stream, raw) -> np.ndarray:
    """The pixels of a file as another raw mode of Pillow unpacks them."""
    stream.seek(0)
    image = _opener(kind)(stream)
    image.decodermaxblock = CHUNK
    image.tile = [_with_raw_mode(tile, raw) for tile in image.tile]
    return np.asarray(image)


def _raw_mode(tile):
    return tile.args if isinstance(tile.args, str) else tile.args[0]


def _with_raw_mode(tile, raw):
    return tile._replace(args=raw if isinstance(tile.args, str) else (raw, *tile.args[1:]))


def _top_bits(high, low) -> np.ndarray:
    """The eight highest bits in use of 16, given as two bytes, uint8 of any shape."""
    spare = 8 - int(high.max()).bit_length()
    return (high << spare) | (low >> (8 - spare)) if spare else high


_TURNS = {  # EXIF's orientation -> what makes the picture upright
    2: lambda pixels: pixels[:, ::-1],
    3: lambda pixels: pixels[::-1, ::-1],
    4: lambda pixels: pixels[::-1],
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: np.rot90(pixels, 2).swapaxes(0, 1),
    8: lambda pixels: np.rot90(pixels),
}


def upright(pixels: np.ndarray, image: Image.Image) -> np.ndarray:
    """The pixels of a PIL picture, turned as its EXIF says."""
    turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    return np.ascontiguousarray(turn(pixels)) if turn else pixels


if __name__ == "__main__":
    sys.exit(_decode_for_parent(*sys.argv[1:]))
