"""Letters as tables: files of every format as they are distributed, malformed files, the cache, splits."""

import gzip
import os
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from letters import dataset, letter_files, pen
from letters.alphabet import CLASSES

SOME = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
HEADER = ",".join(dataset.COLUMNS)


@pytest.fixture(autouse=True)
def data_folder(tmp_path, monkeypatch):
    """An empty data folder, and none of what kagglehub has on this machine."""
    monkeypatch.setattr(dataset, "DATA", tmp_path / "data")
    monkeypatch.setenv("KAGGLEHUB_CACHE", str(tmp_path / "kagglehub"))
    return tmp_path / "data"


def some_letters(n, classes=26, seed=0):
    """frames uint8 (n, 28, 28), all different and none its own transpose; labels uint8 (n,), every class in turn."""
    frames = np.random.default_rng(seed).integers(0, 256, (n, 28, 28), dtype=np.uint8)
    return frames, (np.arange(n) % classes).astype(np.uint8)


def csv_text(labels, frames, header=False, end="\n"):
    rows = [",".join(map(str, [label, *frame.ravel()])) for label, frame in zip(labels, frames, strict=True)]
    return end.join([HEADER] * header + rows) + end


def write_idx_pair(folder, stem, frames, labels, gzipped=False):
    """The two files of EMNIST's format; returns the path of the images."""
    images = struct.pack(">4I", 0x803, len(frames), 28, 28) + frames.tobytes()
    named = {"images-idx3": images, "labels-idx1": struct.pack(">2I", 0x801, len(labels)) + bytes(labels)}
    for kind, content in named.items():
        path = folder / f"{stem}-{kind}-ubyte{'.gz' if gzipped else ''}"
        path.write_bytes(gzip.compress(content) if gzipped else content)
    return folder / f"{stem}-images-idx3-ubyte{'.gz' if gzipped else ''}"


def is_mapped(table):
    array = table.to_numpy()
    while array is not None and not isinstance(array, np.memmap):
        array = array.base
    return array is not None


def assert_holds(table, frames, labels):
    assert list(table.columns) == dataset.COLUMNS
    assert set(table.dtypes) == {np.dtype(np.uint8)}
    found_frames, found_labels = dataset.images(table)
    np.testing.assert_array_equal(found_labels, labels)
    np.testing.assert_array_equal(found_frames, frames)


# ---------------------------------------------------------------------------------------------- formats


@pytest.mark.parametrize("header", [False, True])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
def test_reads_az_with_and_without_a_header_row(tmp_path, header, end, mark):
    frames, labels = some_letters(30)
    path = tmp_path / "A_Z Handwritten Data.csv"
    path.write_bytes(mark + csv_text(labels, frames, header, end).encode())
    assert_holds(dataset.load(path), frames, labels)


EMNIST = {
    "emnist-letters-train": {1: "A", 13: "M", 26: "Z"},
    "emnist-balanced-test": {0: None, 9: None, 10: "A", 35: "Z", 36: "a", 39: "e", 46: "t"},
    "emnist-byclass-train": {9: None, 10: "A", 35: "Z", 36: "a", 61: "z"},
}


@pytest.mark.parametrize("form", ["csv", "idx", "idx.gz"])
@pytest.mark.parametrize("name", EMNIST)
def test_reads_emnist_upright_with_our_classes(tmp_path, name, form):
    stored, _ = some_letters(len(EMNIST[name]))
    if form == "csv":
        path = tmp_path / f"{name}.csv"
        path.write_text(csv_text(EMNIST[name], stored))
    else:
        path = write_idx_pair(tmp_path, name, stored, list(EMNIST[name]), gzipped=form == "idx.gz")
    letters = list(EMNIST[name].values())
    kept = [i for i, letter in enumerate(letters) if letter]
    expected = [CLASSES.index(letters[i]) for i in kept]
    assert_holds(dataset.load(path), stored[kept].transpose(0, 2, 1), expected)


def test_reads_a_file_of_several_blocks(tmp_path, monkeypatch):
    frames, labels = some_letters(200)
    path = tmp_path / "letters.csv"
    text = csv_text(labels, frames, header=True)
    monkeypatch.setattr(letter_files, "BLOCK", 20_000)  # bytes: about seven rows
    path.write_text(text)
    assert_holds(dataset.load(path), frames, labels)
    lines = text.split("\n")
    lines[150] = lines[150].replace(",", ",,", 1)
    path.write_text("\n".join(lines))
    with pytest.raises(dataset.DatasetError, match="row 151: has 786 columns"):
        dataset.load(path)


# ------------------------------------------------------------------------------------------- malformed files


def changed(row, column, value):
    """The text of three letters with one value replaced; row from 1, column 0 is the label."""
    frames, labels = some_letters(3)
    rows = [line.split(",") for line in csv_text(labels, frames).splitlines()]
    rows[row - 1][column] = value
    return "\n".join(map(",".join, rows)) + "\n"


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ("256", "'256', out of the range 0 to 255"),
        ("-1", "'-1', out of the range 0 to 255"),
        ("9" * 30, "out of the range 0 to 255"),
        ("1.5", "'1.5', not a whole number"),
        ("1.0", "'1.0', not a whole number"),
        ("True", "'True', not a whole number"),
        ("ink", "'ink', not a whole number"),
        ("NA", "'NA', not a whole number"),
        ('"7"', "not a whole number"),
        ("٣", "not a whole number"),
        ("\0", "not a whole number"),
        ("", "empty"),
    ],
)
@pytest.mark.parametrize("column", [1, 400, 784])
def test_says_which_value_is_wrong(tmp_path, column, value, complaint):
    path = tmp_path / "letters.csv"
    path.write_bytes(changed(2, column, value).encode())
    with pytest.raises(dataset.DatasetError) as error:
        dataset.load(path)
    assert str(error.value).startswith(f"{path}: row 2: pixel{column - 1} is ")
    assert complaint in str(error.value)


def test_refuses_a_column_of_truth_values(tmp_path):
    """pandas alone would take a column that holds nothing else for numbers."""
    path = tmp_path / "letters.csv"
    path.write_text("".join(line.rpartition(",")[0] + ",True\n" for line in GOOD.splitlines()))
    with pytest.raises(dataset.DatasetError, match="row 1: pixel783 is 'True', not a whole number"):
        dataset.load(path)


FRAMES, LABELS = some_letters(3)
GOOD = csv_text(LABELS, FRAMES)


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("letters.csv", "", "holds no letters"),
        ("letters.csv", "\n\n", "holds no letters"),
        ("letters.csv", HEADER + "\n", "holds no letters"),
        ("letters.csv", GOOD + "1,2,3\n", "row 4: has 3 columns, not 785"),
        ("letters.csv", GOOD + "\n" + "1,2,3\n", "row 5: has 3 columns, not 785"),
        ("letters.csv", HEADER + "\n" + GOOD + "1,2,3\n", "row 5: has 3 columns, not 785"),
        ("letters.csv", GOOD.replace("\n", ",0\n"), "row 1: has 786 columns"),
        ("letters.csv", GOOD.replace("\n", ",\n"), "row 1: has 786 columns"),
        ("letters.csv", GOOD[:-1] + "\r", "row 3: pixel783 is "),
        ("letters.csv", GOOD.replace("\n", "\r\r\n"), "row 1: pixel783 is "),
        ("letters.csv", GOOD.replace("\n", "\r"), "row 1: has 2353 columns"),
        ("letters.csv", GOOD + "0" + ",0" * (784 + 2**16) + "\n", "row 4: has 66321 columns"),
        ("letters.csv", "x" + GOOD, "row 1: label is 'x0', not a whole number"),
        ("letters.csv", changed(3, 0, "52"), "row 3: the label 52 is out of the range 0 to 51"),
        ("letters.csv", HEADER + "\n" + changed(3, 0, "52"), "row 4: the label 52"),
        ("emnist-letters-train.csv", GOOD, "row 1: the label 0 is out of the range 1 to 26"),
        ("emnist-balanced-train.csv", changed(2, 0, "47"), "row 2: the label 47 is out of the range 0 to 46"),
        ("emnist-byclass-train.csv", changed(2, 0, "62"), "row 2: the label 62 is out of the range 0 to 61"),
        ("emnist-balanced-train.csv", GOOD, "holds no letters"),  # three digits
        ("emnist-mnist-train.csv", GOOD, "the EMNIST set 'mnist' is not read here"),
    ],
)
def test_says_which_row_is_wrong(tmp_path, name, text, complaint):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(dataset.DatasetError) as error:
        dataset.load(path)
    assert str(error.value).startswith(f"{path}: ")
    assert complaint in str(error.value)


def test_refuses_what_is_no_csv(tmp_path):
    path = tmp_path / "archive.csv"
    path.write_bytes(gzip.compress(GOOD.encode()))
    with pytest.raises(dataset.DatasetError, match=r"archive\.csv: row 1: "):
        dataset.load(path)


def test_refuses_a_source_that_is_not_there(tmp_path):
    with pytest.raises(dataset.DatasetError, match='no such file; a source is "drawn", "az" or the path of a file'):
        dataset.load(tmp_path / "missing.csv")
    with pytest.raises(dataset.DatasetError, match="make data SOURCE=az"):
        dataset.load("az")


def cut(content):
    return content[:-100]


@pytest.mark.parametrize(
    ("kind", "damage", "complaint"),
    [
        ("images", cut, "announces 3 rows, 2352 bytes, but holds 2252 bytes"),
        ("images", lambda content: content + b"\0", "but holds 2353 bytes"),
        ("images", lambda content: b"\0\0\x08\x01" + content[4:], "not with 00 00 08 01"),
        ("images", lambda content: b"", "no idx file"),
        ("images", lambda content: content[:8] + struct.pack(">2I", 56, 14) + content[16:], "56 x 14 pixels"),
        ("labels", lambda content: content[:4] + struct.pack(">I", 2) + content[8:-1], "holds 3 images, but"),
        ("labels", lambda content: content[:-1] + bytes([27]), "row 3: the label 27 is out of the range 1 to 26"),
        ("labels", lambda content: content[:-1], "announces 3 rows, 3 bytes, but holds 2 bytes"),
    ],
)
def test_says_what_is_wrong_with_an_idx_file(tmp_path, kind, damage, complaint):
    images = write_idx_pair(tmp_path, "emnist-letters-test", FRAMES, LABELS + 1)
    path = images if kind == "images" else images.with_name(images.name.replace("images-idx3", "labels-idx1"))
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(dataset.DatasetError) as error:
        dataset.load(images)
    assert str(tmp_path) in str(error.value)
    assert path.name in str(error.value)
    assert complaint in str(error.value)


@pytest.mark.parametrize("damage", [cut, lambda content: b"PK" + content, lambda content: content[:20] + b"\xff" * 40])
def test_refuses_a_broken_gzip_file(tmp_path, damage):
    path = write_idx_pair(tmp_path, "emnist-letters-test", FRAMES, LABELS + 1, gzipped=True)
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(dataset.DatasetError, match=r"images-idx3-ubyte\.gz: no whole gzip file"):
        dataset.load(path)


def test_an_idx_pair_needs_both_files_and_its_name(tmp_path):
    images = write_idx_pair(tmp_path, "emnist-letters-test", FRAMES, LABELS + 1)
    labels = images.with_name("emnist-letters-test-labels-idx1-ubyte")
    with pytest.raises(dataset.DatasetError, match="name the images file"):
        dataset.load(labels)
    with pytest.raises(dataset.DatasetError, match="needs its name as distributed"):
        dataset.load(write_idx_pair(tmp_path, "train", FRAMES, LABELS))
    labels.unlink()
    with pytest.raises(dataset.DatasetError, match="are not beside it"):
        dataset.load(images)


def is_number(field):
    try:
        float(field.encode())
    except ValueError:
        return False
    return True


def oracle(text):
    """What a CSV of two letters means, read in the plainest way: (rows, labels first), or None if malformed."""
    rows = [line.split(",") for line in text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")]
    if len(rows[0]) == len(set(rows[0])) == 785 and not is_number(rows[0][0]):
        del rows[0]
    rows = [row for row in rows if row != [""]]
    plain = set("0123456789")
    if not rows or any(len(row) != 785 or not all(field and set(field) <= plain for field in row) for row in rows):
        return None
    rows = [list(map(int, row)) for row in rows]
    return rows if all(max(row) <= 255 and row[0] < 52 for row in rows) else None


@SOME
@given(st.data())
def test_mutated_text_loads_right_or_says_what_is_wrong(tmp_path, data):
    text = csv_text(LABELS[:2], FRAMES[:2], header=data.draw(st.booleans()))
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.one_of(st.integers(0, 20), st.integers(0, len(text)), st.just(len(text))))
        length = data.draw(st.integers(0, 5))
        new = data.draw(st.one_of(st.text('0123456789,.\n\r-e" x\0', max_size=5), st.text(max_size=3)))
        text = text[:start] + new + text[start + length :]
    path = tmp_path / "mutated.csv"
    path.write_bytes(text.encode("utf-8", "replace"))
    expected = oracle(text)
    if expected is None:
        with pytest.raises(dataset.DatasetError) as error:
            dataset.load(path)
        assert str(path) in str(error.value)
    else:
        np.testing.assert_array_equal(dataset.load(path).to_numpy(), expected)


# --------------------------------------------------------------------------------------- writing, the cache


@SOME
@given(n=st.integers(1, 40), seed=st.integers(0, 2**32), ink=st.sampled_from([2, 256]))
def test_what_is_written_is_read_again(tmp_path, n, seed, ink):
    rng = np.random.default_rng(seed)
    frames = rng.integers(0, ink, (n, 28, 28), dtype=np.uint8)
    labels = rng.integers(0, 52, n, dtype=np.uint8)
    table = dataset.from_images(frames, labels)
    dataset.write_csv(table, tmp_path / "letters.csv")
    assert_holds(dataset.load(tmp_path / "letters.csv"), frames, labels)
    assert (tmp_path / "letters.csv").read_text() == csv_text(labels, frames, header=True)


def test_letters_are_added_to_a_csv(tmp_path):
    frames = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)
    for part in (slice(0, 2), slice(2, 2), slice(2, 5)):
        dataset.append_csv(frames[part], np.arange(5)[part], tmp_path / "a" / "mine.csv")
    read, labels = dataset.images(dataset.load(tmp_path / "a" / "mine.csv"))
    assert np.array_equal(read, frames) and list(labels) == [0, 1, 2, 3, 4]
    with pytest.raises(ValueError):
        dataset.append_csv(frames[0], [0], tmp_path / "a" / "mine.csv")


def test_tables_are_maps_of_the_cache(tmp_path, monkeypatch):
    path = tmp_path / "letters.csv"
    path.write_text(GOOD)
    first = dataset.load(path)
    monkeypatch.delattr(letter_files, "_read_csv")  # the second time, nothing is parsed
    second = dataset.load(path)
    assert is_mapped(first) and is_mapped(second)
    assert second.equals(first)
    assert all(is_mapped(table) for table in (second[["label"]], second.iloc[:2]))
    frames, _ = dataset.images(second)
    assert np.shares_memory(frames, second.to_numpy())


def test_a_changed_file_is_read_again(tmp_path, data_folder):
    path = tmp_path / "letters.csv"
    path.write_text(GOOD)
    dataset.load(path)
    before = path.stat()
    path.write_text(csv_text(LABELS, FRAMES[::-1]))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))  # of the same size, a nanosecond later
    assert path.stat().st_size == before.st_size
    assert_holds(dataset.load(path), FRAMES[::-1], LABELS)
    assert len(list((data_folder / "cache").iterdir())) == 1  # what was cached of the old file is gone


def test_changed_labels_of_an_idx_pair_are_read_again(tmp_path):
    path = write_idx_pair(tmp_path, "emnist-letters-test", FRAMES, LABELS + 1)
    dataset.load(path)
    write_idx_pair(tmp_path, "emnist-letters-test", FRAMES, LABELS + 20)
    os.utime(path.with_name("emnist-letters-test-labels-idx1-ubyte"), ns=(1, 1))
    assert_holds(dataset.load(path), FRAMES.transpose(0, 2, 1), LABELS + 19)


def test_files_of_one_name_have_caches_of_their_own(tmp_path):
    for folder, frames in (("a", FRAMES), ("b", FRAMES[::-1])):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "letters.csv").write_text(csv_text(LABELS, frames))
        os.utime(tmp_path / folder / "letters.csv", ns=(1, 1))
    for _ in range(2):
        assert_holds(dataset.load(tmp_path / "a" / "letters.csv"), FRAMES, LABELS)
        assert_holds(dataset.load(tmp_path / "b" / "letters.csv"), FRAMES[::-1], LABELS)


def test_a_spoiled_cache_is_made_again(tmp_path, data_folder):
    path = tmp_path / "letters.csv"
    path.write_text(GOOD)
    dataset.load(path)
    (cache,) = (data_folder / "cache").iterdir()
    for spoiled in (b"", b"spoiled", cache.read_bytes()[:-1]):
        cache.unlink()
        cache.write_bytes(spoiled)
        assert_holds(dataset.load(path), FRAMES, LABELS)


def test_loads_where_no_cache_can_be_written(tmp_path, data_folder):
    path = tmp_path / "letters.csv"
    path.write_text(GOOD)
    data_folder.write_text("a file where the folder should be")
    assert_holds(dataset.load(path), FRAMES, LABELS)


# ---------------------------------------------------------------------------------------- the drawn set, A-Z


def test_draws_the_embedded_set_once(data_folder):
    table = dataset.load("drawn", size=104, seed=3)
    path = data_folder / "letters_104_3.csv"
    assert path == dataset.drawn_path(104, 3)
    assert sorted(table.label) == sorted(list(range(52)) * 2)
    assert all(frame.max() > 100 for frame in dataset.images(table)[0])
    written = path.stat().st_mtime_ns
    again = dataset.load("drawn", size=104, seed=3)
    assert again.equals(table)
    assert is_mapped(again)
    assert path.stat().st_mtime_ns == written
    content = path.read_bytes()
    dataset.write_drawn(path, size=104, seed=3)
    assert path.read_bytes() == content
    assert sorted(file.name for file in data_folder.iterdir()) == ["cache", "letters_104_3.csv"]
    with pytest.raises(ValueError, match="at least 1 letter"):
        dataset.load("drawn", size=0)


def test_an_interrupted_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "letters.csv"
    path.write_text(GOOD)
    monkeypatch.setattr(dataset, "COLUMNS", [*dataset.COLUMNS[:-1], None])  # cannot be joined: fails with the file open
    with pytest.raises(TypeError):
        dataset.write_csv(dataset.from_images(FRAMES, LABELS), path)
    assert path.read_text() == GOOD
    assert list(tmp_path.iterdir()) == [path]


def test_finds_az_in_the_data_folder_and_in_kagglehubs_cache(tmp_path, data_folder, monkeypatch):
    cached = tmp_path / "kagglehub" / "datasets" / "sachinpatel21" / "az-handwritten-alphabets-in-csv-format"
    path = cached / "versions" / "5" / "A_Z Handwritten Data" / "A_Z Handwritten Data.csv"
    path.parent.mkdir(parents=True)
    path.write_text(GOOD)
    with pytest.raises(dataset.DatasetError, match="make data SOURCE=az"):  # kagglehub has not marked it as whole
        dataset.load("az")
    (cached / "5.complete").touch()
    monkeypatch.setattr("kagglehub.dataset_download", lambda handle: pytest.fail("downloads what is there"))
    assert dataset.download_az() == path
    assert_holds(dataset.load("az"), FRAMES, LABELS)
    data_folder.mkdir(exist_ok=True)
    (data_folder / "A_Z Handwritten Data.csv").write_text(csv_text(LABELS, FRAMES[::-1]))
    assert_holds(dataset.load("az"), FRAMES[::-1], LABELS)


def test_downloads_az_with_kagglehub(tmp_path, monkeypatch):
    def download(handle):
        assert handle == "sachinpatel21/az-handwritten-alphabets-in-csv-format"
        (tmp_path / "5").mkdir(exist_ok=True)
        (tmp_path / "5" / name).write_text(GOOD)
        return str(tmp_path / "5")

    monkeypatch.setattr("kagglehub.dataset_download", download)
    name = "something else.csv"
    with pytest.raises(dataset.DatasetError, match=r"holds no file 'A_Z Handwritten Data\.csv'"):
        dataset.download_az()
    name = "A_Z Handwritten Data.csv"
    assert dataset.download_az() == tmp_path / "5" / name


def test_says_what_to_do_without_a_network(data_folder, monkeypatch):
    for scheme in ("http", "https"):
        monkeypatch.setenv(f"{scheme}_proxy", "http://127.0.0.1:9")  # nothing listens there
        monkeypatch.setenv(f"{scheme.upper()}_PROXY", "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(dataset.DatasetError) as error:
        dataset.download_az()
    assert "Connect to the internet" in str(error.value)
    assert str(data_folder / "A_Z Handwritten Data.csv") in str(error.value)


def test_lets_other_errors_of_a_download_through(monkeypatch):
    def download(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kagglehub.dataset_download", download)
    with pytest.raises(OSError, match="No space left") as error:
        dataset.download_az()
    assert not isinstance(error.value, dataset.DatasetError)


# ----------------------------------------------------------------------------- tables, duplicates and splits


@pytest.mark.parametrize(
    ("frames", "labels"),
    [
        (FRAMES.astype(float), LABELS),
        (FRAMES[:2], LABELS),
        (FRAMES.reshape(3, 784), LABELS),
        (FRAMES, LABELS + 50),
        (FRAMES, LABELS / 2),
        (FRAMES, LABELS.astype(int) - 1),
    ],
)
def test_refuses_arrays_that_are_no_letters(frames, labels):
    with pytest.raises(ValueError, match=r"frames must be uint8|labels must be integers"):
        dataset.from_images(frames, labels)


def test_refuses_a_table_with_other_columns():
    table = dataset.from_images(FRAMES, LABELS)
    for wrong in (table.assign(letter="A"), table.assign(pixel0=0.5), table.drop(columns="label")):
        with pytest.raises(ValueError, match="785 uint8 columns"):
            dataset.images(wrong)


def test_finds_what_another_table_shows_too_in_the_same_place_or_in_any():
    frames = np.zeros((4, 28, 28), np.uint8)  # the last one is empty
    frames[:3, 10:14, 10:14] = some_letters(3)[0][:, :4, :4] | 1
    before = dataset.from_images(frames[[0, 1, 3]], [0, 1, 3])
    there = dataset.from_images(np.stack([frames[1], np.roll(frames[0], 3, axis=1), frames[2], frames[3]]), [9] * 4)
    assert dataset.seen(there, before).tolist() == [True, False, False, True]
    assert dataset.seen(there, before, moved=True).tolist() == [True, True, False, True]
    assert dataset.seen(there, before.iloc[:0]).tolist() == [False] * 4
    assert dataset.seen(there.iloc[:0], before).tolist() == []


def test_finds_duplicates_whatever_their_labels():
    frames, labels = some_letters(6)
    table = dataset.from_images(frames[[0, 1, 0, 2, 1, 1]], labels)
    assert dataset.duplicates(table).tolist() == [False, False, True, False, True, True]
    assert dataset.duplicates(table.iloc[2:]).tolist() == [False, False, False, True]
    assert dataset.duplicates(table[table.label > 5]).tolist() == []


def test_an_image_is_no_duplicate_for_ending_in_blank_pixels():
    frames = np.zeros((3, 28, 28), np.uint8)
    frames[1, 0, 0] = frames[2, 0, 1] = 1
    assert not dataset.duplicates(dataset.from_images(frames, [0, 0, 0])).any()


@SOME
@given(
    n=st.integers(60, 400),
    copies=st.integers(0, 100),
    classes=st.integers(1, 6),
    test=st.sampled_from([0.0, 0.1, 0.2, 0.5]),
    validation=st.sampled_from([0.0, 0.1, 0.25]),
    seed=st.integers(0, 1000),
)
def test_splits_are_disjoint_stratified_and_repeatable(n, copies, classes, test, validation, seed):
    rng = np.random.default_rng(seed)
    frames, labels = some_letters(n, classes, seed)
    chosen = rng.permutation(np.concatenate([np.arange(n), rng.integers(0, n, copies)]))
    other = rng.random(len(chosen)) < 0.02  # some images have two labels
    table = dataset.from_images(frames[chosen], np.where(other, 0, labels[chosen]))
    table.index = table.index + 1000
    parts = dataset.split(table, test, validation, seed)

    together = np.concatenate([part.index for part in parts])
    assert sorted(together) == list(table.index)
    assert all(part.equals(table.loc[part.index]) for part in parts)
    sides = [{row.tobytes() for row in dataset.images(part)[0]} for part in parts]
    assert len(set.union(*sides)) == sum(map(len, sides)) == n

    firsts = table[~dataset.duplicates(table)].label
    for part, share in zip(parts, (1 - test - validation, validation, test), strict=True):
        counts = firsts[firsts.index.isin(part.index)].value_counts()
        for label, total in firsts.value_counts().items():
            assert abs(counts.get(label, 0) - share * total) <= 1

    assert all(
        part.equals(again) for part, again in zip(parts, dataset.split(table, test, validation, seed), strict=True)
    )
    if test:
        other = dataset.split(table, test, validation, seed + 1)[2]
        assert set(other.index) != set(parts[2].index)


@pytest.mark.parametrize("shares", [(1.0, 0.0), (0.6, 0.4), (-0.1, 0.0), (0.2, -0.1), (float("nan"), 0.0)])
def test_refuses_impossible_shares(shares):
    with pytest.raises(ValueError, match="the shares must not be negative, and their sum below 1"):
        dataset.split(dataset.from_images(FRAMES, LABELS), *shares)


def test_refuses_a_class_with_too_few_letters():
    frames, labels = some_letters(40, classes=2)
    labels[labels == 1] = 27
    frames[labels == 27] = frames[1]  # twenty times the same b
    table = dataset.from_images(frames, labels)
    with pytest.raises(ValueError, match="class b has 1 different images, too few"):
        dataset.split(table, test=0.2)
    with pytest.raises(ValueError, match=r"too few for the shares test=0\.2 and validation=0\.01"):
        dataset.split(table[table.label == 0], test=0.2, validation=0.01)
    assert [len(part) for part in dataset.split(table, test=0.0)] == [40, 0, 0]


def test_letters_of_one_split_are_read_with_their_writers(tmp_path):
    frames, labels = pen.frames(30, seed=3, workers=1)
    split, writer = np.arange(30) % 3, np.arange(30) % 7
    pictures = 255 - np.pad(frames, ((0, 0), (6, 30), (10, 2)))
    np.savez(tmp_path / "mine.npz", x=pictures, y=labels % 26, case=labels // 26, split=split, writer=writer)
    for number, name in enumerate(("train", "validation", "test")):
        found = dataset.read_letters(tmp_path / "mine.npz", name)
        assert found.frames.shape == (10, 28, 28) and np.array_equal(found.labels, labels[split == number])
        assert np.array_equal(found.writers, writer[split == number])
    capitals = found.of_case(0)
    assert len(capitals.labels) and (capitals.labels < 26).all() and len(capitals.frames) == len(capitals.writers)


def test_a_file_without_letters_is_named(tmp_path):
    np.savez(tmp_path / "other.npz", y=np.zeros(3))
    with pytest.raises(ValueError, match=r"other\.npz: .* case, x"):
        dataset.read_letters(tmp_path / "other.npz")
    np.savez(tmp_path / "digits.npz", x=np.zeros((1, 9, 9)), y=np.array([255]), case=np.zeros(1))
    with pytest.raises(ValueError, match="must be 0-25, it has 255"):
        dataset.read_letters(tmp_path / "digits.npz")
