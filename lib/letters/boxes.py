"""The boxes of the letters of a strip, whose columns are known: which ink belongs to which letter.

Neighbouring letters are separated along the seam that crosses the least ink.
"""

from collections.abc import Sequence

import cv2
import numpy as np

from letters.ctc import STEP
from letters.lines import BASELINE, CAPITAL, HEIGHT

INK = 64  # grey level from which a pixel counts as ink: the middle of the soft edge of a pale stroke
ASIDE = 0.1  # cost of a seam's step to the side, in pixels of full ink
DRIFT = 0.03  # cost of a row for each px between a seam and the middle of its gap: keeps it from slicing round letters
REACH = 10  # px between a letter's columns and ink that still belongs to it
HIGHEST, LOWEST = 6, 38  # rows: ink that is all above or all below belongs to a neighbouring line


def letter_boxes(
    strip: np.ndarray, segments: np.ndarray, marks: Sequence[tuple[int, int]] = ()
) -> list[tuple[int, int, int, int]]:
    """Boxes (x, y, width, height) of the ink of each letter, px of the strip, uint8 (48, W).

    Neighbours are separated along the seam that crosses the least ink. Between two seams, a letter owns the components
    at most REACH px from its columns, except those entirely above HIGHEST or below LOWEST. A letter without ink gets
    the box of its columns, as tall as a capital.
    segments: int (N, 2), the columns of each letter. marks: the columns of other signs, whose ink belongs to no letter.
    """
    spans = np.concatenate([segments, np.array(marks, int).reshape(-1, 2)]) * STEP
    order = np.argsort(spans.mean(axis=1), kind="stable")
    owner, ink = _cells(strip, spans[order].mean(axis=1))
    _, components, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=4)
    cell_of = np.zeros(len(stats), int)
    cell_of[components.ravel()] = owner.ravel()
    corners = np.hstack([stats[:, :2], stats[:, :2] + stats[:, 2:4]])  # left, top, right, bottom
    left, right = spans[order][cell_of].T
    near = (corners[:, 0] <= right + REACH) & (corners[:, 2] >= left - REACH)
    near &= (corners[:, 3] > HIGHEST) & (corners[:, 1] < LOWEST)
    near[0] = False  # the paper
    result = [(0, 0, 0, 0)] * len(spans)
    for cell, number in enumerate(order):
        own = corners[near & (cell_of == cell)]
        first, end = spans[number]
        low = own[:, :2].min(axis=0) if len(own) else (first, BASELINE - CAPITAL)
        high = own[:, 2:].max(axis=0) if len(own) else (end, BASELINE)
        result[number] = (int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))
    return result[: len(segments)]


def _cells(strip: np.ndarray, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The number of the centre that owns each pixel, int (48, W), and the ink without seams, bool (48, W)."""
    cuts = np.zeros(strip.shape, bool)
    cuts[np.arange(HEIGHT), seams(strip, centres)] = True
    return np.cumsum(cuts, axis=1), (strip >= INK) & ~cuts


def seams(strip: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """The column of the cheapest seam between neighbouring centres in each row: int (N - 1, 48), px.

    A seam runs from the top of the strip to the bottom and moves at most one px sideways in each row (Avidan & Shamir
    2007, doi:10.1145/1276377.1276390). strip: uint8 (48, W); centres: float (N,), px, ascending.
    """
    left = np.ceil(centres[:-1]).astype(int)
    right = np.ceil(centres[1:]).astype(int)
    if not len(left):
        return np.zeros((0, HEIGHT), int)
    across = np.arange((right - left).max())
    places = np.minimum(left[:, None] + across, strip.shape[1] - 1)
    cost = strip[:, places] / np.float32(255)  # (48, N - 1, widest)
    cost += DRIFT * np.abs(left[:, None] + across - (centres[:-1] + centres[1:])[:, None] / 2)
    cost[:, across >= (right - left)[:, None]] = np.inf
    total = np.pad(cost, ((0, 0), (0, 0), (1, 1)), constant_values=np.inf)
    for row in range(1, HEIGHT):
        above = total[row - 1]
        aside = np.minimum(above[:, :-2], above[:, 2:]) + ASIDE
        total[row, :, 1:-1] += np.minimum(above[:, 1:-1], aside)
    found = np.empty((len(left), HEIGHT), int)
    every = np.arange(len(left))
    found[:, -1] = total[-1].argmin(axis=1)
    for row in range(HEIGHT - 2, -1, -1):
        below = found[:, row + 1]
        ways = np.stack([total[row, every, below], total[row, every, below - 1], total[row, every, below + 1]])
        ways[1:] += ASIDE
        found[:, row] = below + np.array([0, -1, 1])[ways.argmin(axis=0)]
    return found - 1 + left[:, None]
