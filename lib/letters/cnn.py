"""The networks: build, train, export.

Every network here takes frames as they are, 0..255 (N, 28, 28, 1), and begins by scaling them to 0..1, so that
training, LiteRT and notebooks feed the same numbers. Its output are class probabilities, (N, classes).
"""

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from letters import pen, remarks

with remarks.held_back():
    import keras
    from keras import layers

logging.getLogger("tensorflow").setLevel(logging.WARNING)  # an export names the temporary files it wrote

FRAME_SHAPE = (28, 28, 1)


def original(classes=26):
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


def network(classes=52):
    """The shipped network: five convolutions in three stages of 24, 48 and 96 filters, each with batch normalisation
    (Ioffe & Szegedy 2015, arXiv:1502.03167), then one dense layer. Returns a keras.Sequential, not compiled."""
    model = keras.Sequential([keras.Input(FRAME_SHAPE), layers.Rescaling(1 / 255)], name="letters")
    for filters, convolutions in ((24, 1), (48, 2), (96, 2)):
        for _ in range(convolutions):
            model.add(layers.Conv2D(filters, 3, padding="same", use_bias=False))
            model.add(layers.BatchNormalization())
            model.add(layers.ReLU())
        model.add(layers.MaxPooling2D())
    model.add(layers.Flatten())
    model.add(layers.Dropout(0.3))
    model.add(layers.Dense(128, use_bias=False))
    model.add(layers.BatchNormalization())
    model.add(layers.ReLU())
    model.add(layers.Dropout(0.3))
    model.add(layers.Dense(classes, activation="softmax"))
    return model


class FreshLetters(keras.utils.PyDataset):
    """Letters drawn from the pen model, other ones every epoch. The next epoch is drawn in other processes while the
    network trains on this one. Batches are (float32 (B, 28, 28, 1), float32 (B, 52) one-hot)."""

    def __init__(self, size, batch, seed, first_epoch=0, workers=1):
        super().__init__()
        self.size, self.batch, self.seed, self.epoch = size, batch, seed, first_epoch
        self.drawing_workers = workers
        self.thread = ThreadPoolExecutor(1)
        self.frames, self.labels = self._draw().result()
        self.next = self._draw()

    def _draw(self):
        self.epoch += 1
        return self.thread.submit(pen.frames, self.size, seed=[self.seed, self.epoch], workers=self.drawing_workers)

    def __len__(self):
        return self.size // self.batch

    def __getitem__(self, index):
        part = slice(index * self.batch, (index + 1) * self.batch)
        return self.frames[part, ..., None].astype(np.float32), keras.utils.to_categorical(self.labels[part], 52)

    def on_epoch_end(self):
        self.frames, self.labels = self.next.result()
        self.next = self._draw()

    def close(self):
        self.thread.shutdown(cancel_futures=True)


def train(folder, *, epochs=32, letters_per_epoch=52_000, batch=128, seed=0):
    """Train the shipped network on letters drawn from the pen model, fresh ones every epoch.

    Adam with decoupled weight decay, a cosine learning rate with warm-up, label smoothing, and a running average of
    the weights (Polyak & Juditsky 1992). Stopped, it goes on from its last whole epoch when it is called again.
    folder: gets letters.keras and letters.tflite; checkpoints live in `folder`/checkpoint until the end.
    Returns the model.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(seed)
    steps = epochs * (letters_per_epoch // batch)
    warmup = min(500, steps // 4)
    rate = keras.optimizers.schedules.CosineDecay(
        1e-4, steps - warmup, alpha=0.02, warmup_target=3e-3, warmup_steps=warmup
    )
    model = network()
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=1e-3, use_ema=True, ema_momentum=min(0.999, 1 - 10 / steps)),
        keras.losses.CategoricalCrossentropy(label_smoothing=0.05),
        metrics=["accuracy"],
    )
    checkpoint = folder / "checkpoint"
    data = FreshLetters(letters_per_epoch, batch, seed, first_epoch=_epochs_done(checkpoint))
    started = time.perf_counter()
    try:
        model.fit(
            data,
            epochs=epochs,
            verbose=2,
            callbacks=[
                keras.callbacks.BackupAndRestore(checkpoint),
                keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: _note(checkpoint, epoch + 1)),
            ],
        )
    finally:
        data.close()
    (checkpoint / "epochs").unlink(missing_ok=True)
    trained = network()  # a file of weights, without the state of their training
    trained.set_weights(model.get_weights())
    trained.save(folder / "letters.keras")
    export(trained, folder / "letters.tflite")
    print(f"trained for {(time.perf_counter() - started) / 60:.0f} minutes; saved in {folder}")
    return trained


def _epochs_done(checkpoint):
    """Epochs finished by an interrupted training, so that it goes on with letters that it has not seen."""
    note = checkpoint / "epochs"
    return int(note.read_text()) if note.exists() else 0


def _note(checkpoint, epochs):
    checkpoint.mkdir(parents=True, exist_ok=True)
    (checkpoint / "epochs").write_text(str(epochs))


def export(model, path):
    """Write a network as a .tflite file, which `letters.Recognizer.load` reads."""
    with remarks.held_back():
        model.export(str(path), format="litert", verbose=False)
