"""The letter network: build, train, adapt to one hand, export.

It takes frames as they are, 0..255 (N, 28, 28, 1), and begins by scaling them to 0..1, so that
training, LiteRT and notebooks feed the same numbers. Its output are class probabilities, (N, classes).
"""

import logging
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from letters import augment, native_log, negatives, pen
from letters.alphabet import NOT_A_LETTER

with native_log.filtered():
    import keras
    from keras import layers

logging.getLogger("tensorflow").setLevel(logging.WARNING)  # an export names the temporary files it wrote

FRAME_SHAPE = (28, 28, 1)
TEMPERATURE = 0.8  # that the last layer is divided by; fitted with: python -m letters temperature --data FILE
REPLAYED = 8000  # letters of all hands, and what is none, that a network sees again while it learns one hand
OWN = 0.25  # copies of that hand's letters, for each of them
GENTLY = augment.Augmentation(rotation=6, width_shift=0.03, height_shift=0.03, zoom=0.06, shear=0.1)
NEGATIVES = 0.18  # share of what is no letter among what the shipped network is trained on


def network(classes=NOT_A_LETTER + 1):
    """The shipped network, for 52 classes and NOT_A_LETTER: a convolution of 32 filters, two residual stages (He et al.
    2016, arXiv:1512.03385) of 64 and 128, a separable convolution (Chollet 2017, arXiv:1610.02357) of 256, and the mean
    over the plane; each convolution with batch normalisation (Ioffe & Szegedy 2015, arXiv:1502.03167).

    Returns a keras.Model, not compiled.
    """

    def convolution(x, filters, layer=layers.Conv2D):
        x = layer(filters, 3, padding="same", use_bias=False)(x)
        return layers.ReLU()(layers.BatchNormalization()(x))

    frames = keras.Input(FRAME_SHAPE)
    x = layers.Rescaling(1 / 255)(frames)
    x = layers.MaxPooling2D()(convolution(x, 32))
    for filters in (64, 128):
        x = convolution(x, filters)
        x = layers.Add()([x, convolution(x, filters)])
        x = layers.MaxPooling2D(padding="same")(x)
    x = layers.GlobalAveragePooling2D()(convolution(x, 256, layers.SeparableConv2D))
    x = layers.Dropout(0.3)(x)
    return keras.Model(frames, layers.Dense(classes, activation="softmax")(x), name="letters")


def adapt(model, frames, labels, seed=0):
    """A copy of the shipped network whose last layer has learnt letters of one hand: in seconds, from a few of each.

    Gently changed copies of the letters stand among fresh ones of all hands and what is no letter, so that nothing else
    is forgotten. frames: uint8 (N, 28, 28). labels: class numbers (N,), 0-51. Returns a keras.Model, not compiled.
    Raises ValueError where there are no letters.
    """
    if len(frames) == 0:
        raise ValueError("there are no letters to learn; keep some first, see letters.sketchpad")
    keras.utils.set_random_seed(seed)
    known, names = draw_epoch(REPLAYED, [seed, 7])
    copies = max(1, round(OWN * REPLAYED / len(frames)))
    own = augment.augment(np.repeat(frames, copies, axis=0), GENTLY, seed)
    adapted = keras.models.clone_model(model)
    adapted.set_weights(model.get_weights())
    last = adapted.layers[-1]
    see = keras.Model(adapted.input, last.input)
    seen = see.predict(np.concatenate([known, own])[..., None], batch_size=256, verbose=0)
    head = keras.Sequential([keras.Input(seen.shape[1:]), last])
    head.compile(keras.optimizers.Adam(0.001), "sparse_categorical_crossentropy")
    head.fit(seen, np.concatenate([names, np.repeat(labels, copies)]), batch_size=128, epochs=10, verbose=0)
    return adapted


def draw_epoch(size, seed):
    """The letters of one epoch, and among them what is none, in random order: uint8 (size, 28, 28) frames and uint8
    (size,) labels, 0-51 or NOT_A_LETTER."""
    without = round(size * NEGATIVES)
    frames, labels = pen.frames(size - without, seed=seed, workers=1)
    others, _ = negatives.frames(without, [*seed, 3])
    order = np.random.default_rng([*seed, 4]).permutation(size)
    labels = np.concatenate([labels, np.full(without, NOT_A_LETTER, np.uint8)])
    return np.concatenate([frames, others])[order], labels[order]


class FreshLetters(keras.utils.PyDataset):
    """Drawn letters, other ones every epoch. The next epoch is drawn in another process while the network trains on
    this one. Batches are (float32 (B, 28, 28, 1), float32 (B, 53) one-hot)."""

    def __init__(self, size, batch, seed, first_epoch=0):
        super().__init__()
        self.size, self.batch, self.seed, self.epoch = size, batch, seed, first_epoch
        self.process = ProcessPoolExecutor(1, get_context("spawn"))  # TensorFlow does not survive a fork
        self.frames, self.labels = self._draw().result()
        self.next = self._draw()

    def _draw(self):
        self.epoch += 1
        return self.process.submit(draw_epoch, self.size, [self.seed, self.epoch])

    def __len__(self):
        return self.size // self.batch

    def __getitem__(self, index):
        part = slice(index * self.batch, (index + 1) * self.batch)
        labels = keras.utils.to_categorical(self.labels[part], NOT_A_LETTER + 1)
        return self.frames[part, ..., None].astype(np.float32), labels

    def on_epoch_end(self):
        self.frames, self.labels = self.next.result()
        self.next = self._draw()

    def close(self):
        self.process.shutdown(cancel_futures=True)


def prepare(model, steps):
    """Compile a network for a training of so many steps, as the shipped one was: Adam with decoupled weight decay
    (Loshchilov & Hutter 2019, arXiv:1711.05101), a cosine learning rate with warm-up, label smoothing, and a running
    average of the weights (Polyak & Juditsky 1992). Labels are one-hot."""
    warmup = min(500, steps // 4)
    rate = keras.optimizers.schedules.CosineDecay(
        1e-4, steps - warmup, alpha=0.02, warmup_target=3e-3, warmup_steps=warmup
    )
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=1e-3, use_ema=True, ema_momentum=min(0.999, 1 - 10 / steps)),
        keras.losses.CategoricalCrossentropy(label_smoothing=0.05),
        metrics=["accuracy"],
    )


class Stopwatch(keras.callbacks.Callback):
    """Adds `seconds` since the start of the training to what is recorded of each epoch. Give it before History."""

    def on_train_begin(self, logs=None):
        self.began = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        logs["seconds"] = time.perf_counter() - self.began


def train(folder, *, epochs=30, letters_per_epoch=52_000, batch=128, seed=0):
    """Train the shipped network on letters drawn from the pen model, fresh ones every epoch.

    Stopped, it goes on from its last whole epoch when it is called again. The probabilities are calibrated with
    TEMPERATURE.

    folder: gets letter.keras, letter.tflite and training.csv (the curves); checkpoints live in `folder`/checkpoint
    until the end. Returns the model.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(seed)
    steps = epochs * (letters_per_epoch // batch)
    model = network()
    prepare(model, steps)
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
                keras.callbacks.CSVLogger(folder / "training.csv", append=_epochs_done(checkpoint) > 0),
                keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: _note(checkpoint, epoch + 1)),
            ],
        )
    finally:
        data.close()
    (checkpoint / "epochs").unlink(missing_ok=True)
    trained = network()  # a file of weights, without the state of their training
    trained.set_weights(model.get_weights())
    kernel, bias = trained.layers[-1].get_weights()
    trained.layers[-1].set_weights([kernel / TEMPERATURE, bias / TEMPERATURE])
    trained.save(folder / "letter.keras")
    export(trained, folder / "letter.tflite")
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
    """Write a network as a .tflite file, which `letters.Recognizer.load` reads.

    Its weights are rounded to 8 bits, in which it then multiplies (dynamic-range quantisation, as in Jacob et al. 2018,
    arXiv:1712.05877): four times as fast where the processor has instructions for it, at the same accuracy.
    """
    with native_log.filtered():
        import tensorflow

        model.export(str(path), format="litert", verbose=False, optimizations=[tensorflow.lite.Optimize.DEFAULT])
