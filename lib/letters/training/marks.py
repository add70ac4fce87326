"""The marks of letters as hands write them: acute, tilde, cedilla and the like, above, below or across a letter.

Coordinates are capital heights: x to the right, y down, y = 0 at the baseline.
"""

import numpy as np

from letters.alphabet import CLASSES
from letters.characters import MARKS
from letters.training.strips import Letter, Stroke

NAMES = list(MARKS)


def put(strokes: Letter, label: int, mark: int, rng: np.random.Generator) -> Letter:
    """A letter that stands on the baseline, with a mark (its place in MARKS). An i or j mostly loses its dot."""
    name, kind = CLASSES[label], NAMES[mark]
    if kind in ("cedilla", "ogonek"):
        return [*strokes, _below(strokes, kind, rng)]
    if kind == "stroke":
        return [*strokes, _across(strokes, name, rng)]
    if name in "ij" and len(strokes) > 1 and rng.random() < 0.92:
        heights = [float(stroke[:, 1].mean()) for stroke in strokes]
        strokes = [stroke for stroke, height in zip(strokes, heights, strict=True) if height > min(heights)]
    points = np.concatenate(strokes)
    top = float(points[:, 1].min())
    upper = points[points[:, 1] < top + 0.3]
    middle = float(upper[:, 0].min() + upper[:, 0].max()) / 2
    capital = name.isupper()
    height = rng.uniform(0.1, 0.22) if capital else rng.uniform(0.12, 0.34)
    width = rng.uniform(0.12, 0.4)
    gap = rng.uniform(0.02, 0.12) if capital else rng.uniform(0.04, 0.22)
    corner = np.array((middle - width / 2 + rng.normal(0, 0.06), top - gap - height), np.float32)
    size = np.array((width, height), np.float32)
    return [*strokes, *(stroke * size + corner for stroke in _above(kind, rng))]


def _above(kind: str, rng) -> Letter:
    """A mark in the unit box, y down."""
    loose = rng.normal(0, 0.07, 8)
    match kind:
        case "acute":
            return [_curve([(0.15 + loose[0], 1), (0.55 + loose[1], 0.55 + loose[2]), (0.9, loose[3])])]
        case "grave":
            return [_curve([(0.1, loose[0]), (0.45 + loose[1], 0.5 + loose[2]), (0.85 + loose[3], 1)])]
        case "circumflex":
            return [_line([(0, 1 + loose[0]), (0.5 + loose[1], 0), (1, 1 + loose[2])])]
        case "caron":
            return [_line([(0, loose[0]), (0.5 + loose[1], 1), (1, loose[2])])]
        case "tilde":
            rise = rng.uniform(0.15, 1)  # flat for many
            ys = 0.5 + rise * np.array((0.5, -0.5, 0.1, 0.5, -0.4)) + loose[:5]
            return [_curve(list(zip((0, 0.25, 0.5, 0.75, 1.1), ys, strict=True)))]
        case "ring":
            turn = np.linspace(0, 2 * np.pi * rng.uniform(0.85, 1.15), 16) + rng.uniform(0, 6)
            wide = rng.uniform(0.35, 0.5)
            return [np.stack([0.5 + wide * np.cos(turn), 0.5 + 0.5 * np.sin(turn)], axis=1).astype(np.float32)]
        case _:
            return _two_dots(loose, rng)


def _two_dots(loose: np.ndarray, rng) -> Letter:
    """A diaeresis: two dots, two short strokes, or, in haste, one dash."""
    manner = rng.random()
    level = 0.5 + loose[0]
    if manner < 0.12:
        return [_curve([(0.05, level), (0.5, level + loose[1]), (0.95, level + loose[2])])]
    places = (0.1 + loose[3], 0.9 + loose[4])
    length = 0.0 if manner < 0.5 else rng.uniform(0.1, 0.45)
    lean = rng.uniform(-0.1, 0.25) * length
    return [_line([(x + lean, level - length), (x - lean, level + length + loose[5] * length)]) for x in places]


def _below(strokes: Letter, kind: str, rng) -> Stroke:
    """A cedilla hangs under the middle of a letter, an ogonek under its right end."""
    points = np.concatenate(strokes)
    low = points[points[:, 1] > points[:, 1].max() - 0.25]
    foot = float(points[:, 1].max())
    depth, width = rng.uniform(0.18, 0.36), rng.uniform(0.08, 0.2)
    if kind == "cedilla":
        x = float(low[:, 0].mean()) + rng.normal(0, 0.04)
        shape = [(0, 0), (-0.2, 0.35), (0.8, 0.55), (0.5, 0.95), (-0.8, 1)]
        if rng.random() < 0.35:  # a comma, or a tail
            shape = [(0, 0.05), (0.3, 0.5), (-0.6, 1)]
    else:
        x = float(low[:, 0].max()) - rng.uniform(0, 0.1)
        shape = [(0, 0), (-0.7, 0.45), (-0.4, 0.95), (0.7, 0.9)]
    return _curve([(x + width * a, foot + depth * b) for a, b in shape])


def _across(strokes: Letter, name: str, rng) -> Stroke:
    """The stroke of an o with one, a Polish l, a Croatian d."""
    points = np.concatenate(strokes)
    (left, top), (right, foot) = points.min(axis=0), points.max(axis=0)
    wide, tall = right - left, foot - top
    out = rng.uniform(-0.05, 0.3, 2)
    if name in "oO":
        return _line([(left - out[0] * wide, foot + out[0] * tall), (right + out[1] * wide, top - out[1] * tall)])
    if name in "lL":
        x, y, half = left + 0.3 * wide * (name == "L"), (top + foot) / 2 + rng.normal(0, 0.08), rng.uniform(0.1, 0.22)
        return _line([(x - half, y + half * rng.uniform(0.2, 1)), (x + half, y - half * rng.uniform(0.2, 1))])
    y = top + tall * (rng.uniform(0.15, 0.3) if name == "d" else rng.uniform(0.4, 0.6))
    x, half = (right if name == "d" else left), rng.uniform(0.12, 0.25)
    return _line([(x - half, y + rng.normal(0, 0.02)), (x + half, y)])


def _line(points: list) -> Stroke:
    return np.array(points, np.float32)


def _curve(points: list) -> Stroke:
    """A smooth stroke through points: quadratic or higher, by interpolation over their number."""
    given = np.array(points, float)
    at = np.linspace(0, 1, len(given))
    fine = np.linspace(0, 1, 12)
    degree = min(3, len(given) - 1)
    return np.stack([np.polyval(np.polyfit(at, given[:, i], degree), fine) for i in (0, 1)], axis=1).astype(np.float32)
