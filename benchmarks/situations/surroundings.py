"""What lies around a sheet: bars, borders, desks."""

import cv2
import numpy as np

from benchmarks import scenery
from benchmarks.situations.sheets import Kinds, Sheet, any_ink, entering

KINDS: Kinds = {}
kind = entering(KINDS)


@kind("bars beside the picture", 6)
def _bars(rng, i):
    sheet = Sheet(rng)
    scene = sheet.paper(rng) if i % 2 else sheet.on()
    bar = int(rng.uniform(0.25, 0.9) * sheet.capital)
    sides = ((bar, bar), (0, 0)) if i % 3 == 0 else ((0, 0), (bar, bar)) if i % 3 == 1 else ((0, 0), (0, bar))
    tone = [0, 0, 24][i % 3]
    return sheet.text, np.pad(scene, (*sides, (0, 0)), constant_values=tone)


@kind("line around the picture", 8)
def _border(rng, i):
    sheet = Sheet(rng)
    width = (1, 1, 2, 3, 6, 12, 2, 4)[i]
    tone = (0, 128, 200, 90, 160, 0, 60, 210)[i]
    return sheet.text, np.pad(sheet.on(), ((width, width), (width, width), (0, 0)), constant_values=tone)


@kind("line at one side of the picture")
def _edge(rng, i):
    sheet = Sheet(rng)
    width, tone = int(rng.integers(1, 16)), int(rng.choice([0, 90, 170, 215]))
    sides = ((0, 0), (0, width)) if i % 2 else ((width, 0), (0, 0))
    return sheet.text, np.pad(sheet.on(), (*sides, (0, 0)), constant_values=tone)


@kind("dark edge of a scan")
def _scan_edge(rng, i):
    sheet = Sheet(rng, margin=(0.9, 1.2))
    scene = sheet.paper(rng)
    height, width = sheet.shape
    reach = rng.uniform(0.1, 0.3) * sheet.capital
    away = np.arange(width, dtype=np.float32) + rng.uniform(-0.04, 0.04) * np.arange(height, dtype=np.float32)[:, None]
    dark = 1 / (1 + np.exp(np.clip((away - reach) / rng.uniform(1, 6), -30, 30)))
    dark = dark if i % 2 else dark[:, ::-1]
    if i == 4:  # and a corner folded over
        y, x = np.mgrid[:height, :width]
        dark = np.maximum(dark, (x + y < 0.8 * sheet.capital) * 0.75)
    return sheet.text, scenery.camera(scene * (1 - 0.85 * dark[..., None]), rng)


@kind("light on dark, with a border")
def _dark_with_border(rng, i):
    sheet = Sheet(rng)
    ground, border = [((0, 0, 0), 255), ((30, 30, 34), 160), ((22, 60, 44), 190)][i % 3]
    width = int(rng.choice([1, 2, 5, 10]))
    scene = sheet.on(ground, (240, 240, 235))
    return sheet.text, np.pad(scene, ((width, width), (width, width), (0, 0)), constant_values=border)


@kind("blackboard in a wooden frame")
def _blackboard(rng, i):
    sheet = Sheet(rng, margin=(0.7, 1.2))
    board = scenery.paper(sheet.shape, rng, [(34, 62, 50), (40, 42, 46)][i % 2])
    dust = cv2.GaussianBlur(rng.random(sheet.shape, np.float32), (0, 0), 12)
    board += 40 * (dust - dust.min())[..., None]
    worn = sheet.covered * (0.75 + 0.25 * rng.random(sheet.shape, np.float32))
    scene = scenery.inked(board, worn, (232, 230, 222))
    frame = int(0.3 * sheet.capital)
    wood = scenery.desk("wood", (sheet.shape[0] + 2 * frame, sheet.shape[1] + 2 * frame), rng)
    wood[frame:-frame, frame:-frame] = scene
    return sheet.text, scenery.camera(wood, rng)


def on_desk(rng, sheet, scene, kind):
    """A sheet on a desk that is seen on all sides of it."""
    room = rng.uniform(1.25, 1.5)
    shape = round(sheet.shape[0] * room + 40), round(sheet.shape[1] * room + 40)
    return scenery.camera(scenery.lying(scene, scenery.desk(kind, shape, rng), rng), rng)


@kind("sheet on a light desk")
def _light_desk(rng, i):
    sheet = Sheet(rng, margin=(0.8, 1.4))
    return sheet.text, on_desk(rng, sheet, sheet.paper(rng), "light")


@kind("sheet on a dark desk")
def _dark_desk(rng, i):
    sheet = Sheet(rng, margin=(0.8, 1.4))
    return sheet.text, on_desk(rng, sheet, sheet.paper(rng), "dark")


@kind("sheet on a patterned desk", 8)
def _patterned_desk(rng, i):
    sheet = Sheet(rng, margin=(0.8, 1.4))
    return sheet.text, on_desk(rng, sheet, sheet.paper(rng), ("wood", "check", "terrazzo", "stripes")[i % 4])


@kind("note on a desk", 6)
def _note(rng, i):
    sheet = Sheet(rng, margin=(0.6, 1.0))
    colour = [(250, 232, 110), (255, 170, 190), (160, 226, 160), (150, 210, 246)][i % 4]
    scene = sheet.on(scenery.paper(sheet.shape, rng, colour), any_ink(rng))
    return sheet.text, on_desk(rng, sheet, scene, ("wood", "dark", "light")[i % 3])
