"""The classic small CNN of A-Z projects, beside which the letter network is measured: build it, train it."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from letters import augment, native_log
from letters.training.letter import FRAME_SHAPE

with native_log.filtered():
    import keras
    from keras import layers


def network(classes: int = 26) -> keras.Sequential:
    """The classic small CNN of A-Z projects: three convolutions of 64 filters, each pooled, three dense layers.

    It has 122,522 parameters (26 classes) and is not compiled.
    """
    return keras.Sequential(
        [
            keras.Input(FRAME_SHAPE),
            layers.Rescaling(1 / 255),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.25),
            layers.Dense(128, activation="relu"),
            layers.Dense(256, activation="relu"),
            layers.Dense(classes, activation="softmax"),
        ],
        name="original",
    )


def train(
    frames: np.ndarray,
    labels: np.ndarray,
    augmentation: augment.Augmentation,
    epochs: int,
    classes: int = 26,
    seed: int = 0,
    batch: int = 64,
) -> keras.Sequential:
    """Train the classic CNN on frames, uint8 (N, 28, 28), changed anew every epoch."""
    keras.utils.set_random_seed(seed)
    model = network(classes)
    model.compile("adam", "sparse_categorical_crossentropy")
    for epoch in range(epochs):
        changed = augment.augment(frames, augmentation, seed=[seed, epoch])
        model.fit(changed[..., None], labels, batch_size=batch, verbose=0)
    return model


def ablation(
    augmentations: Mapping[str, augment.Augmentation],
    learnt: tuple[np.ndarray, np.ndarray],
    tested: tuple[np.ndarray, np.ndarray],
    epochs: int,
    seeds: Sequence[int] = (0, 1, 2),
) -> dict[str, np.ndarray]:
    """What each augmentation is worth: the classic network, trained on the same few letters with one after the other.

    learnt, tested: the letters of training and test, (frames uint8 (N, 28, 28), labels 0..25). Returns
    {name: bool (seeds, N)}, whether each test letter was read rightly.
    """
    frames, labels = tested

    def right(augmentation, seed):
        model = train(*learnt, augmentation, epochs, seed=seed, batch=32)
        return model.predict(frames[..., None], verbose=0).argmax(axis=1) == labels

    return {name: np.array([right(one, seed) for seed in seeds]) for name, one in augmentations.items()}


class Stopwatch(keras.callbacks.Callback):
    """Adds `seconds` since the start of the training to what is recorded of each epoch. Give it before History."""

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        assert logs is not None, "fit gives what is recorded"
        logs["seconds"] = time.perf_counter() - self.began
