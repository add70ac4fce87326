"""Network 1: from a picture to its ink, and to the cores of its lines. `python -m letters.training.ink` trains it.

A U-Net (Ronneberger et al. 2015, arXiv:1505.04597) on a plane of half the size, with sub-pixel convolutions (Shi et al.
2016, arXiv:1609.05158) for all that is made larger, so that it takes pictures of any size that is a multiple of STRIDE.
It learns from `drawn_pages` alone: fresh ones all the time, so that nothing can be learnt by heart.
"""

import argparse
import hashlib
import json
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from letters import native_log
from letters.training import drawn_pages

with native_log.filtered():
    import keras
    from keras import layers, ops

STRIDE = 64  # px: sides of pictures are multiples of it: halved five times, they must be even for the dilation
CONTINUED_RATE = 1.2e-3  # in place of the recipe's, of a training that goes on from a trained network
VALIDATION = 192  # pictures, drawn from a seed of their own


@dataclass(frozen=True)
class Recipe:
    """All that is chosen by hand in the training; it is saved with the network."""

    widths: tuple[int, ...] = (16, 32, 48, 64, 64)  # channels at a half, a quarter ... of the size
    core_width: int = 24
    batch: int = 8
    block: int = 256  # pictures drawn at a time
    rate: float = 2e-3  # of AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101), after the warm-up
    decay: float = 1e-4
    warm_up: float = 0.02  # share of the time
    dice: float = 0.3  # weight of the Dice loss (Milletari et al. 2016, arXiv:1606.04797) beside cross-entropy
    averaging: float = 0.9  # of the weights, a block (Polyak & Juditsky 1992)
    seed: int = 0


@keras.saving.register_keras_serializable("letters")
class DepthToSpace(layers.Layer):
    """(N, H, W, 4 C) -> (N, 2 H, 2 W, C): four channels become a square of pixels."""

    def call(self, x: Any) -> Any:
        if keras.backend.backend() == "tensorflow":  # one operation, of any size, once exported
            import tensorflow

            return tensorflow.nn.depth_to_space(x, 2)
        _, height, width, depth = x.shape
        x = ops.reshape(x, (-1, height, width, 2, 2, depth // 4))
        return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), (-1, 2 * height, 2 * width, depth // 4))

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        batch, height, width, depth = shape
        return batch, height and 2 * height, width and 2 * width, depth and depth // 4


def network(recipe: Recipe = Recipe(), side: int | None = drawn_pages.SIDE) -> keras.Model:
    """Pictures (N, side, side, 3), RGB of 0..255 -> logits of ink (N, side, side, 1) and of cores, half as large."""

    def convolution(x, filters, size=3, stride=1, dilation=1):
        x = layers.Conv2D(filters, size, stride, "same", use_bias=False, dilation_rate=dilation)(x)
        return layers.ReLU()(layers.BatchNormalization()(x))

    def enlarged(x, beside, filters):
        x = DepthToSpace()(layers.Conv2D(4 * filters, 1)(x))
        return convolution(layers.Concatenate()([x, beside]), filters)

    pictures = keras.Input((side, side, 3))
    x = layers.Rescaling(1 / 127.5, -1)(pictures)
    planes = []
    for depth, filters in enumerate(recipe.widths):
        x = convolution(x, filters, 4 if depth == 0 else 3, stride=2)
        if depth < len(recipe.widths) - 1:
            x = convolution(x, filters)
            planes.append(x)
    for _ in range(2):  # the widest view: a frame is known by its whole
        x = convolution(x, recipe.widths[-1], dilation=2)
    for beside in planes[:0:-1]:
        x = enlarged(x, beside, beside.shape[-1])
    core = layers.Conv2D(4, 3, padding="same")(convolution(x, recipe.core_width))
    x = enlarged(x, planes[0], planes[0].shape[-1])
    ink = DepthToSpace(name="ink")(layers.Conv2D(4, 3, padding="same")(x))
    return keras.Model(pictures, [ink, DepthToSpace(name="core")(core)], name="ink")


def plane_loss(dice: float) -> Callable[[Any, Any], Any]:
    """Cross-entropy of each pixel and Dice loss of each plane, added up; of targets 0..1 and logits."""

    def loss(truth, logits):
        share = ops.sigmoid(logits)
        crossed = ops.mean(keras.losses.binary_crossentropy(truth, logits, from_logits=True))
        both = 2 * ops.sum(truth * share, axis=(1, 2, 3)) + 1
        return crossed + dice * ops.mean(1 - both / (ops.sum(truth + share, axis=(1, 2, 3)) + 1))

    return loss


def draw_block(count: int, seed: list) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pictures uint8 (N, S, S, 3), ink uint8 (N, S, S), cores uint8 (N, S / 2, S / 2), 0..255, for a seed."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    letters = drawn_pages.bank(int(rng.integers(2**31)))
    pages = [drawn_pages.draw(letters, rng) for _ in range(count)]
    half = (drawn_pages.SIDE // 2,) * 2
    cores = [cv2.resize(page.core, half, interpolation=cv2.INTER_AREA) for page in pages]
    return np.stack([page.picture for page in pages]), np.stack([page.ink for page in pages]), np.stack(cores)


def _tensors(block):
    pictures, ink, cores = block
    return pictures.astype(np.float32), [plane[..., None].astype(np.float32) / 255 for plane in (ink, cores)]


def overlap(model: keras.Model, block: tuple[np.ndarray, np.ndarray, np.ndarray]) -> tuple[float, float]:
    """How well ink and cores are found: the Dice coefficient of each over all pixels of a block, 0..1."""
    pictures, truths = _tensors(block)
    scores = []
    for truth, logits in zip(truths, model.predict(pictures, batch_size=8, verbose=0), strict=True):
        found, there = logits > 0, truth > 0.5
        scores.append(2 * float((found & there).sum()) / max(1.0, float(found.sum() + there.sum())))
    return scores[0], scores[1]


def train(folder: Path, minutes: float, recipe: Recipe = Recipe(), start: Path | None = None) -> keras.Model:
    """Train for so many minutes, in all; a run that was stopped goes on from `folder`.

    start: a trained ink.keras to go on from, where nothing has been stopped.

    The rate falls with the time, as half a cosine. Writes ink.keras (the mean of the last weights), ink.state.keras and
    ink.state.json, every two minutes. Returns the network with the averaged weights.
    """
    keras.utils.set_random_seed(recipe.seed)
    folder.mkdir(parents=True, exist_ok=True)
    state_file, best_file = folder / "ink.state.keras", folder / "ink.keras"
    mean = network(recipe)
    if state_file.is_file():
        model = keras.models.load_model(state_file, compile=False)
        mean.set_weights(keras.models.load_model(best_file, compile=False).get_weights())
        state = json.loads(state_file.with_suffix(".json").read_text())
    else:
        model, state = network(recipe), {"block": 0, "seconds": 0.0}
        if start:
            model.set_weights(keras.models.load_model(start, compile=False).get_weights())
        mean.set_weights(model.get_weights())
    optimizer = keras.optimizers.AdamW(recipe.rate, weight_decay=recipe.decay, global_clipnorm=1.0)
    model.compile(optimizer, loss=[plane_loss(recipe.dice)] * 2)
    started, saved = time.monotonic() - state["seconds"], time.monotonic()
    with ProcessPoolExecutor(1, get_context("spawn")) as artist:  # TensorFlow does not survive a fork
        validation = draw_block(VALIDATION, [recipe.seed, 1])
        coming = artist.submit(draw_block, recipe.block, [recipe.seed, 2, state["block"]])
        while (done := (time.monotonic() - started) / 60 / minutes) < 1:
            block = coming.result()
            state["block"] += 1
            coming = artist.submit(draw_block, recipe.block, [recipe.seed, 2, state["block"]])
            optimizer.learning_rate = recipe.rate * min(
                done / recipe.warm_up + 0.02, 0.5 + 0.5 * np.cos(np.pi * done) + 0.01
            )
            history = model.fit(*_tensors(block), batch_size=recipe.batch, verbose=0).history
            if not np.isfinite(history["loss"][-1]):
                raise FloatingPointError(
                    f"the training diverged in block {state['block']}; lower the rate of the Recipe"
                )
            keep = min(recipe.averaging, 1 - 1 / (state["block"] + 1))
            pairs = zip(mean.get_weights(), model.get_weights(), strict=True)
            mean.set_weights([keep * old + (1 - keep) * new for old, new in pairs])
            if time.monotonic() - saved > 120:
                saved = time.monotonic()
                state["seconds"] = saved - started
                _save(model, mean, state, folder)
                ink, core = overlap(mean, validation)
                print(
                    f"{state['seconds'] / 60:.1f} min, {state['block'] * recipe.block} pictures, loss "
                    f"{history['loss'][-1]:.4f}, validation: ink {ink:.4f}, cores {core:.4f}",
                    flush=True,
                )
    _save(model, mean, state, folder)
    return mean


def _save(model, mean, state, folder):
    for network, name in ((model, "ink.state.keras"), (mean, "ink.keras")):
        network.save(folder / f"new.{name}")
        (folder / f"new.{name}").replace(folder / name)
    (folder / "ink.state.json").write_text(json.dumps(state))


def export(model: keras.Model, folder: Path, recipe: Recipe, minutes: float) -> None:
    """Write ink.tflite and its manifest, ink.json, into a folder. Needs the TensorFlow backend.

    The weights have 8 bits (dynamic-range quantisation: Jacob et al. 2018, arXiv:1712.05877).

    It takes pictures float32 (1, H, W, 3) of 0..255, H and W multiples of STRIDE, and gives ink (1, H, W, 1) and cores
    (1, H / 2, W / 2, 1), float32 of 0..1.
    """
    ink, core = (layers.Activation("sigmoid", name=f"{plane.name}_share")(plane) for plane in model.outputs)
    path = folder / "ink.tflite"
    with native_log.filtered():
        import tensorflow

        options = {"format": "litert", "verbose": False, "optimizations": [tensorflow.lite.Optimize.DEFAULT]}
        keras.Model(model.input, [ink, core]).export(str(path), **options)
    manifest = {
        "recipe": asdict(recipe),
        "minutes": minutes,
        "parameters": model.count_params(),
        "input": f"pictures, float32 (1, H, W, 3), RGB 0..255, H and W multiples of {STRIDE}",
        "output": "ink, float32 (1, H, W, 1), and cores of lines, float32 (1, H / 2, W / 2, 1), 0..1",
        "learnt from": "pages drawn by letters.training.drawn_pages",
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    (folder / "ink.json").write_text(json.dumps(manifest, indent=1) + "\n")


def main() -> None:
    """The command: train, and export what comes of it."""
    parser = argparse.ArgumentParser(prog="python -m letters.training.ink", description="Train the ink network.")
    parser.add_argument("--minutes", type=float, default=60, help="of training in all (60)")
    parser.add_argument("--output", type=Path, required=True, help="folder for the network and the checkpoint")
    parser.add_argument("--start", type=Path, help="a trained ink.keras to go on from, with pages of another seed")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    recipe = Recipe(seed=options.seed, rate=CONTINUED_RATE if options.start else Recipe.rate)
    export(train(options.output, options.minutes, recipe, options.start), options.output, recipe, options.minutes)


if __name__ == "__main__":
    main()
