"""Clutter in a strip: underlines, frames, cells, parts of the lines above and below, remains of rules, dirt.

Coordinates are capital heights: x to the right, y down, y = 0 at the baseline.
"""

import math

import numpy as np

from letters.training.hands import Character, Hand, Style
from letters.training.placing import sized, wavy
from letters.training.strips import Letter

FAR = 1.35  # capital heights between the middles of two letters: the network sees little beyond the next one then


def around(left: float, right: float, hand: Hand, style: Style, rng: np.random.Generator) -> tuple[Letter, Letter]:
    """Clutter around a line: strokes of the same pen, and remains of rules, of another pen."""
    same, rules = [], []
    kind = rng.random(6)
    if kind[0] < 0.08:  # an underline
        y = rng.uniform(0.08, 0.4)
        same.append(wavy((left - 0.3, y), (right + 0.3, y + rng.normal(0, 0.05)), 0.03, rng))
        if rng.random() < 0.2:
            same.append(same[0] + np.array((0, 0.12), np.float32))
    if style.cell and (kind[1] < 0.4 or style.cell > FAR):  # farther apart, only walls tell cells from words
        same += _cells(left, right, style.cell, rng)
    elif kind[1] < 0.2:
        same += _frame(left, right, rng)
    if kind[2] < 0.2:
        same += _neighbours(left, right, hand, -1, style, rng)
    if kind[3] < 0.2:
        same += _neighbours(left, right, hand, 1, style, rng)
    if kind[4] < 0.1:
        rules += _rules(left, right, rng)
    if kind[5] < 0.08:  # dirt
        for _ in range(rng.integers(1, 6)):
            at = np.array([rng.uniform(left - 0.5, right + 0.5), rng.uniform(-1.3, 0.5)])
            rules.append((at + np.cumsum(rng.normal(0, 0.03, (3, 2)), axis=0)).astype(np.float32))
    return same, rules


def _frame(left: float, right: float, rng) -> Letter:
    """Parts of a box or a circle around the line, or a stroke that stands beside it."""
    left, right = left - rng.uniform(0.15, 0.9), right + rng.uniform(0.15, 0.9)
    top, bottom = -1 - rng.uniform(0.1, 0.6), rng.uniform(0.12, 0.6)
    if rng.random() < 0.25:
        middle, t = ((left + right) / 2, (top + bottom) / 2), np.linspace(0, 2 * np.pi * rng.uniform(0.9, 1.1), 40)
        across, along = (right - left) / 2 * rng.uniform(1, 1.2), (bottom - top) / 2 * rng.uniform(1, 1.4)
        start = rng.uniform(0, 6)
        return [
            np.stack([middle[0] + across * np.cos(t + start), middle[1] + along * np.sin(t + start)], 1).astype(
                np.float32
            )
        ]
    out = rng.uniform(0, 1.5, 2)  # verticals go on beyond the strip
    sides = [
        wavy((left, top - out[0]), (left + rng.normal(0, 0.04), bottom + out[1]), 0.02, rng),
        wavy((right, top - out[0]), (right + rng.normal(0, 0.04), bottom + out[1]), 0.02, rng),
        wavy((left - 0.2, top), (right + 0.2, top + rng.normal(0, 0.05)), 0.02, rng),
        wavy((left - 0.2, bottom), (right + 0.2, bottom + rng.normal(0, 0.05)), 0.02, rng),
    ]
    whole = rng.random() < 0.4
    return [side for side in sides if whole or rng.random() < 0.4]


def _cells(left: float, right: float, pitch: float, rng) -> Letter:
    """Walls of the cells of a form, of a comb or of a crossword, or what the network that finds ink leaves of them."""
    foot, height = rng.uniform(0.1, 0.5), rng.uniform(0.25, 1.0) if rng.random() < 0.4 else rng.uniform(1.2, 2.0)
    first = math.floor(left / pitch)
    ends = first * pitch, math.ceil(right / pitch) * pitch
    sides = [np.array([(x, foot), (x, foot - height)], np.float32) for x in np.arange(ends[0], ends[1] + 0.1, pitch)]
    sides.append(np.array([(ends[0], foot), (ends[1], foot)], np.float32))
    if height > 1.2:
        sides.append(sides[-1] - np.array((0, height), np.float32))
    kept = 1.0 if rng.random() < 0.6 else rng.uniform(0.5, 0.9)
    return [side for side in sides if rng.random() < kept]


def _neighbours(left: float, right: float, hand, way: int, style: Style, rng) -> Letter:
    """Letters of the line above (way -1) or below (1), as far as they reach in."""
    pitch, x, strokes = way * rng.uniform(1.35, 2.1), left + rng.uniform(-0.6, 0.6), []
    case = rng.integers(2)
    for _ in range(rng.integers(1, 9)):
        label = int(rng.integers(26) + 26 * case)
        written = sized(Character(label, hand.letter(label)), style, x, rng)
        strokes += [stroke + np.array((x, pitch), np.float32) for stroke in written]
        x += float(max(stroke[:, 0].max() for stroke in written)) + max(0.05, style.gap) + rng.exponential(0.15)
        if x > right + 0.5:
            break
    return strokes


def _rules(left: float, right: float, rng) -> Letter:
    """Remains of ruled or squared paper: pieces of lines."""
    step, start, pieces = rng.uniform(0.5, 2.0), rng.uniform(-1.4, 0.4), []
    for y in np.arange(start, 0.55, step):
        ends = np.sort(rng.uniform(left - 0.6, right + 0.6, 2))
        pieces.append(wavy((ends[0], y), (ends[1], y), 0.005, rng))
    if rng.random() < 0.5:
        for x in np.arange(left + rng.uniform(0, step), right, step):
            ends = np.sort(rng.uniform(-1.5, 0.6, 2))
            pieces.append(wavy((x, ends[0]), (x, ends[1]), 0.005, rng))
    return pieces
