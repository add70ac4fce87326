"""Lines of handwriting drawn by the pen model, as the strips that the line reader learns from.

A *strip* is uint8 (48, W), white ink on black, W a multiple of 4. It shows one line of writing with a capital height of
25 px and its baseline at row 35, or what the line finder makes of it: heights, baselines and slopes are a little wrong
here on purpose, neighbouring lines, frames and rules reach in, and the ink looks like the probability map of a network
that segments ink. Each strip knows its text and from where to where each character reaches.

Coordinates of strokes are capital heights: x to the right, y down, y = 0 at the baseline.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import cv2
import numpy as np

from letters import alphabet, copybook, language, negatives, pen
from letters.training.words import is_held_out

HEIGHT = 48  # px of a strip
CAPITAL = 25.0  # px of a capital in it
BASELINE = 35.0  # row of its baseline
WIDEST = 384  # px; longer texts are cut
SPACE, NOT_A_LETTER, BLANK = 52, 53, 54  # classes beside the 52 letters; BLANK is what lies between characters
CLASSES = 55
FINE = 3  # px that are drawn for each px of the strip
FAR = 1.35  # capital heights between the middles of two letters: the network sees little beyond the next one then
SPACINGS = ("apart", "touching", "joined")

Stroke = np.ndarray  # float32 (n, 2)
Letter = list[Stroke]


@dataclass(frozen=True)
class Strip:
    """A line of writing and what it says."""

    pixels: np.ndarray  # uint8 (48, W)
    labels: np.ndarray  # uint8 (N,): classes of its characters; in a word, those in a row that are no letters are one
    ranges: np.ndarray  # float32 (N, 2): first and last x of each character's ink, in px

    def columns(self) -> np.ndarray:
        """The class of each 2 px column, uint8 (W / 2,): a letter or space around its middle, BLANK beside it; what is
        not a letter has all of its columns, as it may be of any width."""
        x = np.arange(self.pixels.shape[1] // 2) * 2 + 1.0
        columns = np.full(len(x), BLANK, np.uint8)
        if len(self.labels) == 0:
            return columns
        middle, width = self.ranges.mean(axis=1), np.diff(self.ranges, axis=1)[:, 0]
        half = np.maximum(1.01, np.where(self.labels == NOT_A_LETTER, 0.5, 0.2) * width)
        outside = np.abs(x[:, None] - middle) / half  # above 1 where the column is not the character's
        nearest = outside.argmin(axis=1)
        inside = outside[np.arange(len(x)), nearest] <= 1
        columns[inside] = self.labels[nearest[inside]]
        return columns


def draw(count: int, seed: int | Sequence[int] = 0) -> list[Strip]:
    """Draw strips of all sorts. The same arguments give the same strips."""
    return [_any_strip(np.random.default_rng([*np.atleast_1d(seed), i])) for i in range(count)]


def write(
    text: str, hand: Mapping[int, Sequence[Sequence[Stroke]]], spacing: str, seed: int | Sequence[int] = 0
) -> Strip:
    """Write a text with letters of a hand, {class number: [letters]}, without anything around it.

    text: letters A-Z and a-z, and spaces. spacing: one of SPACINGS. The same arguments give the same strip.
    Raises ValueError for another spacing, or a text that the hand has no letters for.
    """
    if spacing not in SPACINGS:
        raise ValueError(f"spacing must be one of {', '.join(SPACINGS)}, not {spacing!r}")
    words = [[alphabet.CLASSES.find(char) for char in word] for word in text.split()]
    missing = {label for word in words for label in word} - set(hand)
    if missing or not words:
        raise ValueError(f"the hand has no letters for {text!r}")
    rng = np.random.default_rng(seed)
    given = _GivenHand(hand, rng)
    style = _style(rng, spacing, exact=True)
    line = [[_Sign(label, given.letter(label)) for label in word] for word in words]
    return _strip(line, style, rng)


# --------------------------------------------------------------------------------------------------- texts

# Letters that are taken for each other, or that run together, drawn more often than by chance.
_HARD = """ll ii il li tt ss nn mm rn nr ri iu ui uv vu vv ww cl ci ee oo ff fi ft tf gy gq ye re er ec ce ao oa
    UV VU UU VV GE EG GC CG IL LI II LL TI IT EF FE BE BR PR DO OD OQ NM MN WM HN KX XY VY AR HA SS SG"""
_ONSETS = "b br c ch d dr f fr g gr h j k kl l m n p pr qu r s sch sh st t tr v w x y z"
_VOWELS = "a e i o u ai ei ia oo ue"
_CODAS = "- - - l n r s t ck ll nn rt th x z ng"  # most syllables are open


@cache
def _listed(name: str) -> list[str]:
    """Words of a language that may be trained on, the most frequent ones first."""
    return [word for word in language.load(name).words if len(word) <= 12 and not is_held_out(word)]


def _listed_word(rng) -> str:
    words = _listed(language.LANGUAGES[rng.integers(len(language.LANGUAGES))])
    return words[int(len(words) * rng.random() ** 2)]


def _one_of(names: str, rng) -> str:
    """One of the words of a string."""
    choice = names.split()
    return choice[rng.integers(len(choice))]


def _name(rng) -> str:
    """Something that could be called so: one to three syllables."""
    parts = []
    for _ in range(rng.integers(1, 4)):
        parts += [_one_of(names, rng) for names in (_ONSETS, _VOWELS, _CODAS)]
    return "".join(parts).replace("-", "")[:10]


def _random_letters(rng) -> str:
    """Any letters: one, two or three of them as often as more."""
    length = rng.integers(1, 4) if rng.random() < 0.35 else rng.integers(4, 9)
    letters = "".join(chr(97 + code) for code in rng.integers(0, 26, length))
    if rng.random() < 0.3:
        at = rng.integers(len(letters) + 1)
        letters = letters[:at] + _one_of(_HARD, rng) + letters[at:]
    return letters


def _word(style: str, rng) -> str:
    kind = rng.random()
    word = _listed_word(rng) if kind < 0.3 else _name(rng) if kind < 0.4 else _random_letters(rng)
    match style:
        case "upper":
            return word.upper()
        case "lower":
            return word.lower()
        case "title":
            return word.title()
        case _:
            return "".join(char.upper() if rng.random() < 0.5 else char.lower() for char in word)


# -------------------------------------------------------------------------------------------------- signs

# Signs that only a line tells from letters, or that stand beside letters, in the form of `letters.copybook`.
_SIGNS = {
    "0": ["50,0 15,25 12,70 45,100 85,75 86,25 50,0", "55,2 20,20 18,80 50,98 80,80 82,22 45,0"],
    "1": ["20,25 60,0 60,0 58,100", "45,0 50,100", "15,30 60,2 60,2 60,98 - 25,98 95,98"],
    ",": ["50,0 60,30 30,100"],
    "'": ["55,0 45,100"],
    "(": ["65,0 35,30 35,70 65,100"],
    "+": ["50,10 50,90 - 5,50 95,50"],
}
_DIGITS = "0123456789"
_MARKS = [".", ",", ":", ";", "-", "!", ")", "'", '"', "_", "..."]
# Top and bottom of what does not reach from the baseline to the height of a capital, and its width.
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


@cache
def _sign_forms() -> dict[str, list[str]]:
    forms = {}
    for group, signs in negatives.SIGNS.items():
        if group != "drawing":
            forms |= {name: form for name, form in signs.items() if name not in negatives.HELD_OUT}
    return forms | _SIGNS


def _sign(name: str, rng) -> Letter:
    """A sign as it stands on a line."""
    forms = _sign_forms()[name]
    strokes = copybook.write(forms[rng.integers(len(forms))], rng)
    top, bottom, width = _BOXES.get(name, (-1.0, 0.0, 0.3 if name == "1" else 0.65))
    size = np.array([width * math.exp(rng.normal(0, 0.2)), (bottom - top) * math.exp(rng.normal(0, 0.1))], np.float32)
    return [stroke * size + np.array([0, bottom - size[1]], np.float32) for stroke in strokes]


def _doodle(rng) -> Letter:
    """A scribble, rings, a drawing or part of one, of any height."""
    strokes, names = negatives.draw(1, seed=rng.integers(2**32))
    while negatives.group(names[0]) == "several letters":  # in a line, these are letters
        strokes, names = negatives.draw(1, seed=rng.integers(2**32))
    points = np.concatenate(strokes[0])
    low, high = points.min(axis=0), points.max(axis=0)
    scale = rng.uniform(0.7, 1.6) / max(float((high - low).max()), 1e-3)
    shift = np.array([low[0], high[1] - rng.uniform(-0.2, 0.3) / scale], np.float32)
    return [((stroke - shift) * scale).astype(np.float32) for stroke in strokes[0]]


# ------------------------------------------------------------------------------------------------- writing


@dataclass
class _Sign:
    """A character before it is placed: a letter of longer side 1, or another sign where it stands on the line."""

    label: int
    strokes: Letter


class _DrawnHand:
    """A hand of the pen model: each class has one form and one style, drawn when first asked for."""

    def __init__(self, rng):
        self.rng, self.known = rng, {}

    def letter(self, label: int) -> Letter:
        rng = self.rng
        if label not in self.known:
            self.known[label] = (*pen.any_form(label, rng), rng.standard_normal(pen.COMPONENTS))
        count, form, style = self.known[label]
        scores = 0.8 * style + 0.6 * rng.standard_normal(pen.COMPONENTS)
        return list(pen.load()[count].strokes(form, scores.clip(-pen.MAX_DEVIATION, pen.MAX_DEVIATION)))


class _GivenHand:
    """A hand given as {class number: [letters]}."""

    def __init__(self, letters, rng):
        self.letters, self.rng = letters, rng

    def letter(self, label: int) -> Letter:
        choice = self.letters[label]
        return list(pen.normalise(choice[self.rng.integers(len(choice))]))


@dataclass(frozen=True)
class _Style:
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


def _style(rng, spacing=None, exact=False) -> _Style:
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
    return _Style(
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


def _any_strip(rng) -> Strip:
    hand, style = _DrawnHand(rng), _style(rng)
    return _strip(_any_line(hand, rng), style, rng, hand)


def _any_line(hand, rng) -> list[list[_Sign]]:
    """One to four words, as signs to write; rarely none that has letters."""
    case = rng.choice(["upper", "lower", "title", "mixed"], p=[0.33, 0.34, 0.21, 0.12])
    line, length = [], 0
    for _ in range(rng.choice([1, 2, 3, 4], p=[0.46, 0.3, 0.15, 0.09])):
        kind = rng.random()
        if kind < 0.06:
            word = _digits(rng)
        elif kind < 0.1:
            names = list(_sign_forms())
            word = [_Sign(NOT_A_LETTER, _sign(names[rng.integers(len(names))], rng)) for _ in range(rng.integers(1, 3))]
        elif kind < 0.125:
            word = [_Sign(NOT_A_LETTER, _doodle(rng))]
        else:
            word = [_Sign(label, hand.letter(label)) for label in map(alphabet.CLASSES.index, _word(case, rng))]
            if rng.random() < 0.12:
                marks = _digits(rng) if rng.random() < 0.2 else [_mark(rng)]
                word = [*marks, *word] if rng.random() < 0.15 else [*word, *marks]
        line.append(word)
        length += len(word)
        if length >= 11:
            break
    return line


def _digits(rng) -> list[_Sign]:
    """A number. Alone, 0 and 1 are letters to anybody who reads letters: a lone digit is one of the others."""
    count = rng.integers(1, 5)
    names = rng.integers(0, 10, count) if count > 1 else rng.integers(2, 10, 1)
    if names.max() < 2:
        names[0] = rng.integers(2, 10)
    return [_Sign(NOT_A_LETTER, _sign(_DIGITS[name], rng)) for name in names]


def _mark(rng) -> _Sign:
    return _Sign(NOT_A_LETTER, _sign(_MARKS[rng.integers(len(_MARKS))], rng))


def _deform(letters: list[Letter], style: _Style, rng) -> list[Letter]:
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


def _habits(strokes: Letter, label: int, share: float, rng) -> Letter:
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
        strokes = [_other_end(_other_end(stroke, rng)[::-1], rng)[::-1] for stroke in strokes]
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


_BEND = np.linspace(0.2, 1, 6)  # how far a hook has turned at each of its points


def _other_end(stroke: Stroke, rng) -> Stroke:
    """The stroke with another end, or, mostly, as it was."""
    kind = rng.random()
    if len(stroke) < 8 or kind > 0.45:
        return stroke
    if kind < 0.15:  # stops early
        return stroke[: len(stroke) - int(len(stroke) * rng.uniform(0, 0.12))]
    way = stroke[-1] - stroke[-4]
    if kind < 0.3:  # runs on
        turn, length = rng.normal(0, 0.3), rng.uniform(0, 0.15)
    else:  # a hook or a curl
        turn, length = (-1, 1)[rng.integers(2)] * rng.uniform(0.8, 3.2), rng.uniform(0.06, 0.22)
    headings = np.arctan2(way[1], way[0]) + turn * _BEND
    steps = np.stack([np.cos(headings), np.sin(headings)], axis=1) * (length / 6)
    return np.concatenate([stroke, stroke[-1] + np.cumsum(steps, axis=0)]).astype(np.float32)


# -------------------------------------------------------------------------------------------------- placing

_LEVELS = np.arange(-1.3, 0.7, 0.1)  # heights between which the ink of neighbours is compared


@dataclass
class _Placed:
    label: int
    strokes: Letter
    left: float
    right: float


def _sized(sign: _Sign, style: _Style, x: float, rng) -> Letter:
    """A character at its height above the baseline and with its left end at 0."""
    points = np.concatenate(sign.strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    grown = math.exp(rng.normal(0, style.uneven) + style.growth * x)
    if sign.label == NOT_A_LETTER:
        return [(stroke - (low[0], 0)) * np.float32(grown) for stroke in sign.strokes]
    top, bottom = alphabet.extent(sign.label, style.x_height, dotted=len(sign.strokes) > 1)
    scale = (top - bottom) * grown / max(float(high[1] - low[1]), 1e-6)
    scale = min(scale, 1.8 / max(float(high[0] - low[0]), 1e-6))
    return [(stroke - (low[0], high[1] + bottom / scale)) * np.float32(scale) for stroke in sign.strokes]


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


def _place(line: list[list[_Sign]], style: _Style, rng) -> list[list[_Placed]]:
    """Write the words one after another on the baseline, their letters as close as the style asks for."""
    placed, edge, cell = [], 0.0, 0
    for word in line:
        written, before, middle = [], None, None
        for sign in word:
            strokes = _sized(sign, style, edge, rng)
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
            written.append(_Placed(sign.label, [stroke + np.float32((x, y)) for stroke in strokes], x, x + width))
            before, middle, edge = right + x, x + width / 2, max(edge, x + width)
        placed.append(written)
        cell += 1  # one is left free
        edge += style.word_gap + max(-0.15, rng.normal(0, 0.07))
    return placed


def _links(word: list[_Placed], share: float, rng) -> Letter:
    """Strokes that join letters to the next ones, and lead into the first and out of the last."""
    links = []
    for here, there in pairwise(word):
        if rng.random() < share and NOT_A_LETTER not in (here.label, there.label):
            start = here.strokes[-1][-1] if rng.random() < 0.6 else _low_right(here.strokes)
            end = there.strokes[0][0] if rng.random() < 0.6 else _left(there.strokes)
            if end[0] > start[0] - 0.15 and np.hypot(*(end - start)) < 0.9:
                links.append(_arc(start, end, rng.normal(0.08, 0.08)))
    if rng.random() < 0.3 * share and word:
        start = _low_right(word[-1].strokes)
        links.append(_arc(start, start + np.array([rng.uniform(0.1, 0.5), -rng.uniform(0, 0.4)]), 0.08))
    if rng.random() < 0.3 * share and word:
        end = _left(word[0].strokes)
        links.append(_arc(end + np.array([-rng.uniform(0.1, 0.4), rng.uniform(0, 0.4)]), end, 0.08))
    return links


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


def _strike(word: list[_Placed], rng) -> Letter:
    """Strokes that cross a word out."""
    left, right = word[0].left - rng.uniform(0, 0.2), max(each.right for each in word) + rng.uniform(0, 0.2)
    lines = []
    for _ in range(rng.integers(1, 4)):
        ends = np.array([[left, rng.uniform(-0.8, -0.15)], [right, rng.uniform(-0.8, -0.15)]])
        lines.append(_wavy(ends[0], ends[1], 0.03, rng))
    if rng.random() < 0.4:
        x = np.linspace(left, right, max(3, int((right - left) / rng.uniform(0.12, 0.3))))
        y = np.where(np.arange(len(x)) % 2, -rng.uniform(0.6, 1.0), rng.uniform(-0.2, 0.1)) + rng.normal(
            0, 0.05, len(x)
        )
        lines.append(np.stack([x, y], axis=1).astype(np.float32))
    return lines


def _wavy(start, end, sway: float, rng) -> Stroke:
    """A line by hand from one point to another."""
    t = np.linspace(0, 1, 12)[:, None]
    waves = np.sin(t * rng.uniform(1, 6) + rng.uniform(0, 6)) * rng.normal(0, sway, 2)
    return (np.asarray(start) * (1 - t) + np.asarray(end) * t + waves).astype(np.float32)


# -------------------------------------------------------------------------------------------------- clutter


def _clutter(left: float, right: float, hand, style: _Style, rng) -> tuple[Letter, Letter]:
    """What else is in the strip: strokes of the same pen, and remains of rules, of another one."""
    same, rules = [], []
    kind = rng.random(6)
    if kind[0] < 0.08:  # an underline
        y = rng.uniform(0.08, 0.4)
        same.append(_wavy((left - 0.3, y), (right + 0.3, y + rng.normal(0, 0.05)), 0.03, rng))
        if rng.random() < 0.2:
            same.append(same[0] + np.float32((0, 0.12)))
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
        _wavy((left, top - out[0]), (left + rng.normal(0, 0.04), bottom + out[1]), 0.02, rng),
        _wavy((right, top - out[0]), (right + rng.normal(0, 0.04), bottom + out[1]), 0.02, rng),
        _wavy((left - 0.2, top), (right + 0.2, top + rng.normal(0, 0.05)), 0.02, rng),
        _wavy((left - 0.2, bottom), (right + 0.2, bottom + rng.normal(0, 0.05)), 0.02, rng),
    ]
    whole = rng.random() < 0.4
    return [side for side in sides if whole or rng.random() < 0.4]


def _cells(left: float, right: float, pitch: float, rng) -> Letter:
    """Walls of the cells of a form, of a comb or of a crossword, or what the network that finds ink leaves of them."""
    foot, height = rng.uniform(0.1, 0.5), rng.uniform(0.25, 1.0) if rng.random() < 0.4 else rng.uniform(1.2, 2.0)
    first = math.floor(left / pitch)
    ends = first * pitch, math.ceil(right / pitch) * pitch
    sides = [np.float32([(x, foot), (x, foot - height)]) for x in np.arange(ends[0], ends[1] + 0.1, pitch)]
    sides.append(np.float32([(ends[0], foot), (ends[1], foot)]))
    if height > 1.2:
        sides.append(sides[-1] - np.float32((0, height)))
    kept = 1.0 if rng.random() < 0.6 else rng.uniform(0.5, 0.9)
    return [side for side in sides if rng.random() < kept]


def _neighbours(left: float, right: float, hand, way: int, style: _Style, rng) -> Letter:
    """Letters of the line above (way -1) or below (1), as far as they reach in."""
    pitch, x, strokes = way * rng.uniform(1.35, 2.1), left + rng.uniform(-0.6, 0.6), []
    case = rng.integers(2)
    for _ in range(rng.integers(1, 9)):
        label = int(rng.integers(26) + 26 * case)
        sign = _Sign(label, hand.letter(label))
        sized = _sized(sign, style, x, rng)
        strokes += [stroke + np.float32((x, pitch)) for stroke in sized]
        x += float(max(stroke[:, 0].max() for stroke in sized)) + max(0.05, style.gap) + rng.exponential(0.15)
        if x > right + 0.5:
            break
    return strokes


def _rules(left: float, right: float, rng) -> Letter:
    """Remains of ruled or squared paper: pieces of lines."""
    step, start, pieces = rng.uniform(0.5, 2.0), rng.uniform(-1.4, 0.4), []
    for y in np.arange(start, 0.55, step):
        ends = np.sort(rng.uniform(left - 0.6, right + 0.6, 2))
        pieces.append(_wavy((ends[0], y), (ends[1], y), 0.005, rng))
    if rng.random() < 0.5:
        for x in np.arange(left + rng.uniform(0, step), right, step):
            ends = np.sort(rng.uniform(-1.5, 0.6, 2))
            pieces.append(_wavy((x, ends[0]), (x, ends[1]), 0.005, rng))
    return pieces


# ------------------------------------------------------------------------------------------- from ink to strip


def _strip(line: list[list[_Sign]], style: _Style, rng, hand=None) -> Strip:
    """A strip of a line of words. hand: writes the lines above and below; without it, there is nothing around."""
    signs = [sign for word in line for sign in word]
    letters = [sign for sign in signs if sign.label != NOT_A_LETTER]
    if letters:
        changed = [_habits(sign.strokes, sign.label, style.habits, rng) for sign in letters]
        for sign, strokes in zip(letters, _deform(changed, style, rng), strict=True):
            sign.strokes = strokes
    words = _place(line, style, rng)
    unit = CAPITAL * style.scale
    margins = _margins(rng) if hand else (9.0, 9.0)
    words = _cut(words, (WIDEST - sum(margins)) / unit)
    extra = [link for word in words for link in (_links(word, style.links, rng) if style.links else [])]
    marked, crossed = [], rng.random(len(words)) < (0.03 if hand else 0)
    for word, struck in zip(words, crossed, strict=True):
        extra += _strike(word, rng) if struck else []
        marked.append([(NOT_A_LETTER if struck else each.label, each.left, each.right) for each in word])
    left, right = words[0][0].left, max(each.right for word in words for each in word)
    same, rules = _clutter(left, right, hand, style, rng) if hand else ([], [])
    width = min(WIDEST, max(24, 4 * math.ceil(((right - left) * unit + sum(margins)) / 4)))
    origin = np.float32((margins[0] - left * unit, BASELINE + style.shift))
    own = [stroke for word in words for each in word for stroke in each.strokes]
    ink = _render([stroke * np.float32(unit) + origin for stroke in own + extra + same], width, style.pen * unit, rng)
    if rules:
        thin = style.pen * unit * rng.uniform(0.4, 1.2)
        faint = _render([stroke * np.float32(unit) + origin for stroke in rules], width, thin, rng)
        ink = np.maximum(ink, faint * np.float32(rng.uniform(0.3, 1)))
    labels, ranges = _characters(marked, style.pen / 2)
    return Strip(_look(ink, width, style.resolution, rng), labels, (ranges * unit + origin[0]).astype(np.float32))


def _cut(words: list[list[_Placed]], widest: float) -> list[list[_Placed]]:
    """Only the characters that end before x = widest, but one at least."""
    kept = [[each for each in word if each.right <= widest] for word in words]
    return [word for word in kept if word] or [words[0][:1]]


def _margins(rng) -> tuple[float, float]:
    """px to the left and to the right of a line."""
    far = rng.random(2) < 0.12
    near = rng.uniform(1, 14, 2)
    return tuple(np.where(far, rng.uniform(14, 60, 2), near))


def _characters(words: list[list[tuple[int, float, float]]], beside: float) -> tuple[np.ndarray, np.ndarray]:
    """Labels and ranges of words of (label, left, right), with spaces between them; in a word, signs in a row that are
    not letters are one character. A pen of that half width makes each wider."""
    found: list[tuple[int, float, float]] = []
    for word in words:
        if found:
            end = max(right for _, _, right in found)
            found.append((SPACE, end, max(end + 0.05, word[0][1] - beside)))
        for label, left, right in word:
            if found and found[-1][0] == label == NOT_A_LETTER:
                found[-1] = (label, found[-1][1], right + beside)
            else:
                found.append((label, left - beside, right + beside))
    return np.array([each[0] for each in found], np.uint8), np.array([each[1:] for each in found], np.float32)


def _render(strokes: Letter, width: int, thickness: float, rng) -> np.ndarray:
    """Draw strokes in px of the strip with a round pen, FINE times as large: float32 (48 FINE, width FINE) 0..1."""
    canvas = np.zeros((HEIGHT * FINE, width * FINE), np.uint8)
    thick = max(1.0, thickness * FINE)
    changing = rng.random() < 0.3  # pressure
    swing, waves = rng.uniform(0.1, 0.45), rng.uniform(0.5, 2.5)
    for stroke in strokes:
        points = np.rint(stroke * (FINE * 16)).astype(np.int32)[:, None]
        if len(points) == 1:
            points = points.repeat(2, axis=0)  # OpenCV draws nothing for a single point
        if not changing:
            cv2.polylines(canvas, [points], False, 255, round(thick), cv2.LINE_8, 4)
            continue
        turns = np.arange(0, max(1, len(points) - 1), 4) * (waves * 2 * np.pi / len(points)) + rng.uniform(0, 6)
        for i, wide in enumerate((thick * (1 + swing * np.sin(turns))).tolist()):
            cv2.polylines(canvas, [points[4 * i : 4 * i + 5]], False, 255, max(1, round(wide)), cv2.LINE_8, 4)
    return canvas * np.float32(1 / 255)


def _look(ink: np.ndarray, width: int, side: float, rng) -> np.ndarray:
    """The strip that is left of ideal ink after paper, camera and the network that finds ink. side: px of a capital
    where it was seen."""
    size = max(8, round(width * side / CAPITAL)), max(8, round(HEIGHT * side / CAPITAL))
    seen = cv2.resize(ink, size, interpolation=cv2.INTER_AREA)
    seen = _as_segmented(seen, side, rng) if rng.random() < 0.6 else _as_scanned(seen, side, rng)
    finer = side > CAPITAL
    strip = cv2.resize(seen, (width, HEIGHT), interpolation=cv2.INTER_AREA if finer else cv2.INTER_LINEAR)
    strip = strip / max(float(strip.max()), 1e-3)
    if rng.random() < 0.2:
        strip = strip * rng.uniform(0.5, 1)
    return (strip.clip(0, 1) * 255 + 0.5).astype(np.uint8)


def _patches(shape: tuple[int, int], low: float, high: float, rng) -> np.ndarray:
    """Values that change slowly over the picture, float32 `shape`."""
    across = max(3, shape[1] * 4 // shape[0])
    return cv2.resize(
        rng.uniform(low, high, (4, across)).astype(np.float32), shape[::-1], interpolation=cv2.INTER_CUBIC
    )


def _speckle(ink: np.ndarray, amount: float, rng) -> np.ndarray:
    """Normal noise where there is ink."""
    written = ink > 0.05
    ink = ink.copy()
    ink[written] += np.float32(amount) * rng.standard_normal(np.count_nonzero(written), np.float32)
    return ink


def _as_segmented(ink: np.ndarray, side: float, rng) -> np.ndarray:
    """Ink as the probability map of a network: near 0 or 1, soft edges, thin lines lost here and there, blobs."""
    ink = cv2.GaussianBlur(ink, (0, 0), 0.35 + side * rng.uniform(0, 0.035))
    ink = ink / max(float(ink.max()), 1e-3)
    if rng.random() < 0.5:
        ink = _speckle(ink, rng.uniform(0, 0.15), rng)
    middle = rng.uniform(0.2, 0.5)
    if rng.random() < 0.5:
        sway = rng.uniform(0, 0.3)
        middle = _patches(ink.shape, middle - sway, middle + sway, rng)
    steepness = np.float32(rng.uniform(8, 30))
    bare = 1 / (1 + np.exp(steepness * middle))  # what the curve gives to no ink at all
    ink = (1 / (1 + np.exp(steepness * (middle - ink))) - bare) / (1 - bare)
    if rng.random() < 0.15:
        spots = cv2.GaussianBlur(
            rng.standard_normal(ink.shape, np.float32), (0, 0), max(0.5, side * rng.uniform(0.02, 0.06))
        )
        spots /= spots.std() + 1e-6
        ink = np.where(spots > rng.uniform(2.2, 3), 0, ink)
    return cv2.GaussianBlur(ink, (0, 0), rng.uniform(0.3, 0.8)) if rng.random() < 0.5 else ink


def _as_scanned(ink: np.ndarray, side: float, rng) -> np.ndarray:
    """Ink as a scan shows it: soft, uneven, with ragged edges."""
    kind = rng.random()
    if kind < 0.6:
        ink = cv2.GaussianBlur(ink, (0, 0), 0.01 + side * rng.uniform(0, 0.045))
    if rng.random() < 0.3:
        ink = ink * _patches(ink.shape, 1 - rng.uniform(0.2, 0.7), 1, rng)
    if kind > 0.7:
        ragged = _speckle(ink, rng.uniform(0, 0.16), rng)
        if side > 30:
            ragged = cv2.GaussianBlur(ragged, (0, 0), side / 90)
        ink = (ragged > rng.uniform(0.25, 0.6) * ragged.max()).astype(np.float32)
    elif rng.random() < 0.3:
        ink = _speckle(ink, 0.08, rng)
    return np.clip(ink * rng.uniform(1.0, 2.0), 0, 1) if rng.random() < 0.4 else ink.clip(0, 1)
