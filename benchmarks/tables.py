"""Results as tables in Markdown, and the places in the READMEs that they stand in.

A table stands between `<!-- results: NAME -->` and `<!-- end of results -->`. The benchmark writes it there; a test
compares it with the files of results. So no figure is copied by hand or outlives the network that it belongs to.
"""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from benchmarks import provenance, speed
from benchmarks.pages import TEXTS, error_rate
from letters.compose import KINDS, SPACINGS

PAGES = tuple(provenance.ROOT / folder / "README.md" for folder in (".", "models", "benchmarks", "serve"))
BLOCK = re.compile(r"(<!-- results: (?P<name>[\w ]+) -->\n)(?P<table>.*?)(\n<!-- end of results -->)", re.DOTALL)
OPENED = re.compile(r"<!-- results: ")
MEASURED = re.compile(r"\d+\.\d+ ?%")  # a percentage with decimals was measured, and must stand in a block
NOT_YET = "Not measured yet: `{command}` fills in this table."
SETS = {
    "drawn letters": "drawn letters, fresh ones",
    "charwizard": "VU CharWizard: pen on paper, scanned",
    "charwizard, as scanned": "the same, as scanned",
    "omniglot": "Omniglot Latin: mouse",
    "uji": "UJI Pen Characters: tablet",
    "unipen": "UNIPEN, test writers: tablet",
}
FILES = {"hdbpmn_labels": "labels", "hdbpmn_words": "single words"}
CASES = {"upper": "capitals", "lower": "lowercase"}


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines)


def percent(share: float | None, interval: Sequence[float] | None = None) -> str:
    """A share of 1 as "12.3 %", with its interval as "12.3 % (11.0-13.9)" where it has one; empty for None."""
    if share is None:
        return ""
    ends = f" ({100 * interval[0]:.1f}-{100 * interval[1]:.1f})" if interval else ""
    return f"{100 * share:.1f} %{ends}"


def _names(rows, key="reader"):
    return list(dict.fromkeys(row[key] for row in rows))


# ---------------------------------------------------------------------------------------- pictures of the world


def real(result: dict) -> str:
    """Characters wrong on photographed words and labels, with 95 % intervals over writers."""
    files = result["real"]["files"]
    readers = _names(row for file in files.values() for row in file["rows"])
    lines = []
    for name, file in files.items():
        for kind in _names(file["rows"], "kind"):
            of_kind = {row["reader"]: row for row in file["rows"] if row["kind"] == kind}
            first = next(iter(of_kind.values()))
            about = [f"{FILES.get(name, name)}: {kind}", f"{first['pictures']:,} by {first['writers']}"]
            cells = [percent(of_kind[reader]["cer"], of_kind[reader]["cer_interval"]) for reader in readers]
            lines.append([*about, *cells])
    return table(["pictures", "number, writers", *readers], lines)


def situations(result: dict) -> str:
    """How many pictures of situations from real life are read right."""
    sets = result["situations"]
    readers = list(next(iter(sets.values()))["right"])
    lines = [
        [f"{one['pictures']} {name}", *(percent(one["right"][reader]) for reader in readers)]
        for name, one in sets.items()
    ]
    return table(["pictures", *readers], lines)


def situation_kinds(result: dict) -> str:
    """How many of the drawn situations of each kind are read right, the hardest for this project first."""
    kinds = result["situations"]["drawn"]["kinds"]
    readers = list(kinds[0]["right"])
    ordered = sorted(kinds, key=lambda row: row["right"][readers[0]] / row["pictures"])
    lines = [[row["kind"], str(row["pictures"]), *(str(row["right"][name]) for name in readers)] for row in ordered]
    return table(["situation", "pictures", *readers], lines)


def photos(result: dict) -> str:
    """Single letters read right on photos and on a clean canvas, and empty papers told from written ones."""
    rows, blank = result["photos"]["letters"], {row["reader"]: row for row in result["photos"]["blank"]}
    readers = _names(rows)
    lines = [
        [f"{rows[0]['letters']} letters on a clean canvas", *(percent(row["clean"]) for row in rows)],
        ["the same letters on photos", *(percent(row["photo"], row["interval"]) for row in rows)],
        [
            f"{result['photos']['blank'][0]['papers']} photos of empty paper, found empty",
            *(percent(blank[reader]["empty"]) for reader in readers),
        ],
    ]
    return table(["read right", *readers], lines)


def photo_kinds(result: dict) -> str:
    """Letters on photos that this project reads right, by paper, desk and light."""
    (ours, *_) = result["photos"]["letters"]
    lines = [
        [what, ", ".join(f"{kind} {percent(share)}" for kind, share in sorted(kinds.items(), key=lambda kind: kind[1]))]
        for what, kinds in ours["by"].items()
    ]
    return table(["photos by", "read right, the hardest first"], lines)


# --------------------------------------------------------------------------------------------- composed pages


def pages(result: dict) -> str:
    """Characters wrong on composed pages by text and spacing, all hands and kinds of picture together."""
    return table(["text", "spacing", *_names(result["pages"])], _page_lines(result["pages"]))


def pages_by_hands(result: dict) -> str:
    """The same for each set of hands."""
    lines = []
    for hands in _names(result["pages"], "hands"):
        lines += [[hands, *line] for line in _page_lines(_where(result["pages"], hands=hands))]
    return table(["hands", "text", "spacing", *_names(result["pages"])], lines)


def pages_by_kind(result: dict) -> str:
    """Characters wrong on all composed pages of a kind of picture."""
    rows = result["pages"]
    lines = [[kind, *_error_rates(_where(rows, kind=kind), _names(rows))] for kind in _in_order(rows, "kind", KINDS)]
    return table(["picture", *_names(rows)], lines)


def sheets(result: dict) -> str:
    """Characters wrong on sheets full of writing by kind of picture, and the seconds of all of them."""
    rows = result["sheets"]
    lines = []
    for kind in _in_order(rows, "kind", KINDS):
        here = _where(rows, kind=kind)
        first = _where(here, reader=rows[0]["reader"])
        counts = (str(sum(row[key] for row in first)) for key in ("pages", "letters"))
        lines.append([kind, *counts, *_error_rates(here, _names(rows))])
    return table(
        ["picture", "sheets", "letters", *_names(rows)], [*lines, ["seconds a sheet", "", "", *_seconds(rows)]]
    )


def _seconds(rows):
    """The mean over rows of each reader's seconds; empty for one that was not timed."""
    for reader in _names(rows):
        times = [row["seconds"] for row in _where(rows, reader=reader)]
        yield "" if None in times else f"{sum(times) / len(times):.1f} s"


def _page_lines(rows):
    for text in _in_order(rows, "text", TEXTS):
        for spacing in _in_order(rows, "spacing", SPACINGS):
            here = _where(rows, text=text, spacing=spacing)
            yield [text, spacing, *_error_rates(here, _names(rows))]


def _error_rates(rows, readers):
    return [percent(error_rate(_where(rows, reader=reader))) for reader in readers]


def _where(rows, **wanted):
    return [row for row in rows if all(row[key] == value for key, value in wanted.items())]


def _in_order(rows, key, order):
    """The values that a key has, those of `order` first and in its order."""
    found = _names(rows, key)
    return [value for value in order if value in found] + [value for value in found if value not in order]


def characters(result: dict) -> str:
    """Characters wrong on lines with accents or digits, all kinds of picture together, without and with a language."""
    rows, lines = result["characters"], []
    for text in _names(rows, "text"):
        of_text = _where(rows, text=text)
        plain = [row for row in of_text if row["language"] is None]
        helped = [row for row in of_text if row["language"]]
        cells = [percent(error_rate(part)) if part else "" for part in (plain, helped)]
        lines.append([text, f"`{plain[0]['alphabet']}`", str(sum(row["lines"] for row in plain)), *cells])
    return table(["text", "alphabet", "lines", "no language", "its language"], lines)


def page_seconds(result: dict) -> str:
    """Median seconds of a composed page by reader: the mean over the kinds of page."""
    found = {}
    for row in result["pages"]:
        if row["seconds"] is not None:
            found.setdefault(row["reader"], []).append(row["seconds"])
    return table(list(found), [[f"{sum(times) / len(times):.2f} s a page" for times in found.values()]])


# -------------------------------------------------------------------------------------------- single letters


def _letter_set(name):
    return SETS.get(name, name)


def calibration(result: dict) -> str:
    """The same with intervals, calibration errors and the share that comes out unsure."""
    lines = []
    for row in result["accuracy"]:
        cells = [_letter_set(row["set"]), CASES[row["case"]], f"{row['letters']:,}"]
        for key in ("known", "any"):
            figures = row[key]
            cells += [percent(figures["accuracy"], figures["interval"]), percent(figures["calibration_error"])]
        lines.append([*cells, percent(row["refused"])])
    return table(["set", "case", "letters", "case known", "ECE", "any case", "ECE", "refused"], lines)


def coverage(result: dict) -> str:
    """Accuracy, case not known, on the letters of each set that the network is surest of."""
    shares = sorted(result["accuracy"][0]["any"]["accuracy_at"], key=float, reverse=True)
    lines = [
        [
            *(_letter_set(row["set"]), CASES[row["case"]]),
            *(percent(row["any"]["accuracy_at"][share]) for share in shares),
        ]
        for row in result["accuracy"]
    ]
    return table(["set", "case", *(f"{100 * float(share):.0f} %" for share in shares)], lines)


def refusal(result: dict) -> str:
    """How well letters are told from everything else."""
    lines = [[name, f"{row['auroc']:.3f}", percent(row["refused"])] for name, row in result["refusal"].items()]
    return table(["letters against", "AUROC", "refused"], lines)


def baselines(result: dict) -> str:
    """Simpler readers beside the shipped network: case known, both cases together."""
    sets = list(next(iter(result["baselines"].values())))

    def shipped(name):
        rows = [row for row in result["accuracy"] if row["set"] == name]
        right = sum(row["letters"] * row["known"]["accuracy"] for row in rows)
        return percent(right / sum(row["letters"] for row in rows))

    lines = [["the shipped network", *map(shipped, sets)]]
    lines += [[reader, *(percent(row[name]) for name in sets)] for reader, row in result["baselines"].items()]
    return table(["reader", *(_letter_set(name).partition(":")[0] for name in sets)], lines)


# -------------------------------------------------------------------------------------------------- the server


def server(result: dict) -> str:
    """The server under load beside the usual one."""
    usual, ours, cores = (result[name] for name in ("usual", "ours", "ours, a process a core"))

    def line(what, key, unit, word, digits):
        cells = [f"{usual[key]:,.{digits[0]}f}{unit}"]
        for one in (ours, cores):
            ratio = one[key] / usual[key] if word == "more" else usual[key] / one[key]
            cells.append(f"{one[key]:,.{digits[1]}f}{unit} ({ratio:.1f}x {word})")
        return [what, *cells]

    lines = [
        line("requests a second", "requests a second", "", "more", (0, 0)),
        line("median time", "median ms", " ms", "faster", (0, 1)),
        line("99th percentile", "99th percentile ms", " ms", "faster", (0, 1)),
        line("from start to the first answer", "start to first answer s", " s", "faster", (1, 2)),
        line("memory", "memory MB", " MB", "less", (0, 0)),
    ]
    return table(["", "usual", "`make demo`", "gunicorn, a process a core"], lines)


# ------------------------------------------------------------------------------------------------- the places

# name of a table: (file of results, key that it needs, function of the result, command that measures it)
TABLES: dict[str, tuple[str, str, Callable[[dict], str], str]] = {
    "real": ("accuracy", "real", real, "make benchmark DATA=folder"),
    "situations": ("accuracy", "situations", situations, "make benchmark DATA=folder"),
    "situation kinds": ("accuracy", "situations", situation_kinds, "make benchmark DATA=folder"),
    "photos": ("accuracy", "photos", photos, "make benchmark DATA=folder"),
    "photo kinds": ("accuracy", "photos", photo_kinds, "make benchmark DATA=folder"),
    "pages": ("accuracy", "pages", pages, "make benchmark DATA=folder"),
    "pages by hands": ("accuracy", "pages", pages_by_hands, "make benchmark DATA=folder"),
    "pages by kind": ("accuracy", "pages", pages_by_kind, "make benchmark DATA=folder"),
    "sheets": ("accuracy", "sheets", sheets, "make benchmark DATA=folder"),
    "page seconds": ("accuracy", "pages", page_seconds, "make benchmark DATA=folder"),
    "characters": ("accuracy", "characters", characters, "make benchmark DATA=folder"),
    "calibration": ("accuracy", "accuracy", calibration, "make benchmark DATA=folder"),
    "coverage": ("accuracy", "accuracy", coverage, "make benchmark DATA=folder"),
    "refusal": ("accuracy", "refusal", refusal, "make benchmark DATA=folder"),
    "baselines": ("accuracy", "baselines", baselines, "make benchmark DATA=folder"),
    "speed": ("speed", "read", speed.table, "make benchmark-speed"),
    "server": ("serve", "ours", server, "make benchmark-serve"),
}


def stored(file: str) -> dict:
    """A file of results, by its name in `provenance.RESULTS`. Raises FileNotFoundError."""
    return json.loads(provenance.RESULTS[file].read_text("utf-8"))


def make(name: str, result: dict) -> str:
    """The table of that name from a result, or a line that says how to measure it. Raises KeyError for another name."""
    _, key, function, command = TABLES[name]
    return function(result) if key in result else NOT_YET.format(command=command)


def fill(text: str) -> str:
    """A text with all its tables made anew from the stored results.

    Raises ValueError where a block has no end, KeyError where there is no table of its name.
    """
    if len(OPENED.findall(text)) != len(BLOCK.findall(text)):
        raise ValueError("a block of results has no end: <!-- end of results --> on a line of its own")
    return BLOCK.sub(lambda block: block[1] + make(block["name"], stored(TABLES[block["name"]][0])) + block[4], text)


def write(paths: Iterable[Path] = PAGES) -> None:
    """Write the stored results into the READMEs."""
    for path in paths:
        path.write_text(fill(path.read_text("utf-8")), "utf-8")


def loose(text: str) -> list[str]:
    """The measured figures of a text that stand outside of its blocks."""
    return MEASURED.findall(BLOCK.sub("", text))


def faults(paths: Iterable[Path] = PAGES) -> list[str]:
    """What is wrong with the figures of the READMEs: results of networks that are no longer shipped, tables that are
    not those of the stored results, figures outside of tables."""
    found = [f"{path.name}: {fault}" for path in provenance.RESULTS.values() if (fault := _fault(path))]
    for path in paths:
        text = path.read_text("utf-8")
        if fill(text) != text:
            found.append(f"{path}: its tables are not those of the results; run: python -m benchmarks tables")
        found += [f"{path}: {figure} stands outside of the tables" for figure in loose(text)]
    return found


def _fault(path):
    return provenance.fault(json.loads(path.read_text("utf-8")))
