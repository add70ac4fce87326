"""Files of letters as they are distributed, read into rows of bytes: CSVs with the label first, and idx pairs.

A *row* is 785 uint8: a class number (0-25 are A-Z, 26-51 are a-z), then the pixels of an upright 28x28 image, row by
row. Files are not trusted: what is wrong in one is reported with its name, its row and the value.

EMNIST
    Cohen, Afshar, Tapson, van Schaik 2017, arXiv:1702.05373: CSVs without a header row, or pairs of idx files, plain or
    gzipped. Their images are stored transposed; here they are turned upright.

Which EMNIST set a file belongs to is told from its name as distributed (`emnist-letters-train.csv`), as the sets number
their classes differently: *letters* 1-26, both cases merged (a small letter counts as its capital here); *balanced*
0-9 digits, 10-35 A-Z, 36-46 the small letters abdefghnqrt (of the other letters, small ones count as capitals);
*byclass* 0-9 digits, 10-35 A-Z, 36-61 a-z. Digits are left out.
"""

import gzip
import struct
import zlib
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
from joblib import cpu_count
from pyarrow import csv

from letters.alphabet import CLASSES
from letters.ink import SIDE

PIXELS = SIDE * SIDE
COLUMNS = ["label", *(f"pixel{i}" for i in range(PIXELS))]
BLOCK = 1 << 22  # bytes of a CSV parsed at a time: 4 MB, about 2,000 letters
DIGIT, INVALID = 254, 255  # what a label of a file can stand for, apart from a class


class DatasetError(ValueError):
    """A data set that is missing or malformed. The message names the file, the row (the line of the file, counted
    from 1, header included; in an idx file the image, counted from 1), and what is wrong."""


def parts(path: Path) -> list[Path]:
    """The files that belong to a path: the images and the labels of an idx pair, or the CSV alone."""
    return list(_idx_pair(path)) if _is_idx(path) else [path]


def blocks(path: Path) -> Iterator[np.ndarray]:
    """The letters of a file, block by block: uint8 (N, 785). Raises DatasetError."""
    count = 0
    for block in [_read_idx(*_idx_pair(path))] if _is_idx(path) else _read_csv(path):
        letters = _upright(block, path)
        count += len(letters)
        yield letters
    if count == 0:
        raise DatasetError(f"{path}: holds no letters; each row must have a label and {PIXELS} pixel values")


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
    """Say which line of a CSV, from byte `start` on, is wrong, and why."""
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
