"""The character error rate of the line reader while it is trained, without any language."""

from collections.abc import Iterable, Sequence

import numpy as np
from rapidfuzz.distance import Levenshtein

from letters import native_log
from letters.ctc import BLANK, COLUMN_CLASSES, OTHER, symbol
from letters.training.line_batches import batch_of
from letters.training.line_network import Recipe, split
from letters.training.strips import Strip

with native_log.filtered():
    import keras
    from keras import ops

_AS_IS = Recipe(gamma=0.0)  # no change of the ink


def text_of(labels: Iterable[int]) -> str:
    """What characters say, case and marks aside: symbols of `ctc.FOLDED` and single spaces."""
    return " ".join("".join(symbol(label) for label in labels if label not in (OTHER, BLANK)).split())


def greedy(columns: np.ndarray) -> str:
    """The text of the most probable class of each column, float (T, 88), or (T, 99) with marks: repeats count once,
    blanks not at all."""
    best = columns[:, :COLUMN_CLASSES].argmax(axis=-1)
    changes = np.concatenate([[True], best[1:] != best[:-1]])
    return text_of(best[changes])


def columns_of(model: keras.Model, strips: Sequence[Strip], batch: int = 32) -> list[np.ndarray]:
    """Logits of the classes of each strip's columns, float32 (W / 2, 88), by a `network`."""
    result: list[np.ndarray] = [np.empty(0)] * len(strips)
    order = np.argsort([strip.pixels.shape[1] for strip in strips])
    for first in range(0, len(order), batch):
        part = order[first : first + batch]
        pixels, _ = batch_of([strips[i] for i in part], np.random.default_rng(0), _AS_IS)
        logits = ops.convert_to_numpy(split(model.predict_on_batch(pixels))[0])
        for i, columns in zip(part, logits, strict=True):
            result[i] = columns[: strips[i].pixels.shape[1] // 2]
    return result


def evaluate(model: keras.Model, strips: Sequence[Strip]) -> float:
    """The character error rate of the most probable columns, case and marks aside, without any language."""
    edits = length = 0
    for strip, columns in zip(strips, columns_of(model, strips), strict=True):
        truth = text_of(strip.labels)
        edits += Levenshtein.distance(truth, greedy(columns))
        length += len(truth)
    return edits / max(length, 1)
