"""The notebooks as they are saved: run from top to bottom, with outputs, short cells, and links that lead somewhere.

What they compute is compared by `pytest --nbval notebooks`. The solutions of their exercises are run here.
"""

import base64
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from statistics import median

import nbformat
import pytest
from PIL import Image

NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))
SOLUTIONS = sorted((NOTEBOOKS[0].parent / "solutions").glob("*.md"))
WIDGET = "application/vnd.jupyter.widget-view+json"
LINK = re.compile(r"(?:\]\(|(?:src|href)=\\?\")(?!https?:|data:)([^)#\"\\]+)")


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def figures_of(cell):
    """The outputs that are figures, and no widgets."""
    data = [output.get("data", {}) for output in cell.outputs]
    return [each["image/png"] for each in data if "image/png" in each and WIDGET not in each]


def test_it_was_run_once_from_top_to_bottom_without_an_error(notebook):
    assert [cell.execution_count for cell in code(notebook)] == list(range(1, len(code(notebook)) + 1))
    outputs = [output for cell in code(notebook) for output in cell.outputs]
    kinds = [output.output_type for output in outputs]
    assert "error" not in kinds and any(kind != "stream" for kind in kinds)
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []


def test_its_cells_are_short(notebook):
    lengths = [len(cell.source.splitlines()) for cell in code(notebook)]
    assert median(lengths) <= 5 and max(lengths) <= 18


def test_it_opens_with_its_title_and_result_and_ends_with_what_was_learned(notebook):
    first, last = notebook.cells[0].source, notebook.cells[-1].source
    points = re.match(r"# \d · .+\n\n\*\*.+\*\*\n\nIn this notebook you will\n\n((?:- .+\n)+)\nIt takes .+", first)
    assert 3 <= points[1].count("\n") <= 5
    assert "## What we learned" in last and re.search(r"(Before|Next|Back).*\.ipynb\)", last)


def test_its_setup_imports_sets_the_seed_and_says_versions(notebook):
    (heading,) = (i for i, cell in enumerate(notebook.cells) if cell.source.startswith("## Setup"))
    after = [i for i, cell in enumerate(notebook.cells) if i > heading and cell.cell_type == "markdown"]
    setup = "\n".join(cell.source for cell in notebook.cells[heading + 1 : after[0]])
    assert re.search(r"^import ", setup, re.M) and re.search(r"^SEED = ", setup, re.M)
    assert re.search(r"^print\(.+__version__\)", setup, re.M)


def test_its_figures_say_what_they_show(notebook):
    title = re.compile(r"\"[A-Z\d{][^\"]* [^\"]*\"")
    assert [cell.source for cell in code(notebook) if figures_of(cell) and not title.search(cell.source)] == []


def test_its_figures_have_a_transparent_ground_as_themes_are_light_or_dark(notebook):
    figures = [figure for cell in code(notebook) for figure in figures_of(cell)]
    pictures = [Image.open(io.BytesIO(base64.b64decode(figure))) for figure in figures]
    assert {picture.getpixel((0, 0))[3] if picture.mode == "RGBA" else 255 for picture in pictures} == {0}
    metadata = [output.metadata for cell in code(notebook) for output in cell.outputs if "metadata" in output]
    assert not any("needs_background" in each for each in metadata)  # JupyterLab would put a white card under it


def test_a_picture_stands_in_for_each_widget_where_widgets_do_not_run(notebook):
    shown = [output.data for cell in code(notebook) for output in cell.outputs if WIDGET in output.get("data", {})]
    assert all("image/png" in data and "Run this cell" in data["text/plain"] for data in shown)
    assert "widgets" not in notebook.metadata  # with their saved state, they would be shown, but do nothing


def test_one_figure_is_its_cover_in_the_table_of_contents(notebook):
    (cover,) = (cell for cell in code(notebook) if "cover" in cell.metadata.get("tags", []))
    assert len(figures_of(cover)) == len(cover.outputs) == 1
    contents = (NOTEBOOKS[0].parent / "README.md").read_text("utf-8")
    title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
    assert re.search(rf"\*\*\[{re.escape(title)}\]\((\w+)\.ipynb\)\*\*", contents)


def test_it_ends_with_exercises_that_have_solutions(notebook):
    last = notebook.cells[-1].source
    title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
    solutions = NOTEBOOKS[0].parent / re.search(r"^Exercises \(\[solutions\]\((.+)\)\):$", last, re.M)[1]
    answers = solutions.read_text("utf-8")
    assert answers.startswith(f"# Solutions · {title}\n")
    exercises = re.findall(r"^(\d)\. ", last, re.M)
    assert exercises == re.findall(r"^## (\d)\. ", answers, re.M) and len(exercises) in (2, 3)


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_the_code_of_its_solutions_runs(path):
    code = "\n".join(re.findall(r"^```python\n(.*?)^```$", path.read_text("utf-8"), re.DOTALL | re.MULTILINE))
    assert "assert " in code
    run = subprocess.run(
        [sys.executable, "-c", code],  # a process of its own: it starts others, and Keras' seed is global
        cwd=NOTEBOOKS[0].parent,
        env={**os.environ, "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        encoding="utf-8",
    )
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(
    "path",
    [
        *NOTEBOOKS,
        *SOLUTIONS,
        *NOTEBOOKS[0].parent.parent.glob("*.md"),
        *NOTEBOOKS[0].parent.parent.glob("*/README.md"),
    ],
)
def test_its_links_lead_to_files(path):
    text = path.read_text("utf-8")
    missing = [link for link in LINK.findall(text) if not (path.parent / link).exists()]
    assert missing == []
