"""Lines of handwriting drawn by the pen model, as the strips that the line reader learns from.

A strip (`letters.training.strips`) shows what the line finder makes of a line: heights, baselines and slopes are a
little wrong here on purpose, neighbouring lines, frames and rules reach in, and the ink looks like the probability map
of a network that segments ink. Each strip knows its text and from where to where each character reaches.
"""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from letters import alphabet
from letters.ctc import OTHER, SPACE
from letters.lines import BASELINE, CAPITAL
from letters.training import clutter, signs, texts
from letters.training.hands import SPACINGS, Character, DrawnHand, GivenHand, Hand, Style, any_style, deform, hasty
from letters.training.placing import Placed, links, place, strike
from letters.training.strips import Strip, Stroke, as_seen, render

WIDEST = 384  # px; longer texts are cut


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
    given = GivenHand(hand, rng)
    style = any_style(rng, spacing, exact=True)
    line = [[Character(label, given.letter(label)) for label in word] for word in words]
    return _strip(line, style, rng)


def _any_strip(rng) -> Strip:
    hand, style = DrawnHand(rng), any_style(rng)
    return _strip(_any_line(hand, rng), style, rng, hand)


def _any_line(hand: Hand, rng) -> list[list[Character]]:
    """One to four words to write; rarely none of them has letters."""
    case = rng.choice(["upper", "lower", "title", "mixed"], p=[0.33, 0.34, 0.21, 0.12])
    line, length = [], 0
    for _ in range(rng.choice([1, 2, 3, 4], p=[0.46, 0.3, 0.15, 0.09])):
        kind = rng.random()
        if kind < 0.06:
            word = _digits(rng)
        elif kind < 0.1:
            names = signs.names()
            word = [
                Character(OTHER, signs.draw(names[rng.integers(len(names))], rng)) for _ in range(rng.integers(1, 3))
            ]
        elif kind < 0.125:
            word = [Character(OTHER, signs.doodle(rng))]
        else:
            word = [
                Character(label, hand.letter(label)) for label in map(alphabet.CLASSES.index, texts.word(case, rng))
            ]
            if rng.random() < 0.12:
                marks = _digits(rng) if rng.random() < 0.2 else [_mark(rng)]
                word = [*marks, *word] if rng.random() < 0.15 else [*word, *marks]
        line.append(word)
        length += len(word)
        if length >= 11:
            break
    return line


def _digits(rng) -> list[Character]:
    """A number. Alone, 0 and 1 are letters to anybody who reads letters: a lone digit is one of the others."""
    count = rng.integers(1, 5)
    names = rng.integers(0, 10, count) if count > 1 else rng.integers(2, 10, 1)
    if names.max() < 2:
        names[0] = rng.integers(2, 10)
    return [Character(OTHER, signs.draw(signs.DIGITS[name], rng)) for name in names]


def _mark(rng) -> Character:
    return Character(OTHER, signs.draw(signs.MARKS[rng.integers(len(signs.MARKS))], rng))


def _strip(line: list[list[Character]], style: Style, rng, hand: Hand | None = None) -> Strip:
    """A strip of a line of words. hand: writes the lines above and below; without it, there is nothing around."""
    letters = [each for word in line for each in word if each.label != OTHER]
    if letters:
        changed = [hasty(each.strokes, each.label, style.habits, rng) for each in letters]
        for each, strokes in zip(letters, deform(changed, style, rng), strict=True):
            each.strokes = strokes
    words = place(line, style, rng)
    unit = CAPITAL * style.scale
    margins = _margins(rng) if hand else (9.0, 9.0)
    words = _cut(words, (WIDEST - sum(margins)) / unit)
    extra = [link for word in words for link in (links(word, style.links, rng) if style.links else [])]
    marked, crossed = [], rng.random(len(words)) < (0.03 if hand else 0)
    for word, struck in zip(words, crossed, strict=True):
        extra += strike(word, rng) if struck else []
        marked.append([(OTHER if struck else each.label, each.left, each.right) for each in word])
    left, right = words[0][0].left, max(each.right for word in words for each in word)
    same, rules = clutter.around(left, right, hand, style, rng) if hand else ([], [])
    width = min(WIDEST, max(24, 4 * math.ceil(((right - left) * unit + sum(margins)) / 4)))
    origin = np.array((margins[0] - left * unit, BASELINE + style.shift), np.float32)
    own = [stroke for word in words for each in word for stroke in each.strokes]
    ink = render([stroke * np.float32(unit) + origin for stroke in own + extra + same], width, style.pen * unit, rng)
    if rules:
        thin = style.pen * unit * rng.uniform(0.4, 1.2)
        faint = render([stroke * np.float32(unit) + origin for stroke in rules], width, thin, rng)
        ink = np.maximum(ink, faint * np.float32(rng.uniform(0.3, 1)))
    labels, ranges = _characters(marked, style.pen / 2)
    return Strip(as_seen(ink, width, style.resolution, rng), labels, (ranges * unit + origin[0]).astype(np.float32))


def _cut(words: list[list[Placed]], widest: float) -> list[list[Placed]]:
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
            if found and found[-1][0] == label == OTHER:
                found[-1] = (label, found[-1][1], right + beside)
            else:
                found.append((label, left - beside, right + beside))
    return np.array([each[0] for each in found], np.uint8), np.array([each[1:] for each in found], np.float32)
