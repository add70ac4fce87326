"""The pen model: how people move a pen when they write a letter, learnt from real strokes, and letters drawn from it.

The model is a mixture of linear shape models (active shape models: Cootes et al. 1995, doi:10.1006/cviu.1995.1004).
For each of the 52 classes and each stroke count in use, real letters are resampled by arc length, normalised to the
unit box and clustered by k-means into *forms* (allographs: the ways to write one letter). Of each form the model keeps
the mean shape, its share among the letters of the class, and the principal components of its members' deviations,
each scaled by its spread. A new letter is a form, drawn by its share, plus a normal draw along each component.

A *letter* is a list of strokes; a *stroke* is float32 (POINTS, 2): x to the right, y down, the letter's longer side 1.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from joblib import Parallel, cpu_count, delayed
from numpy.typing import ArrayLike
from tqdm.auto import tqdm

from letters import ink, writing
from letters.alphabet import CLASSES
from letters.characters import DIGITS

POINTS = 32  # of a stroke, after resampling
COMPONENTS = 8  # principal components of a form, at most
MEMBERS = 30  # letters a form is made from, on average
MIN_MEMBERS = 8  # a smaller cluster is a slip of the pen or a wrong label
MAX_STROKES = 4
MAX_DEVIATION = 2.0  # standard deviations; further out letters lose their shape
EVENNESS = 0.7  # 1 draws forms as often as they were found, 0 all equally often: other hands prefer other forms
SPLITS = {"train": 0, "validation": 1, "test": 2}  # as stroke files number them; no writer is in two
BLOCK = 500  # letters drawn from one seed: the unit of work of a process
PATH = Path(__file__).parent / "assets" / "pen_model.npz"
DIGITS_PATH = PATH.with_name("pen_model_digits.npz")
DIGITS_HELD_OUT = 4  # one writer of digits in so many is kept for measuring


class StrokeFileError(ValueError):
    """A stroke file, or a pen model file, that is not as it should be."""


@dataclass(frozen=True)
class Forms:
    """All forms written with the same number of strokes S; D = S * POINTS * 2."""

    label: np.ndarray  # uint8 (F,): class number
    share: np.ndarray  # float32 (F,): of the letters of its class
    mean: np.ndarray  # uint8 (F, D): 0..255 is 0..1 of the unit box
    axes: np.ndarray  # int8 (F, COMPONENTS, D): component times its standard deviation, in steps of `step`
    step: np.ndarray  # float32 (F, COMPONENTS)

    def strokes(self, form: int, scores: np.ndarray) -> np.ndarray:
        """A letter: form number, float (COMPONENTS,) scores in standard deviations -> float32 (S, POINTS, 2)."""
        shape = self.mean[form] / np.float32(255) + (scores * self.step[form]).astype(np.float32) @ self.axes[form]
        return shape.reshape(-1, POINTS, 2)


# ------------------------------------------------------------------------------------------------- strokes


def read_strokes(path: str | Path) -> tuple[list[list[np.ndarray]], np.ndarray]:
    """Read the letters of a stroke file that are good enough to learn from.

    The file is an .npz with `pts` uint8 (M, 2), `stroke_len`, `n_strokes`, `y` (0-25 whatever the case) and `case`
    (0 upper, 1 lower). Where it has `split`, only the train split (0) is taken; letters marked `broken` or `dup`, and
    those whose `agree` is 0 (no similar letter by another writer has this label), are left out; so are letters of one
    straight stroke, other than I, i and l.
    Returns (letters, labels): a list of lists of float32 (n, 2), and uint8 (N,) class numbers.
    Raises StrokeFileError or FileNotFoundError.
    """
    letters, labels, marks = read_file(path)
    keep = np.ones(len(labels), bool)
    if "split" in marks:
        keep &= marks["split"] == SPLITS["train"]
    for mark in ("broken", "dup"):
        if mark in marks:
            keep &= ~marks[mark]
    if "agree" in marks:
        keep &= marks["agree"] > 0
    chosen = [i for i in np.flatnonzero(keep) if CLASSES[labels[i]] in "Iil" or not _is_straight(letters[i])]
    return [letters[i] for i in chosen], labels[chosen]


def read_digits(path: str | Path, held_out: bool = False) -> tuple[list[list[np.ndarray]], np.ndarray]:
    """Read the digits of a stroke file whose `label` names each character: of three writers in four, or, held_out, of
    the others. Returns (letters, digits): a list of lists of float32 (n, 2), and uint8 (N,) 0-9.

    Raises StrokeFileError or FileNotFoundError.
    """
    letters, _, marks = read_file(path)
    missing = {"label", "writer"} - set(marks)
    if missing:
        raise StrokeFileError(f"{path}: no file of digits, it has no {', '.join(sorted(missing))}")
    apart = marks["writer"] % DIGITS_HELD_OUT == 0
    chosen = np.flatnonzero(np.isin(marks["label"], list(DIGITS)) & (apart == held_out))
    return [letters[i] for i in chosen], marks["label"][chosen].astype(np.uint8)


def read_writers(path: str | Path, split: str = "test") -> dict[int, dict[int, list[list[np.ndarray]]]]:
    """Read the letters of a stroke file writer by writer, only those of `split` where it has any.

    Letters marked `broken` are left out, others are not, however odd.
    Returns {writer number: {class number: [letters]}}. Raises StrokeFileError or FileNotFoundError.
    """
    letters, labels, marks = read_file(path)
    if "writer" not in marks:
        raise StrokeFileError(f"{path}: it does not say who wrote what, it has no writer")
    keep = ~marks.get("broken", np.zeros(len(labels), bool))
    if "split" in marks:
        keep &= marks["split"] == SPLITS[split]
    writers: dict[int, dict[int, list[list[np.ndarray]]]] = {}
    for i in np.flatnonzero(keep):
        writers.setdefault(int(marks["writer"][i]), {}).setdefault(int(labels[i]), []).append(letters[i])
    return writers


def read_file(path: str | Path) -> tuple[list[list[np.ndarray]], np.ndarray, dict[str, np.ndarray]]:
    """All letters of a stroke file, their class numbers (above 51 for what is no letter), and its arrays by name.

    Raises StrokeFileError or FileNotFoundError.
    """
    with np.load(path) as file:
        missing = {"pts", "stroke_len", "n_strokes", "y", "case"} - set(file.files)
        if missing:
            raise StrokeFileError(f"{path}: not a stroke file, it has no {', '.join(sorted(missing))}")
        data = {name: file[name] for name in file.files if name not in ("x", "xfull", "xraster")}
    strokes = np.split(data["pts"].astype(np.float32), np.cumsum(data["stroke_len"], dtype=np.int64)[:-1])
    first = np.concatenate([[0], np.cumsum(data["n_strokes"], dtype=np.int64)])
    if first[-1] != len(strokes):
        raise StrokeFileError(f"{path}: n_strokes adds up to {first[-1]}, stroke_len has {len(strokes)} strokes")
    letters = [strokes[a:b] for a, b in pairwise(first)]
    return letters, np.minimum(255, data["y"] + 26 * data["case"].astype(int)).astype(np.uint8), data


def _is_straight(letter):
    """Whether a letter is nothing but one straight stroke: of all but I, i and l the other strokes were lost."""
    if len(letter) > 1:
        return False
    spread = np.linalg.svd(letter[0] - letter[0].mean(axis=0), compute_uv=False)
    return bool(spread[-1] < 0.06 * spread[0])


def resample(stroke: np.ndarray, count: int = POINTS) -> np.ndarray:
    """A stroke, float (n, 2), as `count` points at equal distances along it, float32 (count, 2)."""
    length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(stroke, axis=0).T))])
    at = np.linspace(0, length[-1], count)
    return np.stack([np.interp(at, length, stroke[:, axis]) for axis in (0, 1)], axis=1).astype(np.float32)


def normalise(strokes: Sequence[np.ndarray]) -> np.ndarray:
    """A letter in the unit box: longer side 1, aspect ratio kept, the shorter side centred. float32 (S, POINTS, 2)."""
    points = np.stack([resample(stroke) for stroke in strokes])
    low, high = points.min((0, 1)), points.max((0, 1))
    return (points - (low + high) / 2) / max(float((high - low).max()), 1e-6) + np.float32(0.5)


# ---------------------------------------------------------------------------------------------------- fit


def fit(
    letters: Sequence[Sequence[np.ndarray]], labels: ArrayLike, seed: int = 0, classes: Sequence[str] = CLASSES
) -> dict[int, Forms]:
    """Learn the forms of each class from real letters.

    letters: list of N lists of float (n, 2) strokes; labels: uint8 (N,) class numbers. classes: their names.
    Returns {stroke count: Forms}. Raises StrokeFileError where a class has too few letters to have a form.
    """
    labels = np.asarray(labels)
    counts = np.array([len(letter) for letter in letters])
    model = {}
    for strokes in range(1, MAX_STROKES + 1):
        found = []
        for label in range(len(classes)):
            index = np.flatnonzero((labels == label) & (counts == strokes))
            if len(index) >= max(2 * MIN_MEMBERS, 0.005 * (labels == label).sum()):
                shapes = np.stack([normalise(letters[i]).ravel() for i in index.tolist()])
                found += [(label, *form) for form in _forms(shapes, seed)]
        if found:
            of_class, members, mean, axes, step = map(np.array, zip(*found, strict=True))
            model[strokes] = Forms(of_class.astype(np.uint8), members.astype(np.float32), mean, axes, step)
    totals = np.zeros(len(classes))
    for forms in model.values():
        np.add.at(totals, forms.label, forms.share)
    if (totals == 0).any():
        bare = ", ".join(classes[i] for i in np.flatnonzero(totals == 0).tolist())
        raise StrokeFileError(f"too few letters to learn from: {2 * MIN_MEMBERS} or more are needed of {bare}")
    for forms in model.values():
        forms.share[:] /= totals[forms.label]
    return model


def _forms(shapes, seed):
    """Cluster shapes, float32 (N, D), into forms; yields (members, mean, axes, step) as `Forms` keeps them."""
    from sklearn.cluster import KMeans

    clusters = KMeans(max(1, round(len(shapes) / MEMBERS)), n_init=1, random_state=seed).fit_predict(shapes)
    for cluster in range(clusters.max() + 1):
        members = shapes[clusters == cluster]
        if len(members) < MIN_MEMBERS:
            continue
        mean = members.mean(0)
        _, spread, axes = np.linalg.svd(members - mean, full_matrices=False)
        scaled = np.zeros((COMPONENTS, shapes.shape[1]), np.float32)
        used = min(COMPONENTS, len(members) - 1)
        scaled[:used] = (axes * spread[:, None])[:used] / np.sqrt(len(members) - 1)
        step = np.maximum(np.abs(scaled).max(1), 1e-6) / 127
        yield (
            len(members),
            np.clip(np.round(mean * 255), 0, 255).astype(np.uint8),
            np.round(scaled / step[:, None]).astype(np.int8),
            step.astype(np.float32),
        )


def save(model: Mapping[int, Forms], path: str | Path = PATH) -> None:
    """Write a model as a compressed .npz."""
    arrays = {
        f"{name}_{strokes}": getattr(forms, name)
        for strokes, forms in model.items()
        for name in Forms.__dataclass_fields__
    }
    np.savez_compressed(path, **arrays)


@cache
def load(path: str | Path = PATH) -> dict[int, Forms]:
    """Read a model, by default the one that is shipped; {stroke count: Forms}.

    Raises FileNotFoundError, or StrokeFileError for a file that is not a pen model.
    """
    with np.load(path) as file:
        if "label_1" not in file.files:
            raise StrokeFileError(f"{path}: not a pen model; make one with: make pen STROKES=FILE")
        return {
            strokes: Forms(**{name: file[f"{name}_{strokes}"] for name in Forms.__dataclass_fields__})
            for strokes in range(1, MAX_STROKES + 1)
            if f"label_{strokes}" in file.files
        }


# --------------------------------------------------------------------------------------------------- draw


def draw(
    n: int, classes: Iterable[int] | None = None, seed: int | Sequence[int] = 0
) -> tuple[list[list[np.ndarray]], np.ndarray]:
    """Draw letters from the shipped model.

    n: how many. classes: iterable of class numbers, all 52 by default; each is drawn equally often, to within one.
    Returns (letters, labels): a list of n letters, each a list of float32 (POINTS, 2) strokes, and uint8 (n,) class
    numbers, in random order. The same arguments give the same letters.
    Raises ValueError for a negative n or an unknown class.
    """
    labels = _labels(n, classes, seed)
    letters = [letter for block, part in enumerate(_blocks(labels)) for letter in _draw_block(part, seed, block)]
    return letters, labels


def draw_hand(seed: int | Sequence[int] = 0, each: int = 3) -> dict[int, list[list[np.ndarray]]]:
    """Draw all letters of one hand: of each class one form, written `each` times, alike.

    Returns {class number: [letters]}.
    """
    rng = np.random.default_rng([*np.atleast_1d(seed), 5])
    hand = {}
    for label in range(len(CLASSES)):
        strokes, form = any_form(label, rng)
        style = rng.standard_normal(COMPONENTS)
        scores = np.clip(0.8 * style + 0.6 * rng.standard_normal((each, COMPONENTS)), -MAX_DEVIATION, MAX_DEVIATION)
        hand[label] = [list(load()[strokes].strokes(form, of_one)) for of_one in scores]
    return hand


def frames(
    n: int,
    classes: Iterable[int] | None = None,
    seed: int | Sequence[int] = 0,
    workers: int | None = None,
    progress: bool = False,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw letters as `draw` does, and render each with another pen, hand and paper (`letters.writing.render`).

    workers: processes, by default one a core. The same arguments give the same bytes, whatever the number of workers.
    progress: show a bar. Returns (frames, labels): uint8 (n, 28, 28) and uint8 (n,).
    """
    labels = _labels(n, classes, seed)
    parts = _blocks(labels)
    result = np.empty((n, ink.SIDE, ink.SIDE), np.uint8)
    pool = Parallel(n_jobs=min(workers or cpu_count(), max(1, len(parts))), return_as="generator")
    done = pool(delayed(_render_block)(part, seed, block) for block, part in enumerate(parts))
    with tqdm(total=n, desc="drawing letters", unit=" letters", leave=False, disable=not progress) as bar:
        for block, part in enumerate(done):
            result[block * BLOCK :][: len(part)] = part
            bar.update(len(part))
    return result, labels


def _labels(n, classes, seed):
    classes = np.arange(len(CLASSES)) if classes is None else np.unique(list(classes))
    if n < 0:
        raise ValueError(f"n must not be negative: {n}")
    if classes.size == 0 or classes.min() < 0 or classes.max() >= len(CLASSES):
        raise ValueError(f"classes must be numbers from 0 to {len(CLASSES) - 1}, at least one of them")
    rng = np.random.default_rng([*np.atleast_1d(seed), 0])
    rounds = -(-n // len(classes))
    return rng.permutation(np.concatenate([rng.permutation(classes) for _ in range(rounds)] or [[]])[:n]).astype(
        np.uint8
    )


def _blocks(labels):
    return [labels[i : i + BLOCK] for i in range(0, len(labels), BLOCK)]


@cache
def _forms_by_class(path=PATH):
    """For each class number: its forms as [(stroke count, form number)], and the shares of each and all before it,
    float (F,), up to 1."""
    model = load(path)
    table = []
    for label in range(1 + max(int(forms.label.max()) for forms in model.values())):
        where = [(s, int(f)) for s, forms in model.items() for f in np.flatnonzero(forms.label == label)]
        share = np.array([model[s].share[f] for s, f in where], float) ** EVENNESS
        share = np.cumsum(share / share.sum())
        table.append((where, share / share[-1]))
    return table


def any_form(label: int, rng: np.random.Generator, path: Path = PATH) -> tuple[int, int]:
    """The stroke count and number of a form of a class, drawn by its share. path: of another model than that of
    letters."""
    where, shares = _forms_by_class(path)[label]
    return where[shares.searchsorted(rng.random(), side="right")]


def any_letter(label: int, rng: np.random.Generator, path: Path = PATH) -> list[np.ndarray]:
    """One drawn letter of a class: a list of float32 (POINTS, 2) strokes. path: of another model than the letters'."""
    strokes, form = any_form(label, rng, path)
    scores = rng.standard_normal(COMPONENTS).clip(-MAX_DEVIATION, MAX_DEVIATION)
    return list(load(path)[strokes].strokes(form, scores))


def _draw_block(labels, seed, block):
    rng = np.random.default_rng([*np.atleast_1d(seed), 1, block])
    model, letters = load(), []
    for label in labels:
        strokes, form = any_form(label, rng)
        scores = rng.standard_normal(COMPONENTS).clip(-MAX_DEVIATION, MAX_DEVIATION)
        letters.append(list(model[strokes].strokes(form, scores)))
    return letters


def _render_block(labels, seed, block):
    cv2.setNumThreads(1)  # the processes share the cores already
    return writing.render(_draw_block(labels, seed, block), [*np.atleast_1d(seed), 2, block])
