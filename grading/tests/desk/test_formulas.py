"""Formulas are drawn by the browser alone, and whatever is written as one harms nothing."""

import re
import time

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_desk import RUN, assert_harmless

from grading.desk.formulas import mathml
from grading.desk.markdown import render
from grading.release import assignment as assignments

PIECES = ["\\frac", "{", "}", "\\text{", "<script>", "</math>", "&lt;", "\\href{javascript:x}{", "\\left(", "\\right)",
          "^", "_", "&", "\\\\", "\\begin{align}", "\\end{align}", "x", "12", "'", '"', "\\color{red}", "\\def\\a{\\a}",
          "\\a"]


@pytest.mark.parametrize("text", [
    f"$\\text{{<script>{RUN}</script>}}$", f"$\\href{{javascript:{RUN}}}{{x}}$", "$x$ <b title='&#xe000;0&#xe001;'>",
    f'<img alt="$x$ > onerror={RUN}" src=x>', f"![$\\text{{\" onerror={RUN}}}$](x.png)",
    "$</math><img src=x onerror=1>$", "$\\style{position:fixed}{x}$", "$\\class{score}{x}$", "$\\cssId{a}{x}$",
])
def test_a_formula_is_drawn_and_nothing_else(text):
    assert_harmless(render(text))
    assert "<script" not in render(text) and "\ue000" not in render(text)


@settings(deadline=None, max_examples=200)
@given(st.lists(st.sampled_from([*PIECES, "$", "$$", "&#xe000;", "0&#xe001;", "\n\n"]), max_size=12))
def test_no_mixture_of_tex_is_more_than_formulas(parts):
    assert_harmless(render("$x$" + "".join(parts)))
    assert_harmless(mathml("".join(parts)))


def test_every_formula_of_the_lessons_is_drawn():
    for name in assignments.names():
        assignment = assignments.load(name)
        for notebook in assignment.notebooks:
            for cell in nbformat.read(assignment.notebook_path(notebook), as_version=4).cells:
                if cell.cell_type == "markdown":
                    left = re.sub(r"<(code|pre|math)\b.*?</\1>", "", render(cell.source), flags=re.DOTALL)
                    assert not re.search(r"\$[^$\n]+\$|\\begin", left), (notebook, cell.id)


@pytest.mark.parametrize("tex", ["\\unknown{x}", "\\frac{1", "}{", "\\left( x", "x" * 3000, ""])
def test_a_formula_that_is_not_understood_stays_as_it_was_typed(tex):
    assert mathml(tex) == ""
    assert tex.strip() == "" or f"${tex}$" in render(f"${tex}$")


@pytest.mark.parametrize("piece", PIECES)
def test_a_formula_of_any_kind_takes_little_time(piece):
    begun = time.process_time()
    mathml((piece * 2000)[:2000])
    assert time.process_time() - begun < 30


def test_a_sign_that_was_forged_does_not_multiply_a_formula():
    assert render("$" + "x" * 1000 + "$" + "&#xe000;0&#xe001;" * 400).count("<math") == 1
