"""What measures many pages: it reads what it says, and counts right. How fast it is, `make benchmark-scale` says."""

import json
from pathlib import Path

import pytest

from benchmarks import scale
from benchmarks.__main__ import main


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    return scale.write_pages(tmp_path_factory.mktemp("pages"), 250, seed=3)


def test_pages_have_the_letters_asked_for_and_are_the_same_for_the_same_seed(tmp_path, pages):
    counts = [scale.count(text) for text in pages.values()]
    assert sum(counts) >= 250 > sum(counts[:-1])
    again = scale.write_pages(tmp_path, 250, seed=3)
    assert [Path(path).read_bytes() for path in pages] == [Path(path).read_bytes() for path in again]
    assert list(pages.values()) == list(again.values())
    with pytest.raises(FileExistsError):
        scale.write_pages(tmp_path, 250, seed=4)


def test_pages_repeat_after_the_first_ones(tmp_path, monkeypatch):
    monkeypatch.setattr(scale, "DISTINCT", 2)
    paths, texts = zip(*scale.write_pages(tmp_path, 250).items(), strict=True)
    assert texts[2] == texts[0] != texts[1] and Path(paths[2]).samefile(paths[0])


def test_runs_read_as_many_letters_as_they_say(pages):
    first, second = scale.measure(pages, [(1, 250), (2, 60)])
    assert (first["workers"], second["workers"]) == (1, 2)
    assert first["pages"] == len(pages) > second["pages"]
    assert first["letters"] == sum(map(scale.count, pages.values()))
    assert min(first["seconds"], second["seconds"], first["processor"], second["processor"]) > 0


def test_a_page_that_cannot_be_read_is_no_measurement(tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"?")
    with pytest.raises(RuntimeError, match="could not be read"):
        scale.measure({str(tmp_path / "broken.jpg"): "letters"}, [(1, 7)])


def test_what_is_done_alone_takes_a_little_time(pages):
    assert all(seconds > 0 for seconds in scale.alone(pages).values())


def test_the_command_writes_its_figures(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(scale, "RESULT", tmp_path / "scale.json")
    monkeypatch.setattr(scale, "DISTINCT", 4)
    run = {"letters": 1000, "pages": 17, "seconds": 2.0, "processor": 3.0}
    monkeypatch.setattr(scale, "measure", lambda pages, runs: [{"workers": workers} | run for workers, _ in runs])
    monkeypatch.setattr(scale, "alone", lambda pages: {"list a picture": 0.001})
    assert main(["scale", "--letters", "1000"]) == 0
    assert "workers, 1,0" in (shown := capsys.readouterr().out) and str(tmp_path) in shown
    written = json.loads((tmp_path / "scale.json").read_text())
    assert {run["workers"] for run in written["runs"]} >= {1} and set(written) == {"runs", "alone", "provenance"}
    assert main(["scale", "--letters", "999"]) == 2


def test_the_stored_figures_are_those_of_a_run_of_the_command():
    stored = json.loads(scale.RESULT.read_text())
    assert set(stored["runs"][0]) == {"workers", "letters", "pages", "seconds", "processor"}
    assert set(stored["alone"]) == {"list a picture", "check a batch", "hand out a batch"}
    assert max(run["letters"] for run in stored["runs"]) >= 10_000
