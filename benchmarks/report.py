"""A report of real pictures and situations that a person can look at: one HTML file with all pictures in it."""

import base64
from collections.abc import Iterable
from pathlib import Path

import cv2
import jinja2
import numpy as np
from rapidfuzz.distance import Levenshtein

from benchmarks import situations, words
from benchmarks.words import fold
from letters.picture import open_picture

TEMPLATE = Path(__file__).with_name("report.html")
WRITERS = 3  # that are shown as best, and as worst
PICTURES = 4  # of each of them
WIDTH, HEIGHT = 280, 150  # px that a picture is shown in, at most; twice as many are kept, for dense screens
LONGEST = 60  # characters of an answer that are shown


def write(
    path: str | Path,
    answers: dict,
    about: dict,
    folder: str | Path | None = None,
    cases: str | Path | None = None,
    seed: int = 2026,
) -> None:
    """Write the report.

    answers: "real", as `words.measure` gives it, and "situations", {name of a set: as `situations.measure` gives it};
    either may be missing. The first reader is the one that the report is about, the others are its peers.
    about: where the figures come from; shown as it is. folder: of the word files. cases: the folder that the set of its
    name was read from; all other sets are drawn with `seed`.
    Raises ValueError where a measured picture is not among those of the folder, cases or seed.
    """
    real = answers.get("real")
    context = {
        "summary": _summary(answers),
        "real": [_file(name, file, real["split"], folder) for name, file in real["files"].items()] if real else [],
        "split": real["split"] if real else "",
        "situations": [
            _situations(name, result, _drawn_or_read(name, cases, seed))
            for name, result in answers.get("situations", {}).items()
        ],
        "about": [(key.replace("_", " "), _plain(value)) for key, value in about.items()],
    }
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["percent"] = _percent
    html = environment.from_string(TEMPLATE.read_text("utf-8")).render(context)
    Path(path).write_text(html, encoding="utf-8")


def _percent(share):
    return f"{100 * share:.0f} %" if share >= 0.095 else f"{100 * share:.1f} %"


def _plain(value):
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(part)}" for key, part in value.items())
    return ", ".join(map(_plain, value)) if isinstance(value, list) else str(value)


# ------------------------------------------------------------------------------------------------ summary


def _summary(answers):
    """Shares that are wrong: {"readers", "rows": [{"what", "of", "cells"}]}."""
    rows = []
    for name, file in answers.get("real", {"files": {}})["files"].items():
        every = [row for row in file["rows"] if row["kind"] == "all"]
        of = f"{every[0]['pictures']} pictures by {every[0]['writers']} writers"
        wrong = {row["reader"]: (row["cer"], row["cer_interval"]) for row in every}
        rows.append({"what": f"characters, {_title(name)}", "of": of, "wrong": wrong})
        wrong = {row["reader"]: (1 - row["words_right"], _rest(row["words_right_interval"])) for row in every}
        rows.append({"what": f"words, {_title(name)}", "of": of, "wrong": wrong})
    for name, result in answers.get("situations", {}).items():
        wrong = {reader: (1 - right, None) for reader, right in result["right"].items()}
        rows.append({"what": f"situations, {_title(name)}", "of": f"{result['pictures']} pictures", "wrong": wrong})
    readers = list(dict.fromkeys(reader for row in rows for reader in row["wrong"]))
    return {"readers": readers, "rows": [_cells(row, readers) for row in rows]}


def _rest(interval):
    return interval and [1 - interval[1], 1 - interval[0]]


def _cells(row, readers):
    """A row with the cells of its table: {"share", "interval", "best"}, None for a reader that has no figure."""
    shares = [row["wrong"][reader][0] for reader in readers if reader in row["wrong"]]
    cells = []
    for reader in readers:
        share, interval = row["wrong"].get(reader, (None, None))
        best = len(shares) > 1 and share == min(shares)
        cells.append(None if share is None else {"share": share, "interval": interval, "best": best})
    return {"what": row["what"], "of": row["of"], "cells": cells}


def _title(name):
    return name.replace("_", " ")


# ------------------------------------------------------------------------------------------- real pictures


def _file(name, file, split, folder):
    """What is shown of a word file: rates by kind of text, and the best and worst writers as pictures."""
    readers = list(file["writers"][0]["cer"])
    rows = []
    for kind in words.KINDS:
        of_kind = [row for row in file["rows"] if row["kind"] == kind]
        if of_kind:
            wrong = {row["reader"]: (row["cer"], row["cer_interval"]) for row in of_kind}
            of = f"{of_kind[0]['pictures']} pictures by {of_kind[0]['writers']} writers"
            rows.append(_cells({"what": kind, "of": of, "wrong": wrong}, readers))
    source = words.read(Path(folder) / f"{name}.npz", split)
    index = {number: i for i, number in enumerate(source.number.tolist())}
    ranked = file["writers"]  # best first
    few = min(WRITERS, len(ranked) // 2)

    def shown(writer):
        of_writer = [each for each in file["answers"] if each["writer"] == writer["writer"]]
        chosen = [of_writer[i] for i in np.linspace(0, len(of_writer) - 1, PICTURES).round().astype(int)]
        chosen = [each for i, each in enumerate(chosen) if each not in chosen[:i]]
        return writer | {"examples": [_example(source, index, each) for each in chosen]}

    worst, best = ranked[::-1][: max(1, few)], ranked[:few]
    groups = [("worst", [shown(writer) for writer in worst]), ("best", [shown(writer) for writer in best])]
    return {"title": _title(name), "readers": readers, "rows": rows, "groups": groups}


def _example(source, index, each):
    if each["number"] not in index or source.texts[index[each["number"]]] != each["text"]:
        raise ValueError(f"{source.name}: picture {each['number']} is not the one that was measured")
    answers = [(reader, _marked(each["text"], text)) for reader, text in each["answers"].items()]
    picture = source.picture(index[each["number"]])
    return {"picture": _data_url(picture), "expected": each["text"], "answers": answers}


def _marked(truth, answer):
    """An answer in pieces (text, kind), kind "right", "wrong" or "missing" (from the truth), by the fewest edits."""
    truth, answer = _shown(truth), _shown(answer)
    pieces = []
    for edit in Levenshtein.opcodes(fold(truth), fold(answer)):
        if edit.tag == "delete":
            pieces.append((truth[edit.src_start : edit.src_end], "missing"))
        else:
            kind = "right" if edit.tag == "equal" else "wrong"
            pieces.append((answer[edit.dest_start : edit.dest_end], kind))
    return _cut(pieces) or [("nothing", "empty")]


def _shown(text):
    """A text in one line: in its own case, unless that has another length than the folded text (ß and its like)."""
    line = " ".join(text.split())
    return line if len(line) == len(fold(text)) else fold(text)


def _cut(pieces):
    """Pieces up to LONGEST characters, and how many were left out."""
    left, kept = LONGEST, []
    for text, kind in pieces:
        if left > 0:
            kept.append((text[:left], kind))
        left -= len(text)
    return kept if left >= 0 else [*kept, (f" … {-left} more", "empty")]


# ---------------------------------------------------------------------------------------------- situations


def _drawn_or_read(name, cases, seed):
    """The pictures of a set: those in the folder `cases` where it has that name, drawn ones otherwise."""
    is_folder = cases is not None and Path(cases).resolve().name == name
    return situations.read_folder(cases) if is_folder else situations.make(seed)


def _situations(name, result, pictures: Iterable[situations.Situation]):
    """What is shown of a set: its kinds, worst first, and all pictures that the first reader gets wrong."""
    readers = list(result["right"])
    files = {each.name: each.data for each in pictures}
    kinds = []
    for row in result["kinds"]:
        wrong = {reader: (1 - right / row["pictures"], None) for reader, right in row["right"].items()}
        cells = _cells({"what": row["kind"], "of": row["pictures"], "wrong": wrong}, readers)
        chosen = [each for each in result["answers"] if each["kind"] == row["kind"] and not each["right"][readers[0]]]
        kinds.append(cells | {"wrong": [_wrong(each, files, name) for each in chosen]})
    kinds.sort(key=lambda row: -row["cells"][0]["share"])
    return {"title": _title(name), "readers": readers, "kinds": kinds, "pictures": result["pictures"]}


def _wrong(each, files, name):
    if each["name"] not in files:
        raise ValueError(f"situations {name}: {each['name']} is not among the pictures that were drawn or read")
    if each["refused"]:
        answers, picture = [("all", [(f"refused: {each['refused']}", "empty")])], None
    else:
        answers = [(reader, _marked(each["expected"], text)) for reader, text in each["answers"].items()]
        picture = _data_url(open_picture(files[each["name"]]))
    return {"picture": picture, "expected": each["expected"], "name": each["name"], "answers": answers}


def _data_url(picture):
    """A picture, uint8 (H, W, 3) RGB, small enough to be shown, as the address of itself (WebP)."""
    scale = min(1.0, 2 * WIDTH / picture.shape[1], 2 * HEIGHT / picture.shape[0])
    if scale < 1:
        picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    file = cv2.imencode(".webp", bgr, [cv2.IMWRITE_WEBP_QUALITY, 70])[1]
    return "data:image/webp;base64," + base64.b64encode(file).decode()
