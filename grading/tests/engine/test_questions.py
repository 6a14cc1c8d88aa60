"""Who is asked once the tests are done."""

import nbformat
from conftest import cell, check, notebook, solution

from grading.engine import questions
from grading.engine.probing import Probing


class Asked:
    """In place of processes: keeps what is asked."""

    def __init__(self):
        self.cells = {}

    def ask(self, seconds, cells, **others):
        self.cells = cells
        return self

    def told(self):
        return {}


def test_a_cell_that_an_error_has_stopped_is_not_asked_what_is_missing():
    own, picture = cell("code", source="search()"), cell("code", source="plot()")
    made = notebook(solution("fine", "x = 1"), check("fine-test", "x"), picture, solution("raised", "1 / 0"),
                    check("raised-test", "x"), solution("empty", "# below"), own, check("empty-test", "x"))
    for one in (picture, own, made.cells[3], made.cells[4]):
        one.outputs = [nbformat.v4.new_output("error", ename="E", evalue="", traceback=[])]
    asked = Asked()
    questions.of_cells(asked, made, [], Probing({}, {"probes": ["fine", "raised", "empty"]}))
    assert asked.cells == {"probes": ["fine"]}
    asked = Asked()
    assert questions.of_cells(asked, made, [], Probing({}, {"probes": ["raised"]})) == {} and not asked.cells
