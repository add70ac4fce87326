"""Letters as a table: the drawn set, the A-Z set, EMNIST.

A *table* is a pandas frame: `label` uint8 (0-25 are A-Z, 26-51 are a-z, as in `letters.alphabet`), then `pixel0` to
`pixel783` uint8, the rows of an upright 28x28 image one after another, white ink on black.

drawn
    The embedded set, drawn by `letters.pen`: a CSV in the layout of A-Z with a header row, all 52 classes.
A-Z
    Kaggle, "A-Z Handwritten Alphabets in .csv format" (sachinpatel21/az-handwritten-alphabets-in-csv-format): a CSV,
    label first, capitals only. Copies of it are found with and without a header row.
EMNIST
    CSVs or pairs of idx files with their names as distributed; `letters.letter_files` reads them.
"""

import contextlib
import glob
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from platformdirs import user_data_path

from letters import ink, letter_files, pen
from letters.alphabet import CLASSES
from letters.ink import SIDE
from letters.letter_files import COLUMNS, PIXELS, DatasetError

# Of a clone of the repository its folder data/; where the package is installed without one, the user's folder for data.
_NOTES = Path(__file__).resolve().parents[2] / "data" / "README.md"
DATA = _NOTES.parent if _NOTES.is_file() else user_data_path("letters", appauthor=False)
AZ_HANDLE = "sachinpatel21/az-handwritten-alphabets-in-csv-format"
AZ_NAME = "A_Z Handwritten Data.csv"


def load(source: str | Path = "drawn", size: int = 50_000, seed: int = 0) -> pd.DataFrame:
    """Load a data set as a table.

    source: "drawn", the embedded set of `size` letters, drawn with `seed` at the first use and kept in data/
    (`make data` draws it anew, after the pen model changed); "az", the A-Z set in data/ or as `download_az` left it;
    or the path of an A-Z CSV, an EMNIST CSV, or the images file of an EMNIST idx pair with its labels beside it.
    What was parsed is kept in data/cache, and the table is a read-only memory map of it, which takes no memory until it
    is accessed.
    Raises DatasetError.
    """
    if source == "drawn":
        path = drawn_path(size, seed)
        if not path.exists():
            write_drawn(path, size, seed, progress=True)
    elif source == "az":
        found = find_az()
        if found is None:
            raise DatasetError(f"{DATA / AZ_NAME}: the A-Z data set is not there; fetch it with: make data SOURCE=az")
        path = found
    else:
        path = Path(source)
        if not path.is_file():
            raise DatasetError(f'{path}: no such file; a source is "drawn", "az" or the path of a file')
    return _table(_cached(path))


def images(table: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """The two arrays of a table: frames uint8 (N, 28, 28) and labels uint8 (N,), as views where that is possible.

    Raises ValueError where `table` is not a table.
    """
    array = _array(table)
    return array[:, 1:].reshape(-1, SIDE, SIDE), array[:, 0]


def from_images(frames: ArrayLike, labels: ArrayLike) -> pd.DataFrame:
    """The table of frames, uint8 (N, 28, 28), and labels, integers (N,) from 0 to 51. Raises ValueError."""
    frames, labels = np.asarray(frames), np.asarray(labels)
    if frames.dtype != np.uint8 or frames.shape != (len(labels), SIDE, SIDE):
        raise ValueError(f"frames must be uint8 ({len(labels)}, {SIDE}, {SIDE}), not {frames.dtype} {frames.shape}")
    if labels.ndim != 1 or (labels.size and not (labels.dtype.kind in "iu" and 0 <= labels.min() <= labels.max() < 52)):
        raise ValueError(f"labels must be integers (N,) from 0 to {len(CLASSES) - 1}")
    array = np.empty((len(labels), len(COLUMNS)), np.uint8)
    array[:, 0] = labels
    array[:, 1:] = frames.reshape(-1, PIXELS)
    return _table(array)


def _table(array, index=None):
    return pd.DataFrame(array, columns=COLUMNS, index=index, copy=False)


def _array(table):
    array = table.to_numpy()
    if array.dtype != np.uint8 or array.shape[1] != len(COLUMNS):
        raise ValueError(
            f"a table has {len(COLUMNS)} uint8 columns, label first; this one is {array.dtype} with {array.shape[1]}. "
            "Leave out other columns with table[dataset.COLUMNS]"
        )
    return array


# ------------------------------------------------------------------------------------ duplicates and splits


def duplicates(table: pd.DataFrame) -> np.ndarray:
    """Which rows show an image that an earlier row shows as well, whatever their labels: bool (N,)."""
    return pd.Series(_image_numbers(_array(table))).duplicated().to_numpy()


def seen(table: pd.DataFrame, before: pd.DataFrame, moved: bool = False) -> np.ndarray:
    """Which rows of a table show an image that a row of the table `before` shows as well: bool (N,).

    moved: also where the ink is elsewhere in the frame.
    """
    cut = _cropped if moved else np.ndarray.tobytes
    known = {_digest(cut(frame)) for frame in images(before)[0]}
    return np.array([_digest(cut(frame)) in known for frame in images(table)[0]], bool)


def _cropped(frame):
    """The ink of a frame and its size, as bytes: the same wherever it stands."""
    rows, columns = np.flatnonzero(frame.any(axis=1)), np.flatnonzero(frame.any(axis=0))
    ink = frame[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if rows.size else frame
    return bytes(ink.shape) + ink.tobytes()


def _image_numbers(array):
    """The same number for equal images, int (N,), counted in order of appearance."""
    rows = np.ascontiguousarray(array)[:, 1:]
    digests = np.empty(len(rows), object)
    digests[:] = [_digest(row) for row in rows]
    return pd.factorize(digests)[0]


def _digest(content):
    return hashlib.blake2b(content, digest_size=16).digest()


def split(
    table: pd.DataFrame, test: float = 0.2, validation: float = 0.0, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Split a table into (train, validation, test), always three tables, each shuffled, with the row index kept.

    test, validation: shares of the different images of each class, to the nearest letter. Copies of an image go where
    its first appearance goes, so that equal images are never on two sides. The same seed gives the same split.
    Raises ValueError for shares that leave nothing to train on, and for a class with too few different images for
    one on every side that has a share.
    """
    if not (test >= 0 and validation >= 0 and test + validation < 1):
        raise ValueError(
            f"the shares must not be negative, and their sum below 1: test={test}, validation={validation}"
        )
    array = _array(table)
    image = _image_numbers(array)
    first = np.unique(image, return_index=True)[1]
    rng = np.random.default_rng(seed)
    side_of_image = np.empty(len(first), np.uint8)
    for label in np.unique(array[first, 0]):
        members = rng.permutation(np.flatnonzero(array[first, 0] == label))
        for_test, for_validation = round(len(members) * test), round(len(members) * validation)
        sizes = len(members) - for_test - for_validation, for_validation, for_test
        if any(size < 1 and share > 0 for size, share in zip(sizes, (1, validation, test), strict=True)):
            raise ValueError(
                f"class {CLASSES[label]} has {len(members)} different images, too few for the shares test={test} and "
                f"validation={validation}; take more letters or leave the class out"
            )
        side_of_image[members] = np.repeat([0, 1, 2], sizes)
    side = side_of_image[image]
    parts = [rng.permutation(np.flatnonzero(side == number)) for number in range(3)]
    return tuple(_table(array[rows], table.index[rows]) for rows in parts)


# -------------------------------------------------------------------------------------- the drawn set, A-Z


def drawn_path(size: int = 50_000, seed: int = 0) -> Path:
    """Where the embedded set of this size and seed is kept."""
    return DATA / f"letters_{size}_{seed}.csv"


def write_drawn(path: str | Path, size: int = 50_000, seed: int = 0, progress: bool = False) -> None:
    """Draw `size` letters of all 52 classes with the pen model and write them to a CSV. progress: show a bar."""
    if size < 1:
        raise ValueError(f"the size of a data set must be at least 1 letter, not {size}")
    write_csv(from_images(*pen.frames(size, seed=seed, progress=progress)), path)


def write_csv(table: pd.DataFrame, path: str | Path) -> None:
    """Write a table as a CSV in the layout of A-Z, with a header row. The file appears only when it is complete."""
    text = [str(value) for value in range(256)]
    array = _array(table)
    with _new_file(Path(path)) as file:
        file.write((",".join(COLUMNS) + "\n").encode())
        for start in range(0, len(array), 1000):
            rows = array[start : start + 1000].tolist()
            file.write("".join(",".join([text[value] for value in row]) + "\n" for row in rows).encode())


def append_csv(frames: ArrayLike, labels: ArrayLike, path: str | Path) -> None:
    """Add letters to a CSV in the layout of A-Z. A new file begins with a header row.

    frames: uint8 (N, 28, 28). labels: class numbers (N,).
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = _array(from_images(frames, labels)).tolist()
    with path.open("a", encoding="ascii") as file:
        if file.tell() == 0:
            file.write(",".join(COLUMNS) + "\n")
        file.writelines(",".join(map(str, row)) + "\n" for row in rows)


@contextlib.contextmanager
def _new_file(path):
    """A binary file that replaces `path` once it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def download_az() -> Path:
    """Download the A-Z set from Kaggle (700 MB unpacked), unless it is already there; shows the progress.

    Returns the path of its CSV. Raises DatasetError where Kaggle cannot be reached.
    """
    path = find_az()
    if path is not None:
        return path
    import kagglehub
    from requests import RequestException  # what kagglehub lets through when the network fails

    try:
        folder = Path(kagglehub.dataset_download(AZ_HANDLE))
    except RequestException as error:
        raise DatasetError(
            f"the A-Z data set could not be downloaded ({type(error).__name__}). Connect to the internet and run this "
            f"again; or download the zip at https://www.kaggle.com/datasets/{AZ_HANDLE} by hand, put the CSV of it at "
            f"{DATA / AZ_NAME}, and run this again"
        ) from error
    path = _az_in(folder)
    if path is None:
        raise DatasetError(f"{folder}: what Kaggle sent holds no file {AZ_NAME!r}; the data set may have changed")
    return path


def find_az() -> Path | None:
    """The A-Z CSV in data/ or in kagglehub's cache, or None."""
    if (DATA / AZ_NAME).is_file():
        return DATA / AZ_NAME
    from kagglehub.config import get_cache_folder

    # kagglehub unpacks version N to versions/N and then marks it as complete
    cached = Path(get_cache_folder()) / "datasets" / AZ_HANDLE
    for marker in sorted(cached.glob("*.complete"), reverse=True):
        path = _az_in(cached / "versions" / marker.stem)
        if path is not None:
            return path
    return None


def _az_in(folder):
    return min(folder.rglob(AZ_NAME), default=None)


# -------------------------------------------------------------------------------------------- the cache


def _cached(path):
    """The parsed file, uint8 (N, 785), from data/cache if it is there, otherwise parsed and put there."""
    where = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]
    states = [(file.stat().st_size, file.stat().st_mtime_ns) for file in letter_files.parts(path)]
    state = hashlib.sha256(repr(states).encode()).hexdigest()[:12]
    stem = f"{path.name[:80]}.{where}"
    cache = DATA / "cache" / f"{stem}.{state}.npy"
    with contextlib.suppress(OSError, ValueError, EOFError):  # missing or damaged
        return np.load(cache, mmap_mode="r")
    try:
        with _new_file(cache) as file:
            _write_npy(file, letter_files.blocks(path))
        for old in cache.parent.glob(f"{glob.escape(stem)}.*.npy"):
            if old != cache:
                old.unlink(missing_ok=True)
        return np.load(cache, mmap_mode="r")
    except OSError:  # the cache only saves time: go on without it if it cannot be written
        return np.concatenate(list(letter_files.blocks(path)))


def _write_npy(file, blocks):
    """Write blocks of letters as one array. NumPy leaves room in the header for the size to grow."""
    header = {"descr": "|u1", "fortran_order": False, "shape": (0, len(COLUMNS))}
    np.lib.format.write_array_header_1_0(file, header)
    count = 0
    for block in blocks:
        file.write(np.ascontiguousarray(block))
        count += len(block)
    file.seek(0)
    np.lib.format.write_array_header_1_0(file, header | {"shape": (count, len(COLUMNS))})


# -------------------------------------------------------------------------------------- letters by writers (.npz)


@dataclass(frozen=True)
class LetterSet:
    """Labelled letters of several writers."""

    frames: np.ndarray  # uint8 (N, 28, 28)
    labels: np.ndarray  # uint8 (N,): class numbers
    writers: np.ndarray  # int (N,): one number a writer; where a set has none, one a letter

    def of_case(self, case: int) -> "LetterSet":
        """Its capitals (0) or its small letters (1)."""
        chosen = self.labels // 26 == case
        return LetterSet(self.frames[chosen], self.labels[chosen], self.writers[chosen])


def read_letters(path: str | os.PathLike, split: str = "test", pictures: str = "x") -> LetterSet:
    """Read labelled pictures from an .npz with `x` uint8 (N, H, W), `y` (0-25) and `case` (0 upper, 1 lower).

    Where it has `split` (0 train, 1 validation, 2 test), only that of this name is read; where it has `writer`, these
    are kept. pictures: the key to read them from. Frames are made by `letters.ink.frame`.
    Raises ValueError for a file of another kind, FileNotFoundError.
    """
    with np.load(path) as file:
        missing = {pictures, "y", "case"} - set(file.files)
        if missing:
            raise ValueError(f"{path}: no letters to read, it has no {', '.join(sorted(missing))}")
        if (file["y"] >= 26).any():
            raise ValueError(f"{path}: `y` must be 0-25, it has {file['y'].max()}")
        labels = file["y"].astype(np.uint8) + 26 * file["case"].astype(np.uint8)
        chosen = file["split"] == pen.SPLITS[split] if "split" in file.files else np.ones(len(labels), bool)
        writers = file["writer"] if "writer" in file.files else np.arange(len(labels))
        frames = np.stack([ink.frame(picture) for picture in file[pictures][chosen]])
    return LetterSet(frames, labels[chosen], writers[chosen])
