"""The course folder, as nbgrader and the kit find it."""

import sys

from grading import ROOT
from grading.books.course import CONFIG, Course


def test_a_course_that_names_another_kit_is_worked_on_by_processes_of_the_one_that_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    course, other = Course(tmp_path / "course"), tmp_path / "other"
    course.prepare()
    config = course.root / CONFIG
    config.write_text(config.read_text().replace(str(ROOT), str(other)) + f"sys.path.insert(0, {str(other)!r})\n")
    with course.nbgrader():
        assert str(other) in sys.path and sys.path[0] == str(ROOT)
