"""Lines of handwriting drawn by the pen model, as the strips that the line reader learns from.

A strip (`letters.training.strips`) shows what the line finder makes of a line: heights, baselines and slopes are a
little wrong here on purpose, neighbouring lines, frames and rules reach in, and the ink looks like the probability map
of a network that segments ink. Each strip knows its text and from where to where each character reaches.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from letters import alphabet, characters
from letters.ctc import OTHER, SPACE, class_of
from letters.lines import BASELINE, CAPITAL
from letters.training import clutter, signs, texts
from letters.training.hands import SPACINGS, Character, DrawnHand, GivenHand, Hand, Style, any_style, deform, hasty
from letters.training.placing import Placed, links, place, sized, strike
from letters.training.strips import Strip, Stroke, as_seen, render

WIDEST = 384  # px; longer texts are cut
MARKED = 0.28  # of the lines have words with accents and ligatures


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


def widened(
    hand: Mapping[int, Sequence[Sequence[Stroke]]], text: str, seed: int | Sequence[int] = 0
) -> dict[int | str, Any]:
    """A hand, {class number: [letters]}, with the characters of a text beyond A to Z as `letters.compose` takes them.

    Letters with marks are the hand's, with drawn marks; digits and signs are drawn. Raises ValueError for a character
    that is none of `characters`.
    """
    rng = np.random.default_rng(seed)
    given, style = GivenHand(hand, rng), any_style(rng, "apart", exact=True)
    wider: dict[Any, Any] = dict(hand)
    for char in dict.fromkeys("".join(text.split())):
        base, mark = characters.decompose(char)
        if class_of(base) == OTHER:
            raise ValueError(f"nobody knows how to write {char!r}")
        if char not in alphabet.CLASSES:
            wider[char] = [sized(_character(base, mark, given, rng), style, 0.0, rng)]
    return wider


def _any_strip(rng) -> Strip:
    hand, style = DrawnHand(rng), any_style(rng)
    return _strip(_any_line(hand, rng), style, rng, hand)


def _any_line(hand: Hand, rng) -> list[list[Character]]:
    """One to four words to write; rarely none of them has letters."""
    case = rng.choice(["upper", "lower", "title", "mixed"], p=[0.33, 0.34, 0.21, 0.12])
    marked = rng.random() < MARKED
    line, length = [], 0
    for _ in range(rng.choice([1, 2, 3, 4], p=[0.46, 0.3, 0.15, 0.09])):
        kind = rng.random()
        if kind < 0.08:
            word = _digits(rng)
        elif kind < 0.11:
            word = [_sign(characters.SIGNS, rng) for _ in range(rng.integers(1, 3))]
        elif kind < 0.13:
            names = signs.others()
            word = [
                Character(OTHER, signs.draw(names[rng.integers(len(names))], rng)) for _ in range(rng.integers(1, 3))
            ]
        elif kind < 0.155:
            word = [Character(OTHER, signs.doodle(rng))]
        elif kind < 0.185:
            word = _written(texts.code(rng), hand, rng)
        else:
            word = _written(texts.word(case, rng, marked), hand, rng)
            if rng.random() < 0.16:
                word = _punctuated(word, rng)
        line.append(word)
        length += len(word)
        if length >= 11:
            break
    return line


def _written(text: str, hand: Hand, rng) -> list[Character]:
    """A word of a hand."""
    return [_character(*characters.decompose(char), hand, rng) for char in text]


def _character(name: str, mark: int, hand: Hand, rng) -> Character:
    label = class_of(name)
    if label < SPACE:
        return Character(label, hand.letter(label), mark)
    if name in characters.LIGATURES:
        return Character(label, signs.ligature(name, lambda part: hand.letter(class_of(part)), rng))
    return Character(label, signs.draw(name, rng))


def _digits(rng) -> list[Character]:
    """A number, also with a point or comma in it. Alone, 0 and 1 are letters to anybody who reads letters: a lone digit
    is one of the others."""
    count = rng.integers(1, 6)
    names = rng.integers(0, 10, count) if count > 1 else rng.integers(2, 10, 1)
    if names.max() < 2:
        names[0] = rng.integers(2, 10)
    number = [characters.DIGITS[name] for name in names]
    if count > 2 and rng.random() < 0.25:
        number.insert(int(rng.integers(1, count)), ".,:/-"[rng.integers(5)])
    return [Character(class_of(name), signs.draw(name, rng)) for name in number]


def _punctuated(word: list[Character], rng) -> list[Character]:
    """A word with punctuation after it, around it or in it, or digits beside it."""
    kind = rng.random()
    if kind < 0.15:
        return [*word, *_digits(rng)] if rng.random() < 0.7 else [*_digits(rng), *word]
    if kind < 0.25:
        around = "()" if rng.random() < 0.5 else '""'
        return [Character(class_of(around[0]), signs.draw(around[0], rng)), *word, _sign(around[1], rng)]
    if kind < 0.4 and len(word) > 2:
        at = rng.integers(1, len(word))
        return [*word[:at], _sign("'-./&", rng), *word[at:]]
    if kind < 0.45:
        return [_sign(signs.PUNCTUATION, rng), *word]
    return [*word, _sign(signs.PUNCTUATION, rng)]


def _sign(names: str, rng) -> Character:
    """One of these signs."""
    name = names[rng.integers(len(names))]
    return Character(class_of(name), signs.draw(name, rng))


def _strip(line: list[list[Character]], style: Style, rng, hand: Hand | None = None) -> Strip:
    """A strip of a line of words. hand: writes the lines above and below; without it, there is nothing around."""
    letters = [each for word in line for each in word if each.label < SPACE]
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
        marked.append([(OTHER if struck else each.label, each.left, each.right, each.mark) for each in word])
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
    labels, ranges, marks = _characters(marked, style.pen / 2)
    seen = as_seen(ink, width, style.resolution, rng)
    return Strip(seen, labels, (ranges * unit + origin[0]).astype(np.float32), marks)


def _cut(words: list[list[Placed]], widest: float) -> list[list[Placed]]:
    """Only the characters that end before x = widest, but one at least."""
    kept = [[each for each in word if each.right <= widest] for word in words]
    return [word for word in kept if word] or [words[0][:1]]


def _margins(rng) -> tuple[float, float]:
    """px to the left and to the right of a line."""
    far = rng.random(2) < 0.12
    near = rng.uniform(1, 14, 2)
    return tuple(np.where(far, rng.uniform(14, 60, 2), near))


def _characters(
    words: list[list[tuple[int, float, float, int]]], beside: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels, ranges and marks of words of (label, left, right, mark), with spaces between them; in a word, what is
    OTHER in a row is one character. A pen of that half width makes each wider."""
    found: list[tuple[int, float, float, int]] = []
    for word in words:
        if found:
            end = max(right for _, _, right, _ in found)
            found.append((SPACE, end, max(end + 0.05, word[0][1] - beside), 0))
        for label, left, right, mark in word:
            if found and found[-1][0] == label == OTHER:
                found[-1] = (label, found[-1][1], right + beside, 0)
            else:
                found.append((label, left - beside, right + beside, 0 if label == OTHER else mark))
    labels = np.array([label for label, *_ in found], np.uint8)
    return labels, np.array([each[1:3] for each in found], np.float32), np.array([each[3] for each in found], np.uint8)
