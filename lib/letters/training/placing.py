"""Characters placed on the baseline of a line: their sizes, gaps and slopes, and the strokes that join them.

Coordinates are capital heights: x to the right, y down, y = 0 at the baseline.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from letters import alphabet
from letters.ctc import SPACE
from letters.training import marks
from letters.training.hands import Character, Style
from letters.training.strips import Letter, Stroke

_LEVELS = np.arange(-1.3, 0.7, 0.1)  # heights between which the ink of neighbours is compared


@dataclass
class Placed:
    """A character where it stands on the line."""

    label: int
    strokes: Letter
    left: float
    right: float
    mark: int = 0


def sized(sign: Character, style: Style, x: float, rng: np.random.Generator) -> Letter:
    """A character at its height above the baseline and with the left end of its letter at 0."""
    points = np.concatenate(sign.strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    grown = math.exp(rng.normal(0, style.uneven) + style.growth * x)
    if sign.label >= SPACE:
        return [(stroke - (low[0], 0)) * np.float32(grown) for stroke in sign.strokes]
    top, bottom = alphabet.extent(sign.label, style.x_height, dotted=len(sign.strokes) > 1)
    scale = (top - bottom) * grown / max(float(high[1] - low[1]), 1e-6)
    scale = min(scale, 1.8 / max(float(high[0] - low[0]), 1e-6))
    placed = [(stroke - (low[0], high[1] + bottom / scale)) * np.float32(scale) for stroke in sign.strokes]
    return marks.put(placed, sign.label, sign.mark, rng) if sign.mark else placed


def _profile(strokes: Letter) -> tuple[np.ndarray, np.ndarray]:
    """Leftmost and rightmost x of the ink at each of _LEVELS and next to it: float (20,) each."""
    points = np.concatenate(strokes)
    level = ((points[:, 1] + 1.3) * 10).astype(int).clip(0, len(_LEVELS) - 1)
    left, right = np.full(len(_LEVELS) + 2, np.inf), np.full(len(_LEVELS) + 2, -np.inf)
    np.minimum.at(left, level + 1, points[:, 0])
    np.maximum.at(right, level + 1, points[:, 0])
    return np.minimum(np.minimum(left[:-2], left[2:]), left[1:-1]), np.maximum(
        np.maximum(right[:-2], right[2:]), right[1:-1]
    )


def place(line: list[list[Character]], style: Style, rng: np.random.Generator) -> list[list[Placed]]:
    """Write the words one after another on the baseline, their letters as close as the style asks for."""
    placed, edge, cell = [], 0.0, 0
    for word in line:
        written: list[Placed] = []
        before, middle = None, 0.0
        for sign in word:
            strokes = sized(sign, style, edge, rng)
            left, right = _profile(strokes)
            width = float(max(stroke[:, 0].max() for stroke in strokes))
            if style.cell:
                x = cell * style.cell + max(0.02, (style.cell - width) / 2) + rng.normal(0, 0.05)
                cell += 1
            elif before is None:
                x = edge
            else:
                gap = style.gap + rng.normal(0, style.gap_spread) + style.pen
                between_ink = float(np.max(before - left))
                x = edge + gap if between_ink == -np.inf else 0.0
                x = x or style.nesting * between_ink + (1 - style.nesting) * edge + gap
                x = max(x, middle + 1.3 * style.pen + 0.05 - width / 2)  # not on top of the one before
            y = style.slope * x + style.bend * (x - 4) ** 2 + rng.normal(0, style.bounce)
            moved = [stroke + np.array((x, y), np.float32) for stroke in strokes]
            written.append(Placed(sign.label, moved, x, x + width, sign.mark))
            before, middle, edge = right + x, x + width / 2, max(edge, x + width)
        placed.append(written)
        cell += 1  # one is left free
        edge += style.word_gap + max(-0.15, rng.normal(0, 0.07))
    return placed


def links(word: list[Placed], share: float, rng: np.random.Generator) -> Letter:
    """Strokes that join letters to the next ones, and lead into the first and out of the last."""
    found = []
    for here, there in pairwise(word):
        if rng.random() < share and max(here.label, there.label) < SPACE:
            start = here.strokes[-1][-1] if rng.random() < 0.6 else _low_right(here.strokes)
            end = there.strokes[0][0] if rng.random() < 0.6 else _left(there.strokes)
            if end[0] > start[0] - 0.15 and np.hypot(*(end - start)) < 0.9:
                found.append(_arc(start, end, rng.normal(0.08, 0.08)))
    if rng.random() < 0.3 * share and word:
        start = _low_right(word[-1].strokes)
        found.append(_arc(start, start + np.array([rng.uniform(0.1, 0.5), -rng.uniform(0, 0.4)]), 0.08))
    if rng.random() < 0.3 * share and word:
        end = _left(word[0].strokes)
        found.append(_arc(end + np.array([-rng.uniform(0.1, 0.4), rng.uniform(0, 0.4)]), end, 0.08))
    return found


def _low_right(strokes: Letter) -> np.ndarray:
    points = np.concatenate(strokes)
    return points[np.argmax(points[:, 0] + 0.8 * points[:, 1].clip(-1.2, 0.02))]


def _left(strokes: Letter) -> np.ndarray:
    points = np.concatenate(strokes)
    return points[np.argmin(points[:, 0])]


def _arc(start, end, sag: float) -> Stroke:
    t = np.linspace(0, 1, 9)[:, None]
    middle = (start + end) / 2 + (0, sag)
    return ((1 - t) ** 2 * start + 2 * t * (1 - t) * middle + t * t * end).astype(np.float32)


def strike(word: list[Placed], rng: np.random.Generator) -> Letter:
    """Strokes that cross a word out."""
    left, right = word[0].left - rng.uniform(0, 0.2), max(each.right for each in word) + rng.uniform(0, 0.2)
    lines = []
    for _ in range(rng.integers(1, 4)):
        ends = np.array([[left, rng.uniform(-0.8, -0.15)], [right, rng.uniform(-0.8, -0.15)]])
        lines.append(wavy(ends[0], ends[1], 0.03, rng))
    if rng.random() < 0.4:
        x = np.linspace(left, right, max(3, int((right - left) / rng.uniform(0.12, 0.3))))
        y = np.where(np.arange(len(x)) % 2, -rng.uniform(0.6, 1.0), rng.uniform(-0.2, 0.1)) + rng.normal(
            0, 0.05, len(x)
        )
        lines.append(np.stack([x, y], axis=1).astype(np.float32))
    return lines


def wavy(start: ArrayLike, end: ArrayLike, sway: float, rng: np.random.Generator) -> Stroke:
    """A line by hand from one point to another."""
    t = np.linspace(0, 1, 12)[:, None]
    waves = np.sin(t * rng.uniform(1, 6) + rng.uniform(0, 6)) * rng.normal(0, sway, 2)
    return (np.asarray(start) * (1 - t) + np.asarray(end) * t + waves).astype(np.float32)
