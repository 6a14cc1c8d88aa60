"""The committed notebooks: clean, well described, and running from top to bottom."""

import ast
import builtins
import os
import re

import nbformat
import pytest
from nbclient import NotebookClient

from cs231n.synthetic import write_synthetic_cifar10
from grading.release import assignment as assignments
from grading.trials import trial

NOTEBOOKS = [(name, notebook) for name in assignments.names() for notebook in assignments.load(name).notebooks]


def read(name, notebook):
    return nbformat.read(assignments.load(name).notebook_path(notebook), as_version=4)


def described(cell):
    return cell.metadata.get("nbgrader", {})


@pytest.fixture(scope="session")
def data(tmp_path_factory):
    return write_synthetic_cifar10(tmp_path_factory.mktemp("data") / "synthetic", num_train=2500, num_test=1000)


@pytest.mark.parametrize("name, notebook", NOTEBOOKS)
def test_a_committed_notebook_has_no_outputs_and_says_how_to_clear_them(name, notebook):
    dirty = [cell.id for cell in read(name, notebook).cells if cell.get("outputs") or cell.get("execution_count")]
    assert not dirty, (f"clear them: jupyter nbconvert --clear-output --inplace assignments/{name}/{notebook}.ipynb",
                       dirty)


@pytest.mark.parametrize("name, notebook", NOTEBOOKS)
def test_cell_ids_are_grade_ids_and_belong_to_their_notebook(name, notebook):
    found = read(name, notebook)
    nbformat.validate(found)
    for cell in found.cells:
        assert re.fullmatch(rf"{notebook}-[a-z0-9_]+-[a-z0-9_]+", cell.id), cell.id
        assert described(cell).get("grade_id", cell.id) == cell.id


@pytest.mark.parametrize("name, notebook", NOTEBOOKS)
def test_every_test_cell_has_points_a_topic_and_a_comment_that_opens_it(name, notebook):
    topics = assignments.load(name).topics
    tests = [cell for cell in read(name, notebook).cells if described(cell).get("grade") and cell.cell_type == "code"]
    assert tests
    for cell in tests:
        assert described(cell)["locked"] and described(cell)["points"] > 0
        assert assignments.topic(cell.id) in topics, cell.id
        assert cell.source.startswith("# ") and len(cell.source.splitlines()[0]) > 30, cell.id


@pytest.mark.parametrize("name, notebook", NOTEBOOKS)
def test_every_question_has_a_rubric_and_every_answer_a_model(name, notebook):
    cells = read(name, notebook).cells
    answers = [n for n, cell in enumerate(cells) if described(cell).get("solution") and cell.cell_type == "markdown"]
    assert answers
    for n in answers:
        assert "### BEGIN SOLUTION" in cells[n].source and described(cells[n])["points"] > 0
        assert cells[n - 1].cell_type == "markdown" and "### BEGIN MARK SCHEME" in cells[n - 1].source, cells[n].id


def names_in(source, kind):
    """Names that a cell reads (ast.Load) or binds (ast.Store)."""
    tree = ast.parse(re.sub(r"(?m)^\s*%.*$", "", source))
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, kind)}
    if kind is ast.Store:
        found |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        found |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        found |= {alias.asname or alias.name.partition(".")[0] for node in ast.walk(tree)
                  if isinstance(node, (ast.Import, ast.ImportFrom)) for alias in node.names}
    return found


@pytest.mark.parametrize("name, notebook", NOTEBOOKS)
def test_what_is_graded_needs_no_cell_that_a_student_may_have_deleted(name, notebook):
    there = set(vars(builtins))
    for cell in read(name, notebook).cells:
        if cell.cell_type == "code" and described(cell):
            there |= names_in(cell.source, ast.Store)
            if described(cell)["grade"] or described(cell)["solution"]:
                assert names_in(cell.source, ast.Load) <= there, cell.id


@pytest.mark.parametrize("name", assignments.names())
def test_every_student_function_has_public_and_hidden_tests(name):
    assignment = assignments.load(name)
    cells = trial.test_cells(assignment)
    for module in assignment.student_modules:
        stub = trial.stub_sources(assignment)[module]
        for function in re.findall(r'NotImplementedError\("(.+?) is not implemented yet"\)', stub):
            kinds = {cell.hidden for cell in cells if cell.functions[0] == function}
            assert kinds == {True, False}, (module, function, kinds)


@pytest.mark.parametrize("name, notebook", NOTEBOOKS)
def test_the_instructors_notebook_runs_from_top_to_bottom(name, notebook, data):
    executed, folder = read(name, notebook), assignments.load(name).notebook_path(notebook).parent
    NotebookClient(executed, timeout=900, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute(
        env=os.environ | {"CS231N_DATA": str(data), "OPENBLAS_NUM_THREADS": "1"})
    outputs = [output for cell in executed.cells for output in cell.get("outputs", [])]
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 3
    assert not [output for output in outputs if output.output_type == "stream" and output.name == "stderr"]
