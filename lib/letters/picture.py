"""Any picture, from a file or from memory, as RGB: the one way in.

`open_picture` takes what people have: a path, the bytes of a file, an open file, a PIL picture or an array. It gives
uint8 (H, W, 3), upright, in colour, with transparency laid on a ground that the ink stands out from.

Files come from strangers. The content says what a file is, never its name; pixels are counted before they are decoded;
decoding stops when its time is up. Pillow reads PNG, JPEG, GIF and BMP in small blocks, and is stopped between two of
them. The decoders of TIFF, AVIF and HEIC take a whole file and cannot be stopped, so they run in a process of their
own, which can be killed. A WebP is decoded in one go as well, but its first frame costs no more than its pixels.
"""

import io
import json
import math
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import cv2
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

FORMATS = ("PNG", "JPEG", "WebP", "GIF", "BMP", "TIFF", "AVIF", "HEIC")
APART = ("TIFF", "AVIF", "HEIC")  # decoded in a process of their own
CHUNK = 4096  # bytes that are decoded before the time is looked at
REDUCTIONS = (2, 4, 8)  # that a JPEG can be decoded at
LARGE_JPEG = 5  # times the limit of pixels that a JPEG may have, as it is decoded at a reduced scale: 200 megapixels
HEAD = 4096  # bytes at the beginning of a file that say what it is
DECODER_ERRORS = (OSError, SyntaxError, ValueError, EOFError, RuntimeError)  # what Pillow raises on broken files
REFUSED = 3  # exit status of the process that decodes, where it has said why it did not
FAILED = 1  # exit status of Python where an exception was not caught: a fault of ours, not of the file
MEMORY = 1024**3  # bytes of address space that this process takes before it decodes anything, with room to spare
MEMORY_OF_PIXEL = 32  # bytes of a pixel: several copies of it in several layouts

BAND = 256  # rows of a transparent picture that are laid on their ground at once
ANALYSED_SIDE = 512  # px that a transparent picture is thinned out to, at most, before its ground is chosen
VISIBLE = 0.5  # alpha, of the highest there is, from which a pixel counts as visible
ALIKE = 15  # CIELAB units that one tone may vary by
UNLIKE = 30  # CIELAB units from which two tones stand out from each other
ALL_ROUND = 0.9  # share of the edge of what is visible that has one tone, where that tone lies round the others
FEW = 0.02  # share of pixels that is noise
CORE = 0.1  # share of what is visible that lies off its edge, in strokes of more than two pixels
MOST = 0.95  # share of the visible pixels whose tones the ground must stand out from
CHROMA = 0.5  # weight of chroma beside lightness: yellow differs from white in chroma only, and is hard to see on it


class PictureError(ValueError):
    """A picture that cannot be used. `code` is a short name of the reason, the message says what to do."""

    def __init__(self, code: str, message: str):
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Limits:
    """What a file may cost before it is refused. A JPEG of 300 kB can be made to take 12 s to decode."""

    pixels: float = 40_000_000  # counted before decoding; a JPEG may have LARGE_JPEG times as many
    seconds: float = 5.0  # for decoding


def open_picture(
    source: str | os.PathLike | bytes | BinaryIO | Image.Image | np.ndarray, limits: Limits = Limits()
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
        return _laid_on_ground(_checked(source))
    if isinstance(source, Image.Image):
        return _from_pil(source)
    data = _bytes(source)
    kind = format_of(data)
    return _decode_apart(data, kind, limits) if kind in APART else _decode(data, kind, limits)


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


# -------------------------------------------------------------------------------------------- what a file is

_SIGNATURES = {
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "JPEG": rb"\xff\xd8\xff",
    "WebP": rb"RIFF.{4}WEBP",
    "GIF": rb"GIF8[79]a",
    "BMP": rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0",  # the size of its second header: seven are in use
    "TIFF": rb"II[*+]\0|MM\0[*+]",
    "AVIF": rb"\0.{3}ftyp(.{4}){0,15}avi[fs]",
    "HEIC": rb"\0.{3}ftyp(hei[cmsx]|hev[cmsx]|mif1|msf1)",
}
_EXPORT = "Export the page as PNG or JPEG."
_SAVE = "Open it where it was made and save it as PNG or JPEG."
_OTHERS = (  # what else a file may be: its name, its signature, the way out
    ("a PDF", rb".{0,1023}?%PDF-", _EXPORT),
    ("PostScript", rb"\x04?%!PS|\xc5\xd0\xd3\xc6", _EXPORT),
    (
        "a web page",
        rb"(\xef\xbb\xbf)?\s*<(!doctype\s+html|html)",
        "Take a screenshot of it.",
    ),
    ("an SVG drawing", rb"(\xef\xbb\xbf)?\s*<(.{0,3000}<)?svg[\s/>]", "Export it as PNG."),
    ("a raw photo", rb"\0.{3}ftypcrx |FUJIFILMCCD-RAW|IIU\0|IIR[OS]", "Export it as JPEG."),
    (
        "a film",
        rb"\0.{3}(ftyp|moov|mdat|wide|free|skip)|\x1aE\xdf\xa3|RIFF.{4}AVI |OggS|FLV\x01|\0\0\x01[\xb3\xba]|0&\xb2u",
        "Pause it where the writing can be seen, and send a screenshot.",
    ),
    ("a JPEG XL picture", rb"\xff\x0a|\0\0\0\x0cJXL ", _SAVE),
    ("a JPEG 2000 picture", rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51", _SAVE),
    ("a Photoshop file", rb"8BPS", _SAVE),
    ("an icon", rb"\0\0[\x01\x02]\0", _SAVE),
    (
        "an office document",
        rb"\xd0\xcf\x11\xe0|PK\x03\x04.{0,4000}?(word/|xl/|ppt/|\[Content_Types\]|opendocument)",
        _EXPORT,
    ),
    (
        "an archive",
        rb"PK(\x03\x04|\x05\x06|\x07\x08)|\x1f\x8b|7z\xbc\xaf|Rar!|BZh[1-9]1AY|\xfd7zXZ|\x28\xb5\x2f\xfd|.{257}ustar",
        "Take the picture out of it and send that.",
    ),
)
_CONTROL = re.compile(rb"[^\t\n\x0c\r\x1b -\xff]")


def format_of(data: bytes) -> str:
    """Which of FORMATS a file is, by its first bytes.

    Raises PictureError "not_an_image" for any other file, which is named where it can be, and "empty_image".
    """
    head = data[:HEAD]
    if not head:
        raise PictureError("empty_image", "The file is empty. Choose another one, or save it again.")
    for name, signature in _SIGNATURES.items():
        if re.match(signature, head, re.DOTALL):
            return name
    for name, signature, way_out in _OTHERS:
        if re.match(signature, head, re.DOTALL | re.IGNORECASE):
            raise PictureError("not_an_image", f"This file is {name}. {way_out}")
    if not _CONTROL.search(head):
        message = "This file is text. Letters are read in pictures: send a photo, a scan or a drawing as PNG or JPEG."
        raise PictureError("not_an_image", message)
    formats = f"{', '.join(FORMATS[:-1])} or {FORMATS[-1]}"
    raise PictureError("not_an_image", f"This file is not a picture that can be read. Save it as {formats}.")


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


# -------------------------------------------------------------------------------------------------- decoding


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
    """A file of a known format as uint8 (H, W, 3)."""
    stream = _Timed(data, limits.seconds)
    try:
        image = _opener(kind)(stream)
        _check_size(image, kind, data, limits.pixels)
        image.decodermaxblock = CHUNK
        deep = _deep_colour(image, kind, stream)
        pixels = _pixels(image) if deep is None else deep
        return _laid_on_ground(_upright(pixels, image))
    except PictureError:
        raise
    except Image.DecompressionBombError as error:  # of a frame that is larger than its GIF, or a huge WebP
        most = f"{limits.pixels / 10**6:g} megapixels"
        message = f"The picture has too many pixels, and at most {most} are read. Make it smaller."
        raise PictureError("too_many_pixels", message) from error
    except DECODER_ERRORS as error:  # whose messages speak of the insides of a library
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
    """What `_decode` gives, from a process of its own, which is killed when the time is up."""
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
    height, width = map(int, shape.split())
    return np.frombuffer(done.stdout, np.uint8, offset=len(shape) + 1).reshape(height, width, 3).copy()


def _decode_for_parent(kind, pixels, seconds) -> int:
    """Decode the file on stdin: its height and width, a line break and its pixels on stdout, or why not as JSON."""
    limits = Limits(float(pixels), float(seconds))
    _bound_process(limits)
    Image.MAX_IMAGE_PIXELS = None  # they are counted by the limits given
    try:
        picture = _within_memory(sys.stdin.buffer.read(), kind, limits)
    except PictureError as error:
        print(json.dumps({"code": error.code, "message": str(error)}))
        return REFUSED
    sys.stdout.buffer.write(b"%d %d\n" % picture.shape[:2])
    sys.stdout.buffer.write(picture.data)
    return 0


def _within_memory(data, kind, limits) -> np.ndarray:
    try:
        return _decode(data, kind, limits)
    except MemoryError as error:
        message = "The picture takes too much memory to decode. Save it again as a plain PNG or JPEG."
        raise PictureError("too_many_pixels", message) from error


def _bound_process(limits):
    """Bound the memory of this process, and its time in case that nobody is left to kill it."""
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


def _from_pil(image) -> np.ndarray:
    try:
        return _laid_on_ground(_upright(_pixels(image), image))
    except DECODER_ERRORS as error:
        message = "The picture cannot be decoded. Copy or download its file again, or convert it to RGB first."
        raise PictureError("not_an_image", message) from error


def _pixels(image) -> np.ndarray:
    """The pixels of a PIL picture, uint8 (H, W, 3), or (H, W, 4) where some may be transparent."""
    if image.mode.startswith(("I", "F")):
        levels = np.asarray(image)
        planes = [_eight_bits(levels)] * 3
        if (transparent := image.info.get("transparency")) is not None:
            planes.append(np.where(levels == transparent, np.uint8(0), np.uint8(255)))
        return np.dstack(planes)
    mode = "RGBA" if image.has_transparency_data else "RGB"
    return np.asarray(image if image.mode == mode else image.convert(mode))


def _eight_bits(values) -> np.ndarray:
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


def _upright(pixels, image) -> np.ndarray:
    turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation))
    return np.ascontiguousarray(turn(pixels)) if turn else pixels


def _checked(array) -> np.ndarray:
    """An array that somebody gave, as uint8 (H, W, 3 or 4)."""
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
        colour = _eight_bits(array[..., :3] if array.ndim == 3 else array)
        array = np.dstack([colour, _eight_bits(array[..., 3:])]) if array.shape[2:] == (4,) else colour
    elif array.dtype != np.uint8:
        raise PictureError("not_an_image", f"An array must be uint8, uint16, bool or float, not {array.dtype}.")
    if array.ndim == 2 or array.shape[2] == 1:
        return cv2.cvtColor(np.ascontiguousarray(array), cv2.COLOR_GRAY2RGB)
    return array


# --------------------------------------------------------------------------------------------- transparency


def _laid_on_ground(pixels) -> np.ndarray:
    """A picture, uint8 (H, W, 3 or 4), without its transparency: uint8 (H, W, 3)."""
    if pixels.shape[2] == 3:
        return pixels
    alpha = cv2.extractChannel(np.ascontiguousarray(pixels), 3)
    most = int(alpha.max())
    if most == 0 or alpha.min() == most:  # some programs leave 0 in a channel that they do not use
        return cv2.cvtColor(pixels, cv2.COLOR_RGBA2RGB)
    step = -(-max(alpha.shape) // ANALYSED_SIDE)
    ground = _ground(pixels[::step, ::step, :3], alpha[::step, ::step] / most)
    picture = np.empty((*alpha.shape, 3), np.uint8)
    for top in range(0, len(picture), BAND):
        band = pixels[top : top + BAND]
        weight = band[..., 3:].astype(np.uint16) * 255 // most  # ink may be faint by its alpha alone
        picture[top : top + BAND] = (band[..., :3] * weight + ground * (255 - weight) + 127) // 255
    return picture


def _ground(colours, alpha) -> np.ndarray:
    """The colour to lay a transparent picture on: uint16 (3,), from 0 to 255.

    colours: uint8 (H, W, 3). alpha: float (H, W), from 0 to 1.
    Where one tone lies all round the others, as in a sticker or a sheet that was cut out, it goes on. Otherwise it is
    the grey whose smallest distance from any visible tone is the largest: white for black ink, black for white ink,
    mid grey where there are both.
    """
    visible = (alpha >= VISIBLE).view(np.uint8)
    if not visible.any():  # only specks between the pixels that are looked at
        return np.full(3, 255, np.uint16)
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    inner = cv2.erode(visible, cross)  # what lies beyond the picture counts as visible
    tones = _lab(colours)
    edge = tones[visible > inner]
    own = np.median(edge if len(edge) else tones[visible > 0], axis=0)
    if not len(edge) or (_distance(edge, own) < ALIKE).mean() > ALL_ROUND:
        others = (_distance(tones, own) > UNLIKE) & (visible > 0)
        if others.sum() > FEW * visible.sum() and (visible > inner)[others].mean() < FEW:
            return _rgb(own)
    core = inner if inner.sum() > CORE * visible.sum() else visible  # without the mixed tones at the edge of strokes
    greys = np.arange(256, dtype=np.uint8)
    distances = _distance(_lab(greys[:, None, None].repeat(3, 2)), _main_tones(colours[core > 0]))
    return np.full(3, distances.min(axis=1).argmax(), np.uint16)


def _main_tones(colours) -> np.ndarray:
    """The commonest tones of pixels, uint8 (N, 3), that make up MOST of them: CIELAB, float32 (M, 3)."""
    levels = colours >> 4  # 16 a channel
    counts = np.bincount(levels @ np.array([256, 16, 1]), minlength=4096)
    order = np.argsort(-counts)
    needed = np.searchsorted(np.cumsum(counts[order]), MOST * counts.sum()) + 1
    tones = np.stack(np.unravel_index(order[:needed], (16, 16, 16)), axis=1) * 17  # 15 is 255
    return _lab(tones[None])[0]


def _distance(tones, other) -> np.ndarray:
    """How far tones, CIELAB (..., 3), stand out from another or from each of several, (M, 3)."""
    return np.sqrt(((tones - other) ** 2) @ np.array([1, CHROMA**2, CHROMA**2], np.float32))


def _lab(colours) -> np.ndarray:
    """uint8 (H, W, 3) -> float32 (H, W, 3): lightness from 0 to 100, then two of chroma."""
    return cv2.cvtColor(colours.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)


def _rgb(tone) -> np.ndarray:
    """CIELAB (3,) -> uint16 (3,): red, green and blue, from 0 to 255."""
    rgb = cv2.cvtColor(tone.astype(np.float32)[None, None], cv2.COLOR_LAB2RGB)[0, 0]
    return np.clip(rgb * 255 + 0.5, 0, 255).astype(np.uint16)


if __name__ == "__main__":
    sys.exit(_decode_for_parent(*sys.argv[1:]))
