"""What students were given, beside what they hand in: is it worked on at all, is it this assignment's?"""

from functools import cached_property

from grading.books.course import Course
from grading.intake import restore
from grading.release import assignment as assignments
from grading.release.assignment import Assignment


class Handout:
    """The release of one assignment in a course; where it has none yet, nothing can be said."""

    def __init__(self, assignment: Assignment, course: Course):
        self._assignment, self._folder = assignment, course.release(assignment.name)

    @cached_property
    def _files(self) -> dict[str, bytes]:
        paths = {name: self._folder / name for name in self._assignment.submitted_files}
        return {name: path.read_bytes() for name, path in paths.items() if path.is_file()}

    @cached_property
    def _cells(self) -> dict[str, dict[str, str]]:
        """{notebook: {id and grade_id of its cells: source}}"""
        return {name: _cells(content) for name, content in self._files.items() if name.endswith(".ipynb")}

    def is_worked_on(self, name: str, content: bytes) -> bool:
        """Whether this copy of one of the assignment's files differs from the one that was handed out."""
        if name not in self._files:
            return bool(content.strip())
        if name not in self._cells:
            return content.split() != self._files[name].split()
        return sorted(_cells(content).values()) != sorted(self._cells[name].values())

    def remarks(self, files: dict[str, bytes]) -> list[str]:
        """What a marker should know of the files taken: one sentence each."""
        if files and self._files and not any(self.is_worked_on(*file) for file in files.items()):
            return ["nothing in it differs from what was handed out"]
        found = []
        for name in self._cells.keys() & files.keys():
            handed = _cells(files[name])
            if handed and not handed.keys() & self._cells[name].keys():
                found.append(f"{name}: none of its {len(handed)} cells is of this assignment")
        return sorted(found)


def _cells(content: bytes) -> dict[str, str]:
    cells, _ = restore.parse(content)
    return {cell.grade_id or cell.id or f"cell {number}": cell.source.strip() for number, cell in enumerate(cells or [])}


def others(assignment: Assignment) -> dict[str, tuple[str, ...]]:
    """The notebooks of the course's other assignments, by the assignment's name."""
    return {name: assignments.load(name).notebook_files for name in assignments.names() if name != assignment.name}
