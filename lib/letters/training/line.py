"""Train network 2, the line reader: strips of handwriting in, class probabilities of their columns out.

    python -m letters.training.line --minutes 180 --output FOLDER [--real FILE] [--start line.keras] [--seed 0]

It learns from lines that `letters.training.drawn_lines` draws in a second process while it trains: first which class
each column has, as the generator knows where the letters are, then more and more by connectionist temporal
classification (CTC: Graves et al. 2006, doi:10.1145/1143844.1143891), which leaves open where. Strips of real words,
where there are any, join in later, by CTC alone. The time is given, and the learning rate follows the share of it that
has passed. Stopped, by SIGTERM as well, a training writes its checkpoint and goes on from there when called again.

The folder gets, again and again, line.keras and line.tflite (the averaged weights, 8 bits) and line.json.
"""

import hashlib
import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from letters import characters, native_log
from letters.ctc import NAMES
from letters.training import drawn_lines, loop
from letters.training.export import export
from letters.training.line_batches import Drawing, augmented, batch_of, read_real
from letters.training.line_errors import evaluate
from letters.training.line_network import CONTINUED, Recipe, Trainer, average_into, network, prepare
from letters.training.strips import Strip

with native_log.filtered():
    import keras

MINUTES, QUICK_MINUTES = 180, 60
CHECKPOINT_MINUTES = 3.0
EXPORT_MINUTES = 10.0


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
    recipe: Recipe = Recipe(),  # noqa: B008
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
    first = trainer.model.get_weights()
    average.set_weights(first)
    begun = State(start=hashlib.sha256(Path(start).read_bytes()).hexdigest() if start else "")
    checkpoint, groups = folder / "line.npz", _variables(trainer, average)
    saved = loop.restore(checkpoint, groups)
    state = State(**saved) if saved else begun
    drawing = Drawing(recipe, seed, state.block)
    try:
        with loop.stop_asked() as asked:
            _run(trainer, average, drawing, state, folder, minutes * 60, seed, real, recipe, asked)
    finally:
        drawing.close()
    if state.seconds < minutes * 60:
        loop.save(checkpoint, groups, asdict(state))
    else:
        checkpoint.unlink(missing_ok=True)  # the next training begins anew
    average.set_weights(loop.mean_of(first, average.get_weights(), recipe.keep))
    write(average, folder, state, recipe, seed, minutes)
    return average


def rate_at(progress: float, step: int, recipe: Recipe) -> float:
    """The learning rate: a warm-up of a few steps, a plateau, a cosine."""
    fall = min(1.0, max(0.0, progress - recipe.hold) / (1 - recipe.hold))
    cosine = recipe.final_rate + (1 - recipe.final_rate) * (1 + math.cos(math.pi * fall)) / 2
    return recipe.rate * min(1.0, (step + 1) / recipe.warmup) * cosine


def _run(trainer, average, drawing, state, folder, total, seed, real_path, recipe, asked) -> None:
    """Train until the time is up or `asked` says stop."""
    rng = np.random.default_rng([seed, 2, state.step])
    validation = drawn_lines.draw(recipe.validation, [seed, 3])
    real: list[Strip] = []
    real_validation: list[Strip] = []
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
            loop.save(folder / "line.npz", _variables(trainer, average), asdict(state))
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
        f"columns {float(trainer.column_loss.result()):.4f} marks {float(trainer.mark_loss.result()):.4f} "
        f"ctc {float(trainer.ctc_loss.result()):.4f} "
        f"errors {drawn:.4f} real {real:.4f}",
        flush=True,
    )
    trainer.reset_metrics()


def _variables(trainer: Trainer, average: keras.Model) -> dict[str, list]:
    return {
        "model": trainer.model.weights,
        "average": average.weights,
        "optimizer": [variable for variable in trainer.optimizer.variables if variable.name != "learning_rate"],
    }


def write(model: keras.Model, folder: Path, state: State, recipe: Recipe, seed: int, minutes: float) -> None:
    """Write line.keras, line.tflite and its manifest, line.json.

    Its input can be resized to any width that is a multiple of 4.
    """
    model.save(folder / "partial.keras")
    (folder / "partial.keras").replace(folder / "line.keras")
    facts = {
        "recipe": asdict(recipe),
        "seed": seed,
        "minutes": minutes,
        "state": asdict(state),
        "input": "strips, float32 (N, 48, W, 1), 0..255, W a multiple of 4",
        "output": "logits, float32 (N, 1, W / 4, 198); reshape to (N, W / 2, 99), classes and marks",
        "classes": list(NAMES),
        "marks": list(characters.MARKS),
        "learnt from": "lines drawn by letters.training.drawn_lines"
        + (f", and {state.real_strips} strips of real words" if state.real_seconds else ""),
    }
    export(model, folder / "line.tflite", **facts)


def main() -> None:
    parser = loop.arguments("line", MINUTES, QUICK_MINUTES)
    parser.add_argument("--real", type=Path, help="strips of real words (.npz), taken up when it appears")
    options = parser.parse_args()
    recipe = CONTINUED if options.start else Recipe()
    train(options.output, options.minutes, options.seed, options.real, recipe, options.start)


if __name__ == "__main__":
    main()
