"""Any picture -> RGB: sources, formats, depth, orientation, transparency; limits, and what is refused and how."""

import io
import itertools
import struct
import subprocess
import sys
import zipfile
import zlib

import cv2
import numpy as np
import pillow_heif
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from letters import decoding, formats
from letters.picture import Limits, PictureError, open_picture

pillow_heif.register_heif_opener()  # so that Pillow writes HEIC here

SAVED_AS = {"WebP": "WEBP", "HEIC": "HEIF"}  # Pillow's names of formats, where they are others than ours
LOSSLESS = ("PNG", "GIF", "BMP", "TIFF")
PAPER, RED, BLUE = (250, 240, 200), (200, 20, 30), (20, 20, 160)


def encode(pixels, kind="PNG", **options):
    image = pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)
    stream = io.BytesIO()
    image.save(stream, SAVED_AS.get(kind, kind), **options)
    return stream.getvalue()


def difference(a, b):
    """Mean difference of two pictures, in levels of 255."""
    assert a.shape == b.shape
    return float(np.abs(a.astype(int) - b).mean())


def refusal(source, limits=Limits()):  # noqa: B008
    """(code, message) of the refusal of a picture; whatever the message, it is a sentence and a way out."""
    with pytest.raises(PictureError) as error:
        open_picture(source, limits)
    message = str(error.value)
    assert message[0].isupper() and message.endswith(".") and message.count(". ") >= 1, message
    for inside in ("truncated", "decoder", "identify", "libtiff", "broken data", "0x", "<", "Error"):
        assert inside not in message
    return error.value.code, message


@pytest.fixture(scope="module")
def colours():
    """A red bar and a blue one on yellowish paper, in no symmetry: uint8 (120, 160, 3)."""
    pixels = np.full((120, 160, 3), PAPER, np.uint8)
    pixels[20:30, 20:140] = RED
    pixels[20:90, 20:36] = BLUE
    return pixels


# -------------------------------------------------------------------------------------- sources and formats


@pytest.mark.parametrize("kind", formats.FORMATS)
def test_every_format_is_read_from_any_source(colours, kind, tmp_path):
    data = encode(colours, kind)
    assert formats.format_of(data) == kind
    path = tmp_path / "letter.txt"  # the content says what it is, not the name
    path.write_bytes(data)
    opened = open_picture(data)
    assert opened.dtype == np.uint8
    assert difference(opened, colours) == 0 if kind in LOSSLESS else difference(opened, colours) < 3
    with path.open("rb") as file:
        for source in (str(path), path, bytearray(data), memoryview(data), io.BytesIO(data), file):
            assert np.array_equal(open_picture(source), opened)
    assert difference(open_picture(Image.open(path)), colours) < 3


def test_a_source_of_another_type_is_named(tmp_path):
    with pytest.raises(TypeError, match="not as list"):
        open_picture([0, 255])
    with pytest.raises(TypeError, match="rb"):
        open_picture(io.StringIO("letters"))
    with pytest.raises(FileNotFoundError):
        open_picture(tmp_path / "none.png")


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "CMYK", "YCbCr", "HSV", "LA", "RGBA", "I;16", "I", "F"])
def test_every_mode_of_pil_is_read_as_rgb(mode):
    grey = np.tile(np.array([0, 255], np.uint8), (6, 4))
    image = Image.fromarray(grey)
    image = image.convert("RGB").convert(mode) if mode in ("HSV", "YCbCr", "CMYK", "P") else image.convert(mode)
    assert np.array_equal(open_picture(image), np.dstack([grey] * 3))


ARRAYS = {
    "bool": lambda pixels: pixels > 100,
    "share": lambda pixels: pixels / 255,
    "float32": lambda pixels: pixels.astype(np.float32) / 255,
    "uint16": lambda pixels: pixels.astype(np.uint16) * 257,
    "not in one piece": lambda pixels: np.repeat(pixels, 2, axis=1)[:, ::2],
}


@pytest.mark.parametrize("change", ARRAYS.values(), ids=ARRAYS)
def test_arrays_of_several_types_and_shapes_are_read(change):
    grey = np.array([[0, 255, 255], [0, 0, 255]], np.uint8)
    rgb = np.dstack([grey, 255 - grey, grey])
    opaque = np.dstack([rgb, np.full(grey.shape, 255, np.uint8)])
    for given_, expected in ((grey, np.dstack([grey] * 3)), (rgb, rgb), (opaque, rgb)):
        assert np.array_equal(open_picture(change(given_)), expected)
    assert np.array_equal(open_picture(change(grey)[..., None]), np.dstack([grey] * 3))


def test_shares_are_rounded_to_the_nearest_level():
    assert open_picture(np.array([[0, 0.5, 1]]))[0, :, 0].tolist() == [0, 128, 255]


@pytest.mark.parametrize(
    ("array", "code", "word"),
    [
        (np.zeros((8, 8), np.int64), "not_an_image", "int64"),
        (np.zeros((8, 8, 2), np.uint8), "not_an_image", r"(8, 8, 2)"),
        (np.zeros(8, np.uint8), "not_an_image", r"(8,)"),
        (np.full((8, 8), 255.0), "not_an_image", "from 0 to 1"),
        (np.full((8, 8), np.nan), "not_an_image", "from 0 to 1"),
        (np.zeros((0, 8), np.uint8), "empty_image", "no pixels"),
    ],
)
def test_an_array_that_is_no_picture_is_refused(array, code, word):
    with pytest.raises(PictureError) as error:
        open_picture(array)
    assert error.value.code == code and word in str(error.value)


@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3, 4])))
    | hnp.arrays(np.uint16, st.tuples(st.integers(1, 20), st.integers(1, 20)))
    | hnp.arrays(np.float32, st.tuples(st.integers(1, 20), st.integers(1, 20)), elements=st.floats(0, 1, width=32))
)
def test_any_array_gives_rgb_and_stays_as_it_is(array):
    before = array.copy()
    opened = open_picture(array)
    assert opened.shape == (*array.shape[:2], 3) and opened.dtype == np.uint8
    assert np.array_equal(array, before)


# --------------------------------------------------------------------------------------- depth and palettes


def png(rows, colour_type, bits=16, more=b""):
    """A PNG of raw rows, (H, row in bytes), as Pillow does not write all that others do; `more`: whole chunks."""
    height = len(rows)
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[colour_type]
    width = len(rows[0]) * 8 // (bits * channels)
    header = struct.pack(">2I5B", width, height, bits, colour_type, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + bytes(row) for row in rows))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + more + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def big_endian(values):
    """uint16 (H, ...) -> the rows of a PNG."""
    return [row.astype(">u2").tobytes() for row in values]


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
@pytest.mark.parametrize("kind", ["I;16 PNG", "I;16 TIFF", "I;16B TIFF", "I TIFF", "array"])
def test_grey_of_many_bits_is_scaled_by_the_bits_in_use(kind, bits):
    values = (np.linspace(0, 1, 64).reshape(8, 8) * (2**bits - 1)).astype(np.uint16)
    mode, _, file = kind.partition(" ")
    if mode == "array":
        source = values
    elif mode == "I;16B":  # big endian
        source = encode(Image.frombytes("I;16B", (8, 8), values.astype(">u2").tobytes()), file)
    elif mode == "I":
        source = encode(Image.fromarray(values.astype(np.int32)), file)
    else:
        source = encode(Image.fromarray(values), file)
    expected = np.linspace(0, 255, 64).reshape(8, 8)
    assert np.abs(open_picture(source) - expected[..., None]).max() <= 1.5


@pytest.mark.parametrize("bits", [8, 10, 12, 16])
@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [3, 4])
def test_colour_of_many_bits_is_scaled_by_the_bits_in_use(colours, suffix, bits, channels):
    deep = (colours.astype(float) * ((2**bits - 1) / 255)).round().astype(np.uint16)
    white = np.uint16(2**bits - 1)
    deep[0, 0] = white  # or the paper's 250 of 255 would be all there is of 250
    if channels == 4:
        alpha = np.full(deep.shape[:2], white)
        alpha[100:110, 100:110] = 0  # a hole in the paper, of another colour
        deep[100:110, 100:110] = 0
        deep = np.dstack([deep, alpha])
    order = [2, 1, 0, 3][:channels]  # of OpenCV
    data = cv2.imencode(suffix, deep[..., order])[1].tobytes()
    opened = open_picture(data).copy()
    opened[0, 0] = PAPER
    assert np.abs(opened.astype(int) - colours).max() <= 2
    if bits > 8:  # no fewer levels than 8 bits have
        ramp = np.dstack([np.linspace(0, white, 256).reshape(16, 16).astype(np.uint16)] * 3)
        levels = open_picture(cv2.imencode(suffix, ramp)[1].tobytes())
        assert len(np.unique(levels)) == 256


@pytest.mark.parametrize("white", [65535, 4095])
def test_grey_with_alpha_of_16_bits_keeps_both(white):
    ink = np.zeros((20, 20), np.uint16)
    alpha = np.zeros((20, 20), np.uint16)
    alpha[5:15, 8:12] = white
    opened = open_picture(png(big_endian(np.dstack([ink, alpha]).reshape(20, 40)), colour_type=4))
    assert np.array_equal(opened[..., 0] == 0, alpha > 0)
    assert (opened[alpha == 0] == 255).all()


def test_one_level_of_16_bits_can_be_transparent():
    values = np.full((20, 20), 65535, np.uint16)
    values[5:15, 8:12] = 300
    values[0, 0] = 65534  # nearly the transparent one
    transparent = chunk(b"tRNS", struct.pack(">H", 65535))
    opened = open_picture(png(big_endian(values), 0, more=transparent))
    assert (opened[values == 300] < 5).all() and (opened[1, 1] > 250).all()

    rgb = np.dstack([values, values // 2, values])
    rgb[5:15, 8:12] = 65535  # white ink, on a colour that is transparent
    transparent = chunk(b"tRNS", struct.pack(">3H", 65535, 32767, 65535))
    opened = open_picture(png(big_endian(rgb.reshape(20, 60)), 2, more=transparent))
    assert (opened[5:15, 8:12] == 255).all() and (opened[18, 18] == 0).all()


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_grey_of_few_bits_has_the_full_range(bits):
    rows = [np.packbits(np.tile([1] * 8 + [0] * 8, 2)).tobytes()] * 4
    opened = open_picture(png(rows, 0, bits=bits))
    assert (opened.min(), opened.max()) == (0, 255)


def test_palettes_keep_their_colours(colours):
    paletted = Image.fromarray(colours).quantize(8)
    for kind in ("PNG", "GIF", "BMP", "TIFF"):
        assert difference(open_picture(encode(paletted, kind)), colours) == 0


def test_cmyk_is_read_as_the_colours_that_it_was_made_from(colours):
    for kind in ("JPEG", "TIFF"):
        assert difference(open_picture(encode(Image.fromarray(colours).convert("CMYK"), kind)), colours) < 3


# -------------------------------------------------------------------------------- orientation, first picture


@pytest.mark.parametrize(
    ("kind", "orientation"),
    [*(("JPEG", i) for i in range(1, 9)), *((kind, 6) for kind in ("PNG", "WebP", "TIFF", "AVIF", "HEIC"))],
)
def test_exif_orientation_is_honoured(colours, kind, orientation):
    """What a camera stores that is held in some way (Orientation in EXIF 2.32, 4.6.4) comes back upright."""
    stored = {
        1: colours,
        2: colours[:, ::-1],
        3: colours[::-1, ::-1],
        4: colours[::-1],
        5: colours.transpose(1, 0, 2),
        6: np.rot90(colours),
        7: np.rot90(colours, 2).transpose(1, 0, 2),
        8: np.rot90(colours, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(np.ascontiguousarray(stored), kind, exif=exif.tobytes())
    assert difference(open_picture(data), colours) < 3
    assert difference(open_picture(Image.open(io.BytesIO(data))), colours) < 3


def test_a_deep_picture_is_turned_once(colours):
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = np.rot90(colours).astype(np.uint16) * 257
    plain = png(big_endian(turned.reshape(160, 360)), 2, more=chunk(b"eXIf", exif.tobytes()[6:]))
    assert difference(open_picture(plain), colours) == 0


@pytest.mark.parametrize("kind", ["GIF", "WebP", "PNG", "TIFF", "MPO", "AVIF"])
def test_of_several_pictures_the_first_is_read(colours, kind):
    others = [Image.new("RGB", (160, 120), "white")] * 2
    data = encode(colours, kind, save_all=True, append_images=others)
    assert difference(open_picture(data), colours) < 3


# -------------------------------------------------------------------------------------------- transparency


def drawn(*inks, shape=(60, 200)):
    """Bars of ink of some colours, side by side, on nothing: uint8 (H, W, 4)."""
    pixels = np.zeros((*shape, 4), np.uint8)
    for i, ink in enumerate(inks):
        left = 10 + i * (shape[1] - 20) // len(inks)
        pixels[10:50, left : left + 12] = (*ink, 255)
    return pixels


def contrasts(pixels):
    """By how many levels each ink stands out from the ground, at its best channel."""
    opened = open_picture(pixels)
    ground = opened[0, 0].astype(int)
    assert np.ptp(opened[pixels[..., 3] == 0], axis=0).max() == 0  # the ground is even
    inks = np.unique(opened[pixels[..., 3] == 255], axis=0)
    return [int(np.abs(ink - ground).max()) for ink in inks]


BLACK, WHITE, GREY = (0, 0, 0), (255, 255, 255), (128, 128, 128)


@pytest.mark.parametrize(
    ("inks", "lowest", "highest"),
    [
        ([BLACK], 255, 255),
        ([WHITE], 0, 0),
        ([BLACK, WHITE], 100, 155),
        ([BLACK] * 8 + [WHITE], 100, 155),  # a tenth of it
        ([(0, 0, 160), (160, 0, 0)], 255, 255),
        ([(255, 255, 0)], 0, 0),
        ([(255, 255, 0), WHITE], 0, 0),
    ],
)
def test_the_ground_is_what_all_inks_stand_out_from(inks, lowest, highest):
    ground = open_picture(drawn(*inks))[0, 0]
    assert np.ptp(ground) == 0 and lowest <= ground[0] <= highest


@pytest.mark.parametrize("inks", [*itertools.combinations([BLACK, WHITE, GREY, RED, BLUE, (255, 220, 0)], 2)])
def test_of_any_two_inks_both_stand_out(inks):
    assert min(contrasts(drawn(*inks))) >= 60


def test_three_inks_from_black_to_white_stand_out():
    assert min(contrasts(drawn(BLACK, GREY, WHITE))) >= 45


def test_soft_alpha_mixes_ink_and_ground():
    pixels = np.zeros((60, 80, 4), np.uint8)
    pixels[..., 3] = np.linspace(0, 255, 80)
    assert np.abs(open_picture(pixels)[0, :, 0] - np.linspace(255, 0, 80)).max() <= 1.5


@pytest.mark.parametrize("most", [10, 63, 254])
def test_ink_that_is_faint_by_its_alpha_alone_is_strong(most):
    pixels = drawn(BLACK)
    pixels[..., 3] = pixels[..., 3] // 255 * most
    opened = open_picture(pixels)
    assert (opened[pixels[..., 3] > 0] == 0).all() and (opened[pixels[..., 3] == 0] == 255).all()


@pytest.mark.parametrize("mode", ["L", "P", "RGB", "1"])
def test_a_colour_that_is_declared_transparent_is(mode):
    grey = np.full((60, 80), 255, np.uint8)
    grey[10:50, 20:32] = 0
    image = Image.fromarray(255 - grey).convert(mode)  # white ink on black, which is transparent
    transparent = (0, 0, 0) if mode == "RGB" else 0
    opened = open_picture(encode(image, "PNG", transparency=transparent))
    assert np.array_equal(opened[..., 0], 255 - grey)
    soft = Image.fromarray(grey).convert("P")
    strengths = bytes(255 - level for level in range(256))  # the lighter, the more transparent
    assert np.array_equal(open_picture(encode(soft, "PNG", transparency=strengths))[..., 0], grey)


def strokes(thickness=5):
    """Black strokes with soft edges on white: uint8 (120, 200)."""
    sheet = np.full((120, 200), 255, np.uint8)
    for ends in (((20, 100), (60, 20)), ((60, 20), (100, 100)), ((120, 20), (180, 100))):
        cv2.line(sheet, *ends, 0, thickness, cv2.LINE_AA)
    return sheet


@pytest.mark.parametrize("whitest", [255, 249, 235])
@pytest.mark.parametrize("kind", ["PNG", "WebP", "GIF"])
def test_where_white_was_made_transparent_the_ground_is_white_again(whitest, kind):
    sheet = strokes()
    pixels = np.dstack([sheet] * 3 + [np.where(sheet >= whitest, 0, 255).astype(np.uint8)])
    opened = open_picture(encode(pixels, kind, **({"lossless": True} if kind == "WebP" else {})))
    assert difference(opened, np.dstack([sheet] * 3)) < 1


def test_the_paper_of_a_sticker_or_a_cut_out_sheet_goes_on():
    sheet = np.dstack([strokes()] * 3)
    ink = (sheet[..., 0] < 128).astype(np.uint8)
    sticker = cv2.dilate(ink, np.ones((9, 9), np.uint8)) * np.uint8(255)
    corners = np.full(ink.shape, 255, np.uint8)
    corners[:8, :8] = corners[-8:, -8:] = 0
    for alpha in (sticker, corners):
        assert difference(open_picture(np.dstack([sheet, alpha])), sheet) < 1
        inverted = open_picture(np.dstack([255 - sheet, alpha]))
        assert difference(inverted, 255 - sheet) < 1


@pytest.mark.parametrize("kind", ["BMP", "PNG", "TIFF"])
def test_alpha_that_is_zero_everywhere_is_no_alpha(colours, kind):
    pixels = np.dstack([colours, np.zeros(colours.shape[:2], np.uint8)])
    assert difference(open_picture(encode(pixels, kind)), colours) == 0


def test_specks_that_the_choice_of_a_ground_overlooks_do_no_harm():
    pixels = np.zeros((2100, 2100, 4), np.uint8)
    pixels[1000, 1000] = 255
    assert open_picture(pixels).shape == (2100, 2100, 3)


# ------------------------------------------------------------------------------------- what is not a picture


def zipped(name):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, "A")
    return stream.getvalue()


SVG = b'<?xml version="1.0"?>\n<!-- letters -->\n<svg xmlns="http://www.w3.org/2000/svg"/>'
NAMED = {
    "a PDF": [b"%PDF-1.7\n%\xe2\xe3", b"\n\n%PDF-1.4\n"],
    "PostScript": [b"%!PS-Adobe-3.0 EPSF-3.0\n", b"\xc5\xd0\xd3\xc6\x1e\0\0\0"],
    "an SVG drawing": [SVG, b"<svg/>", b"\xef\xbb\xbf <svg width='1'>", b"<!DOCTYPE svg PUBLIC ''><svg>"],
    "a web page": [b"<!DOCTYPE html><p>A", b"\n<HTML><svg/></HTML>"],
    "a film": [
        b"\0\0\0\x20ftypisom\0\0\2\0isomiso2mp41",
        b"\0\0\0\x14ftypqt  \0\0\0\0qt  ",
        b"\0\0\0\x08wide\0\0\x10\0mdat",
        b"\x1aE\xdf\xa3\x9fB\x86\x81\1webm",
        b"RIFF\0\0\1\0AVI LIST",
    ],
    "a raw photo": [b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", b"FUJIFILMCCD-RAW 0201"],
    "a JPEG XL picture": [b"\xff\x0a\xfa\1", b"\0\0\0\x0cJXL \r\n\x87\n"],
    "a JPEG 2000 picture": [b"\0\0\0\x0cjP  \r\n\x87\n"],
    "a Photoshop file": [b"8BPS\0\1\0\0"],
    "an icon": [b"\0\0\1\0\1\0\x10\x10"],
    "an office document": [
        zipped("word/document.xml"),
        zipped("[Content_Types].xml"),
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    ],
    "an archive": [zipped("letter.png"), b"\x1f\x8b\x08\0", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\7\1\0"],
    "text": [b"letters", "café, 26 €\n".encode(), b"\x1b[1mbold"],
}


@pytest.mark.parametrize(("name", "data"), [(name, data) for name, many in NAMED.items() for data in many])
def test_a_file_that_is_not_a_picture_is_named_with_a_way_out(name, data):
    code, message = refusal(data)
    assert code == "not_an_image"
    assert message.startswith(f"This file is {name}. ")
    with pytest.raises(PictureError, match="This file is"):
        formats.format_of(data)


def test_any_other_file_is_told_what_is_read():
    code, message = refusal(bytes(range(256)))
    assert code == "not_an_image"
    assert all(kind in message for kind in formats.FORMATS)
    assert refusal(b"")[0] == "empty_image"


@pytest.mark.parametrize("kind", formats.FORMATS)
@pytest.mark.parametrize("left", [0.4, 0.8])
def test_a_file_that_is_cut_off_says_so(colours, kind, left):
    noise = np.random.default_rng(0).integers(0, 60, colours.shape, dtype=np.uint8)
    data = encode(colours - np.minimum(colours, noise), kind)
    code, message = refusal(data[: int(left * len(data))])
    assert code == "not_an_image"
    assert message.startswith(f"This {kind} file is cut off")


@pytest.mark.parametrize("kind", ["PNG", "WebP", "TIFF", "AVIF"])
def test_a_damaged_file_says_so(colours, kind):
    data = bytearray(encode(colours, kind, **({"compression": "tiff_lzw"} if kind == "TIFF" else {})))
    middle = data.rindex(b"IDAT") + 8 if kind == "PNG" else len(data) * 2 // 3 if kind != "TIFF" else 12
    data[middle : middle + 60] = b"\xaa" * 60
    code, message = refusal(bytes(data))
    assert code == "not_an_image"
    assert message.startswith(f"This {kind} file is ")


def test_a_pil_picture_of_a_broken_file_is_refused(colours):
    data = encode(colours)
    assert refusal(Image.open(io.BytesIO(data[: len(data) // 2])))[0] == "not_an_image"


STOPPABLE = [kind for kind in formats.FORMATS if kind not in decoding.APART]


MODES = [(kind, mode) for kind in STOPPABLE for mode in (["RGB", "CMYK"] if kind == "JPEG" else ["RGB", "RGBA", "P"])]


@given(st.binary(max_size=60), st.integers(0, 10_000), st.sampled_from(MODES))
def test_damaged_files_give_a_picture_or_a_picture_error(noise, where, kind_and_mode):
    kind, mode = kind_and_mode
    sheet = cv2.circle(np.zeros((40, 40), np.uint8), (20, 20), 12, 255, 3)
    whole = encode(Image.fromarray(np.dstack([sheet] * 3)).convert(mode), kind)
    where %= len(whole)
    for data in (whole[:where] + noise, whole[:where] + noise + whole[where + len(noise) :]):
        try:
            opened = open_picture(data)
        except PictureError as error:
            assert error.code in ("not_an_image", "too_many_pixels", "empty_image")
        else:
            assert opened.dtype == np.uint8 and opened.ndim == 3 and opened.shape[2] == 3


# -------------------------------------------------------------------------------------------------- limits


def test_a_photo_over_the_limit_is_decoded_at_a_reduced_scale(colours):
    photo = np.kron(colours, np.ones((4, 4, 1), np.uint8))  # 640 x 480
    data = encode(photo, "JPEG", quality=90)
    pixels = 640 * 480
    assert open_picture(data, Limits(pixels)).shape == (480, 640, 3)
    half = open_picture(data, Limits(pixels - 1))
    assert half.shape == (240, 320, 3)
    assert difference(half, np.kron(colours, np.ones((2, 2, 1), np.uint8))) < 6
    assert open_picture(data, Limits(pixels / 4.5)).shape == (120, 160, 3)
    code, message = refusal(data, Limits(pixels / decoding.LARGE_JPEG - 1))
    assert code == "too_many_pixels" and "640 x 480" in message


def several_scans(colours):
    """A JPEG that is not progressive, but has one scan for each component."""
    data = encode(Image.fromarray(colours), "JPEG", subsampling=0)
    first = data.index(b"\xff\xda")
    length = int.from_bytes(data[first + 2 : first + 4])
    scan = b"\xff\xda" + struct.pack(">HB2B3B", 8, 1, 1, 0, 0, 63, 0)
    return data[:first] + scan + data[first + 2 + length :]


def test_a_large_jpeg_of_several_scans_is_refused(colours):
    """It is kept as a whole while it is decoded, at any scale."""
    limits = Limits(160 * 120 - 1)
    for data in (encode(colours, "JPEG", progressive=True), several_scans(colours)):
        code, message = refusal(data, limits)
        assert code == "too_many_pixels" and "not progressive" in message


@pytest.mark.parametrize("kind", [kind for kind in formats.FORMATS if kind != "JPEG"])
def test_other_pictures_over_the_limit_are_refused(colours, kind):
    data = encode(colours, kind)
    assert open_picture(data, Limits(160 * 120)).shape == (120, 160, 3)
    code, message = refusal(data, Limits(160 * 120 - 1))
    assert code == "too_many_pixels"
    assert "160 x 120" in message and "smaller" in message and "JPEG" in message
    assert "JPEG" not in refusal(data, Limits(1000))[1]  # which would have too many pixels as well


@pytest.mark.parametrize("pixels", [Limits.pixels + 8000, 20 * Limits.pixels])
def test_too_many_pixels_are_refused_before_they_are_decoded(pixels):
    bomb = bytearray(encode(Image.new("1", (8, 8)), "BMP"))  # of 70 bytes, which announces more
    bomb[18:26] = struct.pack("<2i", 8000, pixels // 8000)
    assert refusal(bytes(bomb))[0] == "too_many_pixels"


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_frame_larger_than_its_picture_is_counted():
    bomb = bytearray(encode(Image.new("L", (8, 8)), "GIF"))
    frame = bomb.rindex(b",\0\0\0\0\x08\0\x08\0")
    for side in (10_000, 60_000):
        bomb[frame + 5 : frame + 9] = struct.pack("<2H", side, side)
        assert refusal(bytes(bomb))[0] == "too_many_pixels"


def test_tiles_larger_than_their_picture_are_counted(colours):
    bomb = bytearray(encode(colours, "TIFF"))
    for tag, instead in ((278, 322), (284, 323)):  # rows of a strip and order of channels -> width and height of a tile
        entry = bomb.index(struct.pack("<H", tag), 8)
        bomb[entry : entry + 12] = struct.pack("<2H2I", instead, 4, 1, 20_000)
    assert refusal(bytes(bomb))[0] == "too_many_pixels"


def test_a_picture_made_to_take_long_is_given_up():
    plain = encode(Image.new("L", (4000, 4000), 255), "JPEG", progressive=True)
    assert open_picture(plain).shape == (4000, 4000, 3)
    last = plain.rindex(b"\xff\xda")  # of the scans that refine the picture, one after the other
    bomb = plain[:last] + plain[last:-2] * 20_000 + plain[-2:]  # all of it takes some minutes
    code, message = refusal(bomb, Limits(seconds=0.5))
    assert code == "too_slow" and "0.5 s" in message


@pytest.mark.parametrize("kind", formats.FORMATS)
def test_every_format_has_its_time(colours, kind):
    assert refusal(encode(colours, kind), Limits(seconds=0.0))[0] == "too_slow"


@pytest.mark.parametrize("kind", decoding.APART)
def test_a_decoder_that_crashes_takes_nothing_else_with_it(colours, kind, monkeypatch):
    crashed = subprocess.CompletedProcess([], -11, stdout=b"", stderr=b"Segmentation fault")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: crashed)
    code, message = refusal(encode(colours, kind))
    assert code == "not_an_image" and message.startswith(f"This {kind} file is damaged")


def test_a_missing_decoder_is_not_blamed_on_the_file(colours, monkeypatch):
    failed = subprocess.CompletedProcess([], decoding.FAILED, stdout=b"", stderr=b"ImportError: pi_heif")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(RuntimeError, match="HEIC failed:\nImportError: pi_heif"):
        open_picture(encode(colours, "HEIC"))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no bound of this kind, or do not keep it")
def test_a_decoder_gets_no_more_memory_than_its_pixels_need():
    code = "from letters import decoding; decoding._bound_process(decoding.Limits(10**6)); bytearray({})"
    for size, failed in ((2**20, False), (2 * decoding.MEMORY, True)):
        done = subprocess.run([sys.executable, "-c", code.format(size)], capture_output=True, text=True, timeout=60)
        assert ("MemoryError" in done.stderr) == failed == (done.returncode != 0)


def test_a_picture_that_takes_too_much_memory_says_so(monkeypatch):
    def greedy(*_):
        raise MemoryError

    monkeypatch.setattr(decoding, "_decode", greedy)
    with pytest.raises(PictureError, match="too much memory") as error:
        decoding._within_memory(b"", "HEIC", Limits())
    assert error.value.code == "too_many_pixels"
