"""What is laid down of a student's modules is what was read: UTF-8, without a line that says otherwise."""

import time

import pytest

from cs231n._reading import module_text, without_coding_line


def laid_down(content):
    return module_text(content).encode()


@pytest.mark.parametrize("content", [
    b"# -*- coding: utf-8 -*-\nx = 1\n",
    "# coding: latin-1\nname = 'Jos\u00e9'\n".encode("latin-1"),
    "# coding: cp1252\nname = '\u20ac'\n".encode("cp1252"),
    "\ufeffname = '\u00e9'\n".encode(),
    b"#!/usr/bin/python\n# vim: set fileencoding=iso-8859-15 :\nname = '\xa4'\n",
    b"x = 1",
    b"",
], ids=["utf-8", "latin-1", "cp1252", "mark", "second", "one line", "empty"])
def test_a_module_in_an_encoding_that_people_use_means_what_it_meant(content):
    before, after = {}, {}
    exec(compile(content, "x", "exec"), before)
    exec(compile(laid_down(content), "x", "exec"), after)
    assert {name: before[name] for name in ("x", "name") if name in before} == {
        name: after[name] for name in ("x", "name") if name in after}


@pytest.mark.parametrize("head", [
    "# coding: unicode_escape\n", "#!python\n# coding=unicode_escape\n", "# coding: x coding: unicode_escape\n",
    "\f\t # vim: fileencoding=unicode_escape\n", "#\r# coding: unicode_escape\n", "# codingcoding:=unicode_escape\n",
], ids=["first", "second", "twice", "form feed", "return", "doubled"])
def test_a_comment_stays_a_comment_whatever_the_first_lines_ask_for(head):
    names = {}
    exec(compile(laid_down(head.encode() + b"# \\x0aseen = 1\n"), "x", "exec"), names)
    assert "seen" not in names


def test_every_line_stays_where_it_is_and_code_is_left_alone():
    text = "coding = 1\ncoding: int = 2\n# coding: utf-7\n"
    assert without_coding_line(text) == text


def test_a_line_of_a_hundred_thousand_codings_is_read_at_once():
    """One by one, it would take minutes of the time that there is for a submission."""
    began = time.process_time()
    assert without_coding_line(f"# {100_000 * 'coding:'}\n") == f"# {100_000 * 'coding '}\n"
    assert time.process_time() - began < 5
