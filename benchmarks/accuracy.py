"""What `make benchmark` measures: real pictures first, then photos, composed pages and single letters, with peers."""

import dataclasses
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from benchmarks import letters, pages, photos, provenance, readers, speed_reading
from letters.recognizer import Recognizer

RESULT = provenance.RESULTS["accuracy"]
PARTIAL = RESULT.with_name("benchmark-partial.json")  # git-ignored: nothing is quoted from it
SEED = 2026


@dataclass(frozen=True)
class Counts:
    """How much is measured: what two cores do in a quarter of an hour, or in three quarters with data and peers."""

    letters: int = 10_000  # drawn ones
    negatives: int = 2000  # of each kind
    pages: int = 3  # of each hands, text, spacing and kind of picture; and sheets, of each hands and kind
    photos: int = 156  # three of each class
    blanks: int = 40  # empty papers
    lines: int = 12  # with accents or digits, of each text and kind of picture
    words: int = 1200  # pictures at most of each file of real words and labels: all of hdBPMN's test writers
    situations: int = 1000  # at most, of each set
    baseline_letters: int = 30_000
    baseline_epochs: int = 6
    speed: int = 4000


QUICK = Counts(520, 100, 1, 13, 6, 2, 6, 20, 2000, 1, 500)


class Session:
    """What the parts of one run share: the recognizer, the peers, the data."""

    def __init__(self, folder: Path | None, counts: Counts, rapidocr: str | None, cases: Path | None):
        """folder: of data, or None. cases: a folder of pictures with expected.json, or None. rapidocr: an interpreter
        that has RapidOCR, see `readers.rapidocr`."""
        self.folder, self.counts, self.cases = folder, counts, cases
        self.recognizer = Recognizer.load()
        self.rapid = readers.rapidocr(rapidocr)
        self.answers = {}  # of each picture, by part: for the report

    @cached_property
    def sets(self) -> dict:
        """Letter sets: drawn ones, and those of the folder."""
        drawn = {"drawn letters": letters.drawn(self.counts.letters, SEED)}
        return drawn | (letters.read_folder(self.folder) if self.folder else {})

    def readers(self, page_segmentation: int = 6, cropped: bool = False) -> list[readers.Reader]:
        """Ours, ours with English, and the peers. page_segmentation: tesseract's --psm. cropped: pictures are cropped
        to their text."""
        ours = [readers.ours(self.recognizer), readers.ours(self.recognizer, "en")]
        ours[1].read(np.full((40, 40, 3), 255, np.uint8))  # loads the words, which no picture's time should have
        return ours + readers.peers(self.rapid, page_segmentation, cropped)

    def close(self) -> None:
        """End the peers' processes."""
        if self.rapid:
            self.rapid.close()


def _real(session):
    from benchmarks import words

    result = words.measure(session.folder, session.readers(cropped=True), limit=session.counts.words, progress=True)
    session.answers["real"] = result
    files = {name: {key: file[key] for key in ("rows", "writers")} for name, file in result["files"].items()}
    return {"split": result["split"], "files": files}


def _situations(session):
    from benchmarks import situations

    sets = {"drawn": situations.make(SEED)}
    if session.cases:
        sets[session.cases.name] = situations.read_folder(session.cases)
    session.answers["situations"], result = {}, {}
    for name, pictures in sets.items():
        chosen = list(pictures)
        chosen = chosen[:: -(-len(chosen) // session.counts.situations)]
        measured = situations.measure(chosen, session.readers())
        session.answers["situations"][name] = measured
        result[name] = {key: measured[key] for key in ("pictures", "right", "kinds")} | {"wrong": _wrong(measured)}
    return result


def _wrong(measured):
    """The pictures that this project's reader gets wrong: name, expected text, answer."""
    keys = ("name", "expected")
    return [
        {key: each[key] for key in keys} | {"answer": each["answers"]["ours"], "refused": each["refused"]}
        for each in measured["answers"]
        if not each["right"]["ours"]
    ]


def _photos(session):
    counts = session.counts
    original = readers.original(counts.baseline_letters, counts.baseline_epochs)
    return photos.measure([*session.readers(10), original], counts.photos, counts.blanks)


def _pages(session):
    return pages.measure(session.readers(), pages.read_hands(session.folder), session.counts.pages, SEED)


def _sheets(session):
    return pages.measure_sheets(session.readers(), pages.read_hands(session.folder), session.counts.pages, SEED)


def _characters(session):
    from benchmarks import characters

    return characters.measure(session.recognizer, *_character_files(session.folder), session.counts.lines, SEED)


def _character_files(folder):
    """The files of single-line fonts and of digits in a folder; () where one of them is missing."""
    fonts, digits = [], []
    for path in sorted(folder.glob("*.npz")) if folder else []:
        with np.load(path) as file:
            keys, named = set(file.files), {"label", "pts", "writer"} <= set(file.files)
            fonts += [path] if named and "hand" in keys else []
            digits += [path] if named and set(file["label"]) == set("0123456789") else []
    return (fonts[0], digits[0]) if fonts and digits else ()


def _accuracy(session):
    return letters.accuracy_table(session.recognizer, session.sets)


def _refusal(session):
    chosen = {name: each for name, each in session.sets.items() if name != "drawn letters" or len(session.sets) == 1}
    frames = np.concatenate([each.frames for each in chosen.values()])
    return letters.refusal(session.recognizer, frames, session.counts.negatives, SEED)


def _baselines(session):
    return letters.baselines(session.sets, session.counts.baseline_letters, session.counts.baseline_epochs)


def _speed(session):
    return speed_reading.reading(session.recognizer, session.counts.speed)


# the parts of a result, in the order in which they are measured
PARTS: dict[str, Callable[[Session], object]] = {
    "real": _real,
    "situations": _situations,
    "photos": _photos,
    "pages": _pages,
    "sheets": _sheets,
    "characters": _characters,
    "accuracy": _accuracy,
    "refusal": _refusal,
    "baselines": _baselines,
    "speed": _speed,
}


def available(folder: Path | None) -> list[str]:
    """The parts that can be measured: all of PARTS but "real" where the folder has no files of real words, and
    "characters" where it has none of single-line fonts and digits.

    Raises FileNotFoundError for a folder without any .npz file.
    """
    files = sorted(folder.glob("*.npz")) if folder else []
    if folder and not files:
        raise FileNotFoundError(f"{folder} has no .npz files; data/README.md says what they hold")
    needed = {"real": any(map(_has_words, files)), "characters": bool(_character_files(folder))}
    return [name for name in PARTS if needed.get(name, True)]


def _has_words(path):
    with np.load(path) as file:
        return {"blob", "off", "text", "writer"} <= set(file.files)


def destination(folder: Path | None, counts: Counts | None) -> Path:
    """The file that a run is written to: the quoted one where everything is measured, and in full."""
    return RESULT if counts is None and len(available(folder)) == len(PARTS) else PARTIAL


def benchmark(
    path: Path,
    folder: Path | None = None,
    only: Sequence[str] = (),
    counts: Counts | None = None,
    rapidocr: str | None = None,
    cases: Path | None = None,
    keep_peers: bool = False,
) -> dict:
    """Measure the parts and write them as JSON, and what is read wrong as an HTML report beside it. Returns what was
    written as JSON.

    path: of the JSON file, see `destination`. folder: of data: letter, stroke and word files. only: of PARTS; these are
    measured anew, and the file's other parts are kept. counts: all by default. rapidocr, cases: see Session.
    keep_peers: take the figures of peers that are not installed here from the file: they do not depend on our networks.
    Raises ValueError where the parts that are kept belong to other networks, where the peers read other pictures, or
    where a part is asked for that the folder has no files for; FileNotFoundError for a folder without data.
    """
    possible = available(folder)
    chosen = only or possible
    if set(chosen) - set(possible):
        names = ", ".join(sorted(set(chosen) - set(possible)))
        raise ValueError(f"there are no files to measure {names} with; data/README.md says what they hold: DATA=folder")
    result = json.loads(path.read_text("utf-8")) if only and path.exists() else {}
    if result and (fault := provenance.fault(result)):
        raise ValueError(f"{path.name} cannot keep its other figures: {fault}")
    earlier = json.loads(path.read_text("utf-8")) if keep_peers else {}
    command = "make benchmark DATA=folder" if folder else "make benchmark"
    about = provenance.describe(command, SEED, folder) | {"counts": dataclasses.asdict(counts or Counts())}
    if earlier:
        _check_same_pictures(about, earlier["provenance"])  # before anything is measured
    session = Session(folder, counts or Counts(), rapidocr, cases)
    try:
        for name in chosen:
            print(f"measuring {name} ...", flush=True)
            started = time.monotonic()
            result[name] = PARTS[name](session)
            print(f"measured {name} in {(time.monotonic() - started) / 60:.1f} minutes", flush=True)
        if session.rapid:
            about["versions"]["rapidocr"] = session.rapid.version
        if earlier:
            result = {name: with_peers(part, earlier.get(name)) for name, part in result.items()}
            about["peers"] = earlier["provenance"].get("peers", earlier["provenance"]["versions"])
    finally:
        session.close()
    if session.answers:
        from benchmarks import report

        report.write(path.with_suffix(".html"), session.answers, about, folder, cases, SEED)
    return provenance.write({"provenance": about, **{key: result[key] for key in PARTS if key in result}}, path)


def _check_same_pictures(about, earlier):
    """Raise ValueError unless two runs read the same pictures, judging by what they say about themselves. Counts of
    pictures that the earlier run did not know are new parts of the benchmark, which have no figures of peers."""
    counts = {name: count for name, count in about["counts"].items() if name in earlier.get("counts", {})}
    for key, value in {"seed": about["seed"], "counts": counts, "data": about["data"]}.items():
        if value != earlier.get(key):
            raise ValueError(f"the peers' figures cannot be kept: they were measured with another {key}")


def with_peers(part: object, earlier: object) -> object:
    """A part of a result with the figures of the readers that only an earlier result has, of the same pictures.

    A reader is a key beside "ours", or the "reader" of a row.
    """
    if isinstance(part, dict) and isinstance(earlier, dict):
        if "ours" in part:
            return part | {name: value for name, value in earlier.items() if name not in part}
        return {key: with_peers(value, earlier.get(key)) for key, value in part.items()}
    if isinstance(part, list) and isinstance(earlier, list) and part and {"reader", "writer", "kind"} & set(part[0]):
        if "reader" in part[0]:
            measured = {row["reader"] for row in part}
            return part + [row for row in earlier if row["reader"] not in measured]
        name = "writer" if "writer" in part[0] else "kind"
        known = {row[name]: row for row in earlier}
        return [with_peers(row, known.get(row[name])) for row in part]
    return part
