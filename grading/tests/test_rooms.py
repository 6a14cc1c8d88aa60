"""The rooms of `grading/` and who may import whom: the road goes one way, and no two rooms know each other."""

import ast
import re
from pathlib import Path

import pytest

from grading import ROOT
from grading.autograde.depends import OWN, SHOWN, STOCK

HOUSE = ROOT / "grading"
DOOR = ("grading", "errors", "scratch")          # ROOT, KitError and temporary folders: for everyone
KNOWS = {
    "books": (),
    "release": ("books",),
    "engine": (),
    "desk": ("engine", "release", "books"),
    "intake": ("engine", "desk", "release", "books"),
    "trials": ("engine", "desk", "release", "books"),
    "autograde": ("trials", "intake", "engine", "desk", "release", "books"),
    "similarity": ("intake", "engine", "desk", "release", "books"),
    "report": ("autograde", "trials", "engine", "desk", "release", "books"),
    "config": ("desk", "release", "books"),
    "sample": ("autograde", "trials", "intake", "desk", "release", "books"),
    "bench": ("sample", "autograde", "intake", "engine", "release", "books"),
    "demos": (),
    "extras": (),
    "commands": ("extras", "demos", "bench", "sample", "similarity", "report", "autograde", "trials", "intake",
                 "engine", "desk", "release", "books"),
    "__main__": ("commands", "extras", "desk"),
}


def imported(source: str) -> set[str]:
    """Modules of `grading` that a source imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports in this project are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] == "grading"}


def room(name: str) -> str:
    """`grading.books.course.Course` -> `books`; what stands in no room -> `grading`, `errors` or its own name."""
    part = name.split(".")[1]
    return part if (HOUSE / part).is_dir() or (HOUSE / f"{part}.py").is_file() else "grading"


def forbidden(path: str, source: str) -> list[str]:
    """What this module, `path` below `grading/`, imports and may not."""
    first, _, rest = path.removesuffix(".py").partition("/")
    wrong = []
    for name in sorted(imported(source)):
        known = room(name)
        if known in (first, *DOOR) or path == "__init__.py":
            continue
        if known not in KNOWS.get(first, ()):
            allowed = ", ".join(KNOWS.get(first, ())) or "nobody"
            wrong.append(f"grading/{path} imports {name}: {first} may know {allowed}")
    return wrong


def modules() -> list[str]:
    return sorted(path.relative_to(HOUSE).as_posix() for path in HOUSE.rglob("*.py")
                  if path.relative_to(HOUSE).parts[0] not in ("tests", "course"))


@pytest.mark.parametrize("path", modules())
def test_a_room_imports_only_rooms_that_it_may_know(path):
    assert forbidden(path, (HOUSE / path).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path, planted", [
    ("books/course.py", "from grading.release.assignment import load"),
    ("release/stage.py", "def late():\n    from grading.desk import feedback"),
    ("engine/codec.py", "import grading.desk.outputs"),
    ("engine/run.py", "from grading.autograde import pool"),
    ("desk/text.py", "from grading import autograde"),
    ("autograde/pool.py", "from grading.commands import collect"),
    ("newroom/thing.py", "from grading.books import results"),
])
def test_a_forbidden_import_that_is_planted_is_found(path, planted):
    assert len(forbidden(path, planted)) == 1


def test_the_rules_themselves_have_no_circle():
    placed: list[str] = []
    for _ in KNOWS:
        placed += [one for one in KNOWS if one not in placed and set(KNOWS[one]) <= set(placed)]
    assert sorted(placed) == sorted(KNOWS)


def test_no_two_modules_of_one_room_import_each_other():
    arrows = {path.removesuffix(".py").replace("/", "."): set() for path in modules()}
    for path in modules():
        for name in imported((HOUSE / path).read_text(encoding="utf-8")):
            own, known = path.removesuffix(".py").replace("/", "."), name.removeprefix("grading.")
            arrows[own] |= {known} & arrows.keys() | {known.rpartition(".")[0]} & arrows.keys()
    settled: set[str] = set()
    while loose := {one for one in arrows if one not in settled and arrows[one] <= settled | {one}}:
        settled |= loose
    assert sorted(arrows.keys() - settled) == []


def test_every_room_says_what_comes_in_and_what_goes_out():
    for name in KNOWS:
        if (HOUSE / name).is_dir():
            said = ast.get_docstring(ast.parse((HOUSE / name / "__init__.py").read_text(encoding="utf-8"))) or ""
            assert len(said) > 60, name


def test_students_get_nothing_that_imports_from_here():
    for path in [*ROOT.glob("cs231n/**/*.py"), *ROOT.glob("assignments/*/*.ipynb")]:
        assert not re.search(r"^\W*(from|import) grading\b", path.read_text(encoding="utf-8"), re.M), path


def test_what_a_result_depends_on_is_there():
    assert [pattern for pattern in OWN + STOCK + SHOWN if not list(HOUSE.glob(pattern))] == []


MADE = {"cs231n/assignment.json"}                # by a release


def gone(text: str, packages: bool = True) -> set[str]:
    """Paths that a text names and that are not there: below `grading/`, but what a course makes; and of `packages`."""
    roots = r"grading/(?!course\b)|assignments/|cs231n/" if packages else r"grading/(?!course\b)"
    named = re.findall(rf"\b(?:{roots})[\w./-]*\w(?![\w*{{]|-\*)", text)
    return {path for path in named if not (ROOT / path).exists()} - MADE


def test_paths_that_the_project_names_exist():
    """A path in a comment, a README or a message outlives the file that it names unless somebody looks."""
    found = {}
    for path in [*HOUSE.rglob("*.py"), *HOUSE.rglob("*.toml"), *HOUSE.rglob("*.json"), *ROOT.glob("*.md"),
                 *ROOT.glob("*.toml"), *ROOT.glob("*.sh"), *ROOT.glob("cs231n/**/*.py"),
                 *ROOT.glob("assignments/*/*.md"), *ROOT.glob("assignments/*/*.toml")]:
        if not path.is_relative_to(HOUSE / "course") and path != Path(__file__):
            tests = path.is_relative_to(HOUSE / "tests")         # whose submissions have modules of their own
            found[path.relative_to(ROOT).as_posix()] = gone(path.read_text(encoding="utf-8"), packages=not tests)
    assert {name: paths for name, paths in found.items() if paths} == {}


def test_a_path_that_is_no_more_is_found():
    said = "`grading/desk.py`, `grading/trials/misconceptions/`, grading/kit, cs231n/gone.py, grading/books/*.py"
    assert gone(said) == {"grading/desk.py", "grading/trials/misconceptions", "cs231n/gone.py"}
