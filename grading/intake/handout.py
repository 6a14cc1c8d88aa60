"""What students were given, beside what they hand in: is it worked on at all, is it this assignment's?"""

from functools import cached_property

from cs231n import _matching as matching
from cs231n import _reading as reading
from cs231n._matching import Known, Reading
from cs231n._reading import Cell
from grading.books.course import Course
from grading.intake import restore
from grading.intake.archive import Handed
from grading.release import assignment as assignments
from grading.release.assignment import Assignment
from grading.release.lesson import read_known

MOST_PICTURES = 40               # in files, that are taken of a submission


class Handout:
    """The release of one assignment in a course; where it has none yet, nothing can be said."""

    def __init__(self, assignment: Assignment, course: Course):
        self._assignment, self._folder = assignment, course.release(assignment.name)

    @cached_property
    def _files(self) -> dict[str, bytes]:
        paths = {name: self._folder / name for name in self._assignment.submitted_files}
        return {name: path.read_bytes() for name, path in paths.items() if path.is_file()}

    @cached_property
    def _lessons(self) -> dict[str, list[Known]]:
        return {name: read_known(self._assignment.notebook_path(name)) for name in self._assignment.notebooks}

    @cached_property
    def others(self) -> dict[str, tuple[str, ...]]:
        """The notebooks of the course's other assignments, by the assignment's name."""
        return {name: assignments.load(name).notebook_files for name in assignments.names()
                if name != self._assignment.name}

    def is_worked_on(self, name: str, content: bytes) -> bool:
        """Whether this copy of one of the assignment's files differs from the one that was handed out."""
        if name not in self._files:
            return bool(content.strip())
        if not name.endswith(".ipynb"):
            return content.split() != self._files[name].split()
        return _sources(content) != _sources(self._files[name])

    def read(self, files: dict[str, bytes]) -> dict[str, tuple[list[Cell], Reading]]:
        """What each notebook of a submission says, where it can be read: its cells, and them beside the lesson's."""
        found = {}
        for name in self._assignment.notebooks:
            cells, _ = restore.parse(files.get(f"{name}.ipynb", b""))
            if cells:
                found[name] = cells, matching.read(cells, self._lessons[name])
        return found

    def remarks(self, files: dict[str, bytes], read: dict[str, tuple[list[Cell], Reading]]) -> list[str]:
        """What a marker should know of the files taken: one sentence each."""
        if files and self._files and not any(self.is_worked_on(*file) for file in files.items()):
            return ["nothing in it differs from what was handed out"]
        return [f"{name}.ipynb: none of its {len(cells)} cells is of this assignment"
                for name, (cells, found) in read.items()
                if len(found.missing) == sum(known.role != "own" for known in self._lessons[name])]

    def pictures(self, read: dict[str, tuple[list[Cell], Reading]], places: dict[str, str],
                 handed: Handed) -> tuple[dict[str, bytes], list[str]]:
        """(the pictures beside the notebooks that answers show, a sentence for each that is not there).

        - places: where in `handed` each of the files was
        """
        found: dict[str, bytes] = {}
        missing = []
        for name, (_, said) in read.items():
            folder = places[f"{name}.ipynb"].rpartition("/")[0]
            for path in (path for text in said.texts.values() for path in reading.shown_files(text)):
                file = handed.files.get(f"{folder}/{path}" if folder else path)
                content = file.read() if file and len(found) < MOST_PICTURES else b""
                if reading.is_picture(path, content):
                    found[path] = content
                else:
                    missing.append(f"{name}.ipynb shows {path}, which is "
                                   + ("no PNG or JPEG of a fit size" if file else "missing"))
        return found, missing


def _sources(content: bytes) -> list[str]:
    cells, _ = restore.parse(content)
    return sorted(cell.source.strip() for cell in cells or [])
