"""Digits, punctuation, other signs, ligatures and doodles, as they stand on a line between letters.

Digits are those of the pen model of digits, and some forms set down by hand; the others are set down by hand.

Coordinates are capital heights: x to the right, y down, y = 0 at the baseline.
"""

import math
from collections.abc import Callable
from functools import cache

import numpy as np

from letters import characters, copybook, negatives, pen
from letters.training.strips import Letter

# Signs that look like letters when they are alone, or that follow letters, in the form of `letters.copybook`.
_SIGNS = {
    "0": ["50,0 15,25 12,70 45,100 85,75 86,25 50,0", "55,2 20,20 18,80 50,98 80,80 82,22 45,0"],
    "1": ["20,25 60,0 60,0 58,100", "45,0 50,100", "15,30 60,2 60,2 60,98 - 25,98 95,98"],
    ",": ["50,0 60,30 30,100"],
    "'": ["55,0 45,100"],
    "(": ["65,0 35,30 35,70 65,100"],
    "+": ["50,10 50,90 - 5,50 95,50", "5,50 95,48 - 50,5 48,95"],
    "?": [
        "12,30 25,5 60,0 85,20 75,42 50,55 48,74 - 48,97 48,97",
        "15,22 45,0 80,10 78,35 52,50 50,72 - 50,98 52,98",
        "20,15 60,2 82,25 45,58 45,75 - 44,96 44,96",
    ],
    "/": ["92,0 8,100", "80,2 45,55 15,98", "95,5 5,95"],
    "#": ["38,2 22,98 - 80,2 64,98 - 4,36 98,34 - 0,66 94,66", "30,5 30,95 - 70,5 70,95 - 5,35 95,30 - 5,70 95,65"],
    "&": ["98,98 25,22 45,0 66,20 12,66 35,98 70,92 94,58", "90,60 50,98 10,75 60,25 45,2 28,22 96,96"],
    "@": ["70,38 48,30 34,50 48,70 66,58 70,36 70,36 74,66 95,60 90,20 52,2 12,22 6,68 40,98 84,90"],
    "%": ["88,5 12,95 - 22,5 6,18 20,34 36,20 22,5 - 78,66 64,82 80,96 94,82 78,66"],
    "=": ["4,20 96,16 - 6,84 94,86"],
    ";": ["52,0 54,3 - 58,55 50,75 30,100"],
    ":": ["50,0 52,4 - 50,96 52,100"],
    "!": ["52,0 50,70 - 50,96 50,98", "60,0 45,72 - 42,97 42,97"],
    ")": ["30,0 66,32 64,72 28,100"],
    '"': ["25,0 22,95 - 75,0 74,95", "20,0 32,100 - 62,5 76,98"],
    "-": ["0,60 100,40"],
}
_SHARP = [  # s
    "8,100 16,40 30,8 60,2 78,22 60,45 42,50 42,50 76,58 90,80 66,98 40,92",
    "12,100 14,30 40,0 76,10 74,34 48,46 48,46 86,62 84,90 52,100",
    "20,120 22,30 50,0 82,18 56,46 56,46 92,66 80,96 44,96",
    "0,90 30,60 46,10 66,4 70,26 50,48 50,48 84,64 82,90 52,100 38,90",
]
PUNCTUATION = ".,:;!?'\"-()"  # that stands beside words
# Top, bottom and width of signs that do not reach from the baseline to the height of a capital.
_BOXES = {
    ".": (-0.06, 0.0, 0.05),
    ",": (-0.08, 0.22, 0.15),
    "'": (-1.05, -0.75, 0.1),
    '"': (-1.05, -0.7, 0.3),
    ":": (-0.5, -0.03, 0.05),
    ";": (-0.5, 0.2, 0.15),
    "...": (-0.1, 0.0, 0.7),
    "-": (-0.5, -0.42, 0.4),
    "(": (-1.1, 0.2, 0.4),
    ")": (-1.1, 0.2, 0.4),
    "/": (-1.05, 0.1, 0.5),
    "+": (-0.75, -0.1, 0.6),
    "=": (-0.55, -0.28, 0.55),
    "@": (-0.95, 0.1, 0.95),
    "%": (-1.0, 0.02, 0.85),
    "#": (-1.0, 0.0, 0.8),
    "!": (-1.0, 0.0, 0.3),
    "?": (-1.0, 0.0, 0.5),
}


MODELLED = 0.75  # of the digits are drawn by the pen model


def others() -> list[str]:
    """The signs that are in no alphabet."""
    return [name for name in _forms() if name not in characters.EXTRA]


@cache
def _forms() -> dict[str, list[str]]:
    forms: dict[str, list[str]] = {}
    for group, signs in negatives.SIGNS.items():
        if group != "drawing":
            forms |= {name: form for name, form in signs.items() if name not in negatives.HELD_OUT}
    return {name: forms.get(name, []) + _SIGNS.get(name, []) for name in forms | _SIGNS}


def draw(name: str, rng: np.random.Generator) -> Letter:
    """A digit or sign as it stands on a line."""
    if name in characters.DIGITS and rng.random() < MODELLED:
        strokes = pen.any_letter(characters.DIGITS.index(name), rng, pen.DIGITS_PATH)
        return [(stroke - (0, 1)) * np.float32(math.exp(rng.normal(0, 0.08))) for stroke in upright(strokes)]
    forms = _forms()[name]
    strokes = copybook.write(forms[rng.integers(len(forms))], rng)
    top, bottom, width = _BOXES.get(name, (-1.0, 0.0, 0.3 if name == "1" else 0.65))
    size = np.array([width * math.exp(rng.normal(0, 0.2)), (bottom - top) * math.exp(rng.normal(0, 0.1))], np.float32)
    return [stroke * size + np.array([0, bottom - size[1]], np.float32) for stroke in strokes]


def ligature(name: str, letter: Callable[[str], Letter], rng: np.random.Generator) -> Letter:
    """A ligature of `characters.LIGATURES` as it stands on a line. letter: writes a letter, its longer side 1."""
    if name == "ß":
        strokes = copybook.write(_SHARP[rng.integers(len(_SHARP))], rng)
        height = 1.0 + (rng.uniform(0, 0.3) if rng.random() < 0.3 else 0)
        size = np.array((rng.uniform(0.4, 0.62), height), np.float32)
        return [stroke * size - np.array((0, 1), np.float32) for stroke in strokes]
    first, second = list(characters.SPELT[name.lower()])
    height = 1.0 if name.isupper() else rng.normal(0.58, 0.06)
    left, right = (letter(part.upper() if name.isupper() else part) for part in (first, second))
    left, right = upright(left), upright(right)
    inward = float(max(stroke[:, 0].max() for stroke in left)) * rng.uniform(0.72, 1.02)
    joined = [*left, *(stroke + np.array((inward, 0), np.float32) for stroke in right)]
    return [(stroke - np.array((0, 1), np.float32)) * np.float32(height) for stroke in joined]


def upright(strokes: Letter) -> Letter:
    """Strokes of any size, scaled to a height of 1, their left end and their top at 0."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = min(1 / max(float(high[1] - low[1]), 1e-3), 1.2 / max(float(high[0] - low[0]), 1e-3))
    return [((stroke - low) * scale).astype(np.float32) for stroke in strokes]


def doodle(rng: np.random.Generator) -> Letter:
    """A scribble, rings, a drawing or part of one, of any height."""
    strokes, names = negatives.draw(1, seed=int(rng.integers(2**32)))
    while negatives.group(names[0]) == "several letters":  # in a line, these are letters
        strokes, names = negatives.draw(1, seed=int(rng.integers(2**32)))
    points = np.concatenate(strokes[0])
    low, high = points.min(axis=0), points.max(axis=0)
    scale = rng.uniform(0.7, 1.6) / max(float((high - low).max()), 1e-3)
    shift = np.array([low[0], high[1] - rng.uniform(-0.2, 0.3) / scale], np.float32)
    return [((stroke - shift) * scale).astype(np.float32) for stroke in strokes[0]]
