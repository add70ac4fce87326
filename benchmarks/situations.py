"""Situations from real life: pictures of a letter or a word in frames, lights, inks and files of all kinds.

`make` draws them anew from the pen model, `read_folder` reads a folder of pictures with `expected.json`: {file name:
text}, where "" stands for no letter. `measure` says which of them readers get right. The letters are forms that a
person and the letter network read right from a clean picture (`benchmarks.scenery.forms`), so that the situation is
measured, not the letter.
"""

import io
import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from benchmarks import scenery
from benchmarks.words import answer, fold
from letters.picture import PictureError, open_picture

# every letter but I, which nobody can tell from an l when it stands alone
LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
WORDS = (
    *("HELLO", "WORLD", "TABLE", "HOUSE", "PAPER", "STONE", "BREAD", "MUSIC", "GARDEN", "MARKET", "FRIDAY", "KITCHEN"),
    *("hello", "bread", "house", "market", "garden", "winter", "school", "number", "HELLO WORLD", "GOOD DAY"),
)
TWO = ("OK", "NO", "GO", "DO", "UP", "ON", "AT", "BY", "WE", "HI", "SO", "ME")
THREE = ("YES", "CAT", "BOY", "DAY", "OUT", "TOP", "NEW", "RED", "BOX", "KEY", "MAP", "END")
INKS = ((18, 18, 24), (24, 44, 130), (70, 70, 76), (150, 28, 40), (20, 92, 60))  # black, blue, pencil, red, green
BLACK, WHITE = (0, 0, 0), (255, 255, 255)


@dataclass(frozen=True)
class Situation:
    """A picture as a file, and what is written in it."""

    name: str
    kind: str
    data: bytes
    expected: str  # "" where there is no letter


# ---------------------------------------------------------------------------------------------- measuring


def make(seed: int = 2026) -> Iterator[Situation]:
    """Draw all kinds of situations. The same seed gives the same pictures."""
    for number, (kind, (draw, count)) in enumerate(KINDS.items()):
        for i in range(count):
            expected, drawn = draw(np.random.default_rng([seed, number, i]), i)
            data = drawn if isinstance(drawn, bytes) else _file(scenery.picture(drawn), "PNG", compress_level=1)
            yield Situation(f"{kind} {i + 1}", kind, data, expected)


def read_folder(folder: str | Path) -> Iterator[Situation]:
    """The pictures that `expected.json` in a folder lists; their kind is the name of the folder.

    Raises FileNotFoundError where a file is missing, ValueError where expected.json is not as it should be.
    """
    folder = Path(folder)
    path = folder / "expected.json"
    expected = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(expected, dict) or not all(isinstance(text, str) for text in expected.values()):
        raise ValueError(f"{path}: it should hold an object of file names and the texts written in them")
    for name, text in expected.items():
        yield Situation(name, folder.resolve().name, (folder / name).read_bytes(), text)


def measure(situations: Iterable[Situation], readers: list) -> dict:
    """What readers, as `benchmarks.words` describes them, make of situations.

    An answer is right where it is what is expected, case and kind of white space aside; where nothing is written, an
    empty text and the error "no_ink" are both right. A file that `open_picture` refuses counts as wrong for all.
    Returns {"pictures", "right": {reader: share}, "kinds", "answers"}:
    kinds    one for each kind: "kind", "pictures", "right" {reader: count}
    answers  one for each picture: "name", "kind", "expected", "refused" (the code of the refusal, or None),
             "answers" {reader: str}, "right" {reader: bool}
    """
    answers = [_answers(situation, readers) for situation in situations]
    names = [reader.name for reader in readers]
    rows = []
    for kind in dict.fromkeys(each["kind"] for each in answers):
        chosen = [each for each in answers if each["kind"] == kind]
        right = {name: sum(each["right"][name] for each in chosen) for name in names}
        rows.append({"kind": kind, "pictures": len(chosen), "right": right})
    share = {name: sum(row["right"][name] for row in rows) / max(1, len(answers)) for name in names}
    return {"pictures": len(answers), "right": share, "kinds": rows, "answers": answers}


def _answers(situation, readers):
    refused, found = None, {reader.name: "" for reader in readers}
    try:
        picture = open_picture(situation.data)
    except PictureError as error:
        refused = error.code
    else:
        found = {reader.name: answer(reader, picture) for reader in readers}
    right = {name: refused is None and fold(text) == fold(situation.expected) for name, text in found.items()}
    told = {"name": situation.name, "kind": situation.kind, "expected": situation.expected}
    return told | {"refused": refused, "answers": found, "right": right}


# ------------------------------------------------------------------------------------------------- sheets

KINDS: dict[str, tuple[Callable, int]] = {}  # kind -> (function of a generator and a number, how many to draw)


def _kind(name, count=5):
    """Enter a function of (rng, number of the picture among its kind) -> (expected text, scene or file)."""

    def enter(draw):
        KINDS[name] = draw, count
        return draw

    return enter


class _Sheet:
    """A text, laid out on a sheet of its own size."""

    def __init__(self, rng, text=None, capital=None, margin=(0.45, 1.0), pitch=None):
        self.text = _text(rng) if text is None else text
        self.capital = capital or (rng.uniform(80, 170) if len(self.text) == 1 else rng.uniform(46, 84))
        self.thickness = self.capital * rng.uniform(0.07, 0.11)
        margins = self.capital * rng.uniform(*margin, 4)
        written = scenery.write(self.text, rng, self.capital, pitch and pitch * self.capital)
        self.writing, self.shape = scenery.on_sheet(written, tuple(margins))
        self.covered = scenery.coverage(self.writing, self.shape, self.thickness)
        left, top, right, bottom = scenery.bounds(self.writing)
        half = self.thickness / 2
        self.box = left - half, top - half, right + half, bottom + half

    def around(self, gap):
        """The box of the ink, larger by `gap` capital heights on all sides."""
        reach = gap * self.capital
        left, top, right, bottom = self.box
        return left - reach, top - reach, right + reach, bottom + reach

    def on(self, ground=WHITE, colour=BLACK):
        """The sheet as a scene. ground: a colour, or a scene of its shape."""
        ground = ground if isinstance(ground, np.ndarray) else scenery.plain(self.shape, ground)
        return scenery.inked(ground, self.covered, colour)

    def paper(self, rng):
        """The sheet as paper and ink."""
        return self.on(scenery.paper(self.shape, rng), _ink(rng))


def _text(rng):
    return str(rng.choice(list(LETTERS)) if rng.random() < 0.5 else rng.choice(WORDS))


def _letter(rng):
    return str(rng.choice(list(LETTERS)))


def _word(rng):
    return str(rng.choice([word for word in WORDS if " " not in word]))


def _ink(rng):
    return INKS[rng.integers(len(INKS))]


def _drawn(scene, points, thickness, colour):
    return scenery.inked(scene, scenery.outline(scene.shape[:2], points, thickness), colour)


# --------------------------------------------------------------------------------- frames, boxes and lines


@_kind("letter in a box", 6)
def _boxed_letter(rng, i):
    sheet = _Sheet(rng, _letter(rng), margin=(0.9, 1.3))
    box = scenery.rectangle(sheet.around(rng.uniform(0.2, 0.55)))
    colour = [BLACK, (140, 140, 140), (40, 70, 150)][i % 3]
    return sheet.text, _drawn(sheet.on(), box, rng.uniform(1.5, 6), colour)


@_kind("letter in a box drawn by hand")
def _hand_boxed(rng, i):
    sheet = _Sheet(rng, _letter(rng), margin=(0.9, 1.3))
    corners = scenery.rectangle(sheet.around(rng.uniform(0.3, 0.5)))
    uneven = np.concatenate([corners + rng.normal(0, 0.035 * sheet.capital, corners.shape), corners[1:2]])
    colour = _ink(rng)
    scene = sheet.on(scenery.paper(sheet.shape, rng), colour)
    return sheet.text, _drawn(scene, uneven, sheet.thickness * rng.uniform(0.7, 1), colour)


@_kind("letter in a double or coloured frame")
def _framed_letter(rng, i):
    sheet = _Sheet(rng, _letter(rng), margin=(1.0, 1.3))
    gap = rng.uniform(0.3, 0.5)
    fill = [WHITE, (232, 240, 250), (252, 244, 214)][i % 3]
    ground = scenery.plain(sheet.shape, WHITE)
    left, top, right, bottom = (round(side) for side in sheet.around(gap))
    ground[top:bottom, left:right] = fill
    scene = sheet.on(ground)
    for reach in (gap, gap + 0.12):
        scene = _drawn(scene, scenery.rectangle(sheet.around(reach)), rng.uniform(2, 4), _ink(rng))
    return sheet.text, scene


@_kind("word in a frame")
def _framed_word(rng, i):
    sheet = _Sheet(rng, _word(rng), margin=(1.0, 1.4))
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
    return sheet.text, _drawn(sheet.paper(rng), points, rng.uniform(2, 6), _ink(rng))


def _cells(rng, spread):
    """A word, one letter in each cell; the sheet and the edges of the cells: x (n + 1,), top and bottom."""
    sheet = _Sheet(rng, _word(rng).upper(), capital=rng.uniform(48, 80), margin=(1.0, 1.4), pitch=spread)
    pitch = spread * sheet.capital
    first = np.concatenate(sheet.writing[0])
    middle = (first[:, 0].min() + first[:, 0].max()) / 2
    edges = middle + (np.arange(len(sheet.text) + 1) - 0.5) * pitch
    reach = rng.uniform(0.2, 0.4) * sheet.capital
    return sheet, edges, sheet.box[1] - reach, sheet.box[3] + reach


@_kind("comb", 6)
def _comb(rng, i):
    sheet, edges, top, bottom = _cells(rng, rng.uniform(1.5, 1.8))
    scene, colour = sheet.on(), [BLACK, (130, 130, 130), (190, 110, 90)][i % 3]
    thickness = rng.uniform(1.5, 5)
    if i % 2:  # low teeth, open at the top
        scene = _drawn(scene, [(edges[0], bottom), (edges[-1], bottom)], thickness, colour)
        top = bottom - 0.3 * (bottom - top)
    else:
        scene = _drawn(scene, scenery.rectangle((edges[0], top, edges[-1], bottom)), thickness, colour)
    for x in edges:
        scene = _drawn(scene, [(x, top), (x, bottom)], thickness, colour)
    return sheet.text, scene


@_kind("letters in boxes of their own")
def _boxes(rng, i):
    sheet, edges, top, bottom = _cells(rng, rng.uniform(1.8, 2.1))
    scene, colour = sheet.on(), [BLACK, (120, 130, 150)][i % 2]
    for left, right in itertools.pairwise(edges):
        inset = 0.09 * (right - left)
        scene = _drawn(
            scene, scenery.rectangle((left + inset, top, right - inset, bottom)), rng.uniform(1.5, 4), colour
        )
    return sheet.text, scene


@_kind("crossword")
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
        scene = _drawn(scene, scenery.rectangle(box), 2, (20, 20, 20))
    return sheet.text, scenery.inked(scene, scenery.coverage(writing, shape, sheet.thickness), _ink(rng))


@_kind("circled letter")
def _circled(rng, i):
    sheet = _Sheet(rng, _letter(rng), margin=(1.2, 1.4))
    left, top, right, bottom = sheet.box
    x, y, reach = (left + right) / 2, (top + bottom) / 2, rng.uniform(0.82, 1.0) * sheet.capital
    points = scenery.ellipse((x - reach, y - reach, x + reach, y + reach))
    if i % 2:  # by hand: not quite round, and further than once around
        t = np.linspace(0.3, 2 * np.pi + 0.6, 90)
        points = np.stack([x + reach * np.cos(t) * 1.05, y + (reach + 0.5 * t) * np.sin(t)], axis=1)
    colour = _ink(rng)
    return sheet.text, _drawn(sheet.on(WHITE, colour), points, sheet.thickness * rng.uniform(0.4, 1), colour)


@_kind("underlined", 6)
def _underlined(rng, i):
    sheet = _Sheet(rng, _letter(rng) if i % 2 else _word(rng).upper(), margin=(0.8, 1.1))
    left, _, right, bottom = sheet.box
    y = bottom + rng.uniform(0.16, 0.3) * sheet.capital
    scene, colour = sheet.on(WHITE, _ink(rng)), _ink(rng)
    for k in range(1 + i % 3 // 2):
        ends = rng.uniform(-0.1, 0.35, 2) * sheet.capital
        y += 0.16 * sheet.capital * (k > 0)
        line = [(left - ends[0], y), (right + ends[1], y + rng.normal(0, 2))]
        scene = _drawn(scene, line, sheet.thickness * rng.uniform(0.5, 1), colour)
    return sheet.text, scene


@_kind("on rules, squares and dots", 6)
def _on_rules(rng, i):
    sheet = _Sheet(rng, margin=(0.8, 1.3))
    ground, kind = scenery.paper(sheet.shape, rng), ("rules", "squares", "dots")[i % 3]
    pitch = sheet.capital * (rng.uniform(1.4, 1.9) if kind == "rules" else rng.uniform(0.3, 0.5))
    base = sheet.box[3] - sheet.thickness / 2
    return sheet.text, sheet.on(scenery.ruled(ground, kind, pitch, rng, (rng.uniform(0, pitch), base)), _ink(rng))


@_kind("between two rules")
def _two_rules(rng, i):
    sheet = _Sheet(rng, _letter(rng), margin=(0.7, 1.1))
    scene, colour = sheet.on(), [(90, 90, 90), (150, 150, 150), (90, 130, 200)][i % 3]
    for y in (sheet.box[1] - 0.02 * sheet.capital, sheet.box[3] + 0.02 * sheet.capital):
        scene = _drawn(scene, [(-9, y), (sheet.shape[1] + 9, y)], 2, colour)
    return sheet.text, scene


# ----------------------------------------------------------------------------------- what is around a sheet


@_kind("bars beside the picture", 6)
def _bars(rng, i):
    sheet = _Sheet(rng)
    scene = sheet.paper(rng) if i % 2 else sheet.on()
    bar = int(rng.uniform(0.25, 0.9) * sheet.capital)
    sides = ((bar, bar), (0, 0)) if i % 3 == 0 else ((0, 0), (bar, bar)) if i % 3 == 1 else ((0, 0), (0, bar))
    tone = [0, 0, 24][i % 3]
    return sheet.text, np.pad(scene, (*sides, (0, 0)), constant_values=tone)


@_kind("line around the picture", 8)
def _border(rng, i):
    sheet = _Sheet(rng)
    width = (1, 1, 2, 3, 6, 12, 2, 4)[i]
    tone = (0, 128, 200, 90, 160, 0, 60, 210)[i]
    return sheet.text, np.pad(sheet.on(), ((width, width), (width, width), (0, 0)), constant_values=tone)


@_kind("line at one side of the picture")
def _edge(rng, i):
    sheet = _Sheet(rng)
    width, tone = int(rng.integers(1, 16)), int(rng.choice([0, 90, 170, 215]))
    sides = ((0, 0), (0, width)) if i % 2 else ((width, 0), (0, 0))
    return sheet.text, np.pad(sheet.on(), (*sides, (0, 0)), constant_values=tone)


@_kind("dark edge of a scan")
def _scan_edge(rng, i):
    sheet = _Sheet(rng, margin=(0.9, 1.2))
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


@_kind("light on dark, with a border")
def _dark_with_border(rng, i):
    sheet = _Sheet(rng)
    ground, border = [((0, 0, 0), 255), ((30, 30, 34), 160), ((22, 60, 44), 190)][i % 3]
    width = int(rng.choice([1, 2, 5, 10]))
    scene = sheet.on(ground, (240, 240, 235))
    return sheet.text, np.pad(scene, ((width, width), (width, width), (0, 0)), constant_values=border)


@_kind("blackboard in a wooden frame")
def _blackboard(rng, i):
    sheet = _Sheet(rng, margin=(0.7, 1.2))
    board = scenery.paper(sheet.shape, rng, [(34, 62, 50), (40, 42, 46)][i % 2])
    dust = cv2.GaussianBlur(rng.random(sheet.shape, np.float32), (0, 0), 12)
    board += 40 * (dust - dust.min())[..., None]
    worn = sheet.covered * (0.75 + 0.25 * rng.random(sheet.shape, np.float32))
    scene = scenery.inked(board, worn, (232, 230, 222))
    frame = int(0.3 * sheet.capital)
    wood = scenery.desk("wood", (sheet.shape[0] + 2 * frame, sheet.shape[1] + 2 * frame), rng)
    wood[frame:-frame, frame:-frame] = scene
    return sheet.text, scenery.camera(wood, rng)


def _on_desk(rng, sheet, scene, kind):
    """A sheet on a desk that is seen on all sides of it."""
    room = rng.uniform(1.25, 1.5)
    shape = round(sheet.shape[0] * room + 40), round(sheet.shape[1] * room + 40)
    return scenery.camera(scenery.lying(scene, scenery.desk(kind, shape, rng), rng), rng)


@_kind("sheet on a light desk")
def _light_desk(rng, i):
    sheet = _Sheet(rng, margin=(0.8, 1.4))
    return sheet.text, _on_desk(rng, sheet, sheet.paper(rng), "light")


@_kind("sheet on a dark desk")
def _dark_desk(rng, i):
    sheet = _Sheet(rng, margin=(0.8, 1.4))
    return sheet.text, _on_desk(rng, sheet, sheet.paper(rng), "dark")


@_kind("sheet on a patterned desk", 8)
def _patterned_desk(rng, i):
    sheet = _Sheet(rng, margin=(0.8, 1.4))
    return sheet.text, _on_desk(rng, sheet, sheet.paper(rng), ("wood", "check", "terrazzo", "stripes")[i % 4])


@_kind("note on a desk", 6)
def _note(rng, i):
    sheet = _Sheet(rng, margin=(0.6, 1.0))
    colour = [(250, 232, 110), (255, 170, 190), (160, 226, 160), (150, 210, 246)][i % 4]
    scene = sheet.on(scenery.paper(sheet.shape, rng, colour), _ink(rng))
    return sheet.text, _on_desk(rng, sheet, scene, ("wood", "dark", "light")[i % 3])


# -------------------------------------------------------------------------------------------------- light


def _lit(rng, light_of, i):
    """A sheet on paper, of which every other one is ruled, in a light."""
    sheet = _Sheet(rng, margin=(0.8, 1.5))
    ground = scenery.paper(sheet.shape, rng)
    if i % 2:
        ground = scenery.ruled(ground, ("squares", "rules")[i // 2 % 2], 0.45 * sheet.capital, rng)
    return sheet.text, scenery.camera(sheet.on(ground, _ink(rng)) * light_of(sheet.shape, rng)[..., None], rng)


@_kind("hard shadow", 6)
def _hard_shadow(rng, i):
    return _lit(rng, lambda shape, rng: scenery.shadow(shape, rng, 0.015), i)


@_kind("soft shadow")
def _soft_shadow(rng, i):
    return _lit(rng, lambda shape, rng: scenery.shadow(shape, rng, rng.uniform(0.15, 0.5)), i)


@_kind("two shadows")
def _two_shadows(rng, i):
    return _lit(rng, lambda *a: scenery.shadow(*a, 0.03, 0.35) * scenery.shadow(*a, 0.1, 0.4), i)


@_kind("under a lamp")
def _lamp(rng, i):
    return _lit(rng, scenery.lamp, i)


@_kind("with a flash")
def _flash(rng, i):
    sheet = _Sheet(rng, margin=(0.9, 1.5))
    left, top, right, bottom = sheet.box
    beside = (right + 0.5 * sheet.capital, top) if i % 2 else (left, bottom + 0.4 * sheet.capital)
    return sheet.text, scenery.camera(scenery.flash(sheet.paper(rng) * 0.8, rng, beside), rng)


@_kind("vignette")
def _vignette(rng, i):
    return _lit(rng, scenery.vignette, i)


# ----------------------------------------------------------------------------------------------- no letter


def _blank_shape(rng):
    return int(rng.integers(220, 520)), int(rng.integers(260, 640))


@_kind("blank canvas")
def _blank_canvas(rng, i):
    if i == 4:
        return "", _file(np.zeros((*_blank_shape(rng), 4), np.uint8), "PNG")
    return "", scenery.plain(_blank_shape(rng), [WHITE, BLACK, (250, 240, 200), (120, 130, 140)][i])


@_kind("blank paper", 6)
def _blank_paper(rng, i):
    scene = scenery.paper(_blank_shape(rng), rng, None if i % 3 else (196, 170, 130))
    return "", scenery.camera(scenery.crumpled(scene, rng) if i % 2 else scene, rng)


@_kind("blank paper in falling light", 6)
def _blank_light(rng, i):
    shape = _blank_shape(rng)
    ramp = np.linspace(*rng.uniform((225, 60), (250, 180)), shape[1], dtype=np.float32)
    if i % 3 == 0:
        scene = np.repeat(np.repeat(ramp[None, :, None], shape[0], axis=0), 3, axis=2)
        return "", scene if i % 2 else _file(scenery.picture(scene), "JPEG", quality=60)
    light = scenery.lamp(shape, rng) if i % 3 == 1 else scenery.vignette(shape, rng)
    return "", scenery.camera(scenery.paper(shape, rng) * light[..., None], rng)


@_kind("blank paper in a shadow")
def _blank_shadow(rng, i):
    shape = _blank_shape(rng)
    return "", scenery.camera(
        scenery.paper(shape, rng) * scenery.shadow(shape, rng, (0.02, 0.3)[i % 2])[..., None], rng
    )


@_kind("blank rules, squares and dots", 6)
def _blank_ruled(rng, i):
    scene = scenery.paper(_blank_shape(rng), rng)
    scene = scenery.ruled(
        scene, ("rules", "squares", "dots")[i % 3], rng.uniform(24, 60), rng, tuple(rng.uniform(0, 20, 2))
    )
    return "", scenery.camera(scene, rng) if i % 2 else scene


@_kind("blank sheet on a desk", 6)
def _blank_desk(rng, i):
    shape = _blank_shape(rng)
    kind = ("light", "dark", "wood", "check", "terrazzo", "stripes")[i]
    on = scenery.desk(kind, (round(shape[0] * 1.4), round(shape[1] * 1.4)), rng)
    return "", scenery.camera(scenery.lying(scenery.paper(shape, rng), on, rng), rng)


# --------------------------------------------------------------------------------------------- short words


@_kind("two letters", 12)
def _two_letters(rng, i):
    sheet = _Sheet(rng, TWO[i % len(TWO)], capital=rng.uniform(70, 180), margin=(0.2, 0.8))
    return sheet.text, sheet.on()


@_kind("three letters", 12)
def _three_letters(rng, i):
    sheet = _Sheet(rng, THREE[i % len(THREE)], capital=rng.uniform(60, 150), margin=(0.2, 0.8))
    return sheet.text, sheet.on()


@_kind("short words in small letters", 8)
def _short_small(rng, i):
    words = ("ok", "go", "no", "at", "yes", "cat", "dog", "end")
    sheet = _Sheet(rng, words[i % len(words)], capital=rng.uniform(70, 150), margin=(0.3, 0.8))
    return sheet.text, sheet.on(WHITE, _ink(rng))


@_kind("short words on photos", 6)
def _short_photo(rng, i):
    sheet = _Sheet(rng, str(rng.choice(TWO + THREE)), capital=rng.uniform(60, 110), margin=(0.6, 1.2))
    return sheet.text, scenery.camera(sheet.paper(rng) * scenery.lamp(sheet.shape, rng)[..., None], rng)


# ------------------------------------------------------------------------------------------ inks and grounds


def _pair(rng, far, brighter, less=255.0):
    """Ink and ground: colours `far` apart in RGB at least, their luma between `brighter` and `less` apart."""
    while True:
        ink, ground = rng.uniform(0, 255, (2, 3))
        difference = abs(scenery.luma(ink) - scenery.luma(ground))
        if np.linalg.norm(ink - ground) >= far and brighter <= difference <= less:
            return ink, ground


@_kind("coloured ink on white", 6)
def _on_white(rng, i):
    sheet = _Sheet(rng)
    colours = ((0, 170, 220), (240, 200, 0), (230, 60, 160), (60, 180, 60), (255, 120, 0), (120, 60, 200))
    return sheet.text, sheet.on(WHITE, colours[i])


@_kind("coloured ink on coloured ground", 8)
def _on_colour(rng, i):
    sheet = _Sheet(rng)
    ink, ground = _pair(rng, far=120, brighter=45)
    return sheet.text, sheet.on(ground, ink)


@_kind("ink as bright as its ground", 8)
def _equal_brightness(rng, i):
    sheet = _Sheet(rng)
    ink, ground = _pair(rng, far=150, brighter=0, less=4)
    if i % 2:
        return sheet.text, scenery.camera(sheet.on(scenery.paper(sheet.shape, rng, ground), ink), rng)
    return sheet.text, sheet.on(ground, ink)


@_kind("coloured ink on black", 6)
def _on_black(rng, i):
    sheet = _Sheet(rng)
    colours = ((40, 60, 255), (10, 10, 150), (190, 0, 0), (0, 140, 0), (255, 255, 255), (150, 0, 170))
    return sheet.text, sheet.on(BLACK, colours[i])


@_kind("inks of two colours", 6)
def _two_inks(rng, i):
    sheet = _Sheet(rng, _word(rng) if i % 2 else _letter(rng))
    pairs = (((0, 0, 0), (255, 255, 255), (128, 128, 128)), ((200, 20, 20), (20, 40, 200), WHITE))
    one, other, ground = (*pairs, ((10, 10, 10), (240, 205, 0), WHITE))[i % 3]
    number = np.zeros(sheet.shape, bool)
    for letter in sheet.writing[1::2] if len(sheet.writing) > 1 else [sheet.writing[0][-1:]]:
        number |= scenery.coverage([letter], sheet.shape, sheet.thickness) > 0
    if len(sheet.writing) == 1:  # the lower half of a letter in the other ink
        number = np.repeat((np.arange(sheet.shape[0]) > sum(sheet.box[1::2]) / 2)[:, None], sheet.shape[1], axis=1)
    return sheet.text, sheet.on(ground, np.where(number[..., None], np.float32(other), np.float32(one)))


@_kind("pale ink")
def _pale(rng, i):
    sheet = _Sheet(rng)
    if i % 2:
        ground = scenery.paper(sheet.shape, rng, (244, 243, 238))
        return sheet.text, scenery.camera(sheet.on(ground, (196, 196, 198)), rng, noise=(0.5, 1.5))
    return sheet.text, sheet.on(WHITE, ((222, 222, 222), (255, 244, 170), (205, 225, 255))[i // 2])


# ------------------------------------------------------------------------------------------- transparency


def _file(picture, format, **options):
    """A picture, uint8 (H, W), (H, W, 3), (H, W, 4) or a PIL image, as the bytes of a file."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def _cut_out(sheet, colour, hard=False):
    """Ink on nothing: uint8 (H, W, 4). hard: without soft edges."""
    alpha = (sheet.covered > 0.5) * 255 if hard else sheet.covered * 255
    rgb = np.broadcast_to(np.float32(colour), (*sheet.shape, 3))
    return np.dstack([rgb, alpha]).round().astype(np.uint8)


@_kind("ink on a transparent ground", 8)
def _transparent(rng, i):
    sheet = _Sheet(rng)
    colours = (BLACK, WHITE, (128, 128, 128), (200, 30, 30), (255, 220, 60), (30, 60, 200), BLACK, WHITE)
    return sheet.text, _file(_cut_out(sheet, colours[i], hard=i >= 6), "PNG" if i % 3 else "WEBP", lossless=True)


@_kind("black and white ink on a transparent ground", 4)
def _transparent_both(rng, i):
    sheet = _Sheet(rng, _word(rng))
    white = scenery.coverage(sheet.writing[::2], sheet.shape, sheet.thickness) > 0.02
    return sheet.text, _file(_cut_out(sheet, np.where(white[..., None], 255.0, 0.0)), "PNG")


@_kind("sticker with a white rim", 4)
def _sticker(rng, i):
    sheet = _Sheet(rng)
    rim = np.minimum(cv2.GaussianBlur(scenery.coverage(sheet.writing, sheet.shape, sheet.thickness * 3), (0, 0), 1), 1)
    colour = sheet.on(WHITE, _ink(rng))
    return sheet.text, _file(np.dstack([colour, rim * 255]).round().astype(np.uint8), "PNG")


@_kind("picture with some transparency", 6)
def _some_transparency(rng, i):
    sheet = _Sheet(rng)
    scene = scenery.picture(sheet.on(WHITE, _ink(rng)))
    alpha = np.full(sheet.shape, 255, np.uint8)
    y, x = np.mgrid[: sheet.shape[0], : sheet.shape[1]]
    reach = int(0.4 * sheet.capital)
    match i:
        case 0:  # white made transparent
            alpha = np.where(scene.min(axis=2) > 245, 0, 255).astype(np.uint8)
        case 1:  # one corner missing
            alpha[x + y < reach] = 0
        case 2:
            alpha[:] = 254
        case 3:  # a transparent margin
            alpha[:reach] = alpha[-reach // 2 :] = 0
        case 4:  # a round vignette
            radius = np.hypot((2 * x / sheet.shape[1]) - 1, (2 * y / sheet.shape[0]) - 1)
            alpha = (255 * np.clip((1.3 - radius) / 0.2, 0, 1)).astype(np.uint8)
        case 5:  # half transparent all over
            alpha[:] = 120
    return sheet.text, _file(np.dstack([scene, alpha]), "PNG")


@_kind("transparent entry of a palette", 4)
def _transparent_palette(rng, i):
    sheet = _Sheet(rng)
    ink, ground = ((1, 0), (0, 1))[i % 2]  # the numbers of their colours
    numbers = np.where(sheet.covered > 0.5, ink, ground).astype(np.uint8)
    image = Image.fromarray(numbers).convert("P")
    colours = {ink: BLACK if i < 2 else WHITE, ground: BLACK if i < 2 else WHITE}
    image.putpalette([*colours[0], *colours[1]])
    return sheet.text, _file(image, "GIF" if i % 2 else "PNG", transparency=ground)


# -------------------------------------------------------------------------------------------------- files


def _in_16_bits(values):
    """A PNG of 16 bits a channel: uint16 (H, W), (H, W, 3) RGB or (H, W, 4) RGBA."""
    order = {3: [2, 1, 0], 4: [2, 1, 0, 3]}.get(values.shape[-1]) if values.ndim == 3 else None
    return cv2.imencode(".png", values if order is None else np.ascontiguousarray(values[..., order]))[1].tobytes()


@_kind("16 bits a channel", 6)
def _sixteen(rng, i):
    sheet = _Sheet(rng)
    scene = sheet.on(WHITE, _ink(rng))
    grey = scene.mean(axis=2)
    match i:
        case 0:
            return sheet.text, _in_16_bits((grey * 257).astype(np.uint16))
        case 1:  # 12 bits of a sensor
            return sheet.text, _in_16_bits((grey * 4095 / 255).astype(np.uint16))
        case 2:
            return sheet.text, _in_16_bits((scene * 257).astype(np.uint16))
        case 3:
            return sheet.text, _in_16_bits((_cut_out(sheet, BLACK) * np.uint16(257)).astype(np.uint16))
        case 4:  # white on black
            return sheet.text, _in_16_bits(((255 - grey) * 257).astype(np.uint16))
    return sheet.text, _file(Image.fromarray((grey * 257).astype(np.uint16)), "TIFF")


@_kind("few colours", 6)
def _few_colours(rng, i):
    sheet = _Sheet(rng)
    image = Image.fromarray(scenery.picture(sheet.on(*[(WHITE, BLACK), ((255, 250, 225), _ink(rng))][i % 2])))
    match i:
        case 0:
            return sheet.text, _file(image.convert("1", dither=Image.Dither.NONE), "PNG")
        case 1:
            return sheet.text, _file(image.quantize(16), "PNG")
        case 2:
            return sheet.text, _file(image.convert("1", dither=Image.Dither.NONE), "TIFF", compression="group4")
        case 3:
            return sheet.text, _file(image.quantize(4), "GIF")
        case 4:
            return sheet.text, _file(image.convert("L").quantize(4), "PNG", bits=2)
    return sheet.text, _file(image.quantize(8), "BMP")


@_kind("CMYK", 4)
def _cmyk(rng, i):
    sheet = _Sheet(rng)
    image = Image.fromarray(scenery.picture(sheet.on(WHITE, INKS[i]))).convert("CMYK")
    return sheet.text, _file(image, "TIFF") if i == 3 else _file(image, "JPEG", quality=88)


@_kind("orientation said by EXIF", 8)
def _exif(rng, i):
    sheet = _Sheet(rng, _word(rng) if i % 2 else _letter(rng))
    scene = scenery.picture(sheet.paper(rng))
    orientation = (3, 6, 8, 2, 4, 5, 7, 6)[i]
    stored = {  # how a picture is stored that the orientation turns upright
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a),
        7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }[orientation](scene)
    exif = Image.Exif()
    exif[0x0112] = orientation
    return sheet.text, _file(np.ascontiguousarray(stored), ("JPEG", "PNG", "WEBP")[i % 3], exif=exif)


@_kind("other formats", 10)
def _formats(rng, i):
    import pillow_heif

    sheet = _Sheet(rng)
    scene = scenery.picture(sheet.paper(rng))
    image = Image.fromarray(scene)
    match i:
        case 0:
            return sheet.text, _file(image, "BMP")
        case 1:  # 32 bits, of which nobody filled in the last 8
            data = bytearray(_file(image.convert("RGBA"), "BMP"))
            start = int.from_bytes(data[10:14], "little")
            data[start + 3 :: 4] = bytes(len(data[start + 3 :: 4]))
            return sheet.text, bytes(data)
        case 2:
            return sheet.text, _file(image, "TIFF", compression="tiff_lzw")
        case 3:
            return sheet.text, _file(image, "WEBP", quality=60)
        case 4:
            return sheet.text, _file(image, "AVIF", max_threads=1)
        case 5:
            stream = io.BytesIO()
            pillow_heif.from_pillow(image).save(stream, quality=80)
            return sheet.text, stream.getvalue()
        case 6:  # a photo with its preview
            return sheet.text, _file(image, "MPO", save_all=True, append_images=[image.resize((80, 60))])
        case 7:  # a drawing that moves: the first frame counts
            return sheet.text, _file(
                image.quantize(32), "GIF", save_all=True, append_images=[image.rotate(20).quantize(32)]
            )
        case 8:
            return sheet.text, _file(image, "JPEG", quality=70, progressive=True)
    return sheet.text, _file(image, "JPEG", quality=10)


# --------------------------------------------------------------------------------------- size and direction


@_kind("low resolution", 8)
def _low_resolution(rng, i):
    sheet = _Sheet(rng, _word(rng).upper() if i % 2 else _letter(rng), margin=(0.5, 1.0))
    scene = sheet.paper(rng)
    scale = rng.uniform(14, 20) / sheet.capital
    small = cv2.resize(scene, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if i % 4 > 1:  # enlarged again
        small = cv2.resize(small, None, fx=5, fy=5, interpolation=cv2.INTER_CUBIC)
    return sheet.text, small


@_kind("small in a large picture", 4)
def _small(rng, i):
    sheet = _Sheet(rng, capital=rng.uniform(30, 44), margin=(7, 14))
    return sheet.text, scenery.camera(sheet.paper(rng), rng)


@_kind("filling the picture", 4)
def _filling(rng, i):
    sheet = _Sheet(rng, _letter(rng) if i % 2 else _word(rng).upper(), margin=(0.08, 0.1))
    return sheet.text, sheet.on()


@_kind("turned by a quarter or a half", 8)
def _turned(rng, i):
    # words that say nothing upside down; a letter alone may (N and Z, M and W)
    sheet = _Sheet(rng, str(rng.choice(["BREAD", "GARDEN", "KITCHEN", "FRIDAY", "PAPER", "bread", "garden", "market"])))
    return sheet.text, np.ascontiguousarray(np.rot90(sheet.paper(rng), (1, 3, 2)[i % 3]))
