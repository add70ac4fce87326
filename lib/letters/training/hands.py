"""How a writer writes a line: the hand, the style of a line, and what haste does to letters.

Coordinates of strokes are capital heights: x to the right, y down, y = 0 at the baseline.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np

from letters import alphabet, pen
from letters.training.strips import Letter, Stroke
from letters.writing import other_end

RUN_ON = 0.15  # of the longer side of a letter that a stroke goes on beyond its end at most

SPACINGS = ("apart", "touching", "joined")


@dataclass
class Character:
    """A character before it is placed: a letter without its mark, its longer side 1, or another sign, as it stands on
    the line. mark: the place of the letter's mark in `characters.MARKS`."""

    label: int
    strokes: Letter
    mark: int = 0


class DrawnHand:
    """A hand of the pen model: each class has one form and one style, drawn when first asked for."""

    def __init__(self, rng: np.random.Generator):
        self.rng = rng
        self.known: dict[int, tuple[int, int, np.ndarray]] = {}

    def letter(self, label: int) -> Letter:
        rng = self.rng
        if label not in self.known:
            self.known[label] = (*pen.any_form(label, rng), rng.standard_normal(pen.COMPONENTS))
        count, form, style = self.known[label]
        scores = 0.8 * style + 0.6 * rng.standard_normal(pen.COMPONENTS)
        return list(pen.load()[count].strokes(form, scores.clip(-pen.MAX_DEVIATION, pen.MAX_DEVIATION)))


class GivenHand:
    """A hand given as {class number: [letters]}."""

    def __init__(self, letters: Mapping[int, Sequence[Sequence[Stroke]]], rng: np.random.Generator):
        self.letters, self.rng = letters, rng

    def letter(self, label: int) -> Letter:
        choice = self.letters[label]
        return list(pen.normalise(choice[int(self.rng.integers(len(choice)))]))


class Hand(Protocol):
    """Who writes: gives a letter of a class, of longer side 1, whenever it is asked for one."""

    def letter(self, label: int) -> Letter: ...


@dataclass(frozen=True)
class Style:
    """How a line is written; lengths in capital heights."""

    pen: float
    gap: float  # between letters, mean
    gap_spread: float
    nesting: float  # 0: gaps are between bounding boxes, 1: between the ink at the same height
    word_gap: float
    x_height: float
    slant: float
    aspect: float
    uneven: float  # of heights, log
    bounce: float
    growth: float  # of heights along the line, a capital height
    slope: float
    bend: float
    links: float  # share of the letters that are joined to the next
    cell: float  # width of the cells that letters stand in, one in each; 0 where there are none
    habits: float  # how often strokes are displaced, run on or run together
    scale: float  # of the whole line: how wrong the line finder's capital is
    shift: float  # px by which its baseline is wrong
    resolution: float  # px of a capital where it was seen


def _log_uniform(rng, low: float, high: float) -> float:
    return math.exp(rng.uniform(math.log(low), math.log(high)))


def any_style(rng: np.random.Generator, spacing: str | None = None, exact: bool = False) -> Style:
    """Any style, or, exact, one of a pen, a size and a line finder as pages mostly have them."""
    if spacing is None:
        spacing = rng.choice([*SPACINGS, "uneven", "in cells"], p=[0.32, 0.31, 0.21, 0.09, 0.07])
    match spacing:
        case "apart":
            gap, spread = rng.uniform(0.05, 0.35), 0.05
        case "touching":
            gap, spread = rng.uniform(-0.12, 0.05), 0.035
        case "joined":
            gap, spread = rng.uniform(-0.1, 0.2), 0.05
        case _:
            gap, spread = 0.05, 0.12
    scale = rng.normal(0, 0.05 if exact else 0.15)
    if not exact and rng.random() < 0.04:
        scale = math.log(1.5) * rng.uniform(-1, 1)
    return Style(
        pen=_log_uniform(rng, *((0.05, 0.14) if exact else (0.03, 0.2))),
        gap=gap,
        gap_spread=spread,
        nesting=rng.random(),
        word_gap=max(gap + 0.28, rng.uniform(0.45, 1.2)),
        x_height=float(np.clip(rng.normal(0.58, 0.07), 0.42, 0.75)),
        slant=rng.normal(0, 0.17),
        aspect=math.exp(rng.normal(0, 0.13)),
        uneven=rng.uniform(0.02, 0.11),
        bounce=rng.uniform(0.01, 0.07),
        growth=rng.normal(0, 0.012),
        slope=rng.normal(0, 0.012),
        bend=rng.normal(0, 0.002),
        links=rng.uniform(0.3, 1) if spacing == "joined" else 0.0,
        cell=rng.uniform(1.1, 2.0) if spacing == "in cells" else 0.0,
        habits=0.0 if exact else rng.uniform(0, 1),
        scale=math.exp(float(np.clip(scale, -0.45, 0.45))),
        shift=rng.normal(0, 0.7 if exact else 2.0),
        resolution=_log_uniform(rng, 28 if exact else 10, 72),
    )


def deform(letters: list[Letter], style: Style, rng: np.random.Generator) -> list[Letter]:
    """Slant and stretch all letters of a line alike, and each a little by itself; bend each smoothly."""
    counts = [sum(map(len, letter)) for letter in letters]
    points = np.concatenate([stroke for letter in letters for stroke in letter]).astype(np.float32)
    angle, slant, aspect = rng.normal(0, [[0.05], [0.06], [0.08]], (3, len(letters)))
    each = np.repeat(np.arange(len(letters)), counts)
    x, y = points[:, 0] * (style.aspect * np.exp(aspect))[each], points[:, 1]
    x = x - (slant + style.slant)[each] * y
    points = np.stack([x - angle[each] * y, y + angle[each] * x], axis=1)
    waves, along = rng.normal(size=(2, len(letters), 2)), rng.normal(0, 0.02, (2, len(letters), 2))
    phase = rng.uniform(0, 2 * np.pi, (2, len(letters)))
    for wave, way, start in zip(waves, along, phase, strict=True):
        points += np.sin((points * wave[each]).sum(axis=1) * 3.5 + start[each])[:, None] * way[each]
    if rng.random() < 0.25:  # tremor
        points += cv2.GaussianBlur(rng.normal(0, rng.uniform(0.005, 0.02), points.shape), (1, 5), 0)
    ends = np.cumsum([len(stroke) for letter in letters for stroke in letter])[:-1]
    strokes = iter(np.split(points.astype(np.float32), ends))
    return [[next(strokes) for _ in letter] for letter in letters]


def hasty(strokes: Letter, label: int, share: float, rng: np.random.Generator) -> Letter:
    """What haste does to a letter of longer side 1: strokes off their places, the pen not lifted between two of them,
    ends that stop early, run on or hook, corners rounded, dots away or lost, bars too long."""
    chance = rng.random(4) / max(share, 1e-6)
    if len(strokes) > 1:
        name = alphabet.CLASSES[label]
        if chance[0] < 0.6:
            strokes = [_displaced(stroke, rng) for stroke in strokes]
        if name in "ij" and rng.random() < 0.4 * share:
            strokes = _dot_away(strokes, rng)
        elif name in "tTfF" and rng.random() < 0.5 * share:
            strokes = [_long_bar(stroke, rng) for stroke in strokes]
    if len(strokes) > 1 and chance[1] < 0.2:
        i = rng.integers(len(strokes) - 1)
        strokes = [*strokes[:i], np.concatenate(strokes[i : i + 2]), *strokes[i + 2 :]]
    if chance[2] < 0.25:
        blur = rng.uniform(1, 3)  # points
        strokes = [_rounded(stroke, blur) for stroke in strokes]
    if chance[3] < 0.5:
        strokes = [other_end(other_end(stroke, rng, RUN_ON)[::-1], rng, RUN_ON)[::-1] for stroke in strokes]
    return strokes


def _displaced(stroke: Stroke, rng) -> Stroke:
    middle = stroke.mean(axis=0)
    change = rng.normal(size=4).astype(np.float32)
    return (stroke - middle) * (1 + 0.06 * change[:2]) + middle + 0.03 * change[2:]


def _rounded(stroke: Stroke, blur: float) -> Stroke:
    return cv2.GaussianBlur(stroke, (1, 0), blur, sigmaY=blur, borderType=cv2.BORDER_REPLICATE)


def _dot_away(strokes: Letter, rng) -> Letter:
    """The dot of an i or j, its highest short stroke, somewhere else, or missing."""
    sizes = [float(np.ptp(stroke, axis=0).max()) for stroke in strokes]
    dot = int(np.argmin(sizes))
    if sizes[dot] > 0.35 * max(sizes):
        return strokes
    rest = strokes[:dot] + strokes[dot + 1 :]
    if rng.random() < 0.35:
        return rest
    move = rng.normal(0, (0.25, 0.06)).astype(np.float32)
    return [*rest, strokes[dot] + move]


def _long_bar(stroke: Stroke, rng) -> Stroke:
    """A stroke that lies, made longer to one side or both; others as they are."""
    width, height = np.ptp(stroke, axis=0)
    if height > 0.4 * width:
        return stroke
    ends = stroke[:, 0].min(), stroke[:, 0].max()
    anchor = ends[rng.integers(2)] if rng.random() < 0.6 else stroke[:, 0].mean()
    stretch = np.array([rng.uniform(1.2, 2.6), 1], np.float32)
    return (stroke - (anchor, 0)) * stretch + (np.float32(anchor), np.float32(0))
