"""What measures this project: it counts right, and figures in prose are those of the networks that are shipped.

What is measured is not judged here: most readers are made up.
"""

import dataclasses
import json
import re
import struct
import subprocess
import sys

import numpy as np
import pytest

from benchmarks import accuracy, letters, pages, photos, provenance, readers, speed, tables
from benchmarks.__main__ import main
from letters import compose, language, pen
from letters.picture import PictureError

TINY = accuracy.Counts(260, 20, 1, 4, 3, 3, 10, 104, 1, 300)
# speaks like rapidocr_worker, and says "B0" of a picture that is brighter than grey, "line" where it is not to look for
# the text, and nothing of others
WORKER = """
import json, struct, sys
print(json.dumps({"version": "1.2"}), flush=True)
while head := sys.stdin.buffer.read(12):
    height, width, detect = struct.unpack("<III", head)
    pixels = sys.stdin.buffer.read(3 * height * width)
    found = "B0" if sum(pixels) > 128 * len(pixels) else ""
    print(json.dumps({"text": found if detect else "line"}), flush=True)
"""


class Recognizer:
    """Reads every picture as `text`, or refuses it."""

    def __init__(self, text="", refusal=None):
        self.text, self.refusal, self.asked = text, refusal, []

    def read(self, picture, language=None):
        self.asked.append(language)
        if self.refusal:
            raise PictureError(self.refusal, "no")
        return self


def reader(name="made up", answer="", timed=True):
    return readers.Reader(name, answer if callable(answer) else lambda picture: answer, timed)


@pytest.fixture
def white():
    return np.full((20, 30, 3), 255, np.uint8)


# ------------------------------------------------------------------------------------------------ readers


def test_our_reader_asks_for_its_language_and_takes_no_ink_for_an_answer(white):
    recognizer = Recognizer("words")
    assert readers.ours(recognizer).read(white) == "words" == readers.ours(recognizer, "de").read(white)
    assert recognizer.asked == [None, "de"] and readers.ours(recognizer, "de").name == "ours, German"
    assert readers.ours(Recognizer(refusal="no_ink")).read(white) == ""
    with pytest.raises(PictureError):
        readers.ours(Recognizer(refusal="empty_image")).read(white)


@pytest.fixture
def rapid(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "WORKER", tmp_path / "worker.py")
    readers.WORKER.write_text(WORKER)
    worker = readers.rapidocr(sys.executable)
    yield worker
    worker.close()


def test_pictures_go_to_another_interpreter_and_digits_become_letters(rapid, white):
    plain, mapped = rapid.readers()
    assert rapid.version == "1.2" and plain.timed and not mapped.timed
    assert (plain.read(white), mapped.read(white)) == ("B0", "BO")
    assert (mapped.read(0 * white), plain.read(0 * white)) == ("", "")
    assert readers.peers(rapid)[-2:] == rapid.readers()
    assert readers.peers(rapid, cropped=True)[-3:-1] == rapid.readers()
    without = rapid.readers(cropped=True)[-1]
    assert without.timed and without.read(white) == without.read(0 * white) == "line"


def test_what_was_read_once_is_not_read_again_for_its_digits(rapid, white):
    plain, mapped = rapid.readers()
    plain.read(white)
    rapid._process.kill()
    rapid._process.wait(30)
    assert mapped.read(white) == "BO"


def test_an_interpreter_without_rapidocr_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "WORKER", tmp_path / "worker.py")
    readers.WORKER.write_text("raise SystemExit(3)")
    with pytest.raises(RuntimeError, match="ended with status 3"):
        readers.rapidocr(sys.executable)


def test_the_worker_puts_the_pieces_of_lines_together(tmp_path):
    """With a made-up rapidocr that finds two pieces of one line, the right one first, and a line below; and that keeps
    the settings of its last call, as the real one does."""
    (tmp_path / "rapidocr.py").write_text("""
from types import SimpleNamespace
import numpy as np
def box(x, y):
    return np.array([[x, y], [x + 9, y], [x + 9, y + 8], [x, y + 8]], float)
class RapidOCR:
    def __init__(self, params):
        print("loading")
    def __call__(self, picture, use_det=None, use_cls=None, use_rec=None):
        assert picture.shape == (3, 2, 3) and picture[0, 0].tolist() == [3, 2, 1]
        self.detect = getattr(self, "detect", True) if use_det is None else use_det
        if not self.detect:
            return SimpleNamespace(txts=("one", "line"))
        return SimpleNamespace(boxes=[box(20, 1), box(0, 0), box(3, 30)], txts=("words", "two", "below"))
""")
    (tmp_path / "rapidocr-9.1.dist-info").mkdir()
    (tmp_path / "rapidocr-9.1.dist-info" / "METADATA").write_text("Name: rapidocr\nVersion: 9.1\n")
    picture = np.tile(np.array([1, 2, 3], np.uint8), (3, 2, 1))
    shown = subprocess.run(
        [sys.executable, str(readers.WORKER)],
        input=b"".join(struct.pack("<III", 3, 2, detect) + picture.tobytes() for detect in (0, 1)),
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        check=True,
    ).stdout
    assert [json.loads(line) for line in shown.splitlines()] == [
        {"version": "9.1"},
        {"text": "one line"},
        {"text": "two words\nbelow"},
    ]


def test_the_original_network_squeezes_the_whole_picture(monkeypatch):
    seen = []

    class Network:
        def predict(self, frames, verbose):
            seen.append(frames)
            return np.eye(52)[[27]]

    monkeypatch.setattr(readers, "original_network", lambda size, epochs: Network())
    picture = np.full((280, 140, 3), 255, np.uint8)
    picture[:140] = 0
    assert readers.original(10, 1).read(picture) == "b"
    assert seen[0].shape == (1, 28, 28, 1) and seen[0][0, :14].min() == 255 and seen[0][0, 14:].max() == 0


# ------------------------------------------------------------------------------------------------ letters


def write_letters(path, count=104):
    frames, labels = pen.frames(count, seed=3, workers=1)
    np.savez(path, x=255 - frames, y=labels % 26, case=labels // 26, writer=np.arange(count) % 7)


def test_a_folder_gives_its_letter_files_and_no_others(tmp_path):
    assert letters.read_folder(tmp_path) == {}
    write_letters(tmp_path / "mine.npz")
    np.savez(tmp_path / "words.npz", blob=np.zeros(3), text=["a"])
    np.savez(tmp_path / "digits.npz", x=np.zeros((2, 9, 9)), y=[255, 3], case=[0, 0])
    assert set(letters.read_folder(tmp_path)) == {"mine"}
    with np.load(tmp_path / "mine.npz") as file:
        np.savez(tmp_path / "mine.npz", xfull=file["x"], **{key: file[key] for key in file.files})
    assert set(letters.read_folder(tmp_path)) == {"mine", "mine, as scanned"}


def test_letters_are_counted_by_set_and_case(tmp_path, recognizer):
    write_letters(tmp_path / "mine.npz")
    rows = letters.accuracy_table(recognizer, letters.read_folder(tmp_path))
    assert [(row["set"], row["case"], row["letters"], row["writers"]) for row in rows] == [
        ("mine", "upper", 52, 7),
        ("mine", "lower", 52, 7),
    ]
    for row in rows:
        low, high = row["any"]["interval"]
        assert low <= row["any"]["accuracy"] <= high and 0 <= row["refused"] < 0.5
        assert row["known"]["accuracy_at"]["1.0"] == row["known"]["accuracy"] > 0.7


def test_what_is_no_letter_is_told_from_letters(recognizer):
    result = letters.refusal(recognizer, pen.frames(2000, seed=6)[0], each=1000)
    assert result["kinds trained on"]["auroc"] > 0.97
    assert result["kinds held out"]["auroc"] > 0.95
    assert 0.5 < result["digits 2-9 of real hands"]["refused"] <= 1


# -------------------------------------------------------------------------------------------------- pages


def test_no_rare_word_is_in_a_list_of_the_prior():
    words = pages.rare_words()
    assert 100 <= len(words) == len(set(words)) and all(word.isascii() and word.islower() for word in words)
    for name in language.LANGUAGES:
        assert not set(words) & set(language.load(name).words), name


def test_the_words_of_the_prior_are_in_its_list():
    english, hand = set(language.load("en").words), pen.draw_hand(3)
    made = pages.make([hand], each=2)
    texts = {text: {one.page.text for one in made if one.text == text} for text in pages.TEXTS}
    words = {text: " ".join(found).lower().split() for text, found in texts.items()}
    assert set(words["words of the prior"]) <= english
    assert set(words["words in no list"]) <= set(pages.rare_words())
    assert len(set(words["random letters"]) - english) > 5


def test_every_text_stands_in_every_spacing_and_kind_of_picture():
    made = pages.make([pen.draw_hand(0), pen.draw_hand(1)], each=1)
    groups = {(one.text, one.spacing, one.page.kind) for one in made}
    assert len(groups) == len(made) == len(pages.TEXTS) * len(compose.SPACINGS) * len(compose.KINDS)
    by_kind = {kind: [one.page.text for one in made if one.page.kind == kind] for kind in compose.KINDS}
    assert by_kind["canvas"] == by_kind["scan"] == by_kind["photo"]
    again = pages.make([pen.draw_hand(0), pen.draw_hand(1)], each=1)
    assert all(np.array_equal(a.page.picture, b.page.picture) for a, b in zip(made, again, strict=True))


def test_hands_that_cannot_write_a_text_are_passed_over():
    hand = pen.draw_hand(0)
    capitals = {label: forms for label, forms in hand.items() if label < 26}
    assert all(any(char.islower() for char in one.page.text) for one in pages.make([capitals, hand], 1)[6:9])
    with pytest.raises(ValueError, match="no hand has enough letters for words of the prior, joined"):
        pages.make([capitals], each=1)


def test_edits_and_words_of_pages_add_up():
    def page(text):
        return compose.Page(np.full((9, 9, 3), len(text), np.uint8), text, np.empty((0, 4)), "scan")

    texts = {len(text): text for text in ("ABC DEF", "abb a")}
    spoilt = reader(answer=lambda picture: texts[picture[0, 0, 0]].lower().replace("b", "r"))
    result = pages.read([page(text) for text in texts.values()], spoilt)
    assert (result["edits"], result["characters"], result["cer"], result["words"]) == (3, 12, 3 / 12, 2 / 4)
    assert result["seconds"] >= 0 and pages.read([page("a")], reader(timed=False))["seconds"] is None


def test_hands_are_those_of_the_pen_model_and_of_the_test_writers(tmp_path):
    assert set(pages.read_hands(None)) == {"pen model"}
    strokes = [[np.array([[0, 0], [9, 9]])]] * 52
    marks = {"pts": np.concatenate([stroke for one in strokes for stroke in one]).astype(np.uint8)}
    marks |= {"stroke_len": [2] * 52, "n_strokes": [1] * 52, "y": np.tile(np.arange(26), 2), "case": [0] * 52}
    np.savez(tmp_path / "mine.npz", writer=np.arange(52) // 26, split=np.arange(52) // 26 * 2, **marks)
    np.savez(tmp_path / "words.npz", blob=np.zeros(3))
    hands = pages.read_hands(tmp_path)
    assert set(hands) == {"pen model", "mine"} and len(hands["mine"]) == 1 and len(hands["mine"][0]) == 26


def test_rows_of_pages_say_what_was_read():
    rows = pages.measure([reader("one"), reader("two", "A")], {"mine": [pen.draw_hand(0)]}, each=1)
    assert len(rows) == 27 * 2 and {row["hands"] for row in rows} == {"mine"}
    nothing = [row for row in rows if row["reader"] == "one"]
    assert pages.error_rate(nothing) == 1 and all(row["cer"] == 1 for row in nothing)


def test_sheets_are_full_of_lines_and_their_table_has_the_seconds_of_each_reader():
    made = pages.sheets([pen.draw_hand(0)], each=1)
    assert [page.kind for page in made] == list(compose.KINDS) and len({page.text for page in made}) == 1
    lines = made[0].text.split("\n")
    assert pages.SHEET[0] <= len(lines) <= pages.SHEET[1] and min(map(len, lines)) >= pages.LINE
    readers_of_all = [reader("one"), reader("two", made[0].text, timed=False)]
    rows = pages.measure_sheets(readers_of_all, {"mine": [pen.draw_hand(0)]}, each=1)
    assert len(rows) == 3 * 2 and {row["cer"] for row in rows if row["reader"] == "two"} == {0}
    shown = tables.sheets({"sheets": rows})
    assert f"| scan | 1 | {len(made[1].boxes)} | 100.0 % | 0.0 % |" in shown
    assert re.search(r"\| seconds a sheet \|\s+\|\s+\| \d\.\d s \| \|", shown)


# ------------------------------------------------------------------------------------------------- photos


@pytest.mark.parametrize("make", [*photos.PAPERS, *photos.DESKS, *photos.LIGHTS], ids=photos._name)
def test_a_paper_desk_or_light_fills_its_picture_and_comes_from_the_seed(make):
    shape = (70, 110)
    first, again, other = (make(shape, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.shape == (*shape, 3) and np.isfinite(first).all() and np.array_equal(first, again)
    assert not np.array_equal(first, other)
    low, high = (0, 1.6) if make in photos.LIGHTS else (0, 300)
    assert low <= np.percentile(first, 1) and np.percentile(first, 99) <= high and first.std() > 0


def test_letters_lie_on_the_paper_and_their_clean_copies_beside_them():
    made = list(photos.letters(52, seed=4))
    assert {shown.letter.upper() for shown, _ in made} == set("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    for shown, plain in made:
        assert shown.picture.dtype == plain.dtype == np.uint8 and shown.picture.shape[2] == plain.shape[2] == 3
        assert plain.min() == 0 and plain.max() == 255
    again = next(photos.letters(52, seed=4))[0]
    assert again.letter == made[0][0].letter and np.array_equal(again.picture, made[0][0].picture)


def test_the_ink_of_a_letter_is_all_in_the_photo_and_on_the_sheet():
    for seed in range(40):
        rng = np.random.default_rng(seed)
        shape = (300, int(300 * rng.uniform(0.9, 1.5)))
        written = photos._written(pen.draw(1, seed=seed)[0][0], shape, rng)
        inside = np.pad(np.ones((shape[0] - 10, shape[1] - 10), bool), 5)
        assert written.max() > 0.5 and written[~inside].max() == 0
        assert (photos._sheet(shape, rng)[written > 0.3] > 0.5).mean() > 0.98


def test_blank_papers_have_nothing_on_them_or_their_backs():
    made = list(photos.blanks(30, seed=5))
    assert {shown.letter for shown in made} == {""} and "shown through" not in {shown.paper for shown in made}
    assert len({shown.paper for shown in made}) > 3 and len({shown.light for shown in made}) > 3


def test_readers_are_counted_on_photos_clean_letters_and_blanks():
    e = reader("always E", lambda picture: "e\n")
    canvas = reader("clean only", lambda picture: "E" if picture.shape[0] == 144 else "")
    result = photos.measure([e, canvas], count=104, empty=4)
    always, clean_only = result["letters"]
    assert always["photo"] == always["clean"] == pytest.approx(4 / 104) == clean_only["clean"]
    assert clean_only["photo"] == 0 and [row["empty"] for row in result["blank"]] == [0, 1]
    for what in ("paper", "desk", "light"):
        assert set(always["by"][what]) <= {*map(photos._name, photos.PAPERS + photos.DESKS + photos.LIGHTS), "none"}


# ---------------------------------------------------------------------------------------------- provenance


@pytest.fixture
def network(tmp_path, monkeypatch):
    """One shipped network in a folder of its own."""
    (tmp_path / "assets").mkdir()
    path = tmp_path / "assets" / "one.tflite"
    path.write_bytes(b"weights")
    monkeypatch.setattr(provenance, "ASSETS", tmp_path / "assets")
    return path


def test_networks_in_the_package_are_the_shipped_ones(network):
    assert provenance.shipped() == [network]
    assert provenance.networks() == {"one.tflite": provenance.sha256(network)}


def test_a_result_says_where_it_comes_from(network, tmp_path):
    np.savez(tmp_path / "mine.npz", x=np.zeros(3))
    about = provenance.describe("make benchmark", 5, tmp_path)
    assert about["command"] == "make benchmark" and about["seed"] == 5 and set(about["data"]) == {"mine.npz"}
    assert about["networks"] == provenance.networks() and len(about["networks"]["one.tflite"]) == 64
    assert {"python", "numpy", "rapidfuzz", "ai-edge-litert"} <= set(about["versions"]) and about["machine"]["cores"]
    assert provenance.describe("make transfer", uses_networks=False)["networks"] == {}


def test_a_result_of_another_network_is_at_fault(network):
    result = {"provenance": provenance.describe("make benchmark")}
    assert provenance.fault(result) is None
    network.write_bytes(b"others")
    assert "another one.tflite than the shipped one; run again: make benchmark" in provenance.fault(result)
    network.rename(network.with_name("two.tflite"))
    assert provenance.fault(result)
    assert "does not say" in provenance.fault({}) and "does not say" in provenance.fault({"provenance": {}})


def test_floats_are_rounded_and_nothing_else(tmp_path):
    written = provenance.write({"a": [1 / 3, 2_000_000, True], "b": {"c": "1.23456789"}}, tmp_path / "r.json")
    assert written == {"a": [0.33333, 2_000_000, True], "b": {"c": "1.23456789"}}
    assert json.loads((tmp_path / "r.json").read_text()) == written


# ------------------------------------------------------------------------------------------------- tables


def test_the_figures_of_the_readmes_are_those_of_the_shipped_networks():
    assert tables.faults() == []


def test_every_file_of_results_that_is_quoted_is_checked():
    quoting = [
        *tables.PAGES,
        *(provenance.ROOT / "notebooks").glob("*.ipynb"),
        *(provenance.ROOT / "docs").glob("*.md"),
    ]
    named = {name for path in quoting for name in re.findall(r"\b(?:models|serve)/\w+\.json", path.read_text("utf-8"))}
    checked = {path.relative_to(provenance.ROOT).as_posix() for path in provenance.RESULTS.values()}
    assert {"models/benchmark.json", "models/speed.json"} <= named <= checked | {"serve/openapi.json"}


def test_every_table_has_its_place():
    placed = {block["name"] for path in tables.PAGES for block in tables.BLOCK.finditer(path.read_text("utf-8"))}
    assert placed == set(tables.TABLES)


@pytest.fixture
def quoted(network, tmp_path, monkeypatch):
    """A README with one table, and the result that it is made from."""
    result, readme = tmp_path / "speed.json", tmp_path / "README.md"
    monkeypatch.setattr(provenance, "RESULTS", {"speed": result})
    monkeypatch.setattr(tables, "TABLES", {"mine": ("speed", "n", lambda result: f"{result['n']:.1f} %", "make it")})
    provenance.write({"provenance": provenance.describe("make it"), "n": 12.34}, result)
    readme.write_text("Text.\n\n<!-- results: mine -->\nold\n<!-- end of results -->\n\nMore.\n")
    return result, readme


def test_tables_are_written_between_their_markers_and_checked(quoted, network):
    _, readme = quoted
    assert len(tables.faults([readme])) == 1
    tables.write([readme])
    assert readme.read_text() == "Text.\n\n<!-- results: mine -->\n12.3 %\n<!-- end of results -->\n\nMore.\n"
    assert tables.faults([readme]) == []
    readme.write_text(readme.read_text().replace("12.3", "12.4"))
    assert "are not those of the results" in tables.faults([readme])[0]
    tables.write([readme])
    readme.write_text(readme.read_text() + "It reads 97.1 % of all.\n")
    assert "97.1 % stands outside" in tables.faults([readme])[0]
    network.write_bytes(b"other weights")
    assert "speed.json: it was measured with another one.tflite" in tables.faults([readme])[0]


def test_what_is_not_measured_says_how_to_measure_it(quoted):
    result, readme = quoted
    provenance.write({"provenance": provenance.describe("make it")}, result)
    tables.write([readme])
    assert "Not measured yet: `make it` fills in this table." in readme.read_text()


def test_a_block_without_an_end_or_with_an_unknown_name_is_refused(quoted):
    with pytest.raises(ValueError, match="has no end"):
        tables.fill("<!-- results: mine -->\nold\n")
    with pytest.raises(KeyError):
        tables.fill("<!-- results: other -->\nold\n<!-- end of results -->")


def test_tables_of_words_and_situations_have_a_column_for_each_reader():
    def row(kind, name, cer):
        about = {"kind": kind, "reader": name, "pictures": 1200, "writers": 7}
        return about | {"cer": cer, "cer_interval": None if kind == "few" else [0.1, 0.25]}

    rows = [row("all", "ours", 0.2), row("all", "peer", 0.123), row("few", "ours", 1.5), row("few", "peer", 0)]
    assert tables.real({"real": {"files": {"labels": {"rows": rows}}}}).splitlines()[2:] == [
        "| labels: all | 1,200 by 7 | 20.0 % (10.0-25.0) | 12.3 % (10.0-25.0) |",
        "| labels: few | 1,200 by 7 | 150.0 % | 0.0 % |",
    ]
    kinds = [{"kind": kind, "pictures": 5, "right": {"ours": right}} for kind, right in (("lamp", 4), ("frame", 1))]
    result = {"situations": {"drawn": {"pictures": 10, "right": {"ours": 5 / 10}, "kinds": kinds}}}
    assert tables.situations(result).splitlines()[2:] == ["| 10 drawn | 50.0 % |"]
    assert tables.situation_kinds(result).splitlines()[2:] == ["| frame | 5 | 1 |", "| lamp | 5 | 4 |"]


# -------------------------------------------------------------------------------------------- the commands

NO_DATA = ("pages", "accuracy", "refusal", "speed")


@pytest.fixture
def small(monkeypatch):
    """The benchmark with tiny counts and no peers."""
    monkeypatch.setattr(accuracy, "QUICK", TINY)
    monkeypatch.setattr(readers, "rapidocr", lambda python: None)
    monkeypatch.setattr(readers, "peers", lambda rapid, page_segmentation=6, cropped=False: [])
    monkeypatch.setattr(pages, "HANDS", 2)
    monkeypatch.setattr(readers, "original", lambda size, epochs: reader("original network", "A"))


def test_the_benchmark_writes_and_shows_what_it_measured(tmp_path, small, capsys):
    write_letters(tmp_path / "mine.npz", 52)
    path = tmp_path / "result.json"
    command = ["accuracy", "--quick", "--data", str(tmp_path), "--output", str(path)]
    assert main([*command, "--only", *NO_DATA, "photos"]) == 0
    result = json.loads(path.read_text())
    assert set(result) == {"provenance", *NO_DATA, "photos"} and set(result["provenance"]["data"]) == {"mine.npz"}
    assert result["provenance"]["counts"] == dataclasses.asdict(TINY)
    assert {row["reader"] for row in result["pages"]} == {"ours", "ours, English"}
    assert result["photos"]["letters"][-1]["reader"] == "original network"
    shown = capsys.readouterr().out
    assert "| mine | capitals | 26 |" in shown and "| joined |" in shown and "read per second" in shown
    before = result["refusal"]
    assert main([*command, "--only", "speed"]) == 0
    assert json.loads(path.read_text())["refusal"] == before
    path.write_text(json.dumps(result | {"provenance": {"command": "x", "networks": {"letter.tflite": "0"}}}))
    assert main([*command, "--only", "speed"]) == 2
    assert "cannot keep its other figures: it was measured with another letter.tflite" in capsys.readouterr().err


def test_figures_of_peers_that_are_not_installed_can_be_kept(tmp_path, small, monkeypatch):
    kinds = [{"kind": "comb", "right": {"ours": 3}}]
    rows = [{"reader": "ours", "edits": 1}]
    parts = {"situations": {"drawn": {"right": {"ours": 0.5}, "kinds": kinds}}, "pages": rows}
    monkeypatch.setattr(accuracy, "PARTS", {name: lambda session, part=part: part for name, part in parts.items()})
    path = tmp_path / "result.json"
    before = accuracy.benchmark(path, counts=TINY)
    before["situations"]["drawn"]["kinds"][0]["right"] = {"ours": 1, "a peer": 2}
    before["pages"] = [{"reader": "ours", "edits": 5}, {"reader": "a peer", "edits": 7}]
    before["provenance"]["versions"]["peer"] = "1.0"
    path.write_text(json.dumps(before))
    after = accuracy.benchmark(path, counts=TINY, keep_peers=True)
    assert after["situations"]["drawn"]["kinds"] == [{"kind": "comb", "right": {"ours": 3, "a peer": 2}}]
    assert after["pages"] == [*rows, {"reader": "a peer", "edits": 7}]
    assert after["provenance"]["peers"]["peer"] == "1.0"
    path.write_text(json.dumps(before | {"provenance": before["provenance"] | {"seed": 1}}))
    with pytest.raises(ValueError, match="measured with another seed"):
        accuracy.benchmark(path, counts=TINY, keep_peers=True)


def test_figures_of_writers_are_joined_whatever_their_order():
    earlier = [{"writer": 1, "cer": {"ours": 0.1, "a peer": 0.5}}, {"writer": 2, "cer": {"ours": 0.2, "a peer": 0.6}}]
    now = [{"writer": 2, "cer": {"ours": 0.0}}, {"writer": 1, "cer": {"ours": 0.1}}]
    joined = accuracy.with_peers({"writers": now}, {"writers": earlier})["writers"]
    assert joined == [{"writer": 2, "cer": {"ours": 0.0, "a peer": 0.6}}, earlier[0]]


def test_simpler_readers_are_trained_and_measured(tmp_path):
    write_letters(tmp_path / "mine.npz", 52)
    result = letters.baselines(letters.read_folder(tmp_path), size=260, epochs=1)
    assert len(result) == 4 and all(0 <= row["mine"] <= 1 for row in result.values())
    assert result["logistic regression"]["mine"] > 0.1  # one in 26 by chance
    rows = [{"set": "mine", "letters": count, "known": {"accuracy": share}} for count, share in ((3, 1.0), (1, 0.0))]
    assert "| the shipped network | 75.0 % |" in tables.baselines({"baselines": result, "accuracy": rows})


def test_partial_runs_do_not_touch_what_is_quoted(small, monkeypatch):
    monkeypatch.setattr(accuracy, "PARTS", {"real": None, "speed": lambda session: {"a": 1}})
    written = []
    monkeypatch.setattr(provenance, "write", lambda result, path: written.append(path) or result)
    assert main(["accuracy"]) == 0 == main(["accuracy", "--quick"])
    assert written == [accuracy.PARTIAL] * 2


def test_only_a_full_run_with_real_words_is_quoted(tmp_path):
    assert "real" not in accuracy.available(None)
    with pytest.raises(FileNotFoundError, match=r"no \.npz files"):
        accuracy.available(tmp_path)
    write_letters(tmp_path / "letters.npz")
    assert accuracy.destination(tmp_path, None) == accuracy.PARTIAL
    np.savez(tmp_path / "words.npz", blob=np.zeros(1), off=[0, 1], text=["a"], writer=[0])
    assert accuracy.destination(tmp_path, None) == accuracy.PARTIAL  # fonts and digits are missing
    np.savez(tmp_path / "fonts.npz", label=["é"], pts=np.zeros((1, 2)), writer=[0], hand=[True])
    np.savez(tmp_path / "digits.npz", label=list("0123456789"), pts=np.zeros((1, 2)), writer=[0])
    assert accuracy.available(tmp_path) == list(accuracy.PARTS)
    assert accuracy.destination(tmp_path, None) == accuracy.RESULT
    assert accuracy.destination(tmp_path, TINY) == accuracy.PARTIAL


def test_words_without_a_folder_and_folders_that_are_none_are_refused(tmp_path, small, capsys):
    assert main(["accuracy", "--quick", "--only", "real"]) == 2
    assert "there are no files to measure real with" in capsys.readouterr().err
    assert main(["accuracy", "--data", str(tmp_path / "none")]) == 2
    assert "there is no folder" in capsys.readouterr().err


def test_all_counts_are_smaller_in_a_quick_run():
    full, quick = (dataclasses.astuple(counts) for counts in (accuracy.Counts(), accuracy.QUICK))
    assert all(few < many for few, many in zip(quick, full, strict=True))


def test_speed_keeps_its_other_figures_only_for_the_same_networks(tmp_path, monkeypatch, network):
    monkeypatch.setattr(speed, "RESULT", tmp_path / "speed.json")
    monkeypatch.setattr(speed, "measure", lambda name, csv="": {"a second": 5.0})
    provenance.write({"provenance": provenance.describe("make benchmark-speed"), "load": {"kept": 1}}, speed.RESULT)
    result = speed.compare(only=["draw"])
    assert result["load"] == {"kept": 1} and result["draw"] == {"ours": {"a second": 5.0}}
    network.write_bytes(b"others")
    with pytest.raises(ValueError, match="cannot keep its other figures"):
        speed.compare(only=["draw"])


def test_the_table_says_slower_where_it_is_slower():
    result = tables.stored("speed")
    for usual, said in ((500, "2.0x faster"), (2000, "2.0x slower")):
        result["read"] |= {"usual": {"a second": usual}, "ours": {"a second": 1000}}
        (line,) = [line for line in speed.table(result).splitlines() if line.startswith("| read letters")]
        assert line.endswith(f"| {said} |")


def test_a_measurement_of_speed_runs_in_a_process_of_its_own():
    figures = speed.measure("augment_ours")
    assert figures["a second"] > 0 and figures["peak MB"] > 10
