"""How fast letters are loaded, learnt from and read, compared with the usual code. `make benchmark-speed` runs this.

The measurements are the functions of `benchmarks.speed_training` and `benchmarks.speed_reading`. Each runs in a new
process, one after the other: nothing is warm from another one, and peak memory is its own.
`python -m benchmarks.speed NAME [CSV]` runs one and prints its figures.
"""

import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import cv2

from benchmarks import provenance, speed_reading, speed_training

ROOT = provenance.ROOT
RESULT = provenance.RESULTS["speed"]


def measure(name: str, csv: str = "") -> dict:
    """Run the measurement of that name in a new process. Returns its figures and its peak memory."""
    command = [sys.executable, "-m", "benchmarks.speed", name, str(csv)]
    shown = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    return json.loads(shown.splitlines()[-1])


def main(name: str, csv: str = "") -> None:
    """Run the measurement of that name in this process, and print its figures as JSON."""
    module = speed_training if hasattr(speed_training, name) else speed_reading
    print(json.dumps({**getattr(module, name)(csv), "peak MB": _peak()}))


def _peak():
    """The most memory that this process has held, in MB. On Linux, `getrusage` counts what the parent held, too."""
    status = Path("/proc/self/status")
    if status.exists():
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text())[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)


def cold_start(*command: str) -> dict:
    """Seconds from calling a Python command to its answer, the best of three."""
    times = []
    for _ in range(3):
        started = time.perf_counter()
        subprocess.run([sys.executable, *map(str, command)], check=True, capture_output=True, cwd=ROOT)
        times.append(time.perf_counter() - started)
    return {"seconds": min(times)}


RATES = ("augment", "train", "train_augmented", "read")  # measured twice, as a machine is not always as fast
PARTS = ("load", *RATES, "reach", "draw", "step", "cold_start")
OF_THE_NETWORK = ("read", "step", "cold_start")  # the parts whose figures change with the shipped network


def compare(letters: int = 372_450, only: Sequence[str] = ()) -> dict:
    """Measure everything and write it to models/speed.json. Returns what was written.

    letters: of the CSV; by default as many as A-Z has. only: of PARTS; these are measured anew, and the other figures
    are kept. Raises ValueError where those are of a network that is no longer shipped.
    """
    result = json.loads(RESULT.read_text()) if only else {}
    if only and not set(OF_THE_NETWORK) <= set(only) and (fault := provenance.fault(result)):
        raise ValueError(f"{RESULT.name} cannot keep its other figures: {fault}")
    result |= {"provenance": provenance.describe("make benchmark-speed"), "letters": letters}
    for part in only or PARTS:
        if part in RATES:
            result[part] = _rates(part)
        elif part == "load":
            result |= _load(letters)
        else:
            result |= globals()[f"_{part}"]()
    return provenance.write(result, RESULT)


def _rates(part):
    rounds = [{whose: measure(f"{part}_{whose}") for whose in ("usual", "ours")} for _ in range(2)]
    result = {whose: max((one[whose] for one in rounds), key=lambda one: one["a second"]) for whose in rounds[0]}
    return {**result, "ours, one core": measure("read_one_core")} if part == "read" else result


def _load(letters):
    from letters import dataset

    with tempfile.TemporaryDirectory(dir=dataset.DATA) as folder:
        csv = Path(folder) / "letters.csv"
        dataset.write_drawn(csv, letters, seed=1)
        usual = measure("load_usual", csv)
        return {
            "load": {"usual": usual, "ours": measure("load_ours", csv)},
            "load again": {"usual": usual, "ours": measure("load_ours", csv)},
        }


def _reach():
    return {
        "reach": {
            "usual": measure("reach_usual"),
            "ours": measure("reach_ours"),
            "ours, float32": measure("reach_ours_float32"),
        }
    }


def _draw():
    return {"draw": {"ours": measure("draw_ours")}}


def _step():
    return {"step": {"the same letters": measure("step_same"), "fresh letters": measure("step_fresh")}}


def _cold_start():
    from letters import pen, writing

    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "letter.png"
        cv2.imwrite(str(picture), writing.draw_strokes(pen.draw(1, seed=1)[0][0]))
        usual, ours = ("-m", "benchmarks.speed", "cold_usual", picture), ("-m", "letters", "read", picture)
        return {"cold start": {"usual": cold_start(*usual), "ours": cold_start(*ours)}}


def table(result: dict) -> str:
    """The result of `compare` as a table in Markdown, as the README shows it."""

    def row(what, key, figure, unit, digits=0):
        usual, ours = (result[key][whose][figure] for whose in ("usual", "ours"))
        ratio = ours / usual if unit == "a second" else usual / ours
        word = ("less" if ratio >= 1 else "more") if unit == "MB" else ("faster" if ratio >= 1 else "slower")
        ratio = max(ratio, 1 / ratio)
        ratio = f"{ratio:.1f}" if ratio < 10 else f"{ratio:.0f}"
        return f"| {what} | {usual:,.{digits}f} {unit} | {ours:,.{digits}f} {unit} | {ratio}x {word} |"

    same, fresh = (f"{result['step'][kind]['ms']:.0f} ms" for kind in ("the same letters", "fresh letters"))
    plain = result["reach"]["ours, float32"]
    reach = {whose: f"{100 * part['accuracy']:.1f} %" for whose, part in result["reach"].items()}
    letters = f"{result['letters']:,} letters"
    rows = (
        "| | usual | ours | |",
        "| --- | --- | --- | --- |",
        row(f"load a CSV of {letters}, the first time", "load", "seconds", "s", 1),
        row("the same, again", "load again", "seconds", "s", 2),
        row("memory for it, the first time", "load", "peak MB", "MB"),
        row("augment letters", "augment", "a second", "a second"),
        row("train the classic network", "train", "a second", "a second"),
        row("the same, augmented", "train_augmented", "a second", "a second"),
        row(f"train it to {reach['usual']} of validation letters; ours: {reach['ours']}", "reach", "seconds", "s"),
        row("read letters, from pictures of them", "read", "a second", "a second"),
        row("read one letter, from a cold start", "cold start", "seconds", "s", 2),
        f"| draw letters | | {result['draw']['ours']['a second']:,.0f} a second | |",
        "",
        f"A step of the shipped network takes {same} on the same letters, and {fresh} on fresh ones, drawn meanwhile.",
        f"In float32, the classic network is at {reach['ours, float32']} after {plain['seconds']:.0f} s.",
        f"One core alone reads {result['read']['ours, one core']['a second']:,.0f} letters a second.",
    )
    return "\n".join(rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
