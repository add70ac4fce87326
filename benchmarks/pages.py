"""Composed lines and pages: held-out hands write known texts, letters apart, touching or joined.

The letters are real where a stroke file with a test split is given, the paper, light and camera are those of
`letters.compose`. So these pages are easier than photographs that people take; they show what changes with the spacing
and with the text: words that the language prior knows, words that are in none of its lists, and random letters.
"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.letters import is_letter_file
from benchmarks.readers import Reader
from letters import compose, metrics, pen

TEXTS = ("words of the prior", "words in no list", "random letters")
RARE_WORDS = Path(__file__).with_name("rare_words.txt")
HANDS = 20  # of the pen model
HAND_SEED = 7_000_000  # of the first of them; no training draws hands with such seeds
LEAST_CLASSES = 26  # that a writer must have written to be given texts
SHEET = (8, 24)  # lines of a sheet that is full of writing
LINE = 34  # characters that a line of it has at least


@dataclass(frozen=True)
class Composed:
    """A page, and what the rows of results are made by."""

    page: compose.Page
    text: str  # one of TEXTS
    spacing: str  # one of compose.SPACINGS


@cache
def rare_words() -> tuple[str, ...]:
    """Rare English words and names, in lowercase, none of which is in a word list of `letters.language`."""
    return tuple(RARE_WORDS.read_text("utf-8").split())


def read_hands(folder: Path | None) -> dict[str, list[dict]]:
    """Who writes: {set: hands}, each hand {class number: [letters]}. Hands of the pen model, always; and the test
    writers of each stroke file of a folder that have written LEAST_CLASSES classes or more."""
    sets = {"pen model": [pen.draw_hand(HAND_SEED + i) for i in range(HANDS)]}
    for path in sorted(Path(folder).glob("*.npz")) if folder else ():
        with np.load(path) as file:
            keys = set(file.files)
        if {"pts", "writer"} <= keys and is_letter_file(path):
            hands = [hand for hand in pen.read_writers(path).values() if len(hand) >= LEAST_CLASSES]
            sets |= {path.stem: hands} if hands else {}
    return sets


def make(hands: Sequence[dict], each: int, seed: int = 2026) -> list[Composed]:
    """`each` pages of every text, spacing and kind of picture. The hands take turns, and what is written does not
    depend on the kind of picture. Raises ValueError where no hand can write a text."""
    made = []
    for text_number, text in enumerate(TEXTS):
        for spacing_number, spacing in enumerate(compose.SPACINGS):
            rng = np.random.default_rng([seed, text_number, spacing_number])
            able = [hand for hand in hands if _can_write(hand, text, spacing)]
            if not able:
                raise ValueError(f"no hand has enough letters for {text}, {spacing}")
            for i in range(each):
                hand = able[rng.integers(len(able))]
                written = _text(hand, rng, text, spacing)
                made += [
                    Composed(
                        compose.page(written, hand, kind, [seed, text_number, spacing_number, i, number], spacing),
                        text,
                        spacing,
                    )
                    for number, kind in enumerate(compose.KINDS)
                ]
    return made


def _text(hand, rng, text, spacing):
    codes = text == "random letters"
    case = None
    if spacing == "joined":  # capitals are not joined to each other
        case = "lower" if codes else ("lower", "title")[rng.integers(2)]
    words = rare_words() if text == "words in no list" else None
    return compose.text(hand, rng, int(rng.integers(1, 4)), codes, case, words)


def _can_write(hand, text, spacing):
    try:
        for seed in range(4):  # both cases that joined letters may have come up
            _text(hand, np.random.default_rng(seed), text, spacing)
    except ValueError:
        return False
    return True


def read(pages: Sequence[compose.Page], reader: Reader) -> dict:
    """How well a reader reads pages.

    Returns {"edits", "characters", "cer": edits over characters, "words": share of the words that are right,
    "seconds": median time of a page, None for a reader that is not timed}.
    """
    times, counts, right, words = [], [], 0, 0
    for page in pages:
        started = time.perf_counter()
        answer = reader.read(page.picture)
        times.append(time.perf_counter() - started)
        counts.append(metrics.edits(page.text, answer))
        truth = page.text.upper().split()
        words += len(truth)
        right += sum((Counter(truth) & Counter(answer.upper().split())).values())
    wrong, characters = (int(value) for value in np.sum(counts, axis=0))
    return {
        "edits": wrong,
        "characters": characters,
        "cer": wrong / characters,
        "words": right / words,
        "seconds": float(np.median(times)) if reader.timed else None,
    }


def measure(readers: Sequence[Reader], hands: dict[str, Sequence[dict]], each: int = 3, seed: int = 2026) -> list[dict]:
    """A row for each set of hands, text, spacing, kind of picture and reader, as `read` gives it.

    hands: as `read_hands` gives them. each: pages of every text, spacing and kind.
    """
    rows = []
    for name, of_set in hands.items():
        groups = {}
        for one in make(of_set, each, seed):
            groups.setdefault((one.text, one.spacing, one.page.kind), []).append(one.page)
        for (text, spacing, kind), pages in groups.items():
            about = {"hands": name, "text": text, "spacing": spacing, "kind": kind, "pages": len(pages)}
            about["letters"] = sum(len(page.boxes) for page in pages)
            rows += [{**about, "reader": reader.name, **read(pages, reader)} for reader in readers]
    return rows


def sheets(hands: Sequence[dict], each: int, seed: int = 2026) -> list[compose.Page]:
    """`each` sheets full of writing of every kind of picture: SHEET lines of words of the prior, of LINE characters or
    a word more each; letters stand apart, but for a few. The hands take turns."""
    rng = np.random.default_rng([seed, 8])
    able = [hand for hand in hands if _can_write(hand, TEXTS[0], "apart")]
    made = []
    for i in range(each):
        hand = able[rng.integers(len(able))]
        written = "\n".join(_long_line(hand, rng) for _ in range(int(rng.integers(SHEET[0], SHEET[1] + 1))))
        made += [compose.page(written, hand, kind, [seed, 8, i, number]) for number, kind in enumerate(compose.KINDS)]
    return made


def _long_line(hand, rng):
    words: list[str] = []
    while len(" ".join(words)) < LINE:
        words += compose.text(hand, rng, 1).split()
    return " ".join(words)


def measure_sheets(
    readers: Sequence[Reader], hands: dict[str, Sequence[dict]], each: int, seed: int = 2026
) -> list[dict]:
    """A row for each set of hands, kind of picture and reader, as `read` gives it, of `each` sheets."""
    rows = []
    for name, of_set in hands.items():
        made = sheets(of_set, each, seed)
        for kind in compose.KINDS:
            pages = [page for page in made if page.kind == kind]
            about = {
                "hands": name,
                "kind": kind,
                "pages": len(pages),
                "letters": sum(len(page.boxes) for page in pages),
            }
            rows += [{**about, "reader": reader.name, **read(pages, reader)} for reader in readers]
    return rows


def error_rate(rows: Sequence[dict]) -> float:
    """The character error rate of several rows together."""
    return sum(row["edits"] for row in rows) / sum(row["characters"] for row in rows)
