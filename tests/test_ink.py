"""From any picture of a letter to its frame: place, size, ground, polarity, format and bad input."""

import io
import time

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from letters import ink, pen


@pytest.fixture(scope="module")
def picture(strokes_of):
    """A capital R, black on white, in a 300 x 220 picture, away from its middle."""
    letter = ink.draw_strokes(strokes_of("R"))
    picture = np.full((220, 300), 255, np.uint8)
    picture[30 : 30 + letter.shape[0], 120 : 120 + letter.shape[1]] -= letter
    return picture


def difference(a, b):
    """Mean difference of two frames, in grey levels of 255, with the ink one pixel to any side allowed for."""
    shifts = [np.roll(b, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return min(float(np.abs(a.astype(int) - shifted).mean()) for shifted in shifts)


def encoded(array, image_format, **options):
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, image_format, **options)
    return stream.getvalue()


def test_a_frame_has_24_px_of_ink_in_its_middle_and_the_strongest_is_255(picture):
    frame = ink.frame(picture)
    assert frame.shape == (28, 28) and frame.dtype == np.uint8
    rows, columns = (np.flatnonzero(frame.max(axis) > 40) for axis in (1, 0))
    assert frame.max() == 255
    assert 22 <= np.ptp(rows) + 1 <= 24
    assert abs(rows.mean() - 13.5) <= 1 and abs(columns.mean() - 13.5) <= 1


CHANGES = {
    "white on black": lambda p: 255 - p,
    "grey on grey": lambda p: (90 + p * 0.3).astype(np.uint8),
    "larger": lambda p: cv2.resize(p, None, fx=5, fy=5, interpolation=cv2.INTER_CUBIC),
    "smaller": lambda p: cv2.resize(p, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA),
    "in a corner": lambda p: np.pad(p, ((0, 500), (0, 700)), constant_values=255),
    "cropped to the ink": lambda p: p[np.ix_((p < 128).any(1), (p < 128).any(0))],
    "colour": lambda p: np.stack([p, 255 - (255 - p) // 3, p], axis=2),
    "with noise": lambda p: np.clip(p + np.random.default_rng(0).normal(0, 6, p.shape), 0, 255).astype(np.uint8),
    "in the shade": lambda p: (p * np.linspace(0.5, 1, p.shape[1])).astype(np.uint8),
    "specks of dust": lambda p: cv2.circle(cv2.circle(p.copy(), (10, 10), 1, 0, -1), (290, 200), 1, 0, -1),
    "ink on nothing": lambda p: np.dstack([np.zeros((*p.shape, 3), np.uint8), 255 - p]),
    "white ink on nothing": lambda p: np.dstack([np.full((*p.shape, 3), 255, np.uint8), 255 - p]),
    "binary": lambda p: p > 128,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_frame_does_not_depend_on_how_the_letter_is_shown(picture, change):
    plain = ink.frame(picture)
    other = ink.frame(ink.draw_strokes([np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]], np.float32)]))
    changed = ink.frame(change(picture))
    assert difference(plain, changed) < 14 < difference(plain, other)


@pytest.mark.parametrize("image_format", ink.FORMATS)
def test_every_format_is_read_from_bytes_and_from_a_file(picture, image_format, tmp_path):
    data = encoded(picture, image_format)
    path = tmp_path / "picture"  # the content says what it is, not the name
    path.write_bytes(data)
    frame = ink.frame(data)
    assert np.array_equal(ink.frame(path), frame)
    assert difference(frame, ink.frame(picture)) < 6


def test_exif_orientation_is_honoured(picture):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn by 90 degrees clockwise
    turned = encoded(np.rot90(picture).copy(), "JPEG", exif=exif, quality=95)
    assert ink.open_picture(turned).shape == picture.shape
    assert difference(ink.frame(turned), ink.frame(picture)) < 6


def test_of_an_animation_the_first_frame_is_read(picture):
    stream = io.BytesIO()
    blank = Image.new("L", (300, 220), 255)
    Image.fromarray(picture).save(stream, "GIF", save_all=True, append_images=[blank])
    assert difference(ink.frame(stream.getvalue()), ink.frame(picture)) < 6


def code_of(source):
    with pytest.raises(ink.PictureError) as error:
        ink.frame(source)
    assert len(str(error.value)) > 20 and "<" not in str(error.value)
    return error.value.code


def test_what_is_no_picture_is_refused():
    picture = encoded(np.eye(200, dtype=np.uint8) * 255, "PNG")
    assert code_of(b"") == "not_an_image"
    assert code_of(b"letters") == "not_an_image"
    assert code_of(b"<svg xmlns='http://www.w3.org/2000/svg'/>") == "not_an_image"
    assert code_of(picture[: len(picture) // 2]) == "not_an_image"
    assert code_of(encoded(np.zeros((8, 8), np.uint8), "TIFF")) == "not_an_image"  # a format that is not read
    assert code_of(np.zeros((8, 8), np.float32)) == "not_an_image"
    assert code_of(np.zeros((8, 8, 2), np.uint8)) == "not_an_image"
    assert code_of(np.zeros((0, 8), np.uint8)) == "empty_image"


def test_a_picture_made_to_take_long_is_given_up():
    stream = io.BytesIO()
    Image.new("L", (4000, 4000), 255).save(stream, "JPEG", progressive=True)
    plain = stream.getvalue()
    assert ink.open_picture(plain).shape == (4000, 4000)
    last = plain.rindex(b"\xff\xda")  # of the scans that refine the picture, one after the other
    bomb = plain[:last] + plain[last:-2] * 20_000 + plain[-2:]
    started = time.monotonic()
    with pytest.raises(ink.PictureError, match=r"0\.5 s") as error:
        ink.open_picture(bomb, limits=ink.Limits(seconds=0.5))
    assert error.value.code == "too_slow"
    assert time.monotonic() - started < 10  # all of it takes some minutes


def test_even_margins_are_cut_away(picture):
    height, width = picture.shape
    sheet = np.full((3 * height, 4 * width), picture[0, 0], np.uint8)
    sheet[height : 2 * height, 3 * width :] = picture
    trimmed, (x, y) = ink.trim(sheet)
    inner, (left, top) = ink.trim(picture)
    assert np.array_equal(trimmed, inner)
    assert (x, y) == (3 * width + left, height + top)
    assert difference(ink.frame(sheet), ink.frame(picture)) == 0


def test_a_picture_without_even_margins_stays_whole(picture):
    lined = picture.copy()
    lined[5] = 0  # from edge to edge
    assert ink.trim(lined)[0].shape == picture.shape
    blank = np.full((40, 30), 7, np.uint8)
    assert ink.trim(blank)[0].shape == blank.shape


@pytest.mark.parametrize("pixels", [ink.Limits.pixels + 8000, 20 * ink.Limits.pixels])
def test_too_many_pixels_are_refused_before_they_are_decoded(pixels):
    width = 8000
    header = io.BytesIO()
    Image.new("1", (8, 8)).save(header, "BMP")
    bomb = bytearray(header.getvalue())  # a BMP of 70 bytes that announces more
    bomb[18:22], bomb[22:26] = width.to_bytes(4, "little"), (pixels // width).to_bytes(4, "little")
    assert code_of(bytes(bomb)) == "too_many_pixels"


def test_the_most_pixels_allowed_are_read(picture):
    side = int(ink.Limits.pixels**0.5)
    large = np.full((side, side), 255, np.uint8)
    large[1000 : 1000 + 220 * 8, 2000 : 2000 + 300 * 8] = cv2.resize(picture, None, fx=8, fy=8)
    assert difference(ink.frame(large), ink.frame(picture)) < 14


def test_a_missing_file_is_said_to_be_missing():
    with pytest.raises(FileNotFoundError):
        ink.frame("no such file.png")


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_blank_picture_has_no_ink(grey):
    assert code_of(np.full((100, 120), grey, np.uint8)) == "no_ink"


def test_noise_and_faint_shades_are_no_ink():
    noise = np.random.default_rng(0).normal(200, 8, (200, 200)).astype(np.uint8)
    shade = np.tile(np.linspace(120, 250, 200), (200, 1)).astype(np.uint8)
    assert code_of(noise) == "no_ink"
    assert code_of(shade) == "no_ink"


@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 60), st.integers(1, 60)))
    | hnp.arrays(np.uint8, st.tuples(st.integers(1, 30), st.integers(1, 30), st.sampled_from([3, 4])))
    | hnp.arrays(bool, st.tuples(st.integers(1, 40), st.integers(1, 40)))
    | st.tuples(st.integers(1, 3), st.integers(600, 3000)).map(lambda shape: np.eye(*shape, dtype=np.uint8) * 255)
)
def test_any_array_gives_a_frame_or_says_that_it_has_no_ink(array):
    try:
        frame = ink.frame(array)
    except ink.PictureError as error:
        assert error.code == "no_ink"
    else:
        assert frame.shape == (28, 28) and frame.dtype == np.uint8 and frame.max() == 255


@given(st.binary(max_size=400), st.integers(0, 10_000), st.sampled_from(ink.FORMATS))
def test_damaged_files_give_a_frame_or_a_picture_error(noise, where, image_format):
    whole = encoded(cv2.circle(np.zeros((40, 40), np.uint8), (20, 20), 12, 255, 3), image_format)
    where %= len(whole)
    for data in (whole[:where] + noise, whole[:where] + noise + whole[where + len(noise) :]):
        try:
            assert ink.frame(data).shape == (28, 28)
        except ink.PictureError as error:
            assert error.code in ("not_an_image", "too_many_pixels", "no_ink", "empty_image")


def test_strokes_become_the_frame_of_their_picture(strokes_of):
    strokes = strokes_of("b")
    assert np.array_equal(ink.frame_of_strokes(strokes), ink.frame(ink.draw_strokes(strokes)))
    moved = [stroke * 250 + np.float32([1000, -40]) for stroke in strokes]
    assert difference(ink.frame_of_strokes(moved), ink.frame_of_strokes(strokes)) < 4


def test_a_letter_of_one_point_is_a_dot_and_one_of_none_is_refused():
    assert ink.frame_of_strokes([np.array([[5.0, 5.0]])])[14, 14] == 255
    with pytest.raises(ValueError, match="at least one stroke"):
        ink.draw_strokes([np.empty((0, 2))])
    with pytest.raises(ValueError, match="at least one stroke"):
        ink.draw_strokes([])


def test_rendering_is_repeatable_varied_and_always_leaves_ink():
    letters, _ = pen.draw(300, seed=8)
    frames = ink.render(letters, seed=1)
    assert np.array_equal(ink.render(letters, seed=1), frames)
    assert not np.array_equal(ink.render(letters, seed=2), frames)
    assert (frames.reshape(300, -1).max(axis=1) >= 250).all()
    copies = ink.render([letters[0]] * 50, seed=0)
    assert len(np.unique(copies.reshape(50, -1), axis=0)) == 50
