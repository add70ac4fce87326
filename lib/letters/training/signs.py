"""Digits, punctuation, other signs and doodles, as they stand on a line between letters.

Coordinates are capital heights: x to the right, y down, y = 0 at the baseline.
"""

import math
from functools import cache

import numpy as np

from letters import copybook, negatives
from letters.training.strips import Letter

# Signs that look like letters when they are alone, or that follow letters, in the form of `letters.copybook`.
_SIGNS = {
    "0": ["50,0 15,25 12,70 45,100 85,75 86,25 50,0", "55,2 20,20 18,80 50,98 80,80 82,22 45,0"],
    "1": ["20,25 60,0 60,0 58,100", "45,0 50,100", "15,30 60,2 60,2 60,98 - 25,98 95,98"],
    ",": ["50,0 60,30 30,100"],
    "'": ["55,0 45,100"],
    "(": ["65,0 35,30 35,70 65,100"],
    "+": ["50,10 50,90 - 5,50 95,50"],
}
DIGITS = "0123456789"
MARKS = [".", ",", ":", ";", "-", "!", ")", "'", '"', "_", "..."]
# Top, bottom and width of signs that do not reach from the baseline to the height of a capital.
_BOXES = {
    ".": (-0.06, 0.0, 0.05),
    ",": (-0.08, 0.22, 0.15),
    "'": (-1.05, -0.75, 0.1),
    '"': (-1.05, -0.7, 0.3),
    ":": (-0.5, -0.03, 0.05),
    ";": (-0.5, 0.2, 0.15),
    "...": (-0.1, 0.0, 0.7),
    "-": (-0.5, -0.35, 0.4),
    "(": (-1.1, 0.2, 0.4),
    ")": (-1.1, 0.2, 0.4),
}


def names() -> list[str]:
    """The signs that `draw` knows."""
    return list(_forms())


@cache
def _forms() -> dict[str, list[str]]:
    forms: dict[str, list[str]] = {}
    for group, signs in negatives.SIGNS.items():
        if group != "drawing":
            forms |= {name: form for name, form in signs.items() if name not in negatives.HELD_OUT}
    return forms | _SIGNS


def draw(name: str, rng: np.random.Generator) -> Letter:
    """A sign as it stands on a line."""
    forms = _forms()[name]
    strokes = copybook.write(forms[rng.integers(len(forms))], rng)
    top, bottom, width = _BOXES.get(name, (-1.0, 0.0, 0.3 if name == "1" else 0.65))
    size = np.array([width * math.exp(rng.normal(0, 0.2)), (bottom - top) * math.exp(rng.normal(0, 0.1))], np.float32)
    return [stroke * size + np.array([0, bottom - size[1]], np.float32) for stroke in strokes]


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
