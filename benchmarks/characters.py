"""Accents, digits and punctuation on composed lines: characters wrong with the alphabets `latin` and `text`.

The accented letters are those of single-line fonts that look like hand print, a stroke file with `label` and `fonts`;
the digits are those of writers whom no training has seen (`pen.read_digits`). Words with accents are held-out ones: the
training of the line network leaves a fifth of all words out. Canvas, paper and light are those of `letters.compose`.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from letters import alphabet, characters, compose, language, metrics, pen
from letters.picture import PictureError
from letters.recognizer import Recognizer
from letters.training.words import is_held_out

Glyph = list[np.ndarray]  # strokes, float32 (n, 2)
X_HEIGHT = 0.58  # capital heights: the fonts' lowercase letters
MARKED = 0.35  # share of its height that a mark adds to a letter


def font_hands(path: Path) -> list[dict]:
    """The hands of a file of single-line fonts: {class number or character: [letters]}, characters beyond A to Z as
    `compose` takes them."""
    letters, _, marks = pen.read_file(path)
    hands: list[dict] = []
    for font in np.flatnonzero(marks["hand"]):
        glyphs = {str(marks["label"][i]): letters[i] for i in np.flatnonzero(marks["writer"] == font)}
        hand: dict = {alphabet.CLASSES.index(name): [glyphs[name]] for name in glyphs if name in alphabet.CLASSES}
        for name, glyph in glyphs.items():
            base, mark = characters.decompose(name)
            if mark and base in glyphs:
                hand[name] = [_on_the_line(glyph, glyphs[base], base, mark)]
            elif name in characters.LIGATURES:
                hand[name] = [_scaled(glyph, 1.0 if name in "ßÆŒ" else X_HEIGHT)]
        if len([key for key in hand if isinstance(key, str)]) > 20:
            hands.append(hand)
    return hands


def digit_hands(path: Path, letters: Sequence[dict]) -> list[dict]:
    """The held-out writers of a file of digits, {digit: [digits]}, each with the letters of another hand."""
    glyphs, digits = pen.read_digits(path, held_out=True)
    _, _, marks = pen.read_file(path)
    held_out = marks["writer"] % pen.DIGITS_HELD_OUT == 0
    writers = marks["writer"][held_out & np.isin(marks["label"], list(characters.DIGITS))]
    hands = []
    for number, writer in enumerate(np.unique(writers)):
        hand = dict(letters[number % len(letters)])
        for i in np.flatnonzero(writers == writer):
            hand.setdefault(str(digits[i]), []).append(_scaled(glyphs[i], 1.0))
        hands.append(hand)
    return hands


def _scaled(glyph: Glyph, height: float, foot: float = 0.0) -> Glyph:
    """A glyph of a height that stands at `foot`, y down."""
    points = np.concatenate(glyph)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = height / max(float(high[1] - low[1]), 1e-3)
    return [((stroke - (low[0], high[1])) * scale + (0, foot)).astype(np.float32) for stroke in glyph]


def _on_the_line(glyph: Glyph, bare: Glyph, base: str, mark: int) -> Glyph:
    """A letter with a mark, as large as the bare letter beside it: the two have the same width, but for an i, whose
    mark may be the wider."""
    top, bottom = alphabet.extent(alphabet.CLASSES.index(base), X_HEIGHT, dotted=base not in "ij")
    own, plain = np.ptp(np.concatenate(glyph), axis=0), np.ptp(np.concatenate(bare), axis=0)
    below = list(characters.MARKS)[mark] in ("cedilla", "ogonek")
    if base in "iIjJl":
        height = (top - bottom) * (1 + MARKED)
    else:
        height = (top - bottom) * float(own[1] / own[0] * plain[0] / plain[1])
        height = float(np.clip(height, top - bottom, (top - bottom) * (1 + 2 * MARKED)))
    return _scaled(glyph, height, height - top if below else -bottom)


def words_with_marks(name: str, hand: dict, rng: np.random.Generator, count: int) -> list[str]:
    """Held-out words of a language with accents or ligatures that a hand can write, frequent ones more often."""
    known = [
        word
        for word in language.marked_words(name)[:20_000]
        if is_held_out(language.plainly(word)) and 3 < len(word) < 12 and compose.can_write(hand, word)
    ]
    return [known[int(len(known) * rng.random() ** 2)] for _ in range(count)]


def numbers(rng: np.random.Generator) -> str:
    """A line of numbers."""
    return " ".join("".join(map(str, rng.integers(0, 10, rng.integers(2, 6)))) for _ in range(rng.integers(1, 4)))


def mixed(hand: dict, rng: np.random.Generator) -> str:
    """A line of words and numbers, as labels have them."""
    word, unit = (compose.text(hand, rng, 1, case=case).split()[0] for case in ("title", "lower"))
    number = "".join(map(str, rng.integers(1, 10, rng.integers(1, 4))))
    room = f"{word} {number}{chr(65 + int(rng.integers(4)))}"
    return room if rng.random() < 0.4 else f"{word} {number} {unit}"


def measure(recognizer: Recognizer, fonts: Path, digits: Path, each: int = 12, seed: int = 2026) -> list[dict]:
    """Rows of {"text", "kind", "alphabet", "language", "lines", "edits", "characters"}: for each language with words
    that have marks, lines of them, read without and with the language; lines of numbers, and of numbers and words.

    each: lines of every kind of text and picture. Case does not count, marks do.
    """
    hands = font_hands(fonts)
    writers = digit_hands(digits, [pen.draw_hand([seed, 8, i]) for i in range(8)])
    rows = []
    for number, name in enumerate([name for name in language.LANGUAGES if name not in ("en", "nl")]):
        rng = np.random.default_rng([seed, number])
        texts = []
        for i in range(each):
            hand = hands[i % len(hands)]
            texts.append((" ".join(words_with_marks(name, hand, rng, 2)), hand))
        rows += _rows(recognizer, f"words with accents: {language.NAMES[name]}", texts, "latin", (None, name), seed)
    rng = np.random.default_rng([seed, 99])
    of_numbers = [(numbers(rng), writers[i % len(writers)]) for i in range(2 * each)]
    rows += _rows(recognizer, "numbers", of_numbers, "text", (None,), seed)
    of_both = [(mixed(writers[i % len(writers)], rng), writers[i % len(writers)]) for i in range(2 * each)]
    return rows + _rows(recognizer, "words and numbers", of_both, "text", (None, "en"), seed)


def _rows(
    recognizer: Recognizer,
    what: str,
    texts: Iterable[tuple[str, dict]],
    alphabet: str,
    languages: Sequence[str | None],
    seed: int,
) -> list[dict]:
    rows = []
    texts = list(texts)
    for place, kind in enumerate(compose.KINDS):
        pages = [compose.page(text, hand, kind, [seed, place, i]) for i, (text, hand) in enumerate(texts)]
        for known in languages:
            answers = [read(recognizer, page.picture, alphabet, known) for page in pages]
            pairs = [metrics.edits(page.text, answer) for page, answer in zip(pages, answers, strict=True)]
            edits, length = np.sum(pairs, axis=0).tolist()
            about = {"text": what, "kind": kind, "alphabet": alphabet, "language": known, "lines": len(pages)}
            rows.append({**about, "edits": edits, "characters": length})
    return rows


def read(recognizer: Recognizer, picture: np.ndarray, alphabet: str, known: str | None) -> str:
    """The text of a picture, empty where nothing was found."""
    try:
        return recognizer.read(picture, alphabet, known).text
    except PictureError:
        return ""
