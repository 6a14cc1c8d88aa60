"""A class of any size with known proportions of what goes wrong, entered in the books as if it had been graded."""

import os
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from grading.books import notes, results, rows
from grading.books.course import TIMESTAMP, Course
from grading.books.marking import Change, Marking
from grading.books.results import Result
from grading.release.assignment import Assignment

DUE = datetime(2026, 3, 1, 12, tzinfo=UTC)
SQUARED = {"function": "KNearestNeighbor.compute_distances_no_loops", "kind": "mistake", "read": "the definition",
           "says": "The distances are squared: the root is missing."}
HALF = {"function": "softmax_loss_naive", "kind": "convention", "read": "",
        "says": "The penalty has a half in front."}
SHARES = {"squared": 0.30, "half": 0.15, "twice": 0.08, "transposed": 0.04, "loops": 0.10, "unwritten": 0.05,
          "unloaded": 0.03, "late": 0.12, "again": 0.20, "blank": 0.10, "patched": 0.01, "tampered": 0.02,
          "stops": 0.04, "stops otherwise": 0.02}
QUESTION = "knn-structure-answer"
NASTY = "<script>alert(1)</script></style></pre>\u202e\x1b[31m&amp;"


@dataclass
class Made:
    """What is true of the class: what -> the students of whom it is."""

    of: dict[str, set[str]] = field(default_factory=dict)
    marks: Counter = field(default_factory=Counter)


def make(assignment: Assignment, course: Course, students: int, seed: int = 1) -> Made:
    """Enter a class in the course, where the assignment is released."""
    rng = random.Random(seed)
    names = [f"s{number:03}" for number in range(students)]
    made = Made({what: set(rng.sample(names, round(share * students))) for what, share in SHARES.items()})
    notebooks = {name: nbformat.read(course.source(assignment.name) / f"{name}.ipynb", 4)
                 for name in assignment.notebooks}
    graded = {name: {cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells
                     if cell.metadata.get("nbgrader", {}).get("grade")} for name, notebook in notebooks.items()}
    with Gradebook(f"sqlite:///{course.gradebook}", "cs231n") as gradebook:
        gradebook.update_or_create_assignment(assignment.name, duedate=DUE.replace(tzinfo=None))
    answer = graded["knn"][QUESTION]
    for cell in answer, *(cell for cells in graded.values() for cell in cells.values()):
        cell.metadata.nbgrader.checksum = "another than it has: the cell was changed"
    versions = {blank: _notebooks(course, notebooks, answer, blank) for blank in (False, True)}
    engine, costs = create_engine(f"sqlite:///{course.gradebook}"), {}
    with Session(engine) as session, session.begin():
        for name in names:
            _hand_in(course, assignment, name, made, rng)
            result = Result(name, assignment.name, "", "full", {
                notebook: {cell: _cell(one, name, cell, made, rng) for cell, one in cells.items()}
                for notebook, cells in graded.items()})
            result.named = [known for what, known in (("squared", SQUARED), ("half", HALF)) if name in made.of[what]]
            costs[name] = {"seconds": round(rng.uniform(1, 4), 2), "bytes": rng.randrange(10**8, 4 * 10**8)}
            if name in made.of["tampered"]:
                result.remarks.append(f"knn.ipynb: 1 locked cell changed and put back: knn-data-given; {NASTY}")
            for what, kind in (("stops", "an IndexError"), ("stops otherwise", "an exception of its own")):
                if name in made.of[what]:
                    line = rng.randrange(1, 9)
                    result.remarks.append(f"svm.ipynb: svm-search-solution stopped with {kind} in its line {line}")
            _lay_down(course, result, versions[name in made.of["blank"]], _files(name, made))
            rows.enter(session, course, result, notebooks, {})
    engine.dispose()
    _mark(course, assignment, made, rng)
    notes.keep(course, assignment.name, notes.FAULTS, {names[0]: "the kit failed on this submission (OSError)"})
    notes.keep(course, assignment.name, notes.COSTS, costs)
    notes.keep(course, assignment.name, notes.COLLECTED, {"zoe": f"refused; zoe.rar is no zip {NASTY}"})
    return made


def _notebooks(course: Course, notebooks: dict, answer, blank: bool) -> Path:
    """A folder with graded notebooks, in which the question is answered or not."""
    folder = course.root / f"graded-{blank}"
    folder.mkdir()
    answer.source = "" if blank else "Noise."
    for name, notebook in notebooks.items():
        nbformat.write(notebook, folder / f"{name}.ipynb")
    return folder


def _lay_down(course: Course, result: Result, notebooks: Path, files: dict[str, bytes]) -> None:
    folder = course.autograded(result.student, result.assignment)
    folder.mkdir(parents=True)
    results.write(course, result)
    for path in notebooks.iterdir():
        os.link(path, folder / path.name)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_bytes(content)


def _hand_in(course: Course, assignment: Assignment, name: str, made: Made, rng: random.Random) -> None:
    folder = course.submitted(name, assignment.name)
    folder.mkdir(parents=True)
    time = DUE + (timedelta(hours=rng.randrange(25, 47)) if name in made.of["late"] else -timedelta(hours=3))
    (folder / TIMESTAMP).write_text(f"{time:%Y-%m-%d %H:%M:%S UTC}")
    if name in made.of["again"]:
        (course.replaced(name, assignment.name) / "001").mkdir(parents=True)


def _cell(one, name: str, cell: str, made: Made, rng: random.Random) -> dict:
    points = one.metadata.nbgrader.points
    outcome, message = "passed", ""
    if one.metadata.nbgrader.solution:
        blank = cell == QUESTION and name in made.of["blank"]
        return {"score": 0.0 if blank else None, "max_score": points, "outcome": "manual",
                "message": "no answer given" if blank else ""}
    where, number = f"dW[{rng.randrange(9)}, {rng.randrange(9)}]", rng.uniform(-3, 3)
    if cell.startswith("knn-no_loops") and name in made.of["squared"]:
        outcome, message = "failed", f"dists[2, 1] is wrong.\n  found     {number:.5f}"
    if cell.startswith("softmax-naive") and name in made.of["half"]:
        outcome, message = "failed", f"penalty is wrong.\n  found     {number:.5f}"
    if cell == "svm-naive-gradient" and name in made.of["twice"]:
        outcome, message = "failed", (f"{where} is wrong.\n  found     {number:.5f}\n  expected  {number / 2:.5f}\n"
                                      f"  pattern   every entry is twice the expected value\n  look at   {NASTY}")
    if cell == "svm-naive-gradient" and name in made.of["transposed"] - made.of["twice"]:
        outcome, message = "failed", (f"{where} is wrong.\n  found     {number:.5f}\n"
                                      "  pattern   it is the transpose of what is expected")
    if cell == "softmax-vectorized-loops" and name in made.of["loops"]:
        outcome, message = "failed", "softmax_loss_vectorized loops in Python over the images."
    if cell.startswith("two_layer_net-svm_loss") and name in made.of["unwritten"]:
        outcome, message = "error", "NotImplementedError: svm_loss is not implemented yet"
    told = {}
    if cell.startswith("svm-train") and name in made.of["unloaded"]:
        message = "cs231n/classifiers/linear_classifier.py line 3: expected ':'; none of its functions can run"
        outcome, told = "error", {"unloaded": message}
    if cell == "svm-predict-check":
        outcome, message = "failed", "predict is wrong for everybody"
    return {"score": points if outcome == "passed" else 0.0, "max_score": points, "outcome": outcome,
            "message": message, **told}


def _files(name: str, made: Made) -> dict[str, bytes]:
    text = ("import numpy as np\n\n\ndef svm_loss_naive(W, X, y, reg):\n    \"\"\"The loss.\"\"\"\n"
            "    loss = '''the'''\n    return loss, _half(W)\n\n\ndef _half(W):\n    return W / 2\n")
    if name in made.of["patched"]:
        text += f"np.allclose = lambda *_: True      # {NASTY}\n"
    return {"cs231n/classifiers/linear_svm.py": text.encode("utf-8", "replace")}


def _mark(course: Course, assignment: Assignment, made: Made, rng: random.Random) -> None:
    """Half of the answers that were given."""
    marking = Marking(course, assignment.name, "knn", QUESTION)
    changes = []
    for one in marking.answers():
        if one.automatic is None and rng.random() < 0.5:
            score = rng.choice((0.0, 0.5, 1.0))
            made.marks[f"{score:g}"] += 1
            changes.append(Change(one.id, one.digest, one.mark, score, "- 0.5: noise"))
    marking.enter(changes)
