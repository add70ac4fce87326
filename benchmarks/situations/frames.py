"""Letters in boxes, frames, combs, crosswords and circles; underlined; on rules."""

import itertools

import numpy as np

from benchmarks import scenery
from benchmarks.situations.sheets import BLACK, WHITE, Kinds, Sheet, any_ink, any_letter, any_word, drawn, entering

KINDS: Kinds = {}
kind = entering(KINDS)


@kind("letter in a box", 6)
def _boxed_letter(rng, i):
    sheet = Sheet(rng, any_letter(rng), margin=(0.9, 1.3))
    box = scenery.rectangle(sheet.around(rng.uniform(0.2, 0.55)))
    colour = [BLACK, (140, 140, 140), (40, 70, 150)][i % 3]
    return sheet.text, drawn(sheet.on(), box, rng.uniform(1.5, 6), colour)


@kind("letter in a box drawn by hand")
def _hand_boxed(rng, i):
    sheet = Sheet(rng, any_letter(rng), margin=(0.9, 1.3))
    corners = scenery.rectangle(sheet.around(rng.uniform(0.3, 0.5)))
    uneven = np.concatenate([corners + rng.normal(0, 0.035 * sheet.capital, corners.shape), corners[1:2]])
    colour = any_ink(rng)
    scene = sheet.on(scenery.paper(sheet.shape, rng), colour)
    return sheet.text, drawn(scene, uneven, sheet.thickness * rng.uniform(0.7, 1), colour)


@kind("letter in a double or coloured frame")
def _framed_letter(rng, i):
    sheet = Sheet(rng, any_letter(rng), margin=(1.0, 1.3))
    gap = rng.uniform(0.3, 0.5)
    fill = [WHITE, (232, 240, 250), (252, 244, 214)][i % 3]
    ground = scenery.plain(sheet.shape, WHITE)
    left, top, right, bottom = (round(side) for side in sheet.around(gap))
    ground[top:bottom, left:right] = fill
    scene = sheet.on(ground)
    for reach in (gap, gap + 0.12):
        scene = drawn(scene, scenery.rectangle(sheet.around(reach)), rng.uniform(2, 4), any_ink(rng))
    return sheet.text, scene


@kind("word in a frame")
def _framed_word(rng, i):
    sheet = Sheet(rng, any_word(rng), margin=(1.0, 1.4))
    box = sheet.around(rng.uniform(0.3, 0.6))
    points = scenery.rectangle(box)
    if i % 2:
        left, top, right, bottom = box
        r = 0.3 * (bottom - top)
        turn = np.linspace(0, np.pi / 2, 9)
        arcs = [((right - r, top + r), -turn[::-1]), ((right - r, bottom - r), turn)]
        arcs += [((left + r, bottom - r), turn + np.pi / 2), ((left + r, top + r), turn + np.pi)]
        points = np.concatenate([np.stack([x + r * np.cos(t), y + r * np.sin(t)], axis=1) for (x, y), t in arcs])
        points = np.concatenate([points, points[:1]])
    return sheet.text, drawn(sheet.paper(rng), points, rng.uniform(2, 6), any_ink(rng))


def _cells(rng, spread):
    """A word, one letter in each cell; the sheet and the edges of the cells: x (n + 1,), top and bottom."""
    sheet = Sheet(rng, any_word(rng).upper(), capital=rng.uniform(48, 80), margin=(1.0, 1.4), pitch=spread)
    pitch = spread * sheet.capital
    first = np.concatenate(sheet.writing[0])
    middle = (first[:, 0].min() + first[:, 0].max()) / 2
    edges = middle + (np.arange(len(sheet.text) + 1) - 0.5) * pitch
    reach = rng.uniform(0.2, 0.4) * sheet.capital
    return sheet, edges, sheet.box[1] - reach, sheet.box[3] + reach


@kind("comb", 6)
def _comb(rng, i):
    sheet, edges, top, bottom = _cells(rng, rng.uniform(1.5, 1.8))
    scene, colour = sheet.on(), [BLACK, (130, 130, 130), (190, 110, 90)][i % 3]
    thickness = rng.uniform(1.5, 5)
    if i % 2:  # low teeth, open at the top
        scene = drawn(scene, [(edges[0], bottom), (edges[-1], bottom)], thickness, colour)
        top = bottom - 0.3 * (bottom - top)
    else:
        scene = drawn(scene, scenery.rectangle((edges[0], top, edges[-1], bottom)), thickness, colour)
    for x in edges:
        scene = drawn(scene, [(x, top), (x, bottom)], thickness, colour)
    return sheet.text, scene


@kind("letters in boxes of their own")
def _boxes(rng, i):
    sheet, edges, top, bottom = _cells(rng, rng.uniform(1.8, 2.1))
    scene, colour = sheet.on(), [BLACK, (120, 130, 150)][i % 2]
    for left, right in itertools.pairwise(edges):
        inset = 0.09 * (right - left)
        scene = drawn(scene, scenery.rectangle((left + inset, top, right - inset, bottom)), rng.uniform(1.5, 4), colour)
    return sheet.text, scene


@kind("crossword")
def _crossword(rng, i):
    spread = rng.uniform(1.5, 1.7)
    sheet, edges, *_ = _cells(rng, spread)
    pitch = edges[1] - edges[0]
    rows = int(rng.integers(3, 5))
    row = int(rng.integers(rows))
    first = np.concatenate(sheet.writing[0])
    top = (first[:, 1].min() + first[:, 1].max()) / 2 - (row + 0.5) * pitch
    margin = 0.3 * pitch
    shape = round(rows * pitch + 2 * margin), round(edges[-1] - edges[0] + 2 * margin)
    writing = scenery.moved(sheet.writing, margin - edges[0], margin - top)
    scene = scenery.plain(shape, WHITE)
    corners = [(x, y) for y in range(rows) for x in range(len(sheet.text))]
    black = [corner for corner in corners if corner[1] != row and rng.random() < 0.35]
    for x, y in corners:
        left, upper = round(margin + x * pitch), round(margin + y * pitch)
        if (x, y) in black:
            scene[upper : upper + round(pitch), left : left + round(pitch)] = (20, 20, 20)
        box = left, upper, left + pitch, upper + pitch
        scene = drawn(scene, scenery.rectangle(box), 2, (20, 20, 20))
    return sheet.text, scenery.inked(scene, scenery.coverage(writing, shape, sheet.thickness), any_ink(rng))


@kind("circled letter")
def _circled(rng, i):
    sheet = Sheet(rng, any_letter(rng), margin=(1.2, 1.4))
    left, top, right, bottom = sheet.box
    x, y, reach = (left + right) / 2, (top + bottom) / 2, rng.uniform(0.82, 1.0) * sheet.capital
    points = scenery.ellipse((x - reach, y - reach, x + reach, y + reach))
    if i % 2:  # by hand: not quite round, and further than once around
        t = np.linspace(0.3, 2 * np.pi + 0.6, 90)
        points = np.stack([x + reach * np.cos(t) * 1.05, y + (reach + 0.5 * t) * np.sin(t)], axis=1)
    colour = any_ink(rng)
    return sheet.text, drawn(sheet.on(WHITE, colour), points, sheet.thickness * rng.uniform(0.4, 1), colour)


@kind("underlined", 6)
def _underlined(rng, i):
    sheet = Sheet(rng, any_letter(rng) if i % 2 else any_word(rng).upper(), margin=(0.8, 1.1))
    left, _, right, bottom = sheet.box
    y = bottom + rng.uniform(0.16, 0.3) * sheet.capital
    scene, colour = sheet.on(WHITE, any_ink(rng)), any_ink(rng)
    for k in range(1 + i % 3 // 2):
        ends = rng.uniform(-0.1, 0.35, 2) * sheet.capital
        y += 0.16 * sheet.capital * (k > 0)
        line = [(left - ends[0], y), (right + ends[1], y + rng.normal(0, 2))]
        scene = drawn(scene, line, sheet.thickness * rng.uniform(0.5, 1), colour)
    return sheet.text, scene


@kind("on rules, squares and dots", 6)
def _on_rules(rng, i):
    sheet = Sheet(rng, margin=(0.8, 1.3))
    ground, kind = scenery.paper(sheet.shape, rng), ("rules", "squares", "dots")[i % 3]
    pitch = sheet.capital * (rng.uniform(1.4, 1.9) if kind == "rules" else rng.uniform(0.3, 0.5))
    base = sheet.box[3] - sheet.thickness / 2
    return sheet.text, sheet.on(scenery.ruled(ground, kind, pitch, rng, (rng.uniform(0, pitch), base)), any_ink(rng))


@kind("between two rules")
def _two_rules(rng, i):
    sheet = Sheet(rng, any_letter(rng), margin=(0.7, 1.1))
    scene, colour = sheet.on(), [(90, 90, 90), (150, 150, 150), (90, 130, 200)][i % 3]
    for y in (sheet.box[1] - 0.02 * sheet.capital, sheet.box[3] + 0.02 * sheet.capital):
        scene = drawn(scene, [(-9, y), (sheet.shape[1] + 9, y)], 2, colour)
    return sheet.text, scene
