"""What is wanted is what is locked, and what is left out until it is needed is named."""

import re
import subprocess
import sys
import tomllib

import pytest
from packaging.requirements import Requirement

from grading import ROOT, commands, extras
from grading.errors import KitError

LOCKS = {ROOT / "requirements.txt": ROOT / ".requirements.lock",
         **{path: path.with_suffix(".lock") for path in (ROOT / "grading").glob("requirements-*.txt")}}


def wanted(path):
    lines = [line.partition("#")[0].strip() for line in path.read_text().splitlines()]
    return [Requirement(line) for line in lines if line]


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_a_lock_has_what_is_wanted_with_a_hash_for_each(path):
    lock = LOCKS[path].read_text()
    pins: dict[str, list[str]] = {}
    for name, version, rest in re.findall(r"(?m)^([\w.-]+)==([^ ;]+)(.*)\n", lock):
        pins.setdefault(name, []).append(version)
        assert rest.endswith("\\"), name                 # its hashes are in the next lines
    for one in wanted(path):
        name = re.sub(r"[-_.]+", "-", one.name).lower()
        assert any(version in one.specifier for version in pins.get(name, ())), f"{name}: run grading/lock"


def test_locks_say_the_same_version_of_what_they_share():
    pins: dict[str, set[str]] = {}
    for lock in LOCKS.values():
        here: dict[str, set[str]] = {}
        for name, version in re.findall(r"(?m)^([\w.-]+)==([^ ;]+)", lock.read_text()):
            here.setdefault(name, set()).add(version)
        for name, versions in here.items():
            assert versions <= pins.setdefault(name, versions) or pins[name] <= versions, name
            pins[name] |= versions


def test_every_part_that_a_command_needs_is_there_and_says_what_it_is_for():
    needed = {name for command in commands.every().values() for name in getattr(command, "NEEDS", ())}
    assert needed == set(extras.names())
    for name in extras.names():
        assert extras.about(name).startswith("Only for"), name


def test_what_is_missing_is_named_and_a_python_that_is_not_the_kits_own_is_left_alone(monkeypatch, tmp_path):
    (tmp_path / "requirements-dreams.txt").write_text("# Only for dreams.\nnot-there>=2  # at all\nnumpy>=1\n"
                                                      "numpy>=99; python_version < '3'\nnumpy>=99\n")
    monkeypatch.setattr(extras, "FOLDER", tmp_path)
    assert extras.missing("dreams") == ["not-there>=2", "numpy>=99"]
    monkeypatch.setattr(sys, "base_prefix", sys.prefix)
    with pytest.raises(KitError, match="not-there>=2, numpy>=99 is not installed, and this Python is not the kit's"):
        extras.ensure("dreams")


def test_the_package_has_the_kit_as_its_program():
    described = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert described["project"]["scripts"] == {"kit": "grading.__main__:main"}
    script = "from grading.__main__ import main; raise SystemExit(main(['--version']))"
    assert subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True).returncode == 0
    named = described["tool"]["setuptools"]["dynamic"]["optional-dependencies"]
    assert sorted(named) == extras.names() and all((ROOT / one["file"]).exists() for one in named.values())
