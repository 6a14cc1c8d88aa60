"""nbgrader's configuration for a course of this kit, used by stock `nbgrader`, the formgrader and the kit alike.

Every safety step is a preprocessor: nbgrader swallows what hooks raise, but stops at what a preprocessor raises.
"""

import fnmatch
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from nbgrader.converters import Autograde, NbGraderException

from grading import ROOT
from grading.books.course import Course, grading_environment
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
    c.ExportApp.plugin_class = "grading.desk.export.plugin.Grades"
    c.Execute.timeout = CELL_SECONDS
    c.BaseConverter.permissions = 644

    c.GenerateFeedback.preprocessors = [
        "grading.desk.feedback.HideTests",
        "grading.desk.feedback.Grades",
        "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
    ]

    # The pages of formgrader and feedback: nothing of a submission runs in them (`pages.py` says how).
    c.HTMLExporter.sanitize_html = True
    c.HTMLExporter.filters = {
        "markdown2html": "grading.desk.pages.markdown2html",
        "highlight_code": "grading.desk.pages.highlight_code",
        "clean_html": "grading.desk.pages.clean_html",
        "strip_files_prefix": "grading.desk.pages.as_it_is",
        "float": "grading.desk.pages.number_or_words",
        "round": "grading.desk.pages.rounded_or_words",
    }
    c.HTMLExporter.extra_template_basedirs = [TEMPLATES, _nbgraders_templates()]

    _keep_formgrader_here(root)
    _have_the_engine_grade()

    # Kernels inherit this process's environment: stock nbgrader grades on the same small data as the kit.
    for name, value in grading_environment(Course(root)).items():
        os.environ.setdefault(name, value)


def _nbgraders_templates() -> str:
    package = Path(importlib.util.find_spec("nbgrader").origin).parent
    return str(package / "server_extensions" / "formgrader" / "templates")


def _keep_formgrader_here(root: Path) -> None:
    """In a Jupyter server: let formgrader serve this course only, and its pages load nothing from elsewhere.

    At `/formgrader?path=FOLDER` nbgrader goes over to another course and runs the `nbgrader_config.py` in that folder.
    A picture with that address in an answer is enough, once the instructor opens the notebook in JupyterLab; and the
    folder may be one that a student handed in.
    """
    handlers = sys.modules.get("nbgrader.server_extensions.formgrader.handlers")      # only a server has it
    if handlers is None or hasattr(handlers.FormgraderHandler, "kept_to"):             # nbgrader reads this often
        return
    open_formgrader, open_submission = handlers.FormgraderHandler.get, handlers.SubmissionHandler.get

    def get(self):
        asked = self.get_argument("path", "")
        if asked and Path(asked).resolve() != self.kept_to:
            raise handlers.web.HTTPError(403, f"formgrader serves {self.kept_to}; start it anew for another course")
        return open_formgrader(self)

    def get_submission(self, submission_id):
        if TEMPLATES not in self.exporter.extra_template_basedirs:         # formgrader sets its own, whatever is set
            self.exporter.extra_template_basedirs = [TEMPLATES, *self.exporter.extra_template_basedirs]
        return open_submission(self, submission_id)

    handlers.FormgraderHandler.get, handlers.SubmissionHandler.get = get, get_submission
    handlers.FormgraderHandler.kept_to = root.resolve()


def _have_the_engine_grade() -> None:
    """From here on nbgrader's `Autograde` is a door to `kit autograde`, in this process.

    Both who would run submissions with the instructor's rights come through its `start`: `nbgrader autograde`, and
    formgrader's button. The kit's own `--stock` has a `start` of its own.
    """
    if not hasattr(Autograde, "by_engine"):                                            # nbgrader reads this often
        Autograde.by_engine, Autograde.start = True, _by_engine


def _by_engine(converter: Autograde) -> None:
    """Have `kit autograde` grade what the converter was started for; it tells its log what that says.

    The engine does not grade a single notebook: with a notebook named, the whole submission is graded.
    """
    wanted, course = converter.coursedir, Course(Path(converter.coursedir.root).resolve())
    left_out = wanted.student_id_exclude.split(",")
    students = [one for one in course.students(wanted.assignment_id)
                if fnmatch.fnmatchcase(one, wanted.student_id) and one not in left_out]
    if not students:
        raise _told(converter, f"{course.root / 'submitted'} holds no submission of {wanted.assignment_id} "
                               f"by {wanted.student_id!r}.")
    if not converter.create_student:
        students = _known(converter, students)
    command = [sys.executable, "-m", "grading", "autograde", wanted.assignment_id, "--course", str(course.root)]
    command += ["--regrade"] * converter.force + [word for one in students for word in ("--student", one)]
    converter.log.info("the kit grades %s, in its sandbox", ", ".join(students))
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace") as kit:
        for line in kit.stdout:
            converter.log.info("%s", line.rstrip())
    if kit.returncode:
        raise _told(converter, f"kit autograde {wanted.assignment_id} did not grade everything: what it says stands "
                               "above. Submissions run in the kit's sandbox only; to have nbgrader run those of a "
                               f"class that you trust: kit autograde {wanted.assignment_id} --stock --unsafe")


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
