"""How fast the way from a CSV to letters that are read is, beside the usual code. `make benchmark-speed` runs this.

Each measurement has a process of its own, one after the other, so that nothing is warm that would not be, and peak
memory is its own: `python -m benchmarks.speed NAME [CSV]` runs the function of that name and prints its figures.
"""

import contextlib
import functools
import itertools
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np

from benchmarks import provenance
from letters.recognizer import Recognizer

ROOT = provenance.ROOT
RESULT = provenance.RESULTS["speed"]
AUGMENTED = 20_000  # letters that are augmented
TRAINED = 20_000  # capitals of an epoch of the classic network
VALIDATED = 5000  # capitals that its accuracy is measured on
BATCH, TOGETHER, EPOCHS = 64, 8, 4  # letters of a batch, batches that TensorFlow runs in one call, and epochs: our way
POLICY = "mixed_bfloat16"  # with such batches, twice as fast where the processor can multiply bfloat16
STEPS = 40  # of an epoch of the shipped network, with 128 letters each
READ = 10_000  # letters that are read

# ---------------------------------------------------------------- each of these runs in a process of its own


def load_usual(csv: str) -> dict:
    import pandas as pd

    started = time.perf_counter()
    pd.read_csv(csv).astype("float32").to_numpy().max()
    return {"seconds": time.perf_counter() - started}


def load_ours(csv: str) -> dict:
    from letters import dataset

    started = time.perf_counter()
    dataset.load(csv).to_numpy().max()
    return {"seconds": time.perf_counter() - started}


def _usual_batches(frames, labels=None):
    """What A-Z projects train on: batches of 32, changed by Keras' ImageDataGenerator with the usual settings."""
    from keras.src.legacy.preprocessing.image import ImageDataGenerator  # deprecated, and still what projects use

    settings = {"rotation_range": 15, "width_shift_range": 0.15, "height_shift_range": 0.15}
    changes = ImageDataGenerator(**settings, zoom_range=0.15, shear_range=0.15, horizontal_flip=True)
    return changes.flow(frames[..., None].astype(np.float32), labels, batch_size=32, seed=1)


def augment_usual(_: str) -> dict:
    from letters import pen

    batches = _usual_batches(pen.frames(AUGMENTED, seed=1)[0])
    started = time.perf_counter()
    for _ in range(len(batches)):
        next(batches)
    return {"a second": AUGMENTED / (time.perf_counter() - started)}


def augment_ours(_: str) -> dict:
    from letters import augment, pen

    frames, _ = pen.frames(AUGMENTED, seed=1)
    started = time.perf_counter()
    augment.augment(frames, augment.RECIPE, seed=1)
    return {"a second": AUGMENTED / (time.perf_counter() - started)}


def _capitals(count, seed):
    """Drawn capitals as frames, uint8 (N, 28, 28), and one-hot labels, float32 (N, 26)."""
    from letters import pen
    from letters.training import letter as letter_network

    frames, labels = pen.frames(count, classes=range(26), seed=seed)
    return frames, letter_network.keras.utils.to_categorical(labels, 26)


def _usual_network():
    """The classic network, as A-Z projects compile it."""
    from letters.training import classic
    from letters.training import letter as letter_network

    letter_network.keras.utils.set_random_seed(1)
    model = classic.network()
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model


def _quick_network(epochs, policy=POLICY):
    """The same network, prepared to be trained quickly."""
    from letters.training import classic
    from letters.training import letter as letter_network

    letter_network.keras.utils.set_random_seed(1)
    letter_network.keras.mixed_precision.set_global_policy(policy)
    model = classic.network()
    letter_network.prepare(model, steps=epochs * -(-TRAINED // BATCH))
    model.compile(model.optimizer, model.loss, metrics=["accuracy"], steps_per_execution=TOGETHER)
    return model


def _images_a_second(train_epoch, letters=TRAINED):
    """The better of two epochs, after one in which TensorFlow builds its graph."""
    seconds = []
    for epoch in range(3):
        started = time.perf_counter()
        train_epoch(epoch)
        seconds.append(time.perf_counter() - started)
    return {"a second": letters / min(seconds[1:])}


def train_usual(_: str) -> dict:
    frames, labels = _capitals(TRAINED, 1)
    frames, model = frames[..., None].astype(np.float32), _usual_network()
    return _images_a_second(lambda _: model.fit(frames, labels, batch_size=32, verbose=0))


def train_ours(_: str) -> dict:
    frames, labels = _capitals(TRAINED, 1)
    model = _quick_network(3)
    return _images_a_second(lambda _: model.fit(frames[..., None], labels, batch_size=BATCH, verbose=0))


def train_each(_: str) -> dict:
    """What each change to the usual way to train brings: letters a second."""
    from letters.training import classic
    from letters.training import letter as letter_network

    frames, labels = _capitals(TRAINED // 2, 1)
    frames, found = frames[..., None].astype(np.float32), {}
    ways = [(32, 1, "float32"), (64, 1, "float32"), (128, 1, "float32"), (32, 8, "float32"), (32, 1, POLICY)]
    for batch, together, policy in [*ways, (BATCH, TOGETHER, POLICY), (128, TOGETHER, POLICY)]:
        letter_network.keras.mixed_precision.set_global_policy(policy)
        model = classic.network()
        model.compile("adam", "categorical_crossentropy", metrics=["accuracy"], steps_per_execution=together)
        figures = _images_a_second(lambda _: model.fit(frames, labels, batch_size=batch, verbose=0), len(frames))  # noqa: B023
        found[f"{policy}, {batch} a batch, {together} together"] = figures["a second"]
    return found


def train_augmented_usual(_: str) -> dict:
    frames, labels = _capitals(TRAINED, 1)
    batches, model = _usual_batches(frames, labels), _usual_network()
    return _images_a_second(lambda _: model.fit(batches, verbose=0))


def train_augmented_ours(_: str) -> dict:
    from letters import augment

    frames, labels = _capitals(TRAINED, 1)
    model = _quick_network(3)

    def train_epoch(epoch):
        changed = augment.augment(frames, augment.RECIPE, seed=[1, epoch])
        model.fit(changed[..., None], labels, batch_size=BATCH, verbose=0)

    return _images_a_second(train_epoch)


def _trained(train):
    """Seconds of a training, and the accuracy that it reaches on letters of another seed."""
    frames, labels = _capitals(VALIDATED, 2)
    frames = frames[..., None].astype(np.float32)
    started = time.perf_counter()
    model, epochs = train(frames, labels)
    seconds = time.perf_counter() - started
    right = model.predict(frames, batch_size=256, verbose=0).argmax(1) == labels.argmax(1)
    return {"seconds": seconds, "epochs": epochs, "accuracy": right.mean()}


def reach_usual(_: str) -> dict:
    from letters.training import letter as letter_network

    batches, model = _usual_batches(*_capitals(TRAINED, 1)), _usual_network()
    stop = letter_network.keras.callbacks.EarlyStopping(patience=5, restore_best_weights=True)

    def train(*validation):
        curve = model.fit(batches, epochs=25, validation_data=validation, callbacks=[stop], verbose=0)
        return model, len(curve.epoch)

    return _trained(train)


def reach_ours(_: str, policy: str = POLICY) -> dict:
    frames, labels = _capitals(TRAINED, 1)
    model = _quick_network(EPOCHS, policy)

    def train(*_):
        model.fit(frames[..., None], labels, batch_size=BATCH, epochs=EPOCHS, verbose=0)
        return model, EPOCHS

    return _trained(train)


def reach_ours_float32(_: str) -> dict:
    return reach_ours(_, "float32")


def _step_time(fresh):
    """Time of a step of the training of the shipped network, on fresh letters or on the same ones again."""
    from letters.training import letter as letter_network
    from letters.training import loop

    letter_network.keras.utils.set_random_seed(1)
    model = letter_network.network()
    recipe = letter_network.Recipe(block=STEPS * 128)
    letter_network.prepare(model, 3 * STEPS)
    draw = functools.partial(letter_network.draw_block, recipe=recipe)
    with loop.drawn(draw, seed=1) if fresh else contextlib.nullcontext(itertools.repeat(draw([1, 0]))) as blocks:
        model.fit(*letter_network.tensors(next(blocks), recipe.smoothing), batch_size=128, verbose=0)
        started = time.perf_counter()
        for _ in range(2):
            model.fit(*letter_network.tensors(next(blocks), recipe.smoothing), batch_size=128, verbose=0)
        seconds = time.perf_counter() - started
    return {"ms": 1000 * seconds / (2 * STEPS)}


def step_same(_: str) -> dict:
    return _step_time(fresh=False)


def step_fresh(_: str) -> dict:
    return _step_time(fresh=True)


def draw_ours(_: str) -> dict:
    from letters import pen

    pen.frames(pen.BLOCK * 4)  # a warm-up, and the model is loaded
    started = time.perf_counter()
    pen.frames(30_000, seed=1)
    return {"a second": 30_000 / (time.perf_counter() - started)}


def _pictures():
    from letters import pen, writing

    return [writing.draw_strokes(strokes) for strokes in pen.draw(READ, seed=1)[0]]


def read_usual(_: str) -> dict:
    """The same network in Keras, and pictures squeezed by Pillow."""
    from PIL import Image

    from letters.training import letter as letter_network

    model, pictures = letter_network.keras.models.load_model(ROOT / "models" / "letter.keras"), _pictures()

    def read(pictures):
        small = [np.asarray(Image.fromarray(picture).resize((28, 28))) for picture in pictures]
        return model.predict(np.stack(small)[..., None].astype(np.float32), verbose=0)

    read(pictures[:256])
    started = time.perf_counter()
    read(pictures)
    return {"a second": READ / (time.perf_counter() - started)}


@cache
def _recognizer():
    from letters import Recognizer

    cv2.setNumThreads(1)  # the processes share the cores already
    return Recognizer.load()


def _read(pictures):
    from letters import ink

    found = _recognizer().predict(np.stack([ink.frame(picture) for picture in pictures]))
    return [one.letter for one in found]


def read_ours(_: str) -> dict:
    pictures = _pictures()
    parts = [pictures[i : i + 250] for i in range(0, READ, 250)]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:  # one a core, each with its own recogniser
        list(pool.map(_read, parts))
        started = time.perf_counter()
        list(pool.map(_read, parts))
    return {"a second": READ / (time.perf_counter() - started)}


def read_one_core(_: str) -> dict:
    pictures = _pictures()
    _read(pictures[:250])
    started = time.perf_counter()
    _read(pictures)
    return {"a second": READ / (time.perf_counter() - started)}


def cold_usual(picture: str) -> dict:
    """What a script with Keras does for one letter."""
    from PIL import Image

    from letters.training import letter as letter_network

    model = letter_network.keras.models.load_model(ROOT / "models" / "letter.keras")
    small = np.asarray(Image.open(picture).resize((28, 28)))
    return {"class": int(model.predict(small[None, ..., None].astype(np.float32), verbose=0).argmax())}


# ------------------------------------------------------------------------------------------------- compare


def measure(name: str, csv: str = "") -> dict:
    """Run one of the above in a new process; gives its figures and its peak memory."""
    command = [sys.executable, "-m", "benchmarks.speed", name, str(csv)]
    shown = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    return json.loads(shown.splitlines()[-1])


def main(name: str, csv: str = "") -> None:
    """Run the measurement of that name and print its figures as JSON."""
    print(json.dumps({**globals()[name](csv), "peak MB": _peak()}))


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


def compare(letters: int = 372_450, only: Sequence[str] = ()) -> dict:
    """Measure everything and write it to models/speed.json. Returns what was written.

    letters: of the CSV; by default as many as A-Z has. only: of PARTS; these are measured anew, and the other figures
    are kept. Raises ValueError where those belong to other networks.
    """
    result = json.loads(RESULT.read_text()) if only else {}
    if only and (fault := provenance.fault(result)):
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
        ratio, word = ours / usual if unit == "a second" else usual / ours, "less" if unit == "MB" else "faster"
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


def reading(recognizer: Recognizer, letters: int = 4000) -> dict:
    """What this machine does in a second: letters drawn and rendered on all cores, letters read one by one and in
    batches on one core. Returns {"drawn_per_second", "milliseconds_one_letter", "read_per_second"}."""
    from letters import pen

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


if __name__ == "__main__":
    main(*sys.argv[1:])
