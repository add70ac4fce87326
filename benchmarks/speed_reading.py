"""How fast letters are read.

`benchmarks.speed` runs `read_...` and `cold_usual` in new processes; `reading` is part of `make benchmark`. Each
returns its figures by name.
"""

import time
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context

import cv2
import numpy as np

from benchmarks.provenance import ROOT
from letters.recognizer import Recognizer

READ = 10_000  # letters that are read


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
    cv2.setNumThreads(1)  # the processes share the cores already
    return Recognizer.load()


def _read(pictures):
    from letters import ink

    found = _recognizer().predict(np.stack([ink.frame(picture) for picture in pictures]))
    return [one.letter for one in found]


def read_ours(_: str) -> dict:
    pictures = _pictures()
    parts = [pictures[i : i + 250] for i in range(0, READ, 250)]
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:  # one a core, each with its own recognizer
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
