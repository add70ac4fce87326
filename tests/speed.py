"""How fast the way from a CSV to letters that are read is, beside the usual code. `make benchmark-speed` runs this.

Each measurement has a process of its own, one after the other, so that nothing is warm that would not be, and peak
memory is its own.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "models" / "speed.json"
AUGMENTED = 20_000  # letters that are augmented

# ---------------------------------------------------------------- each of these runs in a process of its own


def load_usual(csv):
    import pandas as pd

    started = time.perf_counter()
    pd.read_csv(csv).astype("float32").to_numpy().max()
    return {"seconds": time.perf_counter() - started}


def load_ours(csv):
    from letters import dataset

    started = time.perf_counter()
    dataset.load(csv).to_numpy().max()
    return {"seconds": time.perf_counter() - started}


def augment_usual(_):
    from keras.src.legacy.preprocessing.image import ImageDataGenerator  # deprecated, and still what projects use

    from letters import pen

    frames, _ = pen.frames(AUGMENTED, seed=1)
    settings = {"rotation_range": 15, "width_shift_range": 0.15, "height_shift_range": 0.15}
    changes = ImageDataGenerator(**settings, zoom_range=0.15, shear_range=0.15, horizontal_flip=True)
    batches = changes.flow(frames[..., None].astype(np.float32), batch_size=32, seed=1)
    started = time.perf_counter()
    for _ in range(len(batches)):
        next(batches)
    return {"a second": AUGMENTED / (time.perf_counter() - started)}


def augment_ours(_):
    from letters import augment, pen

    frames, _ = pen.frames(AUGMENTED, seed=1)
    started = time.perf_counter()
    augment.augment(frames, augment.RECIPE, seed=1)
    return {"a second": AUGMENTED / (time.perf_counter() - started)}


def draw_ours(_):
    from letters import pen

    pen.frames(pen.BLOCK * 4)  # a warm-up, and the model is loaded
    started = time.perf_counter()
    pen.frames(30_000, seed=1)
    return {"a second": 30_000 / (time.perf_counter() - started)}


def read_ours(_):
    from letters import Recognizer, ink, pen

    recognizer = Recognizer.load()
    pictures = [ink.draw_strokes(strokes) for strokes in pen.draw(2000, seed=1)[0]]
    recognizer.predict(np.stack([ink.frame(picture) for picture in pictures[:256]]))
    started = time.perf_counter()
    recognizer.predict(np.stack([ink.frame(picture) for picture in pictures]))
    return {"a second": len(pictures) / (time.perf_counter() - started)}


# ------------------------------------------------------------------------------------------------- compare


def measure(name, csv=""):
    """Run one of the above in a new process; gives its figures and its peak memory."""
    command = [sys.executable, __file__, "one", name, str(csv)]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def one(options):
    result = globals()[options.name](options.csv)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024)
    print(json.dumps({**result, "peak MB": peak}))


def cold_start(picture):
    """Seconds from calling the command to its answer, the best of three."""
    times = []
    for _ in range(3):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-m", "letters", "read", picture], check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - started)
    return min(times)


def compare(options):
    from letters import dataset, ink, pen

    with tempfile.TemporaryDirectory(dir=dataset.DATA) as folder:
        csv = Path(folder) / "letters.csv"
        dataset.write_drawn(csv, options.letters, seed=1)
        result = {
            "load": {"usual": measure("load_usual", csv), "first": measure("load_ours", csv)},
            "augment": {"usual": measure("augment_usual"), "ours": measure("augment_ours")},
            "draw": measure("draw_ours"),
            "read": measure("read_ours"),
        }
        result["load"]["again"] = measure("load_ours", csv)
        picture = Path(folder) / "letter.png"
        cv2.imwrite(str(picture), ink.draw_strokes(pen.draw(1, seed=1)[0][0]))
        result["cold start s"] = cold_start(picture)
    usual = result["load"]["usual"]
    for name in ("first", "again"):
        ours = result["load"][name]
        print(
            f"load a CSV of {options.letters} letters, {name:5}: {ours['seconds']:.2f} s for {usual['seconds']:.1f} s, "
            f"1/{usual['seconds'] / ours['seconds']:.1f}; {ours['peak MB']:.0f} MB for {usual['peak MB']:.0f} MB, "
            f"1/{usual['peak MB'] / ours['peak MB']:.1f}"
        )
    usual, ours = (result["augment"][key]["a second"] for key in ("usual", "ours"))
    print(f"augment: {ours:.0f} letters a second for {usual:.0f}, {ours / usual:.1f} times")
    for name in ("draw", "read"):
        print(f"{name}: {result[name]['a second']:.0f} letters a second")
    print(f"python -m letters read: {result['cold start s']:.2f} s")
    RESULT.write_text(
        json.dumps({"letters": options.letters, "cores": os.cpu_count(), **_rounded(result)}, indent=1) + "\n"
    )


def _rounded(value):
    if isinstance(value, dict):
        return {key: _rounded(part) for key, part in value.items()}
    return float(f"{value:.4g}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("compare")
    command.add_argument("--letters", type=int, default=372_450, help="of the CSV; as many as A-Z has")
    command.set_defaults(run=compare)
    command = commands.add_parser("one")
    command.add_argument("name")
    command.add_argument("csv", nargs="?")
    command.set_defaults(run=one)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
