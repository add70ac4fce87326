"""The classic small CNN of A-Z projects, beside which the letter network is measured: build it, train it."""

import time
from collections.abc import Sequence

import numpy as np

from letters import augment, native_log
from letters.training.letter import FRAME_SHAPE

with native_log.filtered():
    import keras
    from keras import layers


def network(classes=26):
    """The classic small CNN of A-Z projects: three convolutions of 64 filters, each pooled, two dense layers.

    Returns a keras.Sequential with 122,522 parameters (26 classes), not compiled.
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


def train(frames, labels, augmentation, epochs, classes=26, seed=0, batch=64):
    """Train the classic CNN on frames, uint8 (N, 28, 28), changed anew every epoch. Returns the keras.Sequential."""
    keras.utils.set_random_seed(seed)
    model = network(classes)
    model.compile("adam", "sparse_categorical_crossentropy")
    for epoch in range(epochs):
        changed = augment.augment(frames, augmentation, seed=[seed, epoch])
        model.fit(changed[..., None], labels, batch_size=batch, verbose=0)
    return model


def ablation(
    augmentations: dict, train: tuple, test: tuple, epochs: int, seeds: Sequence[int] = (0, 1, 2)
) -> dict[str, np.ndarray]:
    """What each augmentation is worth: the classic network, trained on the same few letters with one after the other.

    augmentations: {name: Augmentation}. train, test: (frames uint8 (N, 28, 28), labels 0..25). Returns
    {name: bool (seeds, N)}, whether each test letter was read rightly.
    """
    frames, labels = test

    def right(augmentation, seed):
        model = train(*train, augmentation, epochs, seed=seed, batch=32)
        return model.predict(frames[..., None], verbose=0).argmax(axis=1) == labels

    return {name: np.array([right(one, seed) for seed in seeds]) for name, one in augmentations.items()}


class Stopwatch(keras.callbacks.Callback):
    """Adds `seconds` since the start of the training to what is recorded of each epoch. Give it before History."""

    def on_train_begin(self, logs=None):
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        logs["seconds"] = time.perf_counter() - self.began
