"""nbgrader's configuration for a course of this kit, used by stock `nbgrader`, the formgrader and the kit alike.

Every safety step is a preprocessor: nbgrader swallows what hooks raise, but stops at what a preprocessor raises.
"""

import fnmatch
import importlib.util
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from nbgrader.converters import Autograde, GenerateFeedback, NbGraderException
from nbgrader.converters.base import BaseConverter

from grading import ROOT
from grading.books.course import Course, grading_environment
from grading.desk import formgrader
from grading.release import assignment, lesson

CELL_SECONDS = 30        # a cell that runs longer is interrupted; a submission may take `budget.TIMES` as long
TEMPLATES = str(ROOT / "grading" / "desk" / "templates")


def configure(c, root: Path) -> None:
    """Fill nbgrader's config object `c` for the course folder `root`."""
    c.CourseDirectory.root = str(root)
    c.CourseDirectory.course_id = "cs231n"
    c.CourseDirectory.db_url = f"sqlite:///{root / 'gradebook.db'}"
    c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "results.json"]

    c.ClearSolutions.code_stub = lesson.CODE_STUB
    c.ClearMarkScheme.enforce_metadata = False           # rubrics stand in the locked question cells
    c.GenerateAssignment.preprocessors = [
        "grading.release.generate.CheckMarkers",
        "nbgrader.preprocessors.LockCells",
        "nbgrader.preprocessors.ClearSolutions",
        "nbgrader.preprocessors.ClearOutput",
        "nbgrader.preprocessors.CheckCellMetadata",
        "nbgrader.preprocessors.ComputeChecksums",
        "nbgrader.preprocessors.SaveCells",
        "nbgrader.preprocessors.ClearHiddenTests",
        "nbgrader.preprocessors.ClearMarkScheme",
        "grading.release.generate.Fold",
        "nbgrader.preprocessors.ComputeChecksums",
        "nbgrader.preprocessors.CheckCellMetadata",
        "grading.release.generate.CheckLeaks",
    ]

    c.Autograde.exclude_overwriting = {name: list(assignment.load(name).student_files) for name in assignment.names()}
    c.Autograde.sanitize_preprocessors = ["grading.intake.restore.Restore"]
    c.Autograde.autograde_preprocessors = [
        "grading.autograde.execute.Execute",
        "grading.desk.pages.Clean",
        "nbgrader.preprocessors.LimitOutput",
        "grading.autograde.scores.SaveScores",
        "nbgrader.preprocessors.AssignLatePenalties",
        "nbgrader.preprocessors.CheckCellMetadata",
    ]
    c.AssignLatePenalties.plugin_class = "grading.books.penalties.LateDays"
    c.ExchangeFactory.release_feedback = "grading.desk.feedback.released.ReleaseFeedback"
    c.ExportApp.plugin_class = "grading.desk.export.plugin.Grades"
    c.Execute.timeout = CELL_SECONDS
    c.BaseConverter.permissions = 644

    # The pages of formgrader: nothing of a submission runs in them (`pages.py` says how).
    c.HTMLExporter.sanitize_html = True
    c.HTMLExporter.filters = {
        "markdown2html": "grading.desk.pages.markdown2html",
        "highlight_code": "grading.desk.pages.highlight_code",
        "clean_html": "grading.desk.pages.clean_html",
        "strip_files_prefix": "grading.desk.pages.as_it_is",
    }
    c.HTMLExporter.extra_template_basedirs = [TEMPLATES, _nbgraders_templates()]

    formgrader.hold(root, TEMPLATES)
    _have_the_kit_do_it()

    # Kernels inherit this process's environment: stock nbgrader grades on the same small data as the kit.
    for name, value in grading_environment(Course(root)).items():
        os.environ.setdefault(name, value)


def _nbgraders_templates() -> str:
    package = Path(importlib.util.find_spec("nbgrader").origin).parent
    return str(package / "server_extensions" / "formgrader" / "templates")


def _have_the_kit_do_it() -> None:
    """From here on nbgrader's `Autograde` and `GenerateFeedback` are doors to `kit autograde` and `kit feedback`, in
    this process.

    Who would run submissions with the instructor's rights, or show students what nbgrader shows them, comes through
    their `start`: nbgrader's commands, and formgrader's buttons. The kit's own `--stock` has a `start` of its own.
    """
    if not hasattr(Autograde, "by_kit"):                                               # nbgrader reads this often
        Autograde.by_kit = GenerateFeedback.by_kit = True
        Autograde.start, GenerateFeedback.start = _by_engine, _by_kit


def _by_engine(converter: Autograde) -> None:
    """Have `kit autograde` grade what the converter was started for; it tells its log what that says.

    The engine does not grade a single notebook: with a notebook named, the whole submission is graded.
    """
    wanted, students = converter.coursedir.assignment_id, _wanted(converter)
    if not students:
        raise _told(converter, f"{converter.coursedir.root}/submitted holds no submission of {wanted} "
                               f"by {converter.coursedir.student_id!r}.")
    if not converter.create_student:
        students = _known(converter, students)
    converter.log.info("the kit grades %s, in its sandbox", ", ".join(students))
    if _kit(converter, "autograde", students, ["--regrade"] * converter.force):
        raise _told(converter, f"kit autograde {wanted} did not grade everything: what it says stands "
                               "above. Submissions run in the kit's sandbox only; to have nbgrader run those of a "
                               f"class that you trust: kit autograde {wanted} --stock --unsafe")


def _by_kit(converter: GenerateFeedback) -> None:
    """Have `kit feedback` write the pages, those of all notebooks."""
    course, wanted = Course(Path(converter.coursedir.root).resolve()), converter.coursedir.assignment_id
    graded = [one for one in _wanted(converter) if course.autograded(one, wanted).is_dir()]
    if not graded:
        raise _told(converter, f"No submission of {wanted} by {converter.coursedir.student_id!r} is graded yet.")
    if _kit(converter, "feedback", graded):
        raise _told(converter, f"kit feedback {wanted} did not write everything: what it says stands above.")


def _wanted(converter: BaseConverter) -> list[str]:
    """Students whose submissions it was started for."""
    wanted = converter.coursedir
    left_out = wanted.student_id_exclude.split(",")
    return [one for one in Course(Path(wanted.root).resolve()).students(wanted.assignment_id)
            if fnmatch.fnmatchcase(one, wanted.student_id) and one not in left_out]


def _kit(converter: BaseConverter, what: str, students: list[str], more: Sequence[str] = ()) -> int:
    """Run a command of the kit for these students; the converter's log takes what it says. Returns its exit code."""
    course = Path(converter.coursedir.root).resolve()
    command = [sys.executable, "-m", "grading", what, converter.coursedir.assignment_id, "--course", str(course)]
    command += [*more, *(word for one in students for word in ("--student", one))]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace") as kit:
        for line in kit.stdout:
            converter.log.info("%s", line.rstrip())
    return kit.returncode


def _known(converter: Autograde, students: list[str]) -> list[str]:
    from nbgrader.api import Gradebook

    with Gradebook(converter.coursedir.db_url, converter.coursedir.course_id) as gradebook:
        there = {student.id for student in gradebook.students}
    if strangers := sorted(set(students) - there):
        raise _told(converter, f"No student with ID {strangers[0]!r} exists in the database")
    return students


def _told(converter: Autograde, sentence: str) -> NbGraderException:
    converter.log.error("%s", sentence)
    return NbGraderException(sentence)
