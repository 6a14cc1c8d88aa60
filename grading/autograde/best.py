"""Where the best of a student's attempts counts: which is it?

Every attempt of those who have several is graded in a course of its own (`attempts/` in the course folder), from the
same source, data and secret; the best by its automatic score, less what lateness costs, is then laid where it counts:
of equals, the earlier. The course's own books see that one alone.
"""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from grading.autograde.autograde import Graded
from grading.books import attempts, cells, grades, ledger, marks, penalties, seeds, stamps
from grading.books.course import CONFIG, Course
from grading.books.results import Result
from grading.release import generate
from grading.release.assignment import Assignment


def settle(assignment: Assignment, course: Course, students: list[str] | None,
           grade: Callable[[Course, list[str]], Graded]) -> dict[str, str]:
    """Let the best attempt of each of these students (default: of all) count. Returns a sentence for each with several.

    - grade: grade(course, students) grades what these students have handed in there
    """
    name = assignment.name
    if attempts.counting(course, name) != "best":
        return {}
    several = {student: found for student in course.students(name) if students is None or student in students
               if len(found := attempts.every(course, student, name)) > 1}
    if not several:
        return {}
    if not cells.read(course.gradebook, name).notebooks:
        generate.make_gradebook(assignment, course)
    beside = _beside(assignment, course)
    tried = {student: [attempts.beside(student, number) for number in range(1, len(found) + 1)]
             for student, found in several.items()}
    for student, found in several.items():
        for one, folder in zip(tried[student], found, strict=True):
            target = beside.submitted(one, name)
            if not target.exists() or attempts.content(target) != attempts.content(folder):
                shutil.rmtree(target, ignore_errors=True)
                shutil.copytree(folder, target)
    graded = {result.student: result for result in grade(beside, [one for ones in tried.values() for one in ones])}
    return {student: _choose(assignment, course, student, several[student], [graded[one] for one in tried[student]])
            for student in several}


def _choose(assignment: Assignment, course: Course, student: str, folders: list[Path],
            results: Sequence[Result]) -> str:
    if fault := next((result.fault for result in results if result.fault), ""):
        return f"the attempt that counted before counts still: another could not be graded ({fault})"
    scores, late = [result.autograded()[0] for result in results], _late(assignment, course, student, folders, results)
    left = [grades.after(score, penalty) for score, penalty in zip(scores, late, strict=True)]
    best = left.index(max(left))
    if folders[best] != course.submitted(student, assignment.name):
        with ledger.writing(course):
            attempts.lay_down(course, student, assignment.name, attempts.content(folders[best]),
                              attempts.time(folders[best]), counts=True)
    each = [f"{score:g}{f' - {penalty:g}' * bool(penalty)}" for score, penalty in zip(scores, late, strict=True)]
    return (f"attempt {best + 1} of {len(scores)} counts, the best by its tests"
            f"{', less what lateness costs' if any(late) else ''}: {', '.join(each)} of "
            f"{results[best].autograded()[1]:g}")


def _late(assignment: Assignment, course: Course, student: str, folders: list[Path],
          results: Sequence[Result]) -> list[float]:
    """What lateness would take off each attempt."""
    with marks.reading(course.gradebook) as session:
        return penalties.would_be(session, course, assignment.name, student, [
            (stamps.submitted_at(folder), {name: result.autograded(name)[0] for name in result.notebooks})
            for folder, result in zip(folders, results, strict=True)])


def _beside(assignment: Assignment, course: Course) -> Course:
    """The course of attempts, with what the course itself is now: it may have been generated anew."""
    course.prepare_data()
    seeds.secret(course)
    beside = Course(course.attempts)
    beside.root.mkdir(exist_ok=True)
    for path in (course.root / "source", course.grading_data, course.secret):
        link = beside.root / path.name
        if not link.is_symlink():
            link.symlink_to(f"../{path.name}")
    (beside.root / CONFIG).unlink(missing_ok=True)
    beside.prepare_config(course.root)
    generate.make_gradebook(assignment, beside)
    return beside
