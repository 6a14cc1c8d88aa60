"""What students were given, beside what they hand in: is it worked on at all, is it this assignment's?"""

from functools import cached_property

from cs231n import _reading as reading
from cs231n._matching import Known
from grading.books.course import Course
from grading.intake.archive import Handed
from grading.intake.opening import Read
from grading.intake.reader import Reader
from grading.release import assignment as assignments
from grading.release.assignment import Assignment
from grading.release.lesson import read_known


class Handout:
    """The release of one assignment in a course; where it has none yet, nothing can be said."""

    def __init__(self, assignment: Assignment, course: Course):
        self._assignment, self._folder = assignment, course.release(assignment.name)

    @cached_property
    def _reader(self) -> Reader:
        return Reader()

    @cached_property
    def _files(self) -> dict[str, bytes]:
        paths = {name: self._folder / name for name in self._assignment.submitted_files}
        return {name: path.read_bytes() for name, path in paths.items() if path.is_file()}

    @cached_property
    def _lessons(self) -> dict[str, list[Known]]:
        paths = {name: self._assignment.notebook_path(name) for name in self._assignment.notebooks}
        return {name: read_known(path) if path.is_file() else [] for name, path in paths.items()}

    @cached_property
    def _sources(self) -> dict[str, list[str]]:
        return {name: self._reader.sources(content) for name, content in self._files.items()
                if name.endswith(".ipynb")}

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
        return self._reader.sources(content) != self._sources[name]

    def read(self, files: dict[str, bytes]) -> dict[str, Read]:
        """What each notebook of a submission says, where it can be read and has cells."""
        self._reader.begin()
        found = {name: self._reader.content(files[f"{name}.ipynb"], self._lessons[name])
                 for name in self._assignment.notebooks if f"{name}.ipynb" in files}
        return {name: read for name, read in found.items() if read.cells}

    def remarks(self, files: dict[str, bytes], read: dict[str, Read]) -> list[str]:
        """What a marker should know of the files taken: one sentence each."""
        if files and self._files and not any(self.is_worked_on(*file) for file in files.items()):
            return ["nothing in it differs from what was handed out"]
        return [f"{name}.ipynb: none of its {found.cells} cells is of this assignment"
                for name, found in read.items()
                if len(found.missing) == sum(known.role != "own" for known in self._lessons[name])]

    def pictures(self, read: dict[str, Read], places: dict[str, str],
                 handed: Handed) -> tuple[dict[str, bytes], list[str]]:
        """(the pictures beside the notebooks that answers show, a sentence for each that is not there).

        - places: where in `handed` each of the files was
        """
        found: dict[str, bytes] = {}
        missing, beyond = [], 0
        for name, said in read.items():
            folder = places[f"{name}.ipynb"].rpartition("/")[0]
            for path in said.shown:
                file = handed.files.get(f"{folder}/{path}" if folder else path)
                if file and len(found) >= reading.MOST_FILES:
                    beyond += path not in found
                    continue
                content = file.read() if file else b""
                if reading.is_picture(path, content):
                    found[path] = content
                else:
                    missing.append(f"{name}.ipynb shows {path}, which is "
                                   + ("no PNG or JPEG of a fit size" if file else "missing"))
        if beyond:
            missing.append(f"{beyond} pictures in files are left out: at most {reading.MOST_FILES} are taken")
        return found, missing


