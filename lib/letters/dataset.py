"""Letters as a table: the drawn set, the A-Z set, EMNIST.

A *table* is a pandas frame: `label` uint8 (0-25 are A-Z, 26-51 are a-z, as in `letters.alphabet`), then `pixel0` to
`pixel783` uint8, the rows of an upright 28x28 image one after another, white ink on black.

drawn
    The embedded set, drawn by `letters.pen`: a CSV in the layout of A-Z with a header row, all 52 classes.
A-Z
    Kaggle, "A-Z Handwritten Alphabets in .csv format" (sachinpatel21/az-handwritten-alphabets-in-csv-format): a CSV,
    label first, capitals only. Copies of it are found with and without a header row.
EMNIST
    Cohen, Afshar, Tapson, van Schaik 2017, arXiv:1702.05373: CSVs without a header row, or pairs of idx files, plain or
    gzipped. Their images are stored transposed; `load` turns them upright.

Which EMNIST set a file belongs to is told from its name as distributed (`emnist-letters-train.csv`), as the sets number
their classes differently: *letters* 1-26, both cases merged (a small letter counts as its capital here); *balanced*
0-9 digits, 10-35 A-Z, 36-46 the small letters abdefghnqrt (of the other letters, small ones count as capitals);
*byclass* 0-9 digits, 10-35 A-Z, 36-61 a-z. Digits are left out.
"""

import contextlib
import glob
import gzip
import hashlib
import os
import struct
import zlib
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pyarrow as pa
from joblib import cpu_count
from platformdirs import user_data_path
from pyarrow import csv

from letters import ink, pen
from letters.alphabet import CLASSES
from letters.ink import SIDE

# Of a clone of the repository its folder data/; where the package is installed without one, the user's folder for data.
_NOTES = Path(__file__).resolve().parents[2] / "data" / "README.md"
DATA = _NOTES.parent if _NOTES.is_file() else user_data_path("letters", appauthor=False)
PIXELS = SIDE * SIDE
COLUMNS = ["label", *(f"pixel{i}" for i in range(PIXELS))]
AZ_HANDLE = "sachinpatel21/az-handwritten-alphabets-in-csv-format"
AZ_NAME = "A_Z Handwritten Data.csv"
BLOCK = 1 << 22  # bytes of a CSV parsed at a time: 4 MB, about 2,000 letters
DIGIT, INVALID = 254, 255  # what a label of a file can stand for, besides a class


class DatasetError(ValueError):
    """A data set that is missing or malformed. The message names the file, the row (the line of the file, counted
    from 1, header included; in an idx file the image, counted from 1), and what is wrong."""


def load(source="drawn", size=50_000, seed=0):
    """Load a data set as a table.

    source: "drawn", the embedded set of `size` letters, drawn with `seed` at the first use and kept in data/
    (`make data` draws it anew, after the pen model changed); "az", the A-Z set in data/ or as `download_az` left it;
    or the path of an A-Z CSV, an EMNIST CSV, or the images file of an EMNIST idx pair with its labels beside it.
    What was parsed is kept in data/cache, and the table is a read-only memory map of it, which takes no memory until it
    is looked at.
    Raises DatasetError.
    """
    if source == "drawn":
        path = drawn_path(size, seed)
        if not path.exists():
            write_drawn(path, size, seed, progress=True)
    elif source == "az":
        path = find_az()
        if path is None:
            raise DatasetError(f"{DATA / AZ_NAME}: the A-Z data set is not there; fetch it with: make data SOURCE=az")
    else:
        path = Path(source)
        if not path.is_file():
            raise DatasetError(f'{path}: no such file; a source is "drawn", "az" or the path of a file')
    return _table(_cached(path))


def images(table):
    """The two arrays of a table: frames uint8 (N, 28, 28) and labels uint8 (N,), as views where that is possible.

    Raises ValueError where `table` is none.
    """
    array = _array(table)
    return array[:, 1:].reshape(-1, SIDE, SIDE), array[:, 0]


def from_images(frames, labels):
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


def duplicates(table):
    """Which rows show an image that an earlier row shows as well, whatever their labels: bool (N,)."""
    return pd.Series(_image_numbers(_array(table))).duplicated().to_numpy()


def seen(table, before, moved=False):
    """Which rows of a table show an image that a row of the table `before` shows as well: bool (N,).

    moved: also at another place of the frame.
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


def split(table, test=0.2, validation=0.0, seed=0):
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


def drawn_path(size=50_000, seed=0):
    """Where the embedded set of this size and seed is kept."""
    return DATA / f"letters_{size}_{seed}.csv"


def write_drawn(path, size=50_000, seed=0, progress=False):
    """Draw `size` letters of all 52 classes with the pen model and write them to a CSV. progress: show a bar."""
    if size < 1:
        raise ValueError(f"the size of a data set must be at least 1 letter, not {size}")
    write_csv(from_images(*pen.frames(size, seed=seed, progress=progress)), path)


def write_csv(table, path):
    """Write a table as a CSV in the layout of A-Z, with a header row. The file is there in whole or not at all."""
    text = [str(value) for value in range(256)]
    array = _array(table)
    with _new_file(Path(path)) as file:
        file.write((",".join(COLUMNS) + "\n").encode())
        for start in range(0, len(array), 1000):
            rows = array[start : start + 1000].tolist()
            file.write("".join(",".join([text[value] for value in row]) + "\n" for row in rows).encode())


def append_csv(frames, labels, path):
    """Add letters to a CSV in the layout of A-Z, which is made, with its header row, where there is none.

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
    """A binary file that takes the place of `path` once it is written in whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def download_az():
    """Download the A-Z set from Kaggle (700 MB unpacked), unless it is there already; shows the progress.

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


def find_az():
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
    """The parsed file, uint8 (N, 785), from data/cache where it is there, else parsed and put there."""
    files = _idx_pair(path) if _is_idx(path) else [path]
    where = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]
    states = [(file.stat().st_size, file.stat().st_mtime_ns) for file in files]
    state = hashlib.sha256(repr(states).encode()).hexdigest()[:12]
    stem = f"{path.name[:80]}.{where}"
    cache = DATA / "cache" / f"{stem}.{state}.npy"
    with contextlib.suppress(OSError, ValueError, EOFError):  # not there, or spoiled
        return np.load(cache, mmap_mode="r")
    try:
        with _new_file(cache) as file:
            _write_npy(file, _blocks(path))
        for old in cache.parent.glob(f"{glob.escape(stem)}.*.npy"):
            if old != cache:
                old.unlink(missing_ok=True)
        return np.load(cache, mmap_mode="r")
    except OSError:  # the cache only saves time: where it cannot be written, do without
        return np.concatenate(list(_blocks(path)))


def _blocks(path):
    """The letters of a file, block by block: uint8 (N, 785)."""
    count = 0
    for block in [_read_idx(*_idx_pair(path))] if _is_idx(path) else _read_csv(path):
        letters = _upright(block, path)
        count += len(letters)
        yield letters
    if count == 0:
        raise DatasetError(f"{path}: holds no letters; each row must have a label and {PIXELS} pixel values")


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


# ------------------------------------------------------------------------------------------------- EMNIST


def _class_of_label(path):
    """What each label of the file stands for: a class, DIGIT or INVALID, uint8 (256,)."""
    classes = np.full(256, INVALID, np.uint8)
    match _emnist_set(path):
        case None:
            classes[:52] = range(52)
        case "letters":
            classes[1:27] = range(26)
        case "balanced":
            classes[:10] = DIGIT
            classes[10:36] = range(26)
            classes[36:47] = [CLASSES.index(letter) for letter in "abdefghnqrt"]
        case "byclass":
            classes[:10] = DIGIT
            classes[10:62] = range(52)
        case other:
            raise DatasetError(
                f"{path}: the EMNIST set {other!r} is not read here; take letters, balanced or byclass, with their "
                "names as distributed, such as emnist-letters-train.csv"
            )
    return classes


def _emnist_set(path):
    """The name of the EMNIST set that the file is of, or None for a file with another name."""
    name = path.name.lower()
    return name.removeprefix("emnist-").split("-")[0] if name.startswith("emnist") else None


def _upright(array, path):
    """The letters of some rows of an EMNIST file, uint8 (N, 785): classes for labels, no digits, images transposed.
    Rows of other files stay as they are."""
    if _emnist_set(path) is None:
        return array
    classes = _class_of_label(path)[array[:, 0]]
    letters = array[classes != DIGIT]
    frames = letters[:, 1:].reshape(-1, SIDE, SIDE).transpose(0, 2, 1)
    return np.concatenate([classes[classes != DIGIT, None], frames.reshape(-1, PIXELS)], axis=1)


def _is_idx(path):
    return "-idx" in path.name and path.name.removesuffix(".gz").endswith("-ubyte")


def _idx_pair(path):
    """The images file and the labels file of an idx pair."""
    if "-images-idx3-" not in path.name:
        raise DatasetError(f"{path}: name the images file of the pair, …-images-idx3-ubyte or …-images-idx3-ubyte.gz")
    if _emnist_set(path) is None:
        raise DatasetError(
            f"{path}: an idx file needs its name as distributed, emnist-SET-…, to tell what its labels mean"
        )
    labels = path.name.replace("-images-idx3-", "-labels-idx1-").removesuffix(".gz")
    for candidate in (path.with_name(labels), path.with_name(labels + ".gz")):
        if candidate.is_file():
            return path, candidate
    raise DatasetError(f"{path}: its labels, {labels} or {labels}.gz, are not beside it")


def _read_idx(images_path, labels_path):
    frames = _idx_array(images_path, (SIDE, SIDE))
    labels = _idx_array(labels_path, ())
    if len(frames) != len(labels):
        raise DatasetError(f"{images_path}: holds {len(frames)} images, but {labels_path.name} {len(labels)} labels")
    wrong = np.flatnonzero(_class_of_label(images_path)[labels] == INVALID)
    if wrong.size:
        row = wrong[0]
        raise DatasetError(f"{labels_path}: row {row + 1}: {_bad_label(labels[row], images_path)}")
    return np.concatenate([labels[:, None], frames.reshape(-1, PIXELS)], axis=1)


def _idx_array(path, shape):
    """The array of an idx file, uint8 (N, *shape). Format: bytes 00 00 08 D, D big-endian uint32 sizes, the data."""
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DatasetError(f"{path}: no whole gzip file ({error}); download it again") from error
    dimensions = 1 + len(shape)
    start = 4 + 4 * dimensions
    if len(content) < start or content[:4] != bytes([0, 0, 8, dimensions]):
        raise DatasetError(
            f"{path}: no idx file of {dimensions} dimension(s): it must begin with the bytes 00 00 08 0{dimensions} "
            f"and {dimensions} size(s), not with {content[:4].hex(' ')}"
        )
    count, *sizes = struct.unpack(f">{dimensions}I", content[4:start])
    if tuple(sizes) != shape:
        raise DatasetError(f"{path}: its images are {sizes[0]} x {sizes[1]} pixels, not {SIDE} x {SIDE}")
    expected = count * int(np.prod(shape, dtype=int))
    if len(content) - start != expected:
        raise DatasetError(
            f"{path}: announces {count} rows, {expected} bytes, but holds {len(content) - start} bytes; "
            "download it again"
        )
    return np.frombuffer(content, np.uint8, offset=start).reshape(count, *shape)


# ---------------------------------------------------------------------------------------------------- CSV


def _read_csv(path):
    """The rows of a CSV with the label first, block by block: uint8 (N, 785). They are whole numbers of 0-9 only."""
    classes = _class_of_label(path)
    with path.open("rb") as file, ThreadPoolExecutor(cpu_count()) as pool:
        if file.read(3) != b"\xef\xbb\xbf":  # the mark that some programs put before UTF-8
            file.seek(0)
        start = file.tell()
        if _is_header(file.readline()):
            start = file.tell()
        file.seek(start)
        texts = iter(lambda: file.read(BLOCK) + file.readline(), b"")
        for size, block in _in_order(pool, _parse, texts, ahead=2 * cpu_count()):
            if block is None or (classes[block[:, 0]] == INVALID).any():
                raise DatasetError(f"{path}: {_first_fault(path, start)}")
            start += size
            yield block


def _in_order(pool, function, items, ahead):
    """What an executor's `map` gives, but with no more than `ahead` items taken before their results are asked for."""
    waiting = deque()
    for item in items:
        waiting.append(pool.submit(function, item))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _is_header(line):
    """Whether a line names columns: it begins with a name, and no name comes twice. A row of letters always repeats
    itself, as it has 784 pixels of 256 values: so one with a misspelt label is not taken for a header."""
    fields = line.strip().split(b",")
    try:
        float(fields[0])
    except ValueError:
        return len(fields) == len(COLUMNS) == len(set(fields))
    return False


def _parse(text):
    """The size of whole lines of a CSV, bytes, and their values, uint8 (N, 785), or None where one is malformed.

    Arrow gets each value as a line of its own: that spares it 785 columns, which would have to be turned into rows. It
    refuses to squeeze 256, an empty line, or anything but digits into a uint8.
    """
    size = len(text)
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n")
    characters = np.frombuffer(text, np.uint8)
    starts = np.append(0, np.flatnonzero(characters[:-1] == ord("\n")) + 1)
    if (characters[starts] == ord("\n")).any():  # blank lines
        filled = b"\n".join(line for line in text.split(b"\n") if line)
        return size, _parse(filled)[1] if filled else np.empty((0, len(COLUMNS)), np.uint8)
    commas = np.add.reduceat((characters == ord(",")).view(np.uint8), starts, dtype=np.uint16)
    if (commas != PIXELS).any():
        return size, None
    one_a_line = csv.ReadOptions(column_names=["value"], block_size=len(text) + 1, use_threads=False)
    try:
        values = csv.read_csv(pa.BufferReader(cv2.LUT(characters, _ONE_A_LINE)), one_a_line, _PLAIN, _AS_UINT8)
    except pa.ArrowInvalid:
        return size, None
    if len(values) != len(starts) * len(COLUMNS):  # a line has so many commas that their count has begun anew
        return size, None
    return size, values["value"].to_numpy().reshape(-1, len(COLUMNS))


_ONE_A_LINE = np.full(256, ord("?"), np.uint8)  # of each character: digits stay, commas become ends of lines
_ONE_A_LINE[list(b"0123456789")] = list(b"0123456789")
_ONE_A_LINE[list(b",\n")] = ord("\n")
_PLAIN = csv.ParseOptions(quote_char=False, double_quote=False, ignore_empty_lines=False)
_AS_UINT8 = csv.ConvertOptions(column_types={"value": pa.uint8()}, null_values=[])


def _first_fault(path, start):
    """Say which line of a CSV, from byte `start` on, is wrong, and how."""
    classes = _class_of_label(path)
    for row, line in _lines(path, start):
        fields = line.replace(b"\r\n", b"\n").removesuffix(b"\n").split(b",")
        if fields == [b""]:
            continue
        if len(fields) != len(COLUMNS):
            return f"row {row}: has {len(fields)} columns, not {len(COLUMNS)}: a label and {PIXELS} pixel values"
        for name, field in zip(COLUMNS, fields, strict=True):
            if fault := _fault_of(field):
                return f"row {row}: {name} is {fault}"
        if classes[int(fields[0])] == INVALID:
            return f"row {row}: {_bad_label(int(fields[0]), path)}"
    raise AssertionError(f"a block of lines from byte {start} on was refused that has no fault")


def _lines(path, start):
    """The lines of a file from byte `start` on, each with its number."""
    with path.open("rb") as file:
        before = 0
        while file.tell() < start:
            before += file.read(min(BLOCK, start - file.tell())).count(b"\n")
        yield from enumerate(file, before + 1)


def _fault_of(field):
    """What is wrong with one value, bytes, or None."""
    if field.isdigit() and len(field.lstrip(b"0")) <= 3 and int(field) <= 255:
        return None
    shown = repr(field[:20].decode("utf-8", "replace"))
    if not field.strip():
        return "empty"
    if field.removeprefix(b"-").isdigit():
        return f"{shown}, out of the range 0 to 255"
    return f"{shown}, not a whole number written in digits"


def _bad_label(label, path):
    known = np.flatnonzero(_class_of_label(path) != INVALID)
    return f"the label {label} is out of the range {known.min()} to {known.max()} of this data set"


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
