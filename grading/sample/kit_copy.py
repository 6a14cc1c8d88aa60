"""A copy of the kit with one assignment in it: it stays as it is while the kit is worked on, and may be small."""

import re
import shutil
from pathlib import Path

from grading import ROOT
from grading.books.course import CONFIG, DEFAULT
from grading.release.assignment import ASSIGNMENTS, DESCRIPTION


def make(target: Path, lesson: Path = ASSIGNMENTS / "assignment1", notebooks: tuple[str, ...] = ()) -> Path:
    """Everything that `kit` commands need, and the assignment of the folder `lesson`; returns `target`.

    - notebooks: those that are kept of it (default: all)
    """
    for name in ("grading", "cs231n"):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__", "tests", "course"))
    (target / "grading" / "course").mkdir()
    shutil.copy(DEFAULT / CONFIG, target / "grading" / "course" / CONFIG)
    for name in ("pyproject.toml", "requirements.txt", "get_datasets.sh"):
        shutil.copy(ROOT / name, target / name)
    (target / "data").mkdir()
    shutil.copy(ROOT / "data" / "README.md", target / "data" / "README.md")
    folder = target / "assignments" / lesson.name
    folder.mkdir(parents=True)
    described = (lesson / DESCRIPTION).read_text(encoding="utf-8")
    if notebooks:
        listed = ", ".join(f'"{name}"' for name in notebooks)
        described = re.sub(r"(?ms)^notebooks = \[.*?\]$", f"notebooks = [{listed}]", described)
    (folder / DESCRIPTION).write_text(described, encoding="utf-8")
    for path in lesson.iterdir():
        if path.is_file() and path.name != DESCRIPTION and (path.suffix != ".ipynb" or path.stem in notebooks
                                                            or not notebooks):
            shutil.copy(path, folder / path.name)
    return target
