"""Network 3, which reads a letter alone: build it, train it, adapt it to a writer. `python -m letters.training.letter`
trains it.

It takes frames as they are, 0..255 (N, 28, 28, 1), and begins by scaling them to 0..1, so that training, LiteRT and
notebooks feed the same numbers. It gives class probabilities (N, classes).
"""

import logging
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from letters import alphabet, augment, ink, metrics, native_log, negatives, pen, writing
from letters.alphabet import NOT_A_LETTER
from letters.training import loop
from letters.training.export import export as export_network

with native_log.filtered():
    import keras
    from keras import layers

logging.getLogger("tensorflow").setLevel(logging.WARNING)  # an export names the temporary files it wrote

MINUTES, QUICK_MINUTES = 40, 15
CONTINUED_RATE = 2e-3  # in place of the recipe's, of a training that goes on from a trained network
CLASSES = [*alphabet.CLASSES, "not a letter"]
FRAME_SHAPE = (28, 28, 1)
VALIDATION = 5200  # letters drawn to measure on, where there are no real ones
REPLAYED = 4000  # letters of all writers, and other things, that a network sees again while it learns one writer
OWN = 0.25  # copies of that writer's letters, for each of them
GENTLY = augment.Augmentation(rotation=6, width_shift=0.03, height_shift=0.03, zoom=0.06, shear=0.1)


@dataclass(frozen=True)
class Recipe(loop.Schedule):
    """Everything that is chosen about the training; written into the manifest."""

    batch: int = 128
    block: int = 12_800  # frames that are drawn at a time
    rate: float = 3e-3
    decay: float = 1e-3
    warm_up: float = 0.03
    averaging: float = 0.9
    smoothing: float = 0.05  # of the labels
    negatives: float = 0.2  # share of frames that show something that is not a letter
    strokes: float = 0.4  # share of the letters that are real strokes, where there are some
    cut: float = 0.12  # share of the letters that are cut out of real words, where there are some
    digits: float = 0.3  # share of the negatives that are real digits, where there are some
    seen: float = 0.15  # share of the frames that are what the ink network sees in pictures, where there are some
    spoilt: float = 0.25  # share of the frames that are spoilt as bad pictures and bad crops spoil letters


@dataclass(frozen=True)
class Given:
    """Files that join what is drawn for each block."""

    strokes: Path | None = None  # a stroke file with letters
    cut: Path | None = None  # letters cut out of words, as `letters.training.cut_letters` writes them
    digits: Path | None = None  # a stroke file with digits, named by its `label`
    seen: Path | None = None  # frames of drawn pictures, as `letters.training.seen_letters` writes them


# ------------------------------------------------------------------------------------------------- network


def network(classes: int = len(CLASSES)) -> keras.Model:
    """A convolution of 32 filters, two residual stages (He et al. 2016, arXiv:1512.03385) of 64 and 128, a separable
    convolution (Chollet 2017, arXiv:1610.02357) of 256, and the mean over the plane; each convolution with batch
    normalisation (Ioffe & Szegedy 2015, arXiv:1502.03167). Not compiled."""

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


def prepare(model: keras.Model, steps: int) -> None:
    """Compile a network for `fit` with so many steps, much as the shipped one was trained: Adam with decoupled weight
    decay (Loshchilov & Hutter 2019, arXiv:1711.05101), a cosine learning rate with warm-up, label smoothing, and a
    running average of the weights (Polyak & Juditsky 1992). Labels are one-hot."""
    warmup = min(500, steps // 4)
    rate = keras.optimizers.schedules.CosineDecay(
        1e-4, steps - warmup, alpha=0.02, warmup_target=3e-3, warmup_steps=warmup
    )
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=1e-3, use_ema=True, ema_momentum=min(0.999, 1 - 10 / steps)),
        keras.losses.CategoricalCrossentropy(label_smoothing=0.05),
        metrics=["accuracy"],
    )


# ------------------------------------------------------------------------------------------------- frames


@cache
def _strokes(path: Path) -> tuple[list, np.ndarray]:
    return pen.read_strokes(path)


@cache
def _cut(path: Path) -> tuple[np.ndarray, np.ndarray]:
    with np.load(path) as file:
        train = file["split"] == pen.SPLITS["train"]
        return file["x"][train], (file["y"] + 26 * file["case"])[train]


@cache
def _seen(path: Path) -> tuple[np.ndarray, np.ndarray]:
    with np.load(path) as file:
        return file["x"], file["label"]


@cache
def _digits(path: Path) -> list:
    """The digits of a stroke file but 0 and 1, which look like letters."""
    letters, digits = pen.read_digits(path)
    return [letters[i] for i in np.flatnonzero(digits > 1)]


def draw_block(
    seed: int | list[int],
    recipe: Recipe = Recipe(),
    given: Given = Given(),
) -> tuple[np.ndarray, np.ndarray]:
    """Frames to learn from, in random order: uint8 (block, 28, 28), and uint8 (block,) labels, 0-51 or NOT_A_LETTER.

    What is given has the shares of the recipe; of real writing, the train split is taken. Real strokes come from all
    classes equally often. Letters cut out of words come from each class in proportion to the square root of its
    letters: of some there are few.
    """
    rng = np.random.default_rng(seed)
    pictured = round(recipe.block * recipe.seen) if given.seen else 0
    negative = round((recipe.block - pictured) * recipe.negatives)
    positive = recipe.block - pictured - negative
    strokes = round(positive * recipe.strokes) if given.strokes else 0
    cut = round(positive * recipe.cut) if given.cut else 0
    digits = round(negative * recipe.digits) if given.digits else 0
    seeds = rng.integers(2**31, size=4).tolist()
    frames, labels = pen.frames(positive - strokes - cut, seed=seeds[0], workers=1)
    parts = [frames]
    if given.strokes:
        written, known = _strokes(given.strokes)
        chosen = rng.choice(len(known), strokes, p=_shares(known, 1.0))
        parts.append(writing.render([written[i] for i in chosen], seeds[1]))
        labels = np.concatenate([labels, known[chosen]])
    if given.cut:
        shown, known = _cut(given.cut)
        chosen = rng.choice(len(known), cut, p=_shares(known, 0.5))
        parts.append(augment.augment(shown[chosen], GENTLY, seeds[3]))
        labels = np.concatenate([labels, known[chosen]])
    parts.append(negatives.frames(negative - digits, seeds[2])[0])
    if given.digits:
        known_digits = _digits(given.digits)
        parts.append(writing.render([known_digits[i] for i in rng.integers(len(known_digits), size=digits)], seeds[2]))
    frames = np.concatenate(parts)
    letters = len(labels)
    labels = np.concatenate([labels, np.full(negative, NOT_A_LETTER, np.uint8)])
    for i in np.flatnonzero(rng.random(len(frames)) < recipe.spoilt):
        frames[i] = spoil(frames[i], frames[rng.integers(letters)], rng)
    if given.seen:
        shown, known = _seen(given.seen)
        chosen = rng.integers(len(known), size=pictured)
        frames = np.concatenate([frames, augment.augment(shown[chosen], GENTLY, seeds[3])])
        labels = np.concatenate([labels, known[chosen]])
    order = rng.permutation(recipe.block)
    return frames[order], labels[order]


def _shares(labels: np.ndarray, power: float) -> np.ndarray:
    """The probability of choosing each letter so that a class of n letters is chosen in proportion to n^(1 - power)."""
    weights = np.bincount(labels, minlength=52)[labels] ** -power
    return weights / weights.sum()


def spoil(frame: np.ndarray, other: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A frame as a bad picture or a bad crop gives it: coarse, clipped at a side, with a piece of a neighbouring letter
    (`other`, a frame, too), broken or filled in. uint8 (28, 28)."""
    shown = frame / np.float32(255)
    kind = rng.integers(5)
    if kind == 0:  # seen with few pixels
        side = int(rng.integers(9, 18))
        coarse = cv2.resize(shown, (side, side), interpolation=cv2.INTER_AREA)
        if rng.random() < 0.4:
            coarse = (coarse > rng.uniform(0.25, 0.5) * coarse.max()).astype(np.float32)
        how = cv2.INTER_NEAREST if rng.random() < 0.3 else cv2.INTER_LINEAR
        shown = cv2.resize(coarse, (ink.SIDE, ink.SIDE), interpolation=how)
    elif kind == 1:  # clipped
        turns = int(rng.integers(4))
        shown = np.rot90(np.rot90(shown, turns)[:, : ink.SIDE - 2 - rng.integers(1, 4)], -turns)
    elif kind == 2:  # beside another
        piece = np.rot90(other / np.float32(255), 2 * int(rng.integers(2)))[:, 2 : 2 + rng.integers(1, 4)]
        gap = np.zeros((ink.SIDE, rng.integers(3)), np.float32)
        parts: list[np.ndarray] = [shown[:, 2:-2], gap, piece]
        shown = np.concatenate(parts if rng.random() < 0.5 else parts[::-1], axis=1)
    elif kind == 3:  # broken
        y, x = np.mgrid[: ink.SIDE, : ink.SIDE]
        for _ in range(rng.integers(1, 4)):
            at, turn = rng.uniform(4, ink.SIDE - 4, 2), rng.uniform(0, np.pi)
            across = (x - at[0]) * np.cos(turn) + (y - at[1]) * np.sin(turn)
            along = (y - at[1]) * np.cos(turn) - (x - at[0]) * np.sin(turn)
            gone = (np.abs(across) < rng.uniform(0.5, 1.2)) & (np.abs(along) < 4)
            shown = np.where(gone, 0, shown)
    else:  # filled in
        size = int(rng.integers(2, 4))
        shown = cv2.GaussianBlur(cv2.dilate(shown, np.ones((size, size), np.uint8)), (0, 0), 0.6)
    x, y, width, height = cv2.boundingRect((shown > 0.2 * shown.max()).astype(np.uint8))
    return ink.fit(np.ascontiguousarray(shown[y : y + height, x : x + width])) if width and height else frame


def tensors(block: tuple[np.ndarray, np.ndarray], smoothing: float) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and one-hot targets, smoothed, of a block of frames and labels."""
    frames, labels = block
    targets = keras.utils.to_categorical(labels, len(CLASSES)) * (1 - smoothing) + smoothing / len(CLASSES)
    return frames[..., None].astype(np.float32), targets.astype(np.float32)


def validation(strokes: Path | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Frames and labels to measure on: those of the validation writers of a stroke file, or else drawn ones."""
    if strokes is None:
        return pen.frames(VALIDATION, seed=[0, 1], workers=1)
    hands = pen.read_writers(strokes, "validation").values()
    pairs = [(letter, label) for hand in hands for label, letters in hand.items() for letter in letters]
    return np.stack([writing.frame_of_strokes(letter) for letter, _ in pairs]), np.array([label for _, label in pairs])


# ------------------------------------------------------------------------------------------------ training


def train(
    folder: Path | str,
    minutes: float = MINUTES,
    recipe: Recipe = Recipe(),
    given: Given = Given(),
    start: Path | None = None,
) -> keras.Model:
    """Train for so many minutes in all, or what is left of them where `folder` has a checkpoint.

    given: what joins the drawn; on the validation writers of its strokes, the temperature is fitted (Guo et al. 2017,
    arXiv:1706.04599). Without strokes, drawn letters serve for that.
    start: a trained letter.keras to go on from, where there is no checkpoint.
    Writes letter.keras, letter.tflite and letter.json. Returns the network.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(recipe.seed)
    model, average = network(), network()
    frames, labels = validation(given.strokes)

    def measure(trained):
        probabilities = trained.predict(frames[..., None], batch_size=256, verbose=0)
        return {case: metrics.accuracy(probabilities, labels, case) for case in ("known", "any")}

    state = loop.train(
        model,
        average,
        start,
        "categorical_crossentropy",
        partial(draw_block, recipe=recipe, given=given),
        partial(tensors, smoothing=recipe.smoothing),
        measure,
        folder / "letter.npz",
        minutes,
        recipe,
    )
    temperature = metrics.fit_temperature(average.predict(frames[..., None], batch_size=256, verbose=0), labels)
    kernel, bias = average.layers[-1].get_weights()
    average.layers[-1].set_weights([kernel / temperature, bias / temperature])
    average.save(folder / "letter.keras")
    export(
        average,
        folder / "letter.tflite",
        recipe=asdict(recipe),
        minutes=minutes,
        state=asdict(state),
        temperature=temperature,
        **{"learnt from": _learnt_from(given)},
    )
    return average


def _learnt_from(given: Given) -> str:
    sources = {
        "letters of letters.pen": True,
        "letters.negatives": True,
        "real strokes of letters": given.strokes,
        "letters cut out of real words": given.cut,
        "real strokes of digits": given.digits,
        "letters of drawn pictures, and bare ones, as the ink network sees them": given.seen,
    }
    return ", ".join(name for name, used in sources.items() if used)


def export(model: keras.Model, path: Path | str, **facts: Any) -> None:
    """Write a letter network as a .tflite file with its manifest, which `letters.Recognizer.load` reads.

    The network has 26 classes (capitals), 52 (letters), or 53 (with what is not a letter). Raises ValueError otherwise.
    """
    count = model.output_shape[-1]
    if count not in (26, 52, len(CLASSES)):
        raise ValueError(f"a letter network has 26, 52 or {len(CLASSES)} classes, not {count}")
    about = {"input": "frames, float32 (N, 28, 28, 1), 0..255", "output": "probabilities of the classes, float32"}
    export_network(model, path, classes=CLASSES[:count], **about, **facts)


def adapt(model: keras.Model, frames: np.ndarray, labels: np.ndarray, seed: int = 0) -> keras.Model:
    """A copy of the shipped network whose last layer has learnt letters of one writer: in seconds, from a few of each.

    Gently changed copies of the letters stand among fresh ones of all writers and what is not a letter, so that nothing
    else is forgotten. frames: uint8 (N, 28, 28). labels: class numbers (N,), 0-51. Returns a network, not compiled.
    Raises ValueError where there are no letters.
    """
    if len(frames) == 0:
        raise ValueError("there are no letters to learn; keep some first, see letters.sketchpad")
    keras.utils.set_random_seed(seed)
    known, names = draw_block([seed, 7], Recipe(block=REPLAYED, spoilt=0.0))
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


def main() -> None:
    """The command: train, calibrate and export."""
    parser = loop.arguments("letter", MINUTES, QUICK_MINUTES)
    parser.add_argument("--strokes", type=Path, help="a stroke file (.npz) with real letters to learn from, too")
    parser.add_argument("--cut", type=Path, help="letters cut out of words, by letters.training.cut_letters")
    parser.add_argument("--digits", type=Path, help="a stroke file with digits, which are not letters")
    parser.add_argument("--seen", type=Path, help="frames of drawn pictures, by letters.training.seen_letters")
    options = parser.parse_args()
    recipe = Recipe(seed=options.seed, rate=CONTINUED_RATE if options.start else Recipe.rate)
    given = Given(options.strokes, options.cut, options.digits, options.seen)
    train(options.output, options.minutes, recipe, given, options.start)


if __name__ == "__main__":
    main()
