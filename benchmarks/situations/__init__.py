"""Situations from real life: pictures of a letter or a word in frames, lights, inks and files of all kinds.

`make` draws them anew from the pen model, `read_folder` reads a folder of pictures with `expected.json`: {file name:
text}, where "" stands for no letter. `measure` says which of them readers get right. The letters are forms that a
person and the letter network read right from a clean picture (`benchmarks.scenery.forms`), so that the situation is
measured, not the letter.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import scenery
from benchmarks.situations import files, frames, inks, light, surroundings
from benchmarks.situations.sheets import encoded
from benchmarks.words import answer, fold
from letters.picture import PictureError, open_picture

# In this order: the number of a kind is part of the seed of its pictures.
KINDS = frames.KINDS | surroundings.KINDS | light.KINDS | inks.KINDS | files.KINDS


@dataclass(frozen=True)
class Situation:
    """A picture as a file, and what is written in it."""

    name: str
    kind: str
    data: bytes
    expected: str  # "" where there is no letter


def make(seed: int = 2026) -> Iterator[Situation]:
    """Draw all kinds of situations. The same seed gives the same pictures."""
    for number, (kind, (draw, count)) in enumerate(KINDS.items()):
        for i in range(count):
            expected, drawn = draw(np.random.default_rng([seed, number, i]), i)
            data = drawn if isinstance(drawn, bytes) else encoded(scenery.picture(drawn), "PNG", compress_level=1)
            yield Situation(f"{kind} {i + 1}", kind, data, expected)


def read_folder(folder: str | Path) -> Iterator[Situation]:
    """The pictures that `expected.json` in a folder lists; their kind is the name of the folder.

    Raises FileNotFoundError where a file is missing, ValueError where expected.json is malformed.
    """
    folder = Path(folder)
    path = folder / "expected.json"
    expected = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(expected, dict) or not all(isinstance(text, str) for text in expected.values()):
        raise ValueError(f"{path}: it should hold an object of file names and the texts written in them")
    for name, text in expected.items():
        yield Situation(name, folder.resolve().name, (folder / name).read_bytes(), text)


def measure(situations: Iterable[Situation], readers: list) -> dict:
    """Measure readers, as `benchmarks.words` describes them, on situations.

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
