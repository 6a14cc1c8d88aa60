"""From source to release: the students' folder and its zip, through nbgrader, checked for leaks."""

import os
import zipfile
from pathlib import Path

from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import NbGraderPreprocessor

from grading.books.course import Course
from grading.books.folders import set_aside
from grading.errors import KitError
from grading.release import assignment as assignments
from grading.release import leaks, markers, stage
from grading.release.assignment import Assignment

_EPOCH = (1980, 1, 1, 0, 0, 0)        # zip's own first moment: the archive's bytes depend on its content alone


def generate(assignment: Assignment, course: Course) -> Path:
    """Stage, release, leak check, zip. Returns the zip's path.

    The former release stays in place until the new one has passed every check.
    """
    stage.files(assignment)                                   # every marker is sound before anything is touched
    folder = course.release(assignment.name)
    with set_aside(folder):
        stage.stage(assignment, course)
        _convert(assignment, course)
        leaks.check_release(folder, assignment)
        archive = _pack(folder)
    course.prepare_data()
    return archive


def _convert(assignment: Assignment, course: Course) -> None:
    with course.nbgrader() as nbgrader:
        nbgrader["coursedir"].assignment_id = assignment.name
        converter = GenerateAssignment(**nbgrader)
        converter.force = True
        with course.first_error() as error:
            try:
                converter.start()
            except (Exception, SystemExit) as raised:
                cause = error() or str(raised)
                if "submissions associated" in cause:
                    raise KitError(f"{assignment.name} has submissions in {course.gradebook}, and its graded cells "
                                   "have changed; their scores would be lost. Put the cells back, or start another "
                                   "course folder: --course FOLDER.") from None
                raise KitError(f"nbgrader could not release {assignment.name}: {cause} "
                               f"(the whole story is in {course.log}).") from None


def _pack(folder: Path) -> Path:
    """Zip the release beside its folder; the same content gives the same bytes."""
    archive = folder.with_suffix(".zip")
    half = folder.with_suffix(".zip.part")
    with zipfile.ZipFile(half, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                info = zipfile.ZipInfo(f"{folder.name}/{path.relative_to(folder).as_posix()}", _EPOCH)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.create_system = 3                        # Unix, so that the next line keeps its meaning
                info.external_attr = (0o100755 if path.suffix == ".sh" else 0o100644) << 16
                packed.writestr(info, path.read_bytes())
    os.replace(half, archive)
    return archive


class CheckMarkers(NbGraderPreprocessor):
    """Stops the release of a notebook with a malformed marker, under stock nbgrader too."""

    def preprocess(self, nb, resources):
        for cell in nb.cells:
            markers.regions(cell.source, f"{resources['metadata']['name']}.ipynb, cell {cell.get('id')}",
                            kinds=stage.region_kinds(cell))
        return nb, resources


class CheckLeaks(NbGraderPreprocessor):
    """Stops the release of a notebook that still shows a secret, under stock nbgrader too."""

    def preprocess(self, nb, resources):
        name = f"{resources['metadata']['name']}.ipynb"
        known = leaks.secrets(assignments.load(resources["nbgrader"]["assignment"]))
        leaks.check_notebook(nb, name)
        for cell in nb.cells:
            known.check(f"{name}, cell {cell.get('id')}", cell.source)
        return nb, resources
