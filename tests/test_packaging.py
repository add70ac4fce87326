"""What is installed: the locks, the extras and the wheel; and that the files beside the code agree with each other."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from itertools import product
from pathlib import Path
from zipfile import ZipFile

import cv2
import numpy as np
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from letters import dataset, extras

ROOT = Path(__file__).parent.parent
PYPROJECT = (ROOT / "pyproject.toml").read_text("utf-8")
PROJECT = tomllib.loads(PYPROJECT)["project"]
LOCKS = {"test": "requirements.lock", "serve": "requirements-serve.lock"}  # by the extra that each is for
MACHINES = [
    {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "platform_machine": "x86_64"},
    {"sys_platform": "linux", "platform_system": "Linux", "os_name": "posix", "platform_machine": "aarch64"},
    {"sys_platform": "darwin", "platform_system": "Darwin", "os_name": "posix", "platform_machine": "arm64"},
    {"sys_platform": "win32", "platform_system": "Windows", "os_name": "nt", "platform_machine": "AMD64"},
]
PYTHONS = ["3.11", "3.12", "3.13"]
# one pin: "name==version ; marker", its hashes on lines of their own, then what asked for it
PIN = re.compile(r"^(?P<pin>[\w.-]+==.*?) \\\n(?P<hashes>(?:    --hash=.*\n)+)(?P<via>(?:    #.*\n?)+)", re.MULTILINE)
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


def text_of(name):
    return (ROOT / name).read_text("utf-8")


def pins(lock):
    return [(Requirement(found["pin"]), found["hashes"], found["via"]) for found in PIN.finditer(text_of(lock))]


def requirements(extra=None):
    """What is installed with an extra, those that it names included, or without one: strings of pyproject.toml."""
    found = list(PROJECT["dependencies"])
    for text in PROJECT["optional-dependencies"][extra] if extra else ():
        if (requirement := Requirement(text)).name == "letters":
            found += [other for named in requirement.extras for other in requirements(named)]
        else:
            found.append(text)
    return sorted(set(found))


# ---------------------------------------------------------------------------------------------------- the locks


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: "{sys_platform}-{platform_machine}".format(**machine))
@pytest.mark.parametrize("extra", LOCKS)
def test_the_lock_pins_what_each_machine_needs(extra, machine):
    for python, text in product(PYTHONS, requirements(extra)):
        # like the oldest release of that Python that is still found
        here = {**machine, "python_version": python, "python_full_version": f"{python}.2"}
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate(here):
            continue
        name = canonicalize_name(requirement.name)
        fitting = [
            pin.specifier
            for pin, _, _ in pins(LOCKS[extra])
            if canonicalize_name(pin.name) == name and (not pin.marker or pin.marker.evaluate(here))
        ]
        assert len(fitting) == 1, f"{text} on Python {python}: the lock has {len(fitting)} pins; run make lock"
        version = str(fitting[0]).removeprefix("==")
        assert requirement.specifier.contains(version), f"the lock has {version} for {text}; run make lock"


def test_only_one_tensorflow_is_installed_and_never_the_gpu_build_on_a_pc():
    def networks(machine):
        here = {**machine, "python_version": "3.11", "python_full_version": "3.11.2"}
        return [
            pin.name
            for pin, _, _ in pins("requirements.lock")
            if pin.name.startswith("tensorflow") and (not pin.marker or pin.marker.evaluate(here))
        ]

    assert [networks(machine) for machine in MACHINES] == [["tensorflow-cpu"]] + [["tensorflow"]] * 3


@pytest.mark.parametrize("lock", LOCKS.values())
def test_every_pin_has_hashes_and_nothing_else_is_in_the_lock(lock):
    rest = PIN.sub("", text_of(lock))
    assert [line for line in rest.splitlines() if line and not line.startswith("#")] == []
    for pin, hashes, _ in pins(lock):
        assert all(HASH.fullmatch(line) for line in hashes.splitlines()), pin


@pytest.mark.parametrize("extra", LOCKS)
def test_the_lock_was_made_from_these_requirements(extra):
    asked_for = {canonicalize_name(pin.name) for pin, _, via in pins(LOCKS[extra]) if "letters (pyproject.toml" in via}
    build = tomllib.loads(PYPROJECT)["dependency-groups"]["build"]
    listed = {canonicalize_name(Requirement(text).name) for text in [*requirements(extra), *build]}
    assert asked_for == listed, "run make lock"


def test_the_page_runs_on_the_packages_that_everything_else_is_tested_with():
    page, everything = ({str(pin) for pin, _, _ in pins(LOCKS[extra])} for extra in ("serve", "test"))
    assert page <= everything, "run make lock"


def test_every_requirement_has_a_reason():
    listed = [line.strip() for line in PYPROJECT.splitlines() if re.match(r'    "[a-z][\w.-]*(\[|>=)', line)]
    assert len(listed) >= len(requirements("test"))
    assert [line for line in listed if not re.search(r'", +# \w', line)] == []


@pytest.mark.parametrize("name", ["pyproject.toml", *LOCKS.values(), "environment.yml"])
def test_no_registry_is_named(name):
    assert not re.search(r"://|--(extra-)?index|--find-links|^\s*-[if] |file:|@ ", text_of(name), re.MULTILINE)


def test_conda_installs_everything():
    conda = yaml.safe_load(text_of("environment.yml"))["dependencies"]
    assert f"python{PROJECT['requires-python']}" in conda
    assert {"pip": ["-e .[test]"]} in conda


# ---------------------------------------------------------------------------------------------------- the extras

# runs the code in its first argument as if the modules in its second were not installed
WITHOUT = """
import sys
code, missing = sys.argv[1], set(sys.argv[2].split())
class Missing:
    def find_spec(name, path=None, target=None):
        if name.partition(".")[0] in missing:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing)
exec(code)
"""
USES = {
    None: "import letters; letters.Recognizer.load()",
    "serve": "from letters.serve.app import create_app; assert create_app().test_client().get('/').status_code == 200",
    "scale": "import letters.bulk",
    "data": "import letters.dataset, letters.hdbpmn, letters.metrics, letters.pen",
    "train": "import letters.training.letter, letters.training.ink, letters.training.line, letters.training.words",
    "notebooks": "import letters.game, letters.plots, letters.sketchpad",
}


def installed_with(extra):
    """The names of all packages that are installed with an extra, those that they require included."""
    found, waiting = set(), [Requirement(text) for text in requirements(extra)]
    while waiting:
        requirement = waiting.pop()
        wanted = (canonicalize_name(requirement.name), frozenset(requirement.extras))
        if wanted in found or (requirement.marker and not requirement.marker.evaluate()):
            continue
        found.add(wanted)
        for other in map(Requirement, metadata.requires(requirement.name) or ()):
            if not other.marker or any(other.marker.evaluate({"extra": name}) for name in {"", *requirement.extras}):
                other.marker = None
                waiting.append(other)
    return {name for name, _ in found}


def run_with_only(extra, code):
    """Run code where nothing but this package and those of an extra can be imported."""
    there = {"letters", *installed_with(extra)}
    modules = metadata.packages_distributions()
    missing = [name for name, by in modules.items() if not there & {canonicalize_name(one) for one in by}]
    command = [sys.executable, "-c", WITHOUT, code, " ".join(missing)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("extra", USES)
def test_an_extra_installs_all_that_its_part_imports(extra):
    done = run_with_only(extra, USES[extra])
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("command", "extra"),
    [("serve", "serve"), ("bulk . --output there", "scale"), ("data", "data")],
)
def test_a_command_without_its_packages_says_how_to_install_them(command, extra):
    done = run_with_only(None, f"from letters.__main__ import main; sys.exit(main({command.split()}))")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert f'pip install "letters[{extra}]"' in done.stderr


def test_a_module_without_its_packages_says_how_to_install_them():
    code = """
import importlib, pkgutil, letters
for module in pkgutil.walk_packages(letters.__path__, "letters."):
    try:
        importlib.import_module(module.name)
    except ModuleNotFoundError as error:
        print(module.name, error, sep=": ")
"""
    done = run_with_only(None, code)
    said = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    assert {name.split(".")[1] for name in said} >= extras.EXTRAS.keys(), done.stderr
    assert all(
        re.fullmatch(r"No module named '[\w.]+'\. letters\.[\w.]+ needs: pip install .*", line)
        for line in said.values()
    )
    for name, extra in (
        ("sketchpad", "notebooks"),
        ("dataset", "data"),
        ("training.ink", "train"),
        ("serve.app", "serve"),
    ):
        assert said[f"letters.{name}"].endswith(f' letters.{name} needs: pip install "letters[{extra}]"')
    assert set(extras.EXTRAS.values()) <= PROJECT["optional-dependencies"].keys()


# ---------------------------------------------------------------------------------------------------- the wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The built wheel. It is built in a copy, as building leaves files behind."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("lib", "serve"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", PROJECT["readme"], *PROJECT["license-files"]):
        shutil.copy(ROOT / name, source)
    pip("wheel", "--no-build-isolation", "--wheel-dir", built, source)
    (path,) = built.glob("*.whl")
    return path


def pip(command, *arguments):
    quiet = ("--quiet", "--disable-pip-version-check", "--no-index", "--no-deps")
    subprocess.run([sys.executable, "-m", "pip", command, *quiet, *arguments], check=True, timeout=300)


def test_the_wheel_has_all_that_is_read_at_run_time(wheel):
    with ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
        licenses = {Path(name).name for name in archive.namelist() if ".dist-info/licenses/" in name}
    code = [path.relative_to(ROOT / "lib") for path in (ROOT / "lib").rglob("*.py")]
    assets = [path.relative_to(ROOT / "lib") for path in (ROOT / "lib" / "letters" / "assets").iterdir()]
    page = [Path("letters") / path.relative_to(ROOT) for path in (ROOT / "serve").rglob("*") if path.is_file()]
    files = [Path("letters/py.typed"), *code, *assets, *page]
    needed = {path.as_posix() for path in files if "__pycache__" not in path.parts}
    assert needed - inside <= {"letters/serve/README.md", "letters/serve/benchmark.json"}
    assert inside <= needed
    assert licenses == {"LICENSE", "NOTICE.md"}


@pytest.fixture
def drawn(tmp_path):
    """The file of a picture of an A."""
    picture = np.full((200, 200), 255, np.uint8)
    for start, end in (((60, 150), (100, 50)), ((100, 50), (140, 150)), ((75, 115), (125, 115))):
        cv2.line(picture, start, end, 0, 6, cv2.LINE_AA)
    cv2.imwrite(str(tmp_path / "drawn.png"), picture)
    return tmp_path / "drawn.png"


def test_the_installed_wheel_reads_a_letter_and_serves_the_page(wheel, drawn, tmp_path):
    site = tmp_path / "site"
    pip("install", "--target", site, wheel)

    def run(*command):
        environment = {**os.environ, "PYTHONPATH": str(site)}
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)

    letters = shutil.which("letters", path=site / ("Scripts" if os.name == "nt" else "bin"))
    done = run(letters, "read", drawn.name)
    assert done.stdout == "A\n", done.stderr
    page = (
        "from letters.serve import app; "
        "print(app.__file__, app.create_app().test_client().get('/static/page.js').status)"
    )
    done = run(sys.executable, "-c", page)
    assert done.stdout == f"{site / 'letters' / 'serve' / 'app.py'} 200 OK\n", done.stderr
    done = run(sys.executable, "-m", "gunicorn", "--check-config", "--config", site / "letters/serve/gunicorn.conf.py")
    assert os.name == "nt" or done.returncode == 0, done.stderr


def test_an_installed_package_keeps_files_in_the_folder_of_the_user(wheel, tmp_path):
    with ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    code = (
        "from platformdirs import user_data_path; from letters.dataset import DATA; "
        "print(DATA == user_data_path('letters', False))"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=300)
    assert done.stdout == "True\n", done.stderr
    assert dataset.DATA == ROOT / "data"


def test_reading_imports_none_of_the_heavy_packages(drawn):
    heavy = "tensorflow", "keras", "dask", "pandas", "pyarrow", "sklearn", "matplotlib", "IPython", "flask"
    code = (
        f"from letters.__main__ import main; main(['read', {str(drawn)!r}]); "
        f"import sys; print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.stdout == "A\n[]\n", done.stderr


# -------------------------------------------------------------------------------------------- Docker and the papers


def test_docker_copies_only_what_is_there_and_not_ignored():
    copied = [line.split()[1:-1] for line in text_of("Dockerfile").splitlines() if line.startswith("COPY ")]
    names = {name for line in copied for name in line if not line[0].startswith("--from")}
    assert [name for name in names if not (ROOT / name).exists()] == []
    assert {line[1:] for line in text_of(".dockerignore").splitlines() if line.startswith("!")} == names
    assert {LOCKS["serve"], PROJECT["readme"], *PROJECT["license-files"]} <= names


def test_the_workflow_runs_the_commands_that_contributing_gives():
    jobs = yaml.safe_load(text_of(".github/workflows/tests.yml"))["jobs"]
    for job in jobs.values():
        assert job["strategy"]["matrix"]["python"] == PYTHONS
        for command in (step["run"] for step in job["steps"] if "run" in step):
            assert f"`{command.partition(' ${{')[0]}`" in text_of("CONTRIBUTING.md"), command


def test_binder_installs_the_lock():
    after = ROOT / ".binder" / "postBuild"
    assert f"--require-hashes --no-deps -r {LOCKS['test']}\n" in after.read_text("utf-8")
    assert os.name == "nt" or os.access(after, os.X_OK)


def test_the_readme_names_the_two_commands():
    readme = text_of("README.md")
    for command in ("make demo", "make test"):
        assert re.search(rf"^\s*\$? *{command}\b", readme, re.MULTILINE), f"the README does not show `{command}`"


def test_papers_agree_on_the_version():
    assert yaml.safe_load(text_of("CITATION.cff"))["version"] == PROJECT["version"]
    assert re.search(r"^## (\S+)", text_of("CHANGELOG.md"), re.MULTILINE)[1] == PROJECT["version"]
