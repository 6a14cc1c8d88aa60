"""Gradescope: an autograder that answers with scores and feedback that are there already, tried before it goes out.

Gradescope takes no results after the fact. Its archive is uploaded as the assignment's autograder; when students submit
there, or the instructor has all submissions graded anew, each is answered by who submitted it.
"""

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

from grading.books import answers, results
from grading.books.answers import Place
from grading.books.course import Course
from grading.books.grades import Graded, Grades
from grading.desk.export import answering
from grading.desk.export.book import Book, number
from grading.desk.feedback import lesson, said
from grading.desk.feedback.phrases import Open
from grading.desk.text import clean_message
from grading.errors import KitError
from grading.scratch import temporary

VISIBILITIES = "visible", "after_published", "after_due_date", "hidden"
_DOMAIN = re.compile(r"[\w-]+(\.[\w-]+)*")
_HIDDEN = re.compile(r"^[ \t]*### BEGIN HIDDEN TESTS.*?### END HIDDEN TESTS", re.DOTALL | re.MULTILINE)
_EPOCH = (2000, 1, 1, 0, 0, 0)
_SECONDS = 60
_SETUP = """#!/usr/bin/env bash
set -eu
command -v python3 || { apt-get update && apt-get install -y python3; }
"""
_RUN = """#!/usr/bin/env bash
set -eu
root="${AUTOGRADER_ROOT:-/autograder}"
python3 "$root/source/answer.py" "$root"
"""


def submitters(book: Book, domain: str = "", by_name: bool = False) -> tuple[dict[str, str], list[str]]:
    """(address or number that Gradescope knows a submitter by -> id, who has nothing of the kind that is theirs alone).

    - domain: the address of who has none is the id at this domain
    - by_name: who still has none is known by a name that nobody else here has; on Gradescope people name themselves
    """
    if domain and not _DOMAIN.fullmatch(domain):
        raise KitError(f"--domain {domain!r} is none. Expected what stands behind the @ of an address, such as "
                       "example.edu.")
    whose: dict[str, set[str]] = {}
    for student in book.people:
        words = {student, *book.words[student]}
        if domain and not any("@" in word for word in words):
            words.add(f"{student}@{domain}")
        for word in words:
            whose.setdefault(word.strip().casefold(), set()).add(student)
    found = {word: next(iter(ids)) for word, ids in sorted(whose.items()) if len(ids) == 1}
    reached = {student for word, student in found.items() if "@" in word}
    names = Counter(answering.name(named.whole) for named in book.people.values())
    for student, named in book.people.items():
        if by_name and student not in reached and named.whole.strip() and names[answering.name(named.whole)] == 1:
            found[answering.name(named.whole)] = student
            reached.add(student)
    return found, [student for student in book.people if student not in reached]


def archive(book: Book, course: Course, known: dict[str, str], visibility: str) -> bytes:
    """The archive; the same grades give the same bytes.

    - known: of `submitters`; visibility: of the total, hidden tests and marks; visible tests are visible
    """
    name, grades = next(iter(book.grades.items()))
    shown, known_to_all = _shown(course, name), lesson.known(course.release(name))
    told = {student: _answer(book, course, name, one, shown, _known(course, name, student, known_to_all), visibility)
            for student, one in grades.of.items() if student in book.people}
    content = {"setup.sh": _SETUP, "run_autograder": _RUN,
               "answer.py": Path(answering.__file__).read_text(encoding="utf-8"),
               "grades.json": json.dumps({"assignment": name, "submitters": known, "students": told}, indent=1,
                                         sort_keys=True)}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as written:
        for file, text in content.items():
            info = zipfile.ZipInfo(file, _EPOCH)
            info.create_system, info.compress_type = 3, zipfile.ZIP_DEFLATED         # Unix, so that rights count
            info.external_attr = (0o100755 if file in ("setup.sh", "run_autograder") else 0o100644) << 16
            written.writestr(info, text)
    return packed.getvalue()


def dry_run(packed: bytes, book: Book, known: dict[str, str]) -> list[str]:
    """Have the archive answer submissions of everybody, the first one by its own script. Returns what went wrong."""
    name, grades = next(iter(book.grades.items()))
    addresses = {student: word for word, student in known.items()
                 if ("@" in word or word.startswith(answering.name(""))) and student in grades.of}
    made = {student: submission(name, word if "@" in word else "", book.people[student].whole, grades)
            for student, word in addresses.items()}
    wrong = []
    with temporary("kit-held-answered-") as root:
        with zipfile.ZipFile(io.BytesIO(packed)) as opened:
            opened.extractall(root / "source")
        if made:
            wrong += _started(root, next(iter(made.values())), packed)
    told = _told(packed)
    for student, one in made.items():
        try:
            score = answering.answer(one, told)["score"]
        except LookupError as error:
            wrong.append(f"{addresses[student]}: {error}")
            continue
        if score != grades.of[student].total:
            wrong.append(f"{addresses[student]}: answered {score}; the gradebook has {grades.of[student].total}")
    return wrong


def answered(packed: bytes, metadata: dict) -> dict:
    """What the archive answers a submission with; raises LookupError, with a sentence, where it does not."""
    return answering.answer(metadata, _told(packed))


def _told(packed: bytes) -> dict:
    with zipfile.ZipFile(io.BytesIO(packed)) as opened:
        return json.loads(opened.read("grades.json"))


def submission(title: str, address: str, name: str, grades: Grades) -> dict:
    """A submission_metadata.json as Gradescope writes it."""
    return {"id": 1, "created_at": "2026-01-01T12:00:00.000000-08:00",
            "assignment": {"id": 1, "course_id": 1, "title": title, "total_points": number(grades.most),
                           "due_date": "2026-01-02T00:00:00.000000-08:00", "group_submission": False},
            "submission_method": "upload", "users": [{"id": 1, "email": address, "name": name}],
            "previous_submissions": []}


def _started(root: Path, metadata: dict, packed: bytes) -> list[str]:
    (root / "submission_metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(["bash", str(root / "source" / "run_autograder")], capture_output=True, text=True,
                          timeout=_SECONDS, env=os.environ | {"AUTOGRADER_ROOT": str(root), "PATH": path})
    if done.returncode:
        return [f"run_autograder: {(done.stdout + done.stderr).strip()[-500:]}"]
    written = json.loads((root / "results" / "results.json").read_text(encoding="utf-8"))
    return [] if written == answered(packed, metadata) else ["run_autograder wrote another answer"]


def _answer(book: Book, course: Course, name: str, one: Graded, shown: dict[Place, tuple[str, str]],
            known: Open, visibility: str) -> dict:
    kept = results.read(course, one.student, name)
    cells = {(notebook, cell): noted for notebook, those in (kept.notebooks if kept else {}).items()
             for cell, noted in those.items()}
    comments = book.comments[name].get(one.student, {})
    tests = []
    for place in book.order[name]:
        noted, score = cells.get(place, {}), one.scores.get(place)
        tested = noted.get("outcome", "manual") != "manual"
        overruled = tested and place in one.marks and one.marks[place].overrules(noted["score"])
        by_hand = overruled or not tested or place in comments
        whole, public = shown.get(place, ("", ""))
        hidden = whole != public or place not in shown
        told = [said.verdict(noted.get("outcome", ""), noted.get("message") or "", hidden, public,
                             Open(whole, beside=known)),
                comments.get(place, "")]
        if overruled:
            told.append("a person gave these points")
        if place in one.unmarked:
            told.append("waits for a mark")
        tests.append({
            "name": f"{place[0]}: {place[1]}", "score": score or 0.0, "max_score": book.grades[name].points[place],
            **({} if by_hand else {"status": "passed" if score == book.grades[name].points[place] else "failed"}),
            "output": "\n".join(filter(None, told)), "output_format": "text",
            "visibility": visibility if by_hand or hidden or visibility == "hidden" else "visible"})
    return {"score": one.total, "output": "\n".join(_sentences(one, book.grades[name], kept)), "output_format": "text",
            "visibility": visibility, "stdout_visibility": "hidden", "tests": tests,
            "extra_data": {"student": one.student, "score": one.score, "penalty": one.penalty, "late_days": one.days}}


def _sentences(one: Graded, grades: Grades, kept: results.Result | None) -> list[str]:
    told = [f"{number(one.total)} of {number(grades.most)} points."]
    if one.penalty:
        steps = f": {'; '.join(one.standing.steps)}" if one.standing else ""
        told.append(f"{number(one.score)} points, less {number(one.penalty)} for lateness{steps}.")
    if one.unmarked:
        told.append(f"{len(one.unmarked)} questions wait for a mark.")
    for known in kept.named if kept else []:
        told.append(clean_message(f"{known['function']}: {known['says']}"))
    return told


def _shown(course: Course, name: str) -> dict[Place, tuple[str, str]]:
    """Of each test: the whole of it, and what of it is in the release."""
    found = {}
    for path in course.source(name).glob("*.ipynb"):
        for cell in answers.read(path.parent, path.stem):
            described, source = cell.get("metadata", {}).get("nbgrader", {}), answers.source(cell)
            if described.get("grade"):
                found[path.stem, described["grade_id"]] = source, _HIDDEN.sub("", source)
    return found


def _known(course: Course, name: str, student: str, known: Open) -> Open:
    folder = course.autograded(student, name)
    modules = [path.read_text(encoding="utf-8", errors="replace") for path in folder.glob("cs231n/**/*.py")]
    return lesson.with_handed_in(known, modules, (cell for path in folder.glob("*.ipynb")
                                                  for cell in answers.read(folder, path.stem)))


def require_one(book: Book) -> None:
    if len(book.grades) != 1:
        raise KitError("An assignment on Gradescope has an autograder of its own: name one assignment at a time.")
