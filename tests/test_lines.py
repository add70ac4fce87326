"""From maps to lines, on made-up maps: where lines run, what belongs to them, their order, and the way back."""

import cv2
import numpy as np
import pytest

from letters import lines
from letters.ink import X_HEIGHT, Maps

CAPITAL = 40  # px in the maps


def maps_of(words, size=(400, 600), scale=1.0, corner=(0, 0), slope=0.0, bend=0.0):
    """Maps with a box of ink, as high as a capital, for each word. words: (left, right, baseline at x = 0)."""
    ink, core = np.zeros(size, np.float32), np.zeros(size, np.float32)
    for left, right, base in words:
        x = np.arange(left, right)
        level = base + slope * x + bend * (x - size[1] / 2) ** 2
        for column, bottom in zip(x, level, strict=True):
            core[max(0, round(bottom - X_HEIGHT * CAPITAL)) : round(bottom), column] = 1
            if (column - left) % 20 < 6 or column >= right - 6:  # upright strokes
                ink[max(0, round(bottom - CAPITAL)) : round(bottom), column] = 1
    return Maps(ink, core, scale, corner)


def rows_of(strip):
    """The first and the last row with ink."""
    rows = np.flatnonzero(strip.max(axis=1) > 127)
    return rows[0], rows[-1] + 1


@pytest.mark.parametrize(("slope", "bend"), [(0, 0), (0.2, 0), (-0.2, 0), (0, 0.0004), (0.1, -0.0004)])
def test_a_line_comes_out_level_with_capitals_25_px_high_on_row_35(slope, bend):
    (line,) = lines.find(maps_of([(60, 540, 200)], slope=slope, bend=bend))
    assert line.strip.shape[0] == lines.HEIGHT and line.strip.shape[1] % lines.STEP == 0
    assert line.strip.dtype == np.uint8
    top, bottom = rows_of(line.strip)
    assert abs(top - 10) <= 2 and abs(bottom - 35) <= 2
    assert abs(line.capital - CAPITAL) < 3
    half = line.strip.shape[1] // 2
    assert np.abs(np.subtract(rows_of(line.strip[:, :half]), rows_of(line.strip[:, half:]))).max() <= 2


def test_words_of_a_line_are_joined_and_lines_are_not():
    found = lines.find(maps_of([(40, 140, 100), (175, 300, 102), (330, 420, 98), (40, 200, 180), (230, 500, 182)]))
    assert len(found) == 2
    assert [line.path[0, 1] < 140 for line in found] == [True, False]


def test_words_far_apart_are_lines_of_their_own_and_columns_are_read_one_after_the_other():
    words = [(20, 160, 80), (20, 180, 150), (20, 150, 220), (380, 560, 95), (380, 540, 165), (380, 500, 235)]
    found = lines.find(maps_of(words))
    lefts = [line.path[0, 0] for line in found]
    assert len(found) == 6
    assert [left < 200 for left in lefts] == [True] * 3 + [False] * 3
    levels = [float(line.path[0, 1]) for line in found]
    assert levels[:3] == sorted(levels[:3]) and levels[3:] == sorted(levels[3:])


def test_ink_of_the_lines_above_and_below_is_left_out():
    maps = maps_of([(60, 400, 100), (60, 400, 152), (60, 400, 204)])  # 12 px between the lines
    alone = maps_of([(60, 400, 152)])
    _, middle, _ = lines.find(maps)
    assert np.abs(middle.strip.astype(int) - lines.find(alone)[0].strip).mean() < 2


def test_a_dot_belongs_to_the_line_that_it_is_nearest_to():
    maps = maps_of([(60, 400, 100), (60, 400, 220)])
    cv2.circle(maps.ink, (200, 172), 3, 1, -1)  # above the second line
    first, second = lines.find(maps)
    assert second.strip[:9].max() > 127 > first.strip[36:].max()


def test_points_of_a_strip_lie_in_the_picture_where_they_came_from():
    maps = maps_of([(60, 540, 200)], scale=0.5, corner=(30, 10), slope=0.1)
    (line,) = lines.find(maps)
    columns = np.flatnonzero(line.strip[20] > 200)
    corners = [(columns[0], lines.BASELINE), (columns[-1] + 1, lines.BASELINE)]
    left, right = line.to_picture(corners)
    assert np.abs(left - [60 / 0.5 + 30, (200 + 6) / 0.5 + 10]).max() < 4
    assert np.abs(right - [540 / 0.5 + 30, (200 + 54) / 0.5 + 10]).max() < 4


def test_a_box_of_a_strip_is_upright_in_the_picture():
    (line,) = lines.find(maps_of([(60, 540, 200)], scale=2.0))
    x, y, width, height = line.ink_box()
    assert (x, y, width, height) == (30, 80, 240, 20)
    column = int(np.flatnonzero(line.strip[20] > 200)[0])
    x, y, width, height = line.box(column, 10, 25, 25)
    assert abs(x - 30) <= 1 and abs(y - 80) <= 1 and abs(width - 20) <= 2 and abs(height - 20) <= 2


def test_noise_among_the_cores_is_no_line():
    maps = maps_of([])
    maps.core[100:103, 100:103] = 1
    assert lines.find(maps) == []
    assert lines.find(maps_of([])) == []


def test_lines_that_run_up_are_noticed():
    maps = maps_of([(60, 540, 100), (60, 540, 200)])
    turned = Maps(np.rot90(maps.ink).copy(), np.rot90(maps.core).copy(), 1.0, (0, 0))
    assert not lines.is_sideways(maps) and lines.is_sideways(turned)


def test_a_line_that_the_edge_cuts_off_is_left_out_unless_it_is_all_there_is():
    words = [(60, 400, 12), (60, 400, 150)]  # of the first, the upper half is outside
    (line,) = lines.find(maps_of(words))
    assert line.path[0, 1] > 100
    assert len(lines.find(maps_of(words[:1]))) == 1


def test_lines_of_a_picture_that_is_cropped_to_its_writing_are_kept():
    words = [(60, 400, CAPITAL), (60, 400, 120)]
    assert len(lines.find(maps_of(words, size=(121, 460)))) == 2
    assert len(lines.find(maps_of([(60, 400, CAPITAL + 1), (60, 400, 120)], size=(121, 460)))) == 2


def test_a_line_whose_ascenders_the_upper_edge_cuts_off_is_left_out_where_another_is_whole():
    cut, whole = (60, 400, round(0.8 * CAPITAL)), (60, 400, 100)
    assert len(lines.find(maps_of([cut, whole]))) == 1
    assert len(lines.find(maps_of([cut]))) == 1


WHOLE, BELOW = (60, 400, 100), (60, 400, 170)  # lines; the second has no room for descenders in a picture 175 px high


def test_a_line_without_room_for_descenders_is_left_out_where_the_others_stand_clear_of_the_edges():
    (line,) = lines.find(maps_of([WHOLE, BELOW], size=(175, 460)))
    assert line.path[0, 1] < 120
    assert len(lines.find(maps_of([WHOLE, BELOW], size=(190, 460)))) == 2


@pytest.mark.parametrize(
    ("whole", "width"), [((4, 400, 100), 460), ((60, 400, 100), 405), ((60, 400, CAPITAL + 4), 460), (WHOLE, 560)]
)
def test_such_a_line_stays_in_a_page_and_where_the_picture_was_cropped_close_to_its_writing(whole, width):
    """To the left, to the right, and at the top."""
    assert len(lines.find(maps_of([whole, BELOW], size=(175, width)))) == 2


def test_such_a_line_stays_in_a_picture_that_is_higher_than_that_of_a_word():
    higher = [(left, right, base + 40) for left, right, base in (WHOLE, BELOW)]
    assert len(lines.find(maps_of(higher, size=(215, 460)))) == 2


def test_a_line_whose_ink_the_upper_edge_touches_is_left_out_where_the_others_stand_clear_of_it():
    maps = maps_of([(60, 400, CAPITAL + 5), (60, 400, 150)], size=(190, 460))
    assert len(lines.find(maps)) == 2
    maps.ink[: CAPITAL // 2, 60:120] = 1
    (line,) = lines.find(maps)
    assert line.path[0, 1] > 120


def test_ink_at_the_upper_edge_that_is_high_above_a_line_does_not_cut_it_off():
    maps = maps_of([(60, 400, 3 * CAPITAL), (60, 400, 4.5 * CAPITAL)], size=(195, 460))
    maps.ink[: 2 * CAPITAL + 2, 60:200] = 1
    assert len(lines.find(maps)) == 2


def test_a_small_core_that_stands_clear_does_not_show_how_the_picture_was_cropped():
    maps = maps_of([(60, 400, CAPITAL), BELOW], size=(175, 460))
    maps.core[60:66, 430:440] = 1
    assert len(lines.find(maps)) == 3
