"""How fast letters are loaded, drawn, augmented and learnt from.

`benchmarks.speed` runs each of these functions in a new process and passes it the path of a CSV of letters, which only
`load_...` use. Each returns its figures by name: seconds, letters a second, or milliseconds.
"""

import contextlib
import functools
import itertools
import time

import numpy as np

AUGMENTED = 20_000  # letters that are augmented
TRAINED = 20_000  # capitals of an epoch of the classic network
VALIDATED = 5000  # capitals that its accuracy is measured on
BATCH, TOGETHER, EPOCHS = 64, 8, 4  # letters of a batch, batches that TensorFlow runs in one call, and epochs: our way
POLICY = "mixed_bfloat16"  # with such batches, twice as fast where the processor can multiply bfloat16
STEPS = 40  # of an epoch of the shipped network, with 128 letters each


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


def draw_ours(_: str) -> dict:
    from letters import pen

    pen.frames(pen.BLOCK * 4)  # a warm-up, and the model is loaded
    started = time.perf_counter()
    pen.frames(30_000, seed=1)
    return {"a second": 30_000 / (time.perf_counter() - started)}


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
