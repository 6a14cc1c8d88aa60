"""From source to release: the students' folder and its zip, through nbgrader, checked for leaks.

Everything is made in a scratch course inside the course folder. What stands in the course is replaced when all of it
has passed: the gradebook's cells in one transaction, then staged source, release and zip by renaming.
"""

import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nbgrader.converters import GenerateAssignment
from nbgrader.preprocessors import NbGraderPreprocessor

from grading.books import cells, marks
from grading.books.course import CONFIG, Course
from grading.books.folders import swap_in
from grading.books.ledger import writing
from grading.errors import KitError
from grading.release import assignment as assignments
from grading.release import leaks, markers, stage
from grading.release.assignment import Assignment
from grading.scratch import temporary

_EPOCH = (1980, 1, 1, 0, 0, 0)        # zip's own first moment: the archive's bytes depend on its content alone


def generate(assignment: Assignment, course: Course, *, yes: bool = False,
             try_out: Callable[[Assignment, Course], None] | None = None,
             tell: Callable[[str], None] = lambda line: None) -> Path:
    """Stage, release, leak check, zip. Returns the zip's path. What refuses it leaves the course as it was.

    - yes: go on where graded cells change that submissions have been graded by
    - try_out: raises when the source, staged and released in the course that it gets, is not fit to go out
    - tell: told, line by line, what changes for those submissions
    """
    stage.files(assignment)                                   # every marker is sound before anything is touched
    with _scratch(course) as scratch:
        stage.stage(assignment, scratch)
        _convert(assignment, scratch, course)
        leaks.check_release(scratch.release(assignment.name), assignment)
        archive = _pack(scratch.release(assignment.name))
        scratch.prepare_data()
        new = cells.read(scratch.gradebook, assignment.name)
        _ask(assignment, course, new, yes, tell)
        if try_out:
            try_out(assignment, scratch)
        return _put_in_place(assignment, course, scratch, archive, new, tell)


@contextmanager
def _scratch(course: Course) -> Iterator[Course]:
    """A course with this one's configuration and data, in its folder, so that what is made can be renamed out of it."""
    new = [folder for folder in (course.root, *course.root.parents) if not folder.exists()]
    course.root.mkdir(parents=True, exist_ok=True)
    try:
        with temporary(".generating-", course.root) as folder:
            scratch = Course(folder)
            if (course.root / CONFIG).exists():
                scratch.prepare_config(course.root)
            if course.grading_data.exists():
                scratch.grading_data.symlink_to(course.grading_data.resolve())
            yield scratch
    finally:
        for folder in new:
            try:
                folder.rmdir()
            except OSError:                                   # something is in it: the release
                break


def _ask(assignment: Assignment, course: Course, new: cells.Cells, yes: bool, tell: Callable[[str], None]) -> None:
    """Show what changes for submissions that the gradebook has; raises when that was not said to be all right."""
    old = cells.read(course.gradebook, assignment.name)
    found = cells.changes(old, new) if old.submissions else []
    if old.submissions:
        with marks.reading(course.gradebook) as session:
            lost = cells.homeless(marks.read(session, assignment.name), new)
        if lost:
            found.append(f"{len(lost)} marks or comments given by hand have no cell any more, {lost[0][2]} of "
                         f"{lost[0][0]} first; a file in {course.marks} will hold them")
    if not found:
        return
    for line in found:
        tell(line)
    if not yes:
        raise KitError(f"{assignment.name} has submissions in {course.gradebook} ({old.submissions}), and its graded "
                       f"cells change: {'; '.join(found[:3])}{' and more' if len(found) > 3 else ''}. Every mark that "
                       f"still has a cell stays with it. If that is what you want: kit generate {assignment.name} "
                       f"--yes, then kit autograde {assignment.name}. Nothing has been changed.")


def _put_in_place(assignment: Assignment, course: Course, scratch: Course, archive: Path, new: cells.Cells,
                  tell: Callable[[str], None]) -> Path:
    course.prepare()
    with writing(course):
        left = cells.take_over(course, assignment.name, scratch.gradebook, new)
        for made, place in ((scratch.source(assignment.name), course.source(assignment.name)),
                            (scratch.release(assignment.name), course.release(assignment.name))):
            place.parent.mkdir(exist_ok=True)
            beside = place.with_name(f".new-{place.name}")
            shutil.rmtree(beside, ignore_errors=True)
            os.replace(made, beside)
            swap_in(beside, place)
        placed = course.release(assignment.name).with_suffix(".zip")
        os.replace(archive, placed)
        if not course.grading_data.exists():
            os.replace(scratch.grading_data, course.grading_data)
    if left:
        tell(f"marks that no cell is left for are kept in {left}")
    return placed


def make_gradebook(assignment: Assignment, course: Course) -> None:
    """Enter the cells of the staged source in a gradebook that does not know them: it has been lost."""
    with _scratch(course) as scratch:
        shutil.copytree(course.source(assignment.name), scratch.source(assignment.name))
        _convert(assignment, scratch, course)
        with writing(course):
            cells.take_over(course, assignment.name, scratch.gradebook, cells.read(scratch.gradebook, assignment.name))


def _convert(assignment: Assignment, scratch: Course, course: Course) -> None:
    cells.make_empty(scratch.gradebook)
    with scratch.nbgrader() as nbgrader:
        nbgrader["coursedir"].assignment_id = assignment.name
        converter = GenerateAssignment(**nbgrader)
        converter.force = True
        with scratch.first_error() as error:
            try:
                converter.start()
            except (Exception, SystemExit) as raised:
                with course.log.open("a", encoding="utf-8") as log:
                    log.write(scratch.log.read_text(encoding="utf-8"))
                raise KitError(f"nbgrader could not release {assignment.name}: {error() or raised} "
                               f"(the whole story is in {course.log}).") from None
    for script in scratch.release(assignment.name).glob("*.sh"):        # nbgrader gives all files the same rights
        script.chmod(script.stat().st_mode | 0o111)


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


class Fold(NbGraderPreprocessor):
    """Folds the test cells of which students see nothing but what they check: JupyterLab shows the first line."""

    def preprocess(self, nb, resources):
        for cell in nb.cells:
            is_test = cell.cell_type == "code" and cell.metadata.get("nbgrader", {}).get("grade")
            if is_test and all(line.startswith("#") for line in cell.source.split("\n") if line):
                cell.metadata["jupyter"] = {"source_hidden": True}
        return nb, resources


class CheckLeaks(NbGraderPreprocessor):
    """Stops the release of a notebook that still shows a secret, under stock nbgrader too."""

    _known: leaks.Secrets | None = None                       # the same for all notebooks of a release

    def preprocess(self, nb, resources):
        name = f"{resources['metadata']['name']}.ipynb"
        known = self._known = self._known or leaks.secrets(assignments.load(resources["nbgrader"]["assignment"]))
        leaks.check_notebook(nb, name)
        for cell in nb.cells:
            known.check(f"{name}, cell {cell.get('id')}", cell.source)
        return nb, resources
