"""Pictures of handwriting for the ink network, with the truth about them: where ink of writing is, where lines run.

A picture is put together as it comes about in life. Writing and everything drawn beside it (frames, arrows, combs,
underlines) are strokes on a plane; paper has a color, grain, folds and printed lines; it lies on a desk, in some light;
a camera or a scanner, or nothing at all, sees it. The truth has the writing only.

All lengths are px of the picture unless a capital height is named. Planes are float32 (SIDE, SIDE) of 0..1.
"""

import math
from dataclasses import dataclass, field

import cv2
import numpy as np

from letters import alphabet, negatives, pen
from letters.training import papers
from letters.writing import draw_line

SIDE = 256  # px of a picture
BANK = 2600  # letters drawn from the pen model for a block of pictures
SIGNS = 200  # digits and signs among them
FINE = 2  # strokes are drawn at this multiple of SIDE, and averaged
X_HEIGHT = 0.58  # of a line's core, in capital heights, whatever is written on it
WORD_GAP = 1.3  # capital heights; a wider gap separates two lines, not two words of one


@dataclass(frozen=True)
class DrawnPage:
    """A picture with its truth."""

    picture: np.ndarray  # uint8 (SIDE, SIDE, 3) RGB
    ink: np.ndarray  # uint8 (SIDE, SIDE): 0..255, how much of each pixel a pen that wrote has covered
    core: np.ndarray  # uint8 (SIDE, SIDE): 0 or 255, between baseline and x-height of a line


@dataclass
class _Writing:
    """Strokes on the plane, before anything has a colour."""

    strokes: list[np.ndarray] = field(default_factory=list)  # float32 (n, 2) of letters, in px
    widths: list[float] = field(default_factory=list)  # of the pen, one a stroke
    cores: list[np.ndarray] = field(default_factory=list)  # polygons, float32 (n, 2)
    boxes: list[tuple[float, float, float, float]] = field(default_factory=list)  # of words: left, top, right, bottom
    cells: list[tuple[float, float, float, float]] = field(default_factory=list)  # of letters, where each has one
    capital: float = 40.0
    in_cells: bool = False  # of a form, which are then drawn

    def box(self) -> np.ndarray:
        """Around everything, float (4,): left, top, right, bottom."""
        corners = np.array(self.boxes)
        return np.concatenate([corners[:, :2].min(axis=0), corners[:, 2:].max(axis=0)])


def bank(seed: int) -> dict[int, list]:
    """Letters to write with: {class number: [letters]}; digits and signs are at alphabet.NOT_A_LETTER."""
    letters, labels = pen.draw(BANK, seed=seed)
    found: dict[int, list[list[np.ndarray]]] = {label: [] for label in range(alphabet.NOT_A_LETTER + 1)}
    for letter, label in zip(letters, labels, strict=True):
        found[int(label)].append(letter)
    rng = np.random.default_rng(seed)
    kinds = [kind for kind in negatives.kinds() if negatives.group(kind) in ("digit", "punctuation", "sign")]
    found[alphabet.NOT_A_LETTER] = [negatives._draw(kinds[rng.integers(len(kinds))], rng) for _ in range(SIGNS)]
    return found


def draw(letters: dict[int, list], rng: np.random.Generator, blank: bool = False) -> DrawnPage:
    """Draw one picture. letters: as `bank` gives them. blank: nothing is written in it, as in a tenth of all."""
    page = _page(_write(letters, rng) if rng.random() > 0.1 and not blank else None, rng)
    if rng.random() > 0.1:
        return page
    turns = int(rng.integers(1, 4))  # sideways or upside down
    return DrawnPage(*(np.ascontiguousarray(np.rot90(plane, turns)) for plane in (page.picture, page.ink, page.core)))


def draw_letter(letters: dict[int, list], rng: np.random.Generator) -> tuple[DrawnPage, int]:
    """Draw a picture of one letter, upright. letters: as `bank` gives them. Returns it with the class number."""
    written, label = _one_letter(letters, rng)
    return _page(written, rng), label


def draw_bare(rng: np.random.Generator) -> DrawnPage:
    """Draw a picture in which nothing is written, and nothing else is drawn: paper, desk, light."""
    return _page(None, rng, cluttered=0.0)


def _page(written, rng, cluttered=0.55):
    """A picture of what is written, or of nothing. cluttered: how likely something is drawn beside it."""
    scene = written or _Writing(boxes=[(60, 60, 190, 160)], capital=_log_uniform(rng, 12, 80))
    ink_plane, core = _planes(written)
    clutter = _clutter(scene, rng) if rng.random() < cluttered else None
    picture, visible = papers.compose(ink_plane, clutter, scene.box(), scene.capital, rng)
    ink_plane = ink_plane * visible
    near = cv2.boxFilter(ink_plane, -1, (2 * int(0.7 * scene.capital) + 1,) * 2) > 0  # no core where writing is cut off
    core = core * visible * near
    return DrawnPage(picture, (ink_plane * 255).astype(np.uint8), (core > 0.5).astype(np.uint8) * 255)


def _log_uniform(rng, low, high):
    return math.exp(rng.uniform(math.log(low), math.log(high)))


# ------------------------------------------------------------------------------------------------- writing


def _write(letters, rng):
    """Write something: one letter, a word that fills the picture, letters in cells, or lines."""
    kind = rng.random()
    if kind < 0.28:
        return _one_letter(letters, rng)[0]
    if kind < 0.42:
        return _short_word(letters, rng)
    if kind < 0.54:
        return _in_cells(letters, rng)
    return _lines(letters, rng)


def _some_letter(letters, rng, case):
    """(class number, strokes) of a letter; case: 0 capital, 1 small, 2 digit or sign."""
    label = alphabet.NOT_A_LETTER if case == 2 else int(rng.integers(26)) + 26 * case
    forms = letters[label]
    return label, forms[rng.integers(len(forms))]


def _scaled(label, strokes, capital, x_height, rng, uneven=0.06):
    """Strokes whose bounding box is at (0, 0) and as high as the class asks for; (strokes, width, bottom in px)."""
    points = np.concatenate(strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    if label == alphabet.NOT_A_LETTER:
        top, bottom = 1.0, 0.0
        wanted = capital * min(1.0, rng.uniform(0.7, 1.1))
    else:
        top, bottom = alphabet.extent(label, x_height, dotted=len(strokes) > 1)
        wanted = (top - bottom) * capital
    scale = wanted * math.exp(rng.normal(0, uneven)) / max(float(high[1] - low[1]), 1e-6)
    scale = min(scale, 1.8 * capital / max(float(high[0] - low[0]), 1e-6))
    moved = [(stroke - (low[0], high[1])) * np.float32(scale) for stroke in strokes]
    return moved, float(high[0] - low[0]) * scale, bottom * capital


def _put(writing, strokes, width, offset):
    for stroke in strokes:
        writing.strokes.append((stroke + np.float32(offset)).astype(np.float32))
        writing.widths.append(width)


def _one_letter(letters, rng):
    """A letter on its own, of any size, anywhere; and its class number."""
    label, strokes = _some_letter(letters, rng, int(rng.random() < 0.4))
    size = _log_uniform(rng, 0.08, 1.0) * SIDE if rng.random() < 0.5 else rng.uniform(0.35, 0.98) * SIDE
    points = np.concatenate(strokes)
    extent = points.max(axis=0) - points.min(axis=0)
    top, bottom = alphabet.extent(label, dotted=len(strokes) > 1)
    capital = size * float(extent[1] / extent.max()) / (top - bottom)
    capital = min(max(capital, 6.0), 1.6 * SIDE)
    pen_width = min(_log_uniform(rng, 0.03, 0.2) * min(size, capital), 0.2 * size)
    moved, width, foot = _scaled(label, strokes, capital, X_HEIGHT, rng, 0)
    height = (top - bottom) * capital
    free = max(0.0, SIDE - width), max(0.0, SIDE - height)
    x, y = (rng.uniform(0, 1) * room if room else rng.uniform(-0.03, 0) * SIDE for room in free)
    if rng.random() < 0.5:
        x, y = (SIDE - width) / 2, (SIDE - height) / 2
    writing = _Writing(capital=capital)
    _put(writing, moved, pen_width, (x, y + height))
    base = y + height + foot
    writing.boxes.append((x, y, x + width, y + height))
    writing.cores.append(_band([x, x + max(width, 2)], lambda at: base + 0 * at, capital))
    return writing, label


def _band(ends, base, capital):
    """The core of a line: a polygon between its baseline, a function of x, and its x-height."""
    x = np.linspace(ends[0], ends[1], 24)
    below = base(x)
    outline = np.concatenate([np.stack([x, below - X_HEIGHT * capital], 1), np.stack([x, below], 1)[::-1]])
    return outline.astype(np.float32)


def _short_word(letters, rng):
    """A word of two to six letters that spans most of the picture."""
    count, side = int(rng.integers(2, 7)), rng.uniform(0.45, 1.0) * SIDE
    capital = side / (count * rng.uniform(0.7, 1.1))
    writing = _Writing(capital=capital)
    style = _style(rng)
    y = rng.uniform(capital, max(SIDE - 0.4 * capital, capital + 1))
    _write_line(writing, letters, rng, style, rng.uniform(0, SIDE - side), y, 1, count, _log_uniform(rng, 0.03, 0.2))
    return writing


def _style(rng):
    """How a hand writes a line; lengths in capital heights."""
    return {
        "case": rng.choice(4, p=[0.3, 0.38, 0.2, 0.12]),  # capitals, small, capitalised, mixed
        "x_height": float(np.clip(rng.normal(X_HEIGHT, 0.06), 0.42, 0.75)),
        "gap": rng.uniform(-0.1, 0.06) if rng.random() < 0.4 else rng.uniform(0.03, 0.35),
        "word_gap": rng.uniform(0.4, 1.1),
        "bounce": rng.uniform(0.0, 0.06),
        "slant": rng.normal(0, 0.16),
        "joined": rng.random() < 0.35,
        "tilt": rng.normal(0, 0.05) if rng.random() < 0.8 else rng.normal(0, 0.2),
        "bend": rng.normal(0, 0.0006),
        "signs": 0.25 if rng.random() < 0.15 else 0.02,
    }


def _write_line(writing, letters, rng, style, x, y, words, longest, pen_width):
    """Write a line of words with its left end at x and its baseline at y (at the middle of the picture)."""
    capital, width_of_pen = writing.capital, max(0.9, pen_width * writing.capital)

    def base(at):
        return y + style["tilt"] * (at - SIDE / 2) + style["bend"] * (at - SIDE / 2) ** 2

    left, last = x, None
    for word in range(words):
        start = x
        for place in range(int(rng.integers(1, longest + 1)) if words > 1 else longest):
            case = {0: 0, 1: 1, 2: int(place > 0), 3: int(rng.random() < 0.6)}[int(style["case"])]
            label, strokes = _some_letter(letters, rng, 2 if rng.random() < style["signs"] else case)
            moved, width, foot = _scaled(label, strokes, capital, style["x_height"], rng)
            moved = [np.stack([s[:, 0] - style["slant"] * s[:, 1], s[:, 1]], axis=1) for s in moved]
            level = float(base(x + width / 2)) - foot + rng.normal(0, style["bounce"]) * capital
            if style["joined"] and last is not None and rng.random() < 0.7:
                _put(writing, [np.stack([last, moved[0][0] + np.float32((x, level))])], width_of_pen, (0, 0))
            _put(writing, moved, width_of_pen, (x, level))
            last = writing.strokes[-1][-1]
            writing.cells.append((x, level - capital, x + width, level))
            x += width + width_of_pen + (style["gap"] + rng.normal(0, 0.04)) * capital
            if x > SIDE + 2 * capital:
                break
        writing.boxes.append((start, float(base(start)) - capital, x, float(base(x)) + 0.3 * capital))
        last = None
        gap = rng.uniform(2, 5) if rng.random() < 0.06 else style["word_gap"]
        if gap > WORD_GAP or word == words - 1 or x > SIDE:
            writing.cores.append(_band((left, x - style["gap"] * capital), base, capital))
            left = x + gap * capital
        x += gap * capital
        if x > SIDE:
            break


def _lines(letters, rng):
    """Lines of writing, as many as fit or fewer, possibly running out of the picture."""
    capital = _log_uniform(rng, 8, 95)
    writing, style = _Writing(capital=capital), _style(rng)
    pen_width = _log_uniform(rng, 0.04, 0.2)
    pitch = rng.uniform(1.2, 2.4) * capital
    left, y = rng.uniform(-0.2, 0.4) * SIDE, rng.uniform(0.4, 1.8) * capital
    if rng.random() < 0.4:
        y += rng.uniform(0, 0.6) * SIDE
    for _ in range(int(rng.integers(1, 10))):
        x = left + rng.normal(0, 0.6) * capital
        _write_line(writing, letters, rng, style, x, y, int(rng.integers(1, 5)), int(rng.integers(2, 10)), pen_width)
        y += pitch * (1 if rng.random() < 0.88 else rng.uniform(1, 3))
        if y > SIDE + capital:
            break
        if rng.random() < 0.12:
            style["case"] = rng.choice(4)
    return writing


def _in_cells(letters, rng):
    """Letters in the cells of a form, a comb or a crossword; the cells themselves are clutter."""
    capital = _log_uniform(rng, 14, 110)
    writing, pitch = _Writing(capital=capital), capital * rng.uniform(1.25, 2.0)
    case, width_of_pen = int(rng.random() < 0.15), max(0.9, _log_uniform(rng, 0.05, 0.18) * capital)
    columns, rows = max(1, int(SIDE / pitch)), int(rng.integers(1, 4))
    columns = int(rng.integers(1, columns + 1))
    left, y = rng.uniform(0, max(1, SIDE - columns * pitch)), rng.uniform(1.2, 2) * capital
    for _ in range(rows):
        for column in range(columns):
            if rng.random() < 0.1:
                continue
            label, strokes = _some_letter(letters, rng, case)
            moved, width, foot = _scaled(label, strokes, capital, X_HEIGHT, rng)
            x = left + (column + 0.5) * pitch - width / 2 + rng.normal(0, 0.05) * capital
            _put(writing, moved, width_of_pen, (x, y - foot + rng.normal(0, 0.05) * capital))
            cell = left + column * pitch
            writing.cells.append((cell, y - 0.5 * capital - pitch / 2, cell + pitch, y - 0.5 * capital + pitch / 2))
        level = y
        writing.cores.append(
            _band((left + 0.15 * pitch, left + (columns - 0.15) * pitch), lambda at, b=level: b + 0 * at, capital)
        )
        writing.boxes.append((left, y - capital, left + columns * pitch, y))
        y += pitch * rng.uniform(1.0, 1.3)
        if y > SIDE:
            break
    writing.in_cells = True
    return writing


def _planes(writing):
    """Ink and cores of writing, or empty ones."""
    fine = np.zeros((SIDE * FINE,) * 2, np.uint8)
    core = np.zeros((SIDE, SIDE), np.uint8)
    if writing is None:
        return core.astype(np.float32), core.astype(np.float32)
    for stroke, width in zip(writing.strokes, writing.widths, strict=True):
        draw_line(fine, stroke * FINE, max(1.0, width * FINE - 0.5))
    for polygon in writing.cores:
        cv2.fillPoly(core, [np.rint(polygon).astype(np.int32)], 255)
    plane = cv2.resize(fine, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    return plane.astype(np.float32) / 255, core.astype(np.float32) / 255


# ------------------------------------------------------------------------------- what is drawn beside writing


def _clutter(writing, rng):
    """Frames, circles, cells, lines and arrows, as a plane: drawn with a pen or printed, and no ink of letters."""
    fine = np.zeros((SIDE * FINE,) * 2, np.uint8)
    pen_width = writing.widths[0] if writing.widths else 0.08 * writing.capital
    width = max(1.0, pen_width * (_log_uniform(rng, 0.35, 1.6) if rng.random() < 0.7 else 1))  # or of the same pen
    if writing.in_cells or (writing.cells and rng.random() < 0.08):
        _draw_cells(fine, writing, width, rng)
    drawers = (_frame, _frame, _frame, _line, _line, _arrow, _underline, _underline, _edge_arc, _blob, _empty_shape)
    for _ in range(int(rng.integers(0 if fine.any() else 1, 4))):
        drawers[rng.integers(len(drawers))](fine, writing, width, rng)
    return cv2.resize(fine, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def _path(fine, points, width, closed=False):
    cv2.polylines(
        fine,
        [np.rint(np.asarray(points) * FINE * 16).astype(np.int32)],
        closed,
        255,
        max(1, round(width * FINE)),
        cv2.LINE_AA,
        4,
    )


def _draw_cells(fine, writing, width, rng):
    open_top = rng.random() < 0.25  # a comb
    for left, top, right, bottom in writing.cells:
        outline = [(left, top), (left, bottom), (right, bottom), (right, top)]
        if open_top:
            outline[0], outline[3] = (left, (top + 2 * bottom) / 3), (right, (top + 2 * bottom) / 3)
        _path(fine, outline, min(width, 0.12 * writing.capital), not open_top)


def _around(writing, rng):
    """A box round all that is written, round a word, or round a letter, with some room: left, top, right, bottom."""
    choices = [writing.box(), writing.boxes[rng.integers(len(writing.boxes))]]
    box = np.array(choices[rng.integers(2)], float)
    room = rng.uniform(0.12, 1.2, 4) * writing.capital if rng.random() < 0.6 else rng.uniform(0.1, 1) * writing.capital
    return box + np.array([-1, -1, 1, 1]) * room


def _superellipse(turn, power):
    x, y = np.cos(turn), np.sin(turn)
    return np.stack([np.sign(x) * np.abs(x) ** power, np.sign(y) * np.abs(y) ** power], axis=1)


def _frame(fine, writing, width, rng):
    """A rectangle, rounded or not, an ellipse or a rhombus, by hand or by a ruler, round something written."""
    left, top, right, bottom = _around(writing, rng)
    middle, half = np.array([(left + right) / 2, (top + bottom) / 2]), np.array([right - left, bottom - top]) / 2
    turn = np.linspace(0, 2 * np.pi, 80, endpoint=rng.random() < 0.5)
    kind = rng.random()
    if kind < 0.6:
        shape = _superellipse(turn, 2 / _log_uniform(rng, 3, 60))  # corners from rounded to sharp
    elif kind < 0.85:
        shape, half = np.stack([np.cos(turn), np.sin(turn)], 1), half * math.sqrt(2)
    else:
        shape, half = np.array([[1, 0], [0, 1], [-1, 0], [0, -1], [1, 0]], float), half * 1.9
    if rng.random() < 0.5:
        wobble = cv2.GaussianBlur(rng.normal(0, 1, shape.shape), (1, 0), 4, sigmaY=4)
        shape = shape + wobble * rng.uniform(0, 0.12)
    _path(fine, middle + shape * half, width, rng.random() < 0.9)
    if rng.random() < 0.1:
        _path(fine, middle + shape * (half - 3 * width), width, True)


def _line(fine, writing, width, rng):
    """A straight or bent line through the picture, longer than letters are, mostly clear of what is written."""
    length = rng.uniform(3, 12) * writing.capital
    angle = rng.choice([0, np.pi / 2]) + rng.normal(0, 0.05) if rng.random() < 0.8 else rng.uniform(0, np.pi)
    start = rng.uniform(-0.1, 1.1, 2) * SIDE
    points = [start, start + length * np.array([np.cos(angle), np.sin(angle)])]
    if rng.random() < 0.3:
        angle += rng.choice([-1, 1]) * np.pi / 2
        points.append(points[-1] + length * rng.uniform(0.3, 1) * np.array([np.cos(angle), np.sin(angle)]))
    if rng.random() < 0.2:  # dashed
        dashes = np.linspace(0, 1, int(rng.integers(9, 30)))
        for a, b in zip(dashes[::2], dashes[1::2], strict=False):
            _path(fine, [points[0] + (points[1] - points[0]) * a, points[0] + (points[1] - points[0]) * b], width)
    else:
        _path(fine, points, width)


def _arrow(fine, writing, width, rng):
    start, angle = rng.uniform(0, SIDE, 2), rng.uniform(0, 2 * np.pi)
    end = start + rng.uniform(2.5, 8) * writing.capital * np.array([np.cos(angle), np.sin(angle)])
    _path(fine, [start, end], width)
    size = rng.uniform(0.25, 0.6) * writing.capital
    barbs = [end - size * np.array([np.cos(angle + turn), np.sin(angle + turn)]) for turn in (0.5, -0.5)]
    if rng.random() < 0.5:
        cv2.fillPoly(fine, [np.rint(np.array([barbs[0], end, barbs[1]]) * FINE).astype(np.int32)], 255)
    else:
        _path(fine, [barbs[0], end, barbs[1]], width)


def _underline(fine, writing, width, rng):
    left, _, right, bottom = writing.boxes[rng.integers(len(writing.boxes))]
    room = rng.uniform(-0.15, 0.5) * writing.capital
    y = bottom - 0.3 * writing.capital + max(0.6 * width, 0.1 * writing.capital) + max(room, 0)
    for at in [y, y + 3 * width] if rng.random() < 0.15 else [y]:
        ends = np.array([[left - abs(room), at], [right + abs(room), at + rng.normal(0, 0.08) * writing.capital]])
        _path(fine, ends, width)


def _edge_arc(fine, writing, width, rng):
    """Part of a large circle or frame that the picture cuts off."""
    radius = rng.uniform(0.8, 4) * writing.capital
    side = rng.integers(4)
    out = rng.uniform(-0.2, 0.9) * radius
    along = rng.uniform(0, SIDE)
    centre = [(along, -out), (along, SIDE + out), (-out, along), (SIDE + out, along)][side]
    turn = np.linspace(0, 2 * np.pi, 60)
    _path(
        fine,
        np.array(centre) + radius * np.stack([np.cos(turn), np.sin(turn) * rng.uniform(0.6, 1.2)], 1),
        width * rng.uniform(1, 2),
    )


def _blob(fine, writing, width, rng):
    """Something filled: a bar, a dot, a blot, larger or thicker than strokes are."""
    centre, size = rng.uniform(0, SIDE, 2), rng.uniform(0.3, 2, 2) * writing.capital
    left, top, right, bottom = writing.box() + np.array([-1, -1, 1, 1]) * float(size.max())
    if left < centre[0] < right and top < centre[1] < bottom:
        return  # it would cover writing
    if rng.random() < 0.5:
        corners = centre + np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * size * (1, rng.uniform(0.1, 1))
        cv2.fillPoly(fine, [np.rint(corners * FINE).astype(np.int32)], 255)
    else:
        at, axes = ([int(value) for value in pair] for pair in (centre * FINE, size * FINE / 2))
        cv2.ellipse(fine, at, axes, rng.uniform(0, 180), 0, 360, 255, -1)


def _empty_shape(fine, writing, width, rng):
    """A box or a circle beside the writing, clearly larger than its letters, with nothing in it."""
    centre, half = rng.uniform(0, SIDE, 2), rng.uniform(1.2, 4, 2) * writing.capital
    power = 1.0 if rng.random() < 0.4 else 2 / _log_uniform(rng, 4, 60)
    _path(fine, centre + _superellipse(np.linspace(0, 2 * np.pi, 60), power) * half, width, True)
