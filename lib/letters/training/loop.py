"""The training that networks share: blocks drawn in another process, a rate that falls with the time, averaged weights,
and a checkpoint, so that a training that was stopped goes on."""

import argparse
import contextlib
import hashlib
import json
import math
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from letters import native_log

with native_log.filtered():
    import keras
    from keras import ops

REPORT_MINUTES = 2.0  # between two checkpoints, each with a report


@dataclass(frozen=True)
class Schedule:
    """How a network is trained; its recipe has the fields of this one and those of the network."""

    batch: int
    rate: float  # of AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101), after the warm-up; it falls as half a cosine
    decay: float  # of the weights
    warm_up: float  # share of the time
    averaging: float  # of the weights, a block (Polyak & Juditsky 1992)
    seed: int = 0


@dataclass
class State:
    """How far a training has come."""

    seconds: float = 0.0
    blocks: int = 0
    start: str = ""  # sha256 of the .keras file that it began with
    history: list[dict[str, float]] = field(default_factory=list)  # minutes, loss and figures of each report


@contextlib.contextmanager
def drawn(draw: Callable[[list[int]], Any], seed: int, first: int = 0) -> Iterator[Iterator[Any]]:
    """Endless blocks: draw([seed, 0]), draw([seed, 1]) and so on from `first`. The next one is drawn in another process
    while one is used."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:  # TensorFlow does not survive a fork

        def blocks():
            number = first
            coming = process.submit(draw, [seed, number])
            while True:
                block = coming.result()
                number += 1
                coming = process.submit(draw, [seed, number])
                yield block

        yield blocks()


def train(
    model: keras.Model,
    average: keras.Model,
    start: Path | None,
    loss: Any,
    draw: Callable[[list[int]], tuple],
    tensors: Callable[[Any], tuple],
    measure: Callable[[keras.Model], Mapping[str, float]],
    checkpoint: Path,
    minutes: float,
    schedule: Schedule,
) -> State:
    """Train for so many minutes in all, or what is left of them where there is a checkpoint.

    model: is trained. average: a network of the same shape; at the end, it has the averaged weights.
    start: a trained .keras file of the same shape, whose weights are the first, where there is no checkpoint.
    draw: a block for a seed; runs in another process. tensors: of a block, inputs and targets as `fit` takes them.
    measure: figures of a network on validation data, reported every REPORT_MINUTES.
    checkpoint: an .npz that holds the weights, the state of the optimizer and the State while the training lasts.
    The command can be stopped with SIGTERM. Raises FloatingPointError if the training diverges.
    """
    optimizer = keras.optimizers.AdamW(schedule.rate, weight_decay=schedule.decay, global_clipnorm=1.0)
    model.compile(optimizer, loss=loss)
    optimizer.build(model.trainable_variables)
    groups = {"model": model.weights, "average": average.weights, "optimizer": optimizer.variables}
    if start:
        model.set_weights(keras.models.load_model(start, compile=False).get_weights())
    average.set_weights(model.get_weights())
    saved = restore(checkpoint, groups)
    state = State(**saved) if saved else State(start=hashlib.sha256(start.read_bytes()).hexdigest() if start else "")
    before, began, reported = state.seconds, time.monotonic(), state.seconds

    def report():
        figures = {name: round(float(value), 4) for name, value in measure(average).items()}
        state.history.append({"minutes": round(state.seconds / 60, 1), "loss": round(losses[-1], 4)} | figures)
        print(", ".join(f"{name} {value}" for name, value in state.history[-1].items()), flush=True)

    with stop_asked() as asked, drawn(draw, schedule.seed, state.blocks) as blocks:
        while state.seconds < minutes * 60 and not asked:
            optimizer.learning_rate = schedule.rate * rate_at(state.seconds / 60 / minutes, schedule.warm_up)
            losses = model.fit(*tensors(next(blocks)), batch_size=schedule.batch, verbose=0).history["loss"]
            if not math.isfinite(losses[-1]):
                raise FloatingPointError(f"the training diverged in block {state.blocks}; lower the rate of its recipe")
            state.blocks += 1
            keep = min(schedule.averaging, 1 - 1 / state.blocks)
            average.set_weights(mean_of(average.get_weights(), model.get_weights(), keep))
            state.seconds = before + time.monotonic() - began
            if state.seconds >= minutes * 60 or state.seconds - reported >= REPORT_MINUTES * 60:
                reported = state.seconds
                report()
                save(checkpoint, groups, asdict(state))
    if state.seconds < minutes * 60:
        save(checkpoint, groups, asdict(state))
    else:
        checkpoint.unlink(missing_ok=True)  # the next training begins anew
    return state


def mean_of(before: Sequence[np.ndarray], after: Sequence[np.ndarray], share: float) -> list[np.ndarray]:
    """The weighted mean of two lists of weights, `share` of the first one."""
    return [share * old + (1 - share) * new for old, new in zip(before, after, strict=True)]


def arguments(name: str, minutes: float, quick: float) -> argparse.ArgumentParser:
    """The command of the module that trains a network of this name, with the options that all of them have.

    minutes, quick: how long a training takes, in full and with --quick.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m letters.training.{name}", description=f"Train the {name} network and export it."
    )
    parser.add_argument("--minutes", type=float, default=minutes, help=f"of training in all ({minutes})")
    faster = f"{quick} minutes, for a network that is a little worse"
    parser.add_argument("--quick", action="store_const", const=quick, dest="minutes", help=faster)
    parser.add_argument("--output", type=Path, required=True, help="folder for the network and the checkpoint")
    parser.add_argument("--start", type=Path, help=f"a trained {name}.keras to go on from")
    parser.add_argument("--seed", type=int, default=0, help="of weights and drawings (0); another one with --start")
    return parser


def rate_at(progress: float, warm_up: float) -> float:
    """The share of the highest rate at this share of the time: a short rise, then half a cosine."""
    return min(progress / warm_up + 0.02, 0.5 + 0.5 * math.cos(math.pi * progress) + 0.01)


@contextlib.contextmanager
def stop_asked() -> Iterator[list[int]]:
    """A list that is no longer empty once the process has been asked to end (SIGTERM)."""
    asked: list[int] = []
    earlier = signal.signal(signal.SIGTERM, lambda number, frame: asked.append(number))
    try:
        yield asked
    finally:
        signal.signal(signal.SIGTERM, earlier)


def save(path: Path, groups: Mapping[str, Sequence], state: Mapping[str, Any]) -> None:
    """Write variables and a state as one .npz, which is whole at any time."""
    arrays = {
        f"{name}_{i}": ops.convert_to_numpy(value) for name, group in groups.items() for i, value in enumerate(group)
    }
    partial = path.with_name(f"partial.{path.name}")
    np.savez(partial, state=json.dumps(state), **arrays)
    partial.replace(path)


def restore(path: Path, groups: Mapping[str, Sequence]) -> dict[str, Any] | None:
    """Give variables the values that `save` wrote. Returns the state, None where there is no such file."""
    if not path.exists():
        return None
    with np.load(path) as file:
        for name, group in groups.items():
            for i, variable in enumerate(group):
                variable.assign(file[f"{name}_{i}"])
        return json.loads(str(file["state"]))
