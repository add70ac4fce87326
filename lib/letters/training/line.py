"""Train network 2, the line reader: strips of handwriting in, class probabilities of their columns out.

    python -m letters.training.line --minutes 80 --output FOLDER [--real FILE] [--start line.keras] [--seed 0]

It learns from lines that `letters.training.drawn_lines` draws in a second process while it trains: first which class
each column has, as the generator knows where the letters are, then more and more by connectionist temporal
classification (CTC: Graves et al. 2006, doi:10.1145/1143844.1143891), which leaves open where. Strips of real words,
where there are any, join in later, by CTC alone. The time is given, and the learning rate follows the share of it that
has passed. Stopped, by SIGTERM as well, a training writes its checkpoint and goes on from there when called again.

The folder gets, again and again, line.keras and line.tflite (the averaged weights, 8 bits) and line.json.
"""

import argparse
import contextlib
import hashlib
import json
import math
import queue
import signal
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from pathlib import Path

import cv2
import numpy as np
from rapidfuzz.distance import Levenshtein

from letters import alphabet, language, native_log, pen
from letters.training import drawn_lines
from letters.training.drawn_lines import BLANK, CLASSES, HEIGHT, NOT_A_LETTER, SPACE, Strip

with native_log.filtered():
    import keras
    from keras import layers, ops

STRIDE = 4  # px of the strip for each column of the trunk; two columns come out of it


@dataclass(frozen=True)
class Recipe:
    """Everything that is chosen about the network and its training; written into the manifest."""

    filters: tuple[int, ...] = (16, 32, 64, 96, 192)  # at 1/2, 1/2, 1/4, 1/4 and in the columns
    dropout: float = 0.1
    batch: int = 32
    chunk: int = 1024  # strips that are sorted by width, so that those of a batch are about as wide
    pool: int = 16_000  # strips that are kept, to be used again where the drawing falls behind
    rate: float = 2.5e-3  # of AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101), at its highest
    warmup: int = 100  # steps
    hold: float = 0.4  # share of the time before the cosine sets in
    final_rate: float = 0.01  # of `rate`
    weight_decay: float = 0.02
    clip: float = 2.0  # norm of the gradient
    average: float = 0.998  # of the running average of the weights, a step (Polyak & Juditsky 1992)
    average_every: int = 4  # steps
    column_loss: tuple[float, float] = (1.0, 0.15)  # weight at the start, and after `turn`
    ctc_loss: tuple[float, float] = (0.3, 1.0)
    turn: float = 0.35  # share of the time by which the losses have their last weights
    real_share: float = 0.5  # of each batch, once there are real words
    real_from: float = 0.4  # share of the time after which they join
    gamma: float = 0.25  # of the ink, log, standard deviation
    validation: int = 300  # drawn strips that the character error rate is measured on
    policy: str = "mixed_bfloat16"  # of the training: a third faster than float32 on processors with AVX512-BF16


# Of a training that goes on from a trained network (`start`): the losses as they were at its end, real words at once.
CONTINUED = Recipe(rate=1.5e-3, hold=0.3, column_loss=(0.15, 0.15), ctc_loss=(1.0, 1.0), real_from=0.0)


# ------------------------------------------------------------------------------------------------- network


def network(recipe: Recipe = Recipe(), policy: str = "float32") -> keras.Model:
    """The line reader: residual convolutions (He et al. 2016, arXiv:1512.03385), each with batch normalisation (Ioffe &
    Szegedy 2015, arXiv:1502.03167), whose height is pooled away, and no recurrent layer: a column sees 1.7 capital
    heights to either side, so that letters are learnt and not words.

    Input: strips as they are, 0..255, (N, 48, W, 1), W a multiple of 4. Output: logits, float32 (N, 1, W / 4, 110): two
    columns of 55 classes for each 4 px, which `split` takes apart. policy: the precision, as Keras names it.
    """
    first, second, third, fourth, last = recipe.filters

    def convolution(x, filters, kernel=3, strides=1, padding="same"):
        x = layers.Conv2D(filters, kernel, strides, padding=padding, use_bias=False, dtype=policy)(x)
        return layers.ReLU(dtype=policy)(layers.BatchNormalization(momentum=0.98, dtype=policy)(x))

    def residual(x, kernel=3):
        return layers.Add(dtype=policy)([x, convolution(x, x.shape[-1], kernel)])

    strips = keras.Input((HEIGHT, None, 1))
    x = layers.Rescaling(1 / 255, dtype=policy)(strips)
    x = convolution(x, first, 5, 2)
    x = layers.MaxPooling2D(2, dtype=policy)(convolution(x, second))  # 12 rows
    x = layers.MaxPooling2D((2, 1), dtype=policy)(residual(convolution(x, third)))
    x = layers.MaxPooling2D((2, 1), dtype=policy)(residual(convolution(x, fourth)))
    x = layers.ZeroPadding2D((0, 1), dtype=policy)(x)  # 3 rows
    x = convolution(x, last, 3, padding="valid")
    x = residual(residual(x, (1, 5)), (1, 5))
    x = layers.Dropout(recipe.dropout, dtype=policy)(x)
    return keras.Model(strips, layers.Conv2D(2 * CLASSES, 1, dtype="float32", name="columns")(x), name="line")


def split(logits):
    """Two columns for each of the trunk's: (N, 1, W / 4, 110) -> (N, W / 2, 55); any array or tensor."""
    return ops.reshape(logits, (ops.shape(logits)[0], -1, CLASSES))


class Trainer(keras.Model):
    """The line reader with its two losses, for `train_on_batch(strips, targets)` on any backend.

    targets: a dictionary of `columns` int32 (N, W / 2), `labels` int32 (N, L), `lengths` int32 (N,) of the labels,
    `widths` int32 (N,) in columns, `known` float32 (N,): 1 where the columns' classes are known, and `weights`
    float32 (N, 2) of the two losses.
    """

    def __init__(self, model: keras.Model):
        super().__init__()
        self.model = model
        self.column_loss, self.ctc_loss = keras.metrics.Mean("columns"), keras.metrics.Mean("ctc")

    def call(self, strips, training=None):
        return split(self.model(strips, training=training))

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        inside = ops.cast(ops.arange(ops.shape(y_pred)[1])[None] < y["widths"][:, None], "float32")
        each = keras.losses.sparse_categorical_crossentropy(y["columns"], y_pred, from_logits=True)
        columns = ops.sum(each * inside, axis=1) / ops.cast(y["widths"], "float32")
        ctc = _ctc(y, y_pred) / ops.cast(ops.maximum(y["lengths"], 1), "float32")
        known = ops.sum(y["known"])
        self.column_loss.update_state(ops.sum(columns * y["known"]) / ops.maximum(known, 1))
        self.ctc_loss.update_state(ops.mean(ctc))
        return ops.mean(y["weights"][:, 0] * y["known"] * columns + y["weights"][:, 1] * ctc)


def _ctc(y, logits):
    """CTC loss of each strip, float32 (N,). Keras gives TensorFlow dense labels, which takes its slow loss."""
    if keras.backend.backend() != "tensorflow":
        return ops.ctc_loss(y["labels"], logits, y["lengths"], y["widths"], mask_index=BLANK)
    import tensorflow

    labels = tensorflow.RaggedTensor.from_tensor(y["labels"], lengths=y["lengths"]).to_sparse()
    return tensorflow.nn.ctc_loss(labels, logits, None, y["widths"], logits_time_major=False, blank_index=BLANK)


def average_into(average: keras.Model, model: keras.Model, step: int, recipe: Recipe) -> None:
    """Move the running average of the weights, statistics of the batch normalisation included, towards a model."""
    share = 1 - min(recipe.average, (1 + step) / (20 + step)) ** recipe.average_every
    for mean, value in zip(average.weights, model.weights, strict=True):
        mean.assign(mean + (value - mean) * share)


# ------------------------------------------------------------------------------------------------- strips


def fits(strip: Strip) -> bool:
    """Whether a strip has columns enough for its labels: CTC needs a blank between equal ones."""
    labels = strip.labels
    return len(labels) + int((labels[1:] == labels[:-1]).sum()) <= strip.pixels.shape[1] // 2


def batch_of(strips: Sequence[Strip], rng, recipe: Recipe, progress: float = 0.0) -> tuple[np.ndarray, dict]:
    """What `Trainer` takes: strips float32 (N, 48, W, 1), and its targets. Strips of real words, whose ranges are not
    known, have (0, 2) ranges. progress: share of the training that is over, which the weights of the losses follow."""
    width = -(-max(strip.pixels.shape[1] for strip in strips) // 16) * 16  # few widths, for the sake of caches
    longest = max(1, *(len(strip.labels) for strip in strips))
    pixels = np.zeros((len(strips), HEIGHT, width, 1), np.float32)
    columns = np.full((len(strips), width // 2), BLANK, np.int32)
    labels = np.zeros((len(strips), longest), np.int32)
    known = np.array([len(strip.ranges) == len(strip.labels) for strip in strips], np.float32)
    for i, strip in enumerate(strips):
        pixels[i, :, : strip.pixels.shape[1], 0] = strip.pixels
        labels[i, : len(strip.labels)] = strip.labels
        if known[i]:
            columns[i, : strip.pixels.shape[1] // 2] = strip.columns()
    powers = np.exp(rng.normal(0, recipe.gamma, (len(strips), 1, 1, 1))).astype(np.float32)
    turned = min(1.0, progress / recipe.turn)
    weights = [a + (b - a) * turned for a, b in (recipe.column_loss, recipe.ctc_loss)]
    return (pixels / 255) ** powers * 255, {
        "columns": columns,
        "labels": labels,
        "lengths": np.array([len(strip.labels) for strip in strips], np.int32),
        "widths": np.array([strip.pixels.shape[1] // 2 for strip in strips], np.int32),
        "known": known,
        "weights": np.tile(np.float32(weights), (len(strips), 1)),
    }


def read_real(path: Path | str, split: int = 0) -> list[Strip]:
    """Strips of real words: an .npz with `pixels` uint8 (48, sum of widths), `widths`, `labels` uint8 (sum of counts,),
    `counts` and `split` (0 train, 1 validation, 2 test; all of it is train where there is none).

    Raises ValueError for a file that is none of these, or whose parts do not fit.
    """
    with np.load(path) as file:
        missing = {"pixels", "widths", "labels", "counts"} - set(file.files)
        if missing:
            raise ValueError(f"{path}: not a file of strips, it has no {', '.join(sorted(missing))}")
        pixels, widths, labels, counts = (file[name] for name in ("pixels", "widths", "labels", "counts"))
        splits = file["split"] if "split" in file.files else np.zeros(len(widths), np.uint8)
    if pixels.shape != (HEIGHT, widths.sum()) or len(labels) != counts.sum() or len(widths) != len(counts):
        raise ValueError(f"{path}: its pixels, widths, labels and counts do not fit together")
    pieces = np.split(pixels, np.cumsum(widths)[:-1], axis=1)
    texts = np.split(labels.astype(np.uint8), np.cumsum(counts)[:-1])
    unknown = np.zeros((0, 2), np.float32)
    strips = [Strip(piece, text, unknown) for piece, text in zip(pieces, texts, strict=True)]
    return [strip for strip, of in zip(strips, splits, strict=True) if of == split and fits(strip)]


def augmented(strip: Strip, rng) -> Strip:
    """A strip of a real word, changed: size, aspect, slant, slope, place, softness and thickness of its ink."""
    height, width = strip.pixels.shape
    scale, aspect, slant, slope = np.exp(rng.normal(0, 0.12)), np.exp(rng.normal(0, 0.12)), *rng.normal(0, (0.15, 0.02))
    wide = max(24, 4 * math.ceil(width * scale * aspect / 4 + 1))
    warp = np.array([[scale * aspect, -slant * scale, 0], [slope * scale, scale, 0]])
    anchor = np.array([width / 2, drawn_lines.BASELINE - drawn_lines.CAPITAL / 2])
    target = np.array([wide / 2, anchor[1] + rng.normal(0, 1.5)])
    warp[:, 2] = target - warp[:, :2] @ anchor
    pixels = cv2.warpAffine(strip.pixels, warp, (wide, height), flags=cv2.INTER_LINEAR)
    if rng.random() < 0.3:
        pixels = cv2.GaussianBlur(pixels, (0, 0), rng.uniform(0.3, 1.1))
    if rng.random() < 0.3:
        pixels = (cv2.dilate if rng.random() < 0.5 else cv2.erode)(pixels, np.ones((2, 2), np.uint8))
    changed = Strip(pixels, strip.labels, strip.ranges)
    return changed if fits(changed) else strip


def _draw_blocks(blocks, seed: int, first: int, size: int) -> None:
    """Draw block after block of strips into a queue, until the process is ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the training ends this process
    cv2.setNumThreads(1)
    block = first
    while True:
        blocks.put((block, drawn_lines.draw(size, [seed, 1, block])))
        block += 1


class Drawing:
    """Strips of a second process, fresh ones as far as there are any."""

    BLOCK = 256  # strips drawn at once

    def __init__(self, recipe: Recipe, seed: int, block: int = 0):
        """block: the first to draw, so that a training that goes on sees new strips."""
        self.recipe, self.block, self.drawn, self.old = recipe, block, 0, []
        context = get_context("spawn")  # TensorFlow does not survive a fork
        self.blocks = context.Queue(maxsize=16)
        self.process = context.Process(target=_draw_blocks, args=(self.blocks, seed, block, self.BLOCK), daemon=True)
        self.process.start()

    def strips(self, count: int, rng) -> list[Strip]:
        """So many strips: new ones, and, where they are not drawn fast enough, old ones again. Raises RuntimeError when
        the drawing has failed."""
        fresh = []
        while len(fresh) < count:
            needed = len(self.old) + len(fresh) < count
            try:
                block, strips = self.blocks.get(timeout=5 if needed else 0.2)
            except queue.Empty:
                if not self.process.is_alive():
                    raise RuntimeError("the process that draws strips has ended; its error is above") from None
                if needed:
                    continue
                break
            self.block = block + 1
            fresh += [strip for strip in strips if fits(strip)]
        self.drawn += len(fresh)
        again = [self.old[i] for i in rng.integers(len(self.old), size=max(0, count - len(fresh)))]
        self.old = (self.old + fresh)[-self.recipe.pool :]
        return fresh + again

    def close(self) -> None:
        self.process.terminate()
        self.process.join()


# ----------------------------------------------------------------------------------------------- measuring


def text_of(labels: Sequence[int]) -> str:
    """What characters say, case aside: small letters and single spaces; what is not a letter is left out."""
    chars = (" " if label == SPACE else chr(97 + label % 26) for label in labels if label not in (NOT_A_LETTER, BLANK))
    return " ".join("".join(chars).split())


def greedy(columns: np.ndarray) -> str:
    """The text of the most probable class of each column, float (T, 55): repeats count once, blanks not at all."""
    best = columns.argmax(axis=-1)
    changes = np.concatenate([[True], best[1:] != best[:-1]])
    return text_of(best[changes])


def columns_of(model: keras.Model, strips: Sequence[Strip], batch: int = 32) -> list[np.ndarray]:
    """Logits of each strip's columns, float32 (W / 2, 55), by a `network`."""
    result: list[np.ndarray] = [np.empty(0)] * len(strips)
    order = np.argsort([strip.pixels.shape[1] for strip in strips])
    for first in range(0, len(order), batch):
        part = order[first : first + batch]
        pixels, _ = batch_of([strips[i] for i in part], np.random.default_rng(0), _AS_IS)
        logits = ops.convert_to_numpy(split(model.predict_on_batch(pixels)))
        for i, columns in zip(part, logits, strict=True):
            result[i] = columns[: strips[i].pixels.shape[1] // 2]
    return result


def evaluate(model: keras.Model, strips: Sequence[Strip]) -> float:
    """The character error rate of the most probable columns, case aside, without any language."""
    edits = length = 0
    for strip, columns in zip(strips, columns_of(model, strips), strict=True):
        truth = text_of(strip.labels)
        edits += Levenshtein.distance(truth, greedy(columns))
        length += len(truth)
    return edits / max(length, 1)


def lines_of_writers(path: Path | str, split: str = "validation", each: int = 20, seed: int = 0) -> dict:
    """Lines that writers of a stroke file wrote letter by letter: their own letters, put together as strips.

    Half of the lines are English words, half are random letters. Returns lists of strips: `apart`, `touching`, `joined`
    with small letters, capitals, or a capital first, and `capitals apart`; `each` of a writer in each.
    Raises what `pen.read_writers` raises.
    """
    rng = np.random.default_rng([seed, 4])
    made: dict[str, list[Strip]] = {name: [] for name in (*drawn_lines.SPACINGS, "capitals apart")}
    for hand in pen.read_writers(path, split).values():
        for name, strips in made.items():
            for _ in range(each):
                case = "upper" if name == "capitals apart" else str(rng.choice(["upper", "lower", "title"]))
                text = _text_for(hand, case, rng)
                if text:
                    strips.append(drawn_lines.write(text, hand, name.split()[-1], int(rng.integers(2**32))))
    return made


def _text_for(hand: dict, case: str, rng) -> str:
    """One to three words that a hand can write in a case, or nothing where it has too few letters for it."""
    known = "".join(sorted(alphabet.CLASSES[label] for label in hand if (label < 26) == (case == "upper")))
    if len(known) < 8:
        return ""
    words = []
    for _ in range(rng.integers(1, 4)):
        listed = language.load("en").words[rng.integers(2000)]
        listed = listed.upper() if case == "upper" else listed
        listed = listed if rng.random() < 0.5 else "".join(rng.choice(list(known), rng.integers(3, 9)))
        word = "".join(char for char in listed if char in known)  # without the letters that the writer never wrote
        first = word[:1].upper()
        words.append(first + word[1:] if case == "title" and alphabet.CLASSES.find(first) in hand else word)
    return " ".join(word for word in words if word)


# ------------------------------------------------------------------------------------------------ training

CHECKPOINT_MINUTES = 3.0
EXPORT_MINUTES = 10.0
_AS_IS = Recipe(gamma=0.0)


@dataclass
class State:
    """How far a training has come; kept in the checkpoint beside the weights."""

    seconds: float = 0.0
    step: int = 0
    seen: int = 0  # strips
    block: int = 0  # of drawn strips, the next
    real_seconds: float = 0.0  # with real words among the strips
    real_strips: int = 0  # strips of real words that were there to learn from
    start: str = ""  # sha256 of the line.keras that it began with
    errors: list[list[float]] = field(default_factory=list)  # minutes, error rate on drawn and on real strips


def train(
    folder: Path | str,
    minutes: float,
    seed: int = 0,
    real: Path | str | None = None,
    recipe: Recipe = Recipe(),
    start: Path | str | None = None,
) -> keras.Model:
    """Train the line reader for so many minutes in all, or what is left of them where `folder` has a checkpoint.

    real: a file of strips of real words, as `read_real` takes it; it need not be there yet.
    start: a trained line.keras of the same recipe to go on from, where there is no checkpoint.
    Returns the network with the averaged weights. Raises ValueError where `start` is another network.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(seed)
    trainer, average = Trainer(network(recipe, recipe.policy)), network(recipe)
    prepare(trainer, recipe)
    if start:
        trainer.model.set_weights(keras.models.load_model(start, compile=False).get_weights())
    average.set_weights(trainer.model.get_weights())
    begun = State(start=hashlib.sha256(Path(start).read_bytes()).hexdigest() if start else "")
    state = _resume(folder / "checkpoint.npz", trainer, average) or begun
    drawing = Drawing(recipe, seed, state.block)
    try:
        with _stop_asked() as asked:
            _run(trainer, average, drawing, state, folder, minutes * 60, seed, real, recipe, asked)
    finally:
        drawing.close()
    if state.seconds < minutes * 60:
        _write_checkpoint(folder / "checkpoint.npz", trainer, average, state)
    else:
        (folder / "checkpoint.npz").unlink(missing_ok=True)  # the next training begins anew
    write(average, folder, state, recipe, seed, minutes)
    return average


def prepare(trainer: Trainer, recipe: Recipe) -> None:
    """Compile for AdamW; biases and normalisation do not decay."""
    optimizer = keras.optimizers.AdamW(
        recipe.rate, weight_decay=recipe.weight_decay, beta_2=0.99, global_clipnorm=recipe.clip
    )
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    trainer.compile(optimizer, jit_compile=keras.backend.backend() == "jax")
    optimizer.build(trainer.model.trainable_variables)


def rate_at(progress: float, step: int, recipe: Recipe) -> float:
    """The learning rate: a warm-up of a few steps, a plateau, a cosine."""
    fall = min(1.0, max(0.0, progress - recipe.hold) / (1 - recipe.hold))
    cosine = recipe.final_rate + (1 - recipe.final_rate) * (1 + math.cos(math.pi * fall)) / 2
    return recipe.rate * min(1.0, (step + 1) / recipe.warmup) * cosine


def _run(trainer, average, drawing, state, folder, total, seed, real_path, recipe, asked) -> None:
    """Train until the time is up or `asked` says stop."""
    rng = np.random.default_rng([seed, 2, state.step])
    validation = drawn_lines.draw(recipe.validation, [seed, 3])
    real, real_validation = [], []
    before, began = state.seconds, time.monotonic()
    reported = saved = exported = state.seconds
    while state.seconds < total and not asked:
        if not real and real_path and Path(real_path).exists():
            real, real_validation = read_real(real_path), read_real(real_path, 1)
            real_validation = real_validation[
                :: max(1, -(-len(real_validation) // recipe.validation))
            ]  # of all writers
            state.real_strips = len(real)
            print(f"{len(real)} strips of real words to train on, {len(real_validation)} to validate on", flush=True)
        mixed = bool(real) and state.seconds >= recipe.real_from * total
        for strips in _batches(drawing, real if mixed else [], rng, recipe):
            progress = state.seconds / total
            trainer.optimizer.learning_rate = rate_at(progress, state.step, recipe)
            trainer.train_on_batch(*batch_of(strips, rng, recipe, progress))
            if state.step % recipe.average_every == 0:
                average_into(average, trainer.model, state.step, recipe)
            passed = before + time.monotonic() - began - state.seconds
            state.seconds += passed
            state.real_seconds += passed * mixed
            state.step += 1
            state.seen += len(strips)
            state.block = drawing.block
            if state.seconds - reported >= 60:
                reported = state.seconds
                _report(trainer, average, drawing, state, validation, real_validation)
            if asked or state.seconds >= total:
                break
        if state.seconds - saved >= CHECKPOINT_MINUTES * 60:
            saved = state.seconds
            _write_checkpoint(folder / "checkpoint.npz", trainer, average, state)
        if state.seconds - exported >= EXPORT_MINUTES * 60 or not (folder / "line.tflite").exists():
            exported = state.seconds
            write(average, folder, state, recipe, seed, total / 60)


def _batches(drawing: Drawing, real: Sequence[Strip], rng, recipe: Recipe) -> list[list[Strip]]:
    """Batches of strips of about one width, in random order."""
    count = round(recipe.chunk * recipe.real_share) if real else 0
    strips = [augmented(real[i], rng) for i in rng.integers(max(1, len(real)), size=count)]
    strips += drawing.strips(recipe.chunk - count, rng)
    strips.sort(key=lambda strip: strip.pixels.shape[1])
    batches = [strips[i : i + recipe.batch] for i in range(0, len(strips), recipe.batch)]
    return [batches[i] for i in rng.permutation(len(batches))]


def _report(trainer, average, drawing, state: State, validation, real_validation) -> None:
    drawn = evaluate(average, validation)
    real = evaluate(average, real_validation) if real_validation else float("nan")
    state.errors.append([round(state.seconds / 60, 1), round(drawn, 5), *([round(real, 5)] if real_validation else [])])
    print(
        f"{time.strftime('%H:%M')} minute {state.seconds / 60:.1f} step {state.step} seen {state.seen} "
        f"drawn {drawing.drawn} rate {float(trainer.optimizer.learning_rate):.5f} "
        f"columns {float(trainer.column_loss.result()):.4f} ctc {float(trainer.ctc_loss.result()):.4f} "
        f"errors {drawn:.4f} real {real:.4f}",
        flush=True,
    )
    trainer.reset_metrics()


@contextlib.contextmanager
def _stop_asked():
    """A list that is no longer empty once the process has been asked to end (SIGTERM)."""
    asked: list[int] = []
    earlier = signal.signal(signal.SIGTERM, lambda number, frame: asked.append(number))
    try:
        yield asked
    finally:
        signal.signal(signal.SIGTERM, earlier)


def _variables(trainer: Trainer, average: keras.Model) -> dict[str, list]:
    return {
        "model": trainer.model.weights,
        "average": average.weights,
        "optimizer": [variable for variable in trainer.optimizer.variables if variable.name != "learning_rate"],
    }


def _write_checkpoint(path: Path, trainer: Trainer, average: keras.Model, state: State) -> None:
    """Everything that a training goes on from, in one .npz that is whole at any time."""
    groups = _variables(trainer, average)
    arrays = {
        f"{name}_{i}": ops.convert_to_numpy(value) for name, group in groups.items() for i, value in enumerate(group)
    }
    partial = path.with_name("partial.npz")
    np.savez(partial, state=json.dumps(asdict(state)), **arrays)
    partial.replace(path)


def _resume(path: Path, trainer: Trainer, average: keras.Model) -> State | None:
    """Take up a checkpoint where there is one."""
    if not path.exists():
        return None
    with np.load(path) as file:
        for name, group in _variables(trainer, average).items():
            for i, variable in enumerate(group):
                variable.assign(file[f"{name}_{i}"])
        return State(**json.loads(str(file["state"])))


def write(model: keras.Model, folder: Path, state: State, recipe: Recipe, seed: int, minutes: float) -> None:
    """Write line.keras, line.tflite and line.json, each whole at any time."""
    model.save(folder / "partial.keras")
    (folder / "partial.keras").replace(folder / "line.keras")
    export(model, folder / "partial.tflite")
    (folder / "partial.tflite").replace(folder / "line.tflite")
    manifest = {
        "recipe": asdict(recipe),
        "seed": seed,
        "minutes": minutes,
        "state": asdict(state),
        "parameters": model.count_params(),
        "input": "strips, float32 (N, 48, W, 1), 0..255, W a multiple of 4",
        "output": "logits, float32 (N, 1, W / 4, 110); reshape to (N, W / 2, 55)",
        "classes": "A-Z, a-z, space, not a letter, blank",
        "learnt from": "lines drawn by letters.training.drawn_lines"
        + (f", and {state.real_strips} strips of real words" if state.real_seconds else ""),
        "sha256": hashlib.sha256((folder / "line.tflite").read_bytes()).hexdigest(),
    }
    (folder / "line.json").write_text(json.dumps(manifest, indent=1) + "\n")


def export(model: keras.Model, path: Path) -> None:
    """Write a network as a .tflite file with weights of 8 bits (dynamic-range quantisation: Jacob et al. 2018,
    arXiv:1712.05877). Its input can be resized to any width that is a multiple of 4. Needs the TensorFlow backend."""
    with native_log.filtered():
        import tensorflow

        model.export(str(path), format="litert", verbose=False, optimizations=[tensorflow.lite.Optimize.DEFAULT])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m letters.training.line", description="Train the line reader.")
    parser.add_argument("--minutes", type=float, default=80, help="of training in all (80)")
    parser.add_argument("--output", type=Path, required=True, help="folder for the network and the checkpoint")
    parser.add_argument("--real", type=Path, help="strips of real words (.npz), taken up when it appears")
    parser.add_argument("--start", type=Path, help="a trained line.keras to go on from, with real words at once")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    recipe = CONTINUED if options.start else Recipe()
    train(options.output, options.minutes, options.seed, options.real, recipe, options.start)


if __name__ == "__main__":
    main()
