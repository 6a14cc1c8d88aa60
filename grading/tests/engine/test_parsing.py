"""Python's parser, whatever other threads do to it."""

import ast

import pytest

from grading.engine import parsing


@pytest.mark.parametrize("times, ends_well", [(0, True), (3, True), (1000, False)])
def test_a_parser_that_another_thread_has_disturbed_is_asked_again_and_not_for_ever(monkeypatch, times, ends_well):
    """As CPython 3.11 says it: "AST constructor recursion depth mismatch"."""
    asked, parse = [], ast.parse

    def disturbed(text: str) -> ast.Module:
        asked.append(text)
        if len(asked) <= times:
            raise SystemError("AST constructor recursion depth mismatch (before=45, after=65)")
        return parse(text)

    monkeypatch.setattr(ast, "parse", disturbed)
    if ends_well:
        assert ast.dump(parsing.parse("x = 1")) == ast.dump(parse("x = 1"))
    else:
        with pytest.raises(SystemError):
            parsing.parse("x = 1")
    assert len(asked) <= parsing.TRIES + 1


def test_what_is_no_python_is_said_at_once():
    with pytest.raises(SyntaxError):
        parsing.parse("x = = 1")
