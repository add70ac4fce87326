"""Real words and labels: characters wrong and words right on photographed handwriting, by writer.

A *word file* is an .npz with `blob` uint8 and `off` int64 (picture i is the file `blob[off[i]:off[i + 1]]`), `text` str
and `writer`; `split` (0 train, 1 validation, 2 test, by writer) where it has one, and further keys that are not used
here. `letters data --source hdbpmn` writes such files.

A *reader* has a `name` and a function `read(picture)`, uint8 (H, W, 3) RGB -> str.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rapidfuzz.distance import Levenshtein

from letters.picture import PictureError, open_picture
from letters.training.words import is_held_out

SPLITS = {"train": 0, "validation": 1, "test": 2}
KINDS = ("all", "letters only", "words not in training texts", "held-out words")
RESAMPLES = 2000  # of the writers, for the interval


class WordFileError(ValueError):
    """A missing or malformed folder or file of real words. The message names it."""


@dataclass(frozen=True)
class WordFile:
    """The pictures of one split of a word file, as files: `picture` decodes one."""

    name: str  # of the file, without .npz
    files: list  # bytes
    texts: list  # str, lines parted by \n
    writers: np.ndarray  # int (N,)
    number: np.ndarray  # int (N,): of each picture in the whole file

    def picture(self, index: int) -> np.ndarray:
        """Picture `index` of this split: uint8 (H, W, 3) RGB. Raises PictureError."""
        return open_picture(self.files[index])


# ------------------------------------------------------------------------------------------------ metrics


def fold(text: str) -> str:
    """A text as it is compared: no case, single spaces in place of all white space."""
    return " ".join(text.casefold().split())


def tokens(text: str) -> list[str]:
    """The words of a text, lowercase, without what stands at their ends and is no letter or digit."""
    return [word for word in (re.sub(r"^[\W_]+|[\W_]+$", "", part) for part in fold(text).split()) if word]


def counts(truth: str, answer: str) -> tuple[int, int, int, int]:
    """(edits, characters, words right, words) of one picture. Edits are Levenshtein's, with no upper bound; a word is
    right where the answer has it as well, wherever it stands."""
    truth, answer = fold(truth), fold(answer)
    words = truth.split()
    right = (Counter(words) & Counter(answer.split())).total()
    return Levenshtein.distance(truth, answer), len(truth), right, len(words)


def rates(counted: np.ndarray, writers: np.ndarray, seed: int = 0) -> dict:
    """Rates of counted pictures, int (N, 4) as `counts` gives them, and of their writers, int (N,).

    Returns {"pictures", "writers", "characters", "cer", "cer_interval", "words_right", "words_right_interval"}. The
    intervals are of 95 %, by a bootstrap over writers (percentiles of RESAMPLES resamples), None for a single writer:
    pictures by one hand are alike.
    """
    numbers, which = np.unique(writers, return_inverse=True)
    per_writer = np.stack([np.bincount(which, column) for column in counted.T], axis=1)
    edits, characters, right, words = counted.sum(axis=0).tolist()
    result = {
        "pictures": len(counted),
        "writers": len(numbers),
        "characters": characters,
        "cer": edits / max(1, characters),
        "cer_interval": None,
        "words_right": right / max(1, words),
        "words_right_interval": None,
    }
    if len(numbers) > 1:
        drawn = np.random.default_rng(seed).integers(0, len(numbers), (RESAMPLES, len(numbers)))
        sums = per_writer[drawn].sum(axis=1)
        for key, part, whole in (("cer_interval", 0, 1), ("words_right_interval", 2, 3)):
            ends = np.percentile(sums[:, part] / np.maximum(1, sums[:, whole]), [2.5, 97.5])
            result[key] = [float(end) for end in ends]
    return result


# ------------------------------------------------------------------------------------------------ reading


def find(folder: str | Path) -> list[Path]:
    """The word files of a folder, by their keys; other .npz files are passed over.

    Raises WordFileError where there is no such folder."""
    if not Path(folder).is_dir():
        raise WordFileError(f"{folder} is not a folder; it should hold word files such as hdbpmn_words.npz")
    return [path for path in sorted(Path(folder).glob("*.npz")) if {"blob", "off", "text", "writer"} <= _keys(path)]


def _keys(path):
    with np.load(path) as file:
        return set(file.files)


def read(path: str | Path, split: str = "test", limit: int | None = None) -> WordFile:
    """Read one split of a word file; the whole file where it has no split.

    limit: at most this many pictures, spread evenly over the file. Raises WordFileError.
    """
    with np.load(path) as file:
        keep = np.flatnonzero(_of_split(file, split))
        if limit is not None and limit < len(keep):
            keep = keep[np.linspace(0, len(keep) - 1, limit).round().astype(int)]
        off, blob = file["off"], file["blob"]
        if len(off) != len(file["text"]) + 1 or (np.diff(off) < 0).any() or off[-1] != len(blob):
            raise WordFileError(f"{path}: off does not fit blob and text; write the file again")
        files = [blob[off[i] : off[i + 1]].tobytes() for i in keep]
        texts = [str(text) for text in file["text"][keep]]
        return WordFile(Path(path).stem, files, texts, file["writer"][keep].astype(int), keep)


def _of_split(file, split):
    if split not in SPLITS:
        raise WordFileError(f"the split must be one of {', '.join(SPLITS)}, not {split!r}")
    return file["split"] == SPLITS[split] if "split" in file.files else np.ones(len(file["text"]), bool)


def training_words(paths: Iterable[str | Path]) -> set[str]:
    """The words of the train splits of word files; none of a file without a split."""
    found = set()
    for path in paths:
        with np.load(path) as file:
            if "split" in file.files:
                found.update(word for text in file["text"][_of_split(file, "train")] for word in tokens(str(text)))
    return found


# ---------------------------------------------------------------------------------------------- measuring


def measure(
    folder: str | Path,
    readers: list,
    split: str = "test",
    limit: int | None = None,
    is_held_out: Callable[[str], bool] = is_held_out,
    progress: bool = False,
) -> dict:
    """Measure readers on the word files of a folder.

    limit: pictures of each file at most, evenly spread. is_held_out: whether a word is left out of training.
    progress: show a bar.
    Returns {"split", "files": {file name: {"rows", "writers", "answers"}}}:
    rows     one for each kind of picture and reader, as `rates` gives it, with "kind" (see `kinds`) and "reader"
    writers  one for each writer: "writer", "pictures", and "cer" {reader: rate}, best writers of the first reader first
    answers  one for each picture: "number" in the file, "writer", "text", "kinds", "answers" {reader: str}
    Raises WordFileError where the folder has no word file, or none with pictures of the split.
    """
    paths = find(folder)
    if not paths:
        raise WordFileError(f"{folder}: it has no word file, an .npz with blob, off, text and writer")
    known = training_words(paths)
    files = {}
    for path in paths:
        pictures = read(path, split, limit)
        if pictures.files:
            files[pictures.name] = _measure(pictures, readers, known, is_held_out, progress)
    if not files:
        raise WordFileError(f"{folder}: no word file has pictures of the {split} split")
    return {"split": split, "files": files}


def kinds(text: str, known: set[str], is_held_out: Callable[[str], bool]) -> list[str]:
    """Those of KINDS that a text belongs to. "words not in training texts": none of its words is in a text of a train
    split. "held-out words": all of its words are left out of training."""
    found = ["all"]
    if "".join(text.split()).isalpha() and text.isascii():
        found.append("letters only")
    words = tokens(text)
    if words and not known.intersection(words):
        found.append("words not in training texts")
    if words and all(map(is_held_out, words)):
        found.append("held-out words")
    return found


def _measure(pictures, readers, known, is_held_out, progress):
    from tqdm.auto import tqdm

    answers = []
    for i in tqdm(range(len(pictures.files)), desc=pictures.name, unit=" pictures", leave=False, disable=not progress):
        picture = pictures.picture(i)
        answers.append(
            {
                "number": int(pictures.number[i]),
                "writer": int(pictures.writers[i]),
                "text": pictures.texts[i],
                "kinds": kinds(pictures.texts[i], known, is_held_out),
                "answers": {reader.name: answer(reader, picture) for reader in readers},
            }
        )
    rows = []
    for kind in KINDS:
        chosen = [each for each in answers if kind in each["kinds"]]
        rows += [{"kind": kind, "reader": reader.name, **_rates(chosen, reader)} for reader in readers if chosen]
    return {"rows": rows, "writers": _by_writer(answers, readers), "answers": answers}


def answer(reader, picture: np.ndarray) -> str:
    """What a reader reads in a picture; "" if it reports that there is no ink.

    Raises PictureError for every other refusal: a picture that has been opened should not be refused."""
    try:
        return reader.read(picture)
    except PictureError as error:
        if error.code != "no_ink":
            raise
        return ""


def _rates(answers, reader):
    counted = np.array([counts(each["text"], each["answers"][reader.name]) for each in answers])
    return rates(counted, np.array([each["writer"] for each in answers]))


def _by_writer(answers, readers):
    found = []
    for writer in sorted({each["writer"] for each in answers}):
        of_writer = [each for each in answers if each["writer"] == writer]
        cer = {reader.name: _rates(of_writer, reader)["cer"] for reader in readers}
        found.append({"writer": writer, "pictures": len(of_writer), "cer": cer})
    return sorted(found, key=lambda row: row["cer"][readers[0].name])
