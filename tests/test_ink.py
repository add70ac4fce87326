"""From any picture of a letter to its frame: place, size, ground, polarity, and pictures without ink."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from letters import ink, pen, writing
from letters.picture import Limits, PictureError


@pytest.fixture(scope="module")
def picture(strokes_of):
    """A capital R, black on white, in a 300 x 220 picture, away from its middle."""
    letter = writing.draw_strokes(strokes_of("R"))
    picture = np.full((220, 300), 255, np.uint8)
    picture[30 : 30 + letter.shape[0], 120 : 120 + letter.shape[1]] -= letter
    return picture


def difference(a, b):
    """Mean difference of two frames, in grey levels of 255, with the ink one pixel to any side allowed for."""
    shifts = [np.roll(b, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return min(float(np.abs(a.astype(int) - shifted).mean()) for shifted in shifts)


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
    other = ink.frame(writing.draw_strokes([np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]], np.float32)]))
    changed = ink.frame(change(picture))
    assert difference(plain, changed) < 14 < difference(plain, other)


def code_of(source):
    with pytest.raises(PictureError) as error:
        ink.frame(source)
    assert len(str(error.value)) > 20 and "<" not in str(error.value)
    return error.value.code


def test_even_margins_are_cut_away(picture):
    picture = np.dstack([picture] * 3)
    height, width = picture.shape[:2]
    sheet = np.full((3 * height, 4 * width, 3), picture[0, 0], np.uint8)
    sheet[height : 2 * height, 3 * width :] = picture
    trimmed, (x, y) = ink.trim(sheet)
    inner, (left, top) = ink.trim(picture)
    assert np.array_equal(trimmed, inner)
    assert (x, y) == (3 * width + left, height + top)
    assert difference(ink.frame(sheet), ink.frame(picture)) == 0


def test_a_picture_without_even_margins_stays_whole(picture):
    lined = np.dstack([picture] * 3)
    lined[5] = 0  # from edge to edge
    assert ink.trim(lined)[0].shape == lined.shape
    blank = np.full((40, 30, 3), 7, np.uint8)
    assert ink.trim(blank)[0].shape == blank.shape


def test_the_most_pixels_allowed_are_read(picture):
    side = int(Limits.pixels**0.5)
    large = np.full((side, side), 255, np.uint8)
    large[1000 : 1000 + 220 * 8, 2000 : 2000 + 300 * 8] = cv2.resize(picture, None, fx=8, fy=8)
    assert difference(ink.frame(large), ink.frame(picture)) < 14


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
    except PictureError as error:
        assert error.code == "no_ink"
    else:
        assert frame.shape == (28, 28) and frame.dtype == np.uint8 and frame.max() == 255


def test_strokes_become_the_frame_of_their_picture(strokes_of):
    strokes = strokes_of("b")
    assert np.array_equal(writing.frame_of_strokes(strokes), ink.frame(writing.draw_strokes(strokes)))
    moved = [stroke * 250 + np.float32([1000, -40]) for stroke in strokes]
    assert difference(writing.frame_of_strokes(moved), writing.frame_of_strokes(strokes)) < 4


def test_a_letter_of_one_point_is_a_dot_and_one_of_none_is_refused():
    assert writing.frame_of_strokes([np.array([[5.0, 5.0]])])[14, 14] == 255
    with pytest.raises(ValueError, match="at least one stroke"):
        writing.draw_strokes([np.empty((0, 2))])
    with pytest.raises(ValueError, match="at least one stroke"):
        writing.draw_strokes([])


def test_rendering_is_repeatable_varied_and_always_leaves_ink():
    letters, _ = pen.draw(300, seed=8)
    frames = writing.render(letters, seed=1)
    assert np.array_equal(writing.render(letters, seed=1), frames)
    assert not np.array_equal(writing.render(letters, seed=2), frames)
    assert (frames.reshape(300, -1).max(axis=1) >= 250).all()
    copies = writing.render([letters[0]] * 50, seed=0)
    assert len(np.unique(copies.reshape(50, -1), axis=0)) == 50


def test_ink_that_is_connected_to_an_edge_is_not_within_the_edges():
    plane = np.zeros((100, 200), np.float32)
    plane[40:60, 80:100] = 1  # a letter
    plane[:30, 150:152] = 1  # comes in from above
    plane[31:40, 150:152] = 1  # goes on after a gap
    plane[96:98, 20:40] = 0.3  # faint, 2 px from the lower edge: it goes on there
    maps = ink.Maps(plane, np.zeros_like(plane), 0.5, (10, 20))
    within = maps.within_edges()
    assert within.ink_box() == (170, 100, 40, 40)
    assert within.ink.sum() == 400 and maps.ink.sum() > 400
    whole = ink.Maps(np.ones_like(plane), plane, 1.0, (0, 0))
    assert whole.within_edges().ink.max() == 0


class Looks:
    """A made-up network 1. It sees a bar with a line's core as high as capitals of `capital` px on a picture of 200 px;
    and, at that size only, grain, and a gap in the bar."""

    def __init__(self, capital):
        self.capital, self.scales = capital, []

    def __call__(self, picture, scale):
        height, width = (round(side * scale) for side in picture.shape[:2])
        self.scales.append(scale)
        seen, core = np.zeros((2, height, width), np.float32)
        first = scale >= 1
        x, y, thickness = round(50 * scale), round(20 * scale), round(self.capital * ink.X_HEIGHT * scale)
        core[y : y + thickness, x : x + round(100 * scale)] = 0.9
        seen[y : y + thickness, x : x + round(100 * scale)] = 0.8
        if first:
            seen[y : y + thickness, 98:102] = 0
            seen[180:190, 180:190] = 0.9
        return seen, core


@pytest.fixture
def uneven():
    return np.random.default_rng(0).integers(0, 255, (200, 200, 3)).astype(np.uint8)


def test_large_writing_has_the_mean_ink_of_two_sizes(monkeypatch, uneven):
    looks = Looks(capital=100)
    monkeypatch.setattr(ink, "_look", looks)
    found = ink.maps(uneven)
    assert [scale / looks.scales[0] for scale in looks.scales] == [1, 0.5] and found.scale == looks.scales[0] == 1
    assert found.ink[40, 70] == pytest.approx(0.8) and found.core[40, 70] == pytest.approx(0.9)
    assert found.ink[40, 100] == pytest.approx(0.4)  # the gap
    assert found.ink[185, 185] == pytest.approx(0.45) and found.ink[100, 10] == 0  # grain, ground


def test_small_writing_keeps_its_ink_and_loses_what_half_of_the_size_does_not_show(monkeypatch, uneven):
    monkeypatch.setattr(ink, "_look", Looks(capital=40))
    found = ink.maps(uneven)
    assert found.ink[30, 70] == pytest.approx(0.8) and found.ink[30, 100] == 0  # the gap
    assert found.ink[185, 185] == 0  # grain


def test_writing_that_half_of_the_size_is_too_small_for_and_even_grounds_are_seen_once(monkeypatch, uneven):
    looks = Looks(capital=15)
    monkeypatch.setattr(ink, "_look", looks)
    assert ink.maps(uneven).ink[185, 185] == pytest.approx(0.9) and len(looks.scales) == 1
    looks = Looks(capital=100)
    monkeypatch.setattr(ink, "_look", looks)
    uneven[:8] = uneven[-8:] = uneven[:, :8] = uneven[:, -8:] = 200
    ink.maps(uneven)
    assert len(looks.scales) == 1


@pytest.mark.parametrize("length", [1, 255, 256, 257, 480, 481, 705, 2048])
def test_tiles_cover_a_side_and_each_sees_beyond_its_own_part(length):
    tiles = ink._tiles(length)
    assert tiles[0][1] == 0 and tiles[-1][2] == length
    assert [end for _, _, end in tiles[:-1]] == [first for _, first, _ in tiles[1:]]
    for begin, first, end in tiles:
        assert 0 <= begin <= first < end <= min(length, begin + ink.TILE)
        assert first == 0 or first - begin >= ink.EDGE // 2
        assert end == length or begin + ink.TILE - end >= ink.EDGE // 2


def test_parts_are_put_together_as_one_picture(monkeypatch):
    monkeypatch.setattr(ink, "_seen", lambda picture: (picture[..., 0] / np.float32(255), picture[..., 1]))
    picture = np.random.default_rng(0).integers(0, 256, (300, 700, 3), dtype=np.uint8)
    seen, core = ink._look(picture, 1)
    assert np.allclose(seen, picture[..., 0] / 255) and np.array_equal(core, picture[..., 1])
