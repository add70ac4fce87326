"""pyproject.toml, requirements.lock and environment.yml agree, and the README names the commands."""

import re
import tomllib
from itertools import product
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PYPROJECT, LOCK, ENVIRONMENT = (
    (ROOT / name).read_text("utf-8") for name in ("pyproject.toml", "requirements.lock", "environment.yml")
)
PROJECT = tomllib.loads(PYPROJECT)["project"]
REQUIREMENTS = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"]]
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


def pins():
    return [(Requirement(found["pin"]), found["hashes"], found["via"]) for found in PIN.finditer(LOCK)]


def reasons(text):
    """{requirement: the comment on its line} of pyproject.toml or environment.yml."""
    found = re.finditer(r'^ +(?:- |")(?P<name>[a-z][^"#]*?)"?,? +# (?P<reason>.+)$', text, re.MULTILINE)
    return {line["name"]: line["reason"] for line in found}


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: "{sys_platform}-{platform_machine}".format(**machine))
def test_the_lock_pins_what_each_machine_needs(machine):
    for python, text in product(PYTHONS, REQUIREMENTS):
        # like the oldest release of that Python that is still found
        here = {**machine, "python_version": python, "python_full_version": f"{python}.2"}
        requirement = Requirement(text)
        if requirement.marker and not requirement.marker.evaluate(here):
            continue
        name = canonicalize_name(requirement.name)
        fitting = [
            pin.specifier
            for pin, _, _ in pins()
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
            for pin, _, _ in pins()
            if pin.name.startswith("tensorflow") and (not pin.marker or pin.marker.evaluate(here))
        ]

    assert [networks(machine) for machine in MACHINES] == [["tensorflow-cpu"]] + [["tensorflow"]] * 3


def test_every_pin_has_hashes_and_nothing_else_is_in_the_lock():
    rest = PIN.sub("", LOCK)
    assert [line for line in rest.splitlines() if line and not line.startswith("#")] == []
    for pin, hashes, _ in pins():
        assert all(HASH.fullmatch(line) for line in hashes.splitlines()), pin


def test_the_lock_was_made_from_these_requirements():
    asked_for = {canonicalize_name(pin.name) for pin, _, via in pins() if "letters (pyproject.toml)" in via}
    assert asked_for == {canonicalize_name(Requirement(text).name) for text in REQUIREMENTS}, "run make lock"


def test_conda_gets_the_same_packages_for_the_same_reasons():
    conda = yaml.safe_load(ENVIRONMENT)["dependencies"]
    (pip,) = (entry["pip"] for entry in conda if isinstance(entry, dict))
    assert pip[-1] == "-e ."
    assert sorted(pip[:-1]) == sorted(REQUIREMENTS)
    assert f"python{PROJECT['requires-python']}" in conda
    why, why_conda = reasons(PYPROJECT), reasons(ENVIRONMENT)
    assert {name: why.get(name) for name in REQUIREMENTS} == {name: why_conda.get(name) for name in REQUIREMENTS}
    assert all(why[name] for name in REQUIREMENTS)


@pytest.mark.parametrize("text", [PYPROJECT, LOCK, ENVIRONMENT], ids=["pyproject", "lock", "environment"])
def test_no_registry_is_named(text):
    assert not re.search(r"://|--(extra-)?index|--find-links|^\s*-[if] |file:|@ ", text, re.MULTILINE)


def test_the_readme_names_the_two_commands():
    readme = (ROOT / "README.md").read_text("utf-8")
    for command in ("make demo", "make test"):
        assert re.search(rf"^\s*\$? *{command}\b", readme, re.MULTILINE), f"the README does not show `{command}`"
