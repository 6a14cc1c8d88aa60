"""The course folder, as nbgrader and the kit find it."""

import sys

import pytest

from grading import ROOT
from grading.books import penalties
from grading.books.course import CONFIG, Course
from grading.errors import KitError


def test_a_course_that_names_another_kit_is_worked_on_by_processes_of_the_one_that_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    course, other = Course(tmp_path / "course"), tmp_path / "other"
    course.prepare()
    config = course.root / CONFIG
    config.write_text(config.read_text().replace(str(ROOT), str(other)) + f"sys.path.insert(0, {str(other)!r})\n")
    with course.nbgrader():
        assert str(other) in sys.path and sys.path[0] == str(ROOT)


@pytest.mark.parametrize("added, says", [
    (b"c.LateDays.assignments = (\n", "'\\(' was never closed"), (b"import no_such_module\n", "no_such_module"),
    (b"\xff\xfe\n", "SyntaxError"), (b"1 / 0\n", "ZeroDivisionError: division by zero")])
def test_a_mistake_in_the_courses_own_settings_is_told_with_its_line(tmp_path, added, says):
    course = Course(tmp_path)
    course.prepare()
    config = tmp_path / CONFIG
    line = len(config.read_bytes().splitlines()) + 1
    config.write_bytes(config.read_bytes() + added)
    with pytest.raises(KitError, match=f"{config}, line {line}: .*{says}"), course.nbgrader():
        pass


def test_a_late_plugin_that_is_not_there_is_told(tmp_path):
    course = Course(tmp_path)
    course.prepare()
    config = tmp_path / CONFIG
    config.write_text(config.read_text() + "c.AssignLatePenalties.plugin_class = 'nowhere.Plugin'\n")
    with pytest.raises(KitError, match="names a late-submission plugin that cannot be loaded"):
        penalties.assignments_folder(course)


@pytest.mark.parametrize("station", ["source", "release"])
@pytest.mark.parametrize("content", [None, "", "{", "{}", "[]", '{"nbformat": 4, "cells": [1]}'])
def test_a_notebook_that_was_damaged_after_its_release_is_told(tmp_path, station, content):
    course = Course(tmp_path)
    for folder in (course.source("tiny"), course.release("tiny")):
        (folder / "cs231n").mkdir(parents=True)
        (folder / "cs231n" / "assignment.json").write_text('{"notebooks": ["lesson.ipynb"]}')
        (folder / "lesson.ipynb").write_text('{"nbformat": 4, "cells": [{"metadata": {}, "source": []}]}')
    course.require_release("tiny")

    damaged = tmp_path / station / "tiny" / "lesson.ipynb"
    damaged.unlink() if content is None else damaged.write_text(content)
    says = f"{damaged} is {'missing' if content is None else 'no notebook'}. kit generate tiny makes it anew"
    with pytest.raises(KitError, match=says):
        course.require_release("tiny")
    (course.source("tiny") / "cs231n" / "assignment.json").write_text("{")
    with pytest.raises(KitError, match="assignment.json is damaged"):
        course.require_release("tiny")
