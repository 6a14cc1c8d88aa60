"""What commands print fits the terminal, breaks no name, and has colour only where it is wanted."""

import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console

from grading.autograde import table
from grading.books.results import Result
from grading.desk import terminal
from grading.desk.terminal import Column, Row
from grading.release import assignment as assignments

ASSIGNMENT = assignments.load("assignment1")
TOTAL = f"{len(ASSIGNMENT.notebooks)}/{20 * len(ASSIGNMENT.notebooks)}"
NAMES = ["ada-lovelace", "李小龙-二〇二四", "x" * 30, "hostile\x1b[2J\u202e-name\n"]


def printed(monkeypatch, width, columns=None, rows=None, terminal_too=True):
    file = io.StringIO()
    on = Console(file=file, width=width, force_terminal=terminal_too, no_color=True, highlight=False, markup=False)
    monkeypatch.setattr(terminal, "console", lambda: on)
    if columns:
        terminal.show(columns, rows)
    else:
        table.show(ASSIGNMENT, rows)
    return re.sub(r"\x1b\[[\d;]*m", "", file.getvalue())


def result(student, fault=""):
    cells = {name: {f"{name}-a-check": {"score": 1.0, "max_score": 20.0, "outcome": "failed", "message": ""}}
             for name in ASSIGNMENT.notebooks}
    return Result(student, "assignment1", "f", "full", {} if fault else cells, fault=fault)


@pytest.mark.parametrize("width", [40, 80, 200])
def test_every_line_fits_and_names_stay_whole(monkeypatch, width):
    text = printed(monkeypatch, width, rows=[result(name) for name in NAMES] + [result("late-one", "the disk is full")])
    assert all(cell_len(line) <= width and line.isprintable() for line in text.splitlines())
    assert "ada-lovelace" in text and "李小龙-二〇二四" in text and TOTAL in text and "not graded" in text
    assert ("two_layer_net" in text.splitlines()[0]) == (width > 40)
    assert ("left out" in text) == (width < 200)


def test_a_log_has_every_column(monkeypatch):
    text = printed(monkeypatch, 40, rows=[result("x" * 60)], terminal_too=False)
    assert "two_layer_net" in text and "x" * 60 in text


def test_of_a_large_class_each_has_one_row_and_what_failed_is_said_all_the_same(monkeypatch):
    text = printed(monkeypatch, 120, rows=[result(f"s-{number}") for number in range(200)] + [result("z", "no room")])
    assert len(text.splitlines()) == 2 + 201 + 2 and "    no room" in text and "kit show STUDENT" in text
    assert sum("wrong: knn-a-check" in line for line in text.splitlines()) == 200


def test_a_name_that_is_wider_than_the_terminal_is_broken_at_its_edge(monkeypatch):
    text = printed(monkeypatch, 30, [Column("student"), Column("total", right=True)], [Row("ab-" * 12, "1/2")])
    assert "".join(re.sub(r"1/2| ", "", line) for line in text.splitlines()[2:]) == "ab-" * 12


@pytest.mark.parametrize("shown", [True, False])
def test_a_bar_is_drawn_on_a_terminal_alone_and_is_gone_at_the_end(shown):
    file = io.StringIO()
    with terminal.Steps(Console(file=file, width=60, force_terminal=shown, legacy_windows=False)) as steps:
        for number in range(1, 4):
            steps(number, 3, "李-[b]x\x1b[2J\n")
    drawn = file.getvalue()
    assert ("3/3" in drawn and "李-[b]x" in drawn and drawn.endswith("\x1b[2K")) if shown else drawn == ""
    assert "\x1b[2J" not in drawn


def test_wide_letters_are_counted_as_they_are_drawn():
    assert cell_len(terminal.cut("李" * 30, 11)) <= 11 and terminal.cut("abc", 3) == "abc"


@pytest.mark.parametrize("environment, colour", [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_there_is_colour_on_a_terminal_unless_it_is_not_wanted(monkeypatch, environment, colour):
    class Screen(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    for name, value in ({"TERM": "xterm-256color", "COLUMNS": "80"} | environment).items():
        monkeypatch.setenv(name, value)
    for file, wanted in ((Screen(), colour), (io.StringIO(), False)):
        monkeypatch.setattr("sys.stdout", file)
        terminal.show([Column("a")], [Row("b", style="red")])
        assert ("\x1b[31m" in file.getvalue()) == wanted


def test_a_name_in_a_sentence_is_no_command_for_the_terminal(monkeypatch):
    file = io.StringIO()
    terminal.say("handed in: " + ", ".join(NAMES), Console(file=file, width=200, force_terminal=True, no_color=True))
    assert "hostile?[2J?-name" in file.getvalue()
    assert not [sign for sign in file.getvalue() if not sign.isprintable() and sign != "\n"]
