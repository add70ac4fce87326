"""Accuracy on handwriting from elsewhere, and the benchmark that `make benchmark` runs."""

import json
import os
import platform
import time
from pathlib import Path

import numpy as np

from letters import alphabet as alphabets
from letters import ink, pen

RESULTS = Path(__file__).resolve().parents[2] / "models" / "benchmark.json"


def read_letters(path):
    """Read labelled pictures from an .npz with `x` uint8 (N, H, W), `y` (0-25) and `case` (0 upper, 1 lower).

    Where it has `split`, only the test split (2) is read.

    Returns (frames, labels): uint8 (N, 28, 28), made by `letters.ink`, and uint8 (N,) class numbers.
    Raises ValueError for a file of another kind, FileNotFoundError.
    """
    with np.load(path) as file:
        missing = {"x", "y", "case"} - set(file.files)
        if missing:
            raise ValueError(f"{path}: no letters to read, it has no {', '.join(sorted(missing))}")
        pictures, labels = file["x"], file["y"].astype(np.uint8) + 26 * file["case"].astype(np.uint8)
        if "split" in file.files:
            test = file["split"] == 2
            pictures, labels = pictures[test], labels[test]
    return np.stack([ink.frame(picture) for picture in pictures]), labels


def accuracy(probabilities, labels, alphabet="known"):
    """Top-1 accuracy.

    probabilities: float (N, 52). labels: uint8 (N,) class numbers. alphabet: `known` tells the reader the case of each
    letter; `any` does not, and counts a letter as right in either case. Returns a float of 0..1.
    """
    if alphabet == "any":
        return float((alphabets.fold(probabilities, "any").argmax(1) == labels % 26).mean())
    right = [
        alphabets.fold(probabilities[labels // 26 == case], name).argmax(1) == labels[labels // 26 == case] % 26
        for case, name in enumerate(("upper", "lower"))
    ]
    return float(np.concatenate(right).mean())


def accuracy_table(recognizer, sets):
    """Accuracy per set and case.

    sets: {name: (frames, labels)}. Returns a list of {"set", "case", "letters", "case_known", "any_case"}, shares of 1.
    """
    rows = []
    for name, (frames, labels) in sets.items():
        probabilities = recognizer.probabilities(frames)
        for case, word in enumerate(("upper", "lower")):
            chosen = labels // 26 == case
            if chosen.any():
                rows.append(
                    {
                        "set": name,
                        "case": word,
                        "letters": int(chosen.sum()),
                        "case_known": accuracy(probabilities[chosen], labels[chosen]),
                        "any_case": accuracy(probabilities[chosen], labels[chosen], "any"),
                    }
                )
    return rows


def speed(recognizer, letters=4000):
    """What this machine does in a second: letters drawn and rendered on all cores, letters read one by one and in
    batches on one core. Returns {"drawn_per_second", "milliseconds_one_letter", "read_per_second"}."""
    pen.frames(pen.BLOCK * 4)  # a warm-up, and the model is loaded
    started = time.perf_counter()
    frames, _ = pen.frames(5 * letters)
    drawn = 5 * letters / (time.perf_counter() - started)
    recognizer.probabilities(frames[:256])
    started = time.perf_counter()
    for frame in frames[:300]:
        recognizer.probabilities(frame[None])
    one = (time.perf_counter() - started) / 300
    started = time.perf_counter()
    recognizer.probabilities(frames[:letters])
    read = letters / (time.perf_counter() - started)
    return {
        "drawn_per_second": round(drawn),
        "milliseconds_one_letter": round(one * 1000, 3),
        "read_per_second": round(read),
    }


def benchmark(recognizer, folder=None, path=RESULTS):
    """Measure accuracy on newly drawn letters and on every letter file of a folder, and the speed; write it as JSON.

    folder: of .npz files as `read_letters` takes them; others in it are passed over, by name. Without a folder, the
    figures of its sets are left out. Returns what was written.
    """
    sets = {"drawn letters": pen.frames(10_000, seed=2026)}
    for file in sorted(Path(folder).glob("*.npz")) if folder else []:
        sets[file.stem] = read_letters(file)
    result = {
        "model": recognizer.path.name,
        "accuracy": [
            {key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()}
            for row in accuracy_table(recognizer, sets)
        ],
        "speed": speed(recognizer),
        "machine": {"cores": os.cpu_count(), "processor": platform.machine(), "python": platform.python_version()},
    }
    Path(path).write_text(json.dumps(result, indent=1) + "\n")
    return result
