"""Network 1: from a picture to its ink, and to the cores of its lines. `python -m letters.training.ink` trains it.

A U-Net (Ronneberger et al. 2015, arXiv:1505.04597) on a plane of half the size, with sub-pixel convolutions (Shi et al.
2016, arXiv:1609.05158) for all that is made larger, so that it takes pictures of any size that is a multiple of STRIDE.
It learns from `drawn_pages` alone: fresh ones all the time, so that nothing can be learnt by heart.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from letters import native_log
from letters.training import drawn_pages, loop
from letters.training.export import export as export_network

with native_log.filtered():
    import keras
    from keras import layers, ops

STRIDE = 64  # px: sides of pictures are multiples of it: halved five times, they must be even for the dilation
MINUTES, QUICK_MINUTES = 80, 30
VALIDATION = 192  # pictures, drawn from a seed of their own


@dataclass(frozen=True)
class Recipe(loop.Schedule):
    """Everything that is chosen about the training; written into the manifest."""

    widths: tuple[int, ...] = (16, 32, 48, 64, 64)  # channels at a half, a quarter ... of the size
    core_width: int = 24
    batch: int = 8
    block: int = 256  # pictures drawn at a time
    rate: float = 2e-3
    decay: float = 1e-4
    warm_up: float = 0.02
    dice: float = 0.3  # weight of the Dice loss (Milletari et al. 2016, arXiv:1606.04797) beside cross-entropy
    averaging: float = 0.9
    keep: float = 0.0  # share of the first weights in the result (WiSE-FT: Wortsman et al. 2022, arXiv:2109.01903)


CONTINUED = Recipe(rate=1.2e-3, keep=0.5)  # of a training that goes on from a trained network


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


def draw_block(seed: list[int], count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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


def overlap(model: keras.Model, block: tuple[np.ndarray, np.ndarray, np.ndarray]) -> dict[str, float]:
    """How well ink and cores are found: the Dice coefficient of each over all pixels of a block, 0..1."""
    pictures, truths = _tensors(block)
    scores = []
    for truth, logits in zip(truths, model.predict(pictures, batch_size=8, verbose=0), strict=True):
        found, there = logits > 0, truth > 0.5
        scores.append(2 * float((found & there).sum()) / max(1.0, float(found.sum() + there.sum())))
    return {"ink": scores[0], "cores": scores[1]}


def train(
    folder: Path, minutes: float = MINUTES, recipe: Recipe = Recipe(), start: Path | None = None
) -> tuple[keras.Model, loop.State]:
    """Train for so many minutes in all, or what is left of them where `folder` has a checkpoint.

    start: a trained ink.keras to go on from, where there is no checkpoint.
    Returns the network with the averaged weights, and how the training went.
    """
    keras.utils.set_random_seed(recipe.seed)
    folder.mkdir(parents=True, exist_ok=True)
    model, average = network(recipe), network(recipe)
    if start:
        model.set_weights(keras.models.load_model(start, compile=False).get_weights())
    first = model.get_weights()
    validation = draw_block([recipe.seed, 0, 1], VALIDATION)
    state = loop.train(
        model,
        average,
        start,
        [plane_loss(recipe.dice)] * 2,
        partial(draw_block, count=recipe.block),
        _tensors,
        partial(overlap, block=validation),
        folder / "ink.npz",
        minutes,
        recipe,
    )
    average.set_weights(loop.mean_of(first, average.get_weights(), recipe.keep))
    return average, state


def export(model: keras.Model, folder: Path, recipe: Recipe, minutes: float, state: loop.State) -> None:
    """Write ink.keras, ink.tflite and its manifest, ink.json, into a folder.

    It takes pictures float32 (1, H, W, 3) of 0..255, H and W multiples of STRIDE, and gives ink (1, H, W, 1) and cores
    (1, H / 2, W / 2, 1), float32 of 0..1.
    """
    model.save(folder / "ink.keras")
    ink, core = (layers.Activation("sigmoid", name=f"{plane.name}_share")(plane) for plane in model.outputs)
    facts = {
        "recipe": asdict(recipe),
        "minutes": minutes,
        "state": asdict(state),
        "input": f"pictures, float32 (1, H, W, 3), RGB 0..255, H and W multiples of {STRIDE}",
        "output": "ink, float32 (1, H, W, 1), and cores of lines, float32 (1, H / 2, W / 2, 1), 0..1",
        "learnt from": "pages drawn by letters.training.drawn_pages",
    }
    export_network(keras.Model(model.input, [ink, core]), folder / "ink.tflite", **facts)


def main() -> None:
    """The command: train, and export what comes of it."""
    options = loop.arguments("ink", MINUTES, QUICK_MINUTES).parse_args()
    recipe = replace(CONTINUED if options.start else Recipe(), seed=options.seed)
    model, state = train(options.output, options.minutes, recipe, options.start)
    export(model, options.output, recipe, options.minutes, state)


if __name__ == "__main__":
    main()
