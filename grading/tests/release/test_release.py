"""The release: what students get, and what stops it."""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from conftest import kit

from grading import ROOT
from grading.books.course import Course
from grading.release import assignment as assignments
from grading.release import generate, leaks, stage, stubs
from grading.sample import kit_copy


def texts(folder):
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
            for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def copied(tmp_path):
    """A copy of the repository that a test may spoil."""
    target = tmp_path / "repository"
    made_in_the_course = ("source", "release", "submitted", "autograded", "feedback", "replaced", "*.db")

    def left_out(folder: str, names: list[str]) -> set[str]:
        patterns = ["__pycache__", "tests", *(made_in_the_course if Path(folder).name == "course" else ())]
        return shutil.ignore_patterns(*patterns)(folder, names)

    for name in ("assignments", "cs231n", "grading"):
        shutil.copytree(ROOT / name, target / name, ignore=left_out)
    (target / "data").mkdir()
    for name in ("requirements.txt", "get_datasets.sh", "data/README.md"):
        shutil.copy(ROOT / name, target / name)
    return target


def test_the_release_holds_what_students_need_and_nothing_else(released):
    assignment, course = released
    found = set(texts(course.release(assignment.name)))
    assert found == {*assignment.notebook_files, *assignment.student_files, "cs231n/assignment.json", "README.md",
                     *(f"cs231n/{module}" for module in [*assignment.given_modules, *stage.tools(assignment)]),
                     "requirements.txt", "get_datasets.sh", "data/README.md"}


def test_no_line_of_a_solution_a_hidden_test_or_a_rubric_goes_out(released):
    assignment, course = released
    secrets = leaks.secrets(assignment)
    assert len(secrets.lines) > 200 and len(secrets.seeds) >= 10
    everything = "\n".join(texts(course.release(assignment.name)).values())
    lines = {line.strip() for line in everything.splitlines()}
    assert not lines & set(secrets.lines)
    assert not re.search(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)", everything)
    for notebook in assignment.notebook_files:
        for cell in nbformat.read(course.release(assignment.name) / notebook, as_version=4).cells:
            assert cell.source.strip() or cell.cell_type == "markdown", f"{cell.id} is empty"
            assert not cell.get("outputs")


def test_a_check_that_students_do_not_see_is_folded_to_a_line_and_nothing_else_is(released):
    assignment, course = released
    for notebook in assignment.notebook_files:
        source = nbformat.read(assignment.notebook_path(notebook.removesuffix(".ipynb")), as_version=4)
        unseen = {cell.id for cell in source.cells if "### BEGIN HIDDEN TESTS" in cell.source
                  and all(line.startswith("#") for line in cell.source.split("### BEGIN")[0].split("\n") if line)}
        cells = nbformat.read(course.release(assignment.name) / notebook, as_version=4).cells
        folded = {cell.id: cell.metadata.jupyter for cell in cells if "jupyter" in cell.metadata}
        assert unseen and folded == dict.fromkeys(unseen, {"source_hidden": True})


def test_every_stub_imports_and_raises_not_implemented_naming_its_function(released):
    assignment, course = released
    code = (
        "import inspect, numpy as np\n"
        "from cs231n.classifiers import KNearestNeighbor\n"
        "model = KNearestNeighbor(); model.train(np.zeros((2, 3)), np.zeros(2, dtype=int))\n"
        "for name in ('compute_distances_two_loops', 'compute_distances_one_loop', 'compute_distances_no_loops'):\n"
        "    try: getattr(model, name)(np.zeros((1, 3)))\n"
        "    except NotImplementedError as error: print(error)\n")
    done = subprocess.run([sys.executable, "-B", "-c", code], cwd=course.release(assignment.name), capture_output=True,
                          text=True, timeout=60)
    assert done.stdout.count("is not implemented yet") == 3, done.stderr
    assert "KNearestNeighbor.compute_distances_two_loops" in done.stdout


def test_the_students_requirements_leave_out_what_only_instructors_need(released):
    assignment, course = released
    text = (course.release(assignment.name) / "requirements.txt").read_text()
    assert "numpy" in text and "jupyter" in text and "nbgrader" not in text and "instructors" not in text


def test_the_script_that_gets_the_data_is_executable_in_the_folder_as_in_the_zip(released):
    assignment, course = released
    script = course.release(assignment.name) / "get_datasets.sh"
    assert script.stat().st_mode & 0o111 == 0o111
    done = subprocess.run([script, "--help"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "--synthetic" in done.stdout, done.stderr


def test_a_release_has_the_hints_of_its_own_assignment_and_no_others(released):
    assignment, course = released
    folder = course.release(assignment.name) / "cs231n" / "_hints"
    assert {path.name for path in folder.iterdir()} == {"__init__.py", f"{assignment.name}.toml"}
    done = subprocess.run([sys.executable, "-B", "-c", "import cs231n; cs231n.hint('svm_loss_naive')"],
                          cwd=course.release(assignment.name), capture_output=True, text=True, timeout=60)
    assert "hint 1 of 3" in done.stdout, done.stderr


def test_a_line_of_a_solution_in_a_hint_is_a_leak(released, tmp_path):
    assignment, course = released
    folder = shutil.copytree(course.release(assignment.name), tmp_path / "release")
    with (folder / "cs231n" / "_hints" / f"{assignment.name}.toml").open("a", encoding="utf-8") as hints:
        hints.write("# dx = (dout @ w.T).reshape(x.shape)\n")
    with pytest.raises(leaks.LeakError, match="would show"):
        leaks.check_release(folder, assignment)


def test_the_release_is_byte_identical_when_built_again(released, tmp_path):
    """In another place, in a course that has one already."""
    assignment, course = released
    again = generate.generate(assignment, Course(shutil.copytree(course.root, tmp_path / "other")))
    assert again.read_bytes() == course.release(assignment.name).with_suffix(".zip").read_bytes()
    with zipfile.ZipFile(again) as packed:
        assert all(name.startswith("assignment1/") for name in packed.namelist())
        assert packed.getinfo("assignment1/get_datasets.sh").external_attr >> 16 & 0o111


def test_a_misspelt_begin_marker_in_a_module_stops_the_release_with_file_and_line(copied, tmp_path):
    path = copied / "cs231n" / "classifiers" / "k_nearest_neighbor.py"
    source = path.read_text(encoding="utf-8")
    line = source[:source.index("### BEGIN SOLUTION")].count("\n") + 1
    path.write_text(source.replace("### BEGIN SOLUTION", "### BEGIN SOLUTON", 1), encoding="utf-8")
    done = kit("generate", "assignment1", course=tmp_path / "course", root=copied)
    assert done.returncode == 1
    assert f"cs231n/classifiers/k_nearest_neighbor.py:{line}: " in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "course" / "release").exists()


def test_a_misspelt_marker_in_a_notebook_stops_the_release_with_file_and_line(copied, tmp_path):
    path = copied / "assignments" / "assignment1" / "knn.ipynb"
    raw = path.read_text(encoding="utf-8")
    line = raw[:raw.index("### BEGIN HIDDEN TESTS")].count("\n") + 1
    path.write_text(raw.replace("### BEGIN HIDDEN TESTS", "### BEGIN HIDEN TESTS", 1), encoding="utf-8")
    done = kit("generate", "assignment1", course=tmp_path / "course", root=copied)
    assert done.returncode == 1
    assert f"assignments/assignment1/knn.ipynb:{line}: " in done.stderr and "Traceback" not in done.stderr


def test_a_release_that_fails_leaves_the_former_one_in_place(tmp_path):
    course, copied = tmp_path / "course", kit_copy.make(tmp_path / "repository", notebooks=("knn",))
    kit("generate", "assignment1", course=course, root=copied, check=True)
    before = (course / "release" / "assignment1.zip").read_bytes(), texts(course / "release" / "assignment1")
    path = copied / "cs231n" / "classifiers" / "k_nearest_neighbor.py"
    path.write_text(path.read_text().replace("### END SOLUTION", "", 1))
    assert kit("generate", "assignment1", course=course, root=copied).returncode == 1
    assert ((course / "release" / "assignment1.zip").read_bytes(), texts(course / "release" / "assignment1")) == before


@pytest.mark.parametrize("spoil, says", [
    (lambda folder: (folder / "knn.ipynb").write_text((folder / "knn.ipynb").read_text().replace(
        "The data", "np.maximum(dists, 0, out=dists)  # equal images can come out slightly below 0", 1)), "would show"),
    (lambda folder: (folder / "solutions.py").write_text("x"), "unexpected"),
    (lambda folder: (folder / "README.md").write_text("seed 48101"), "the seed of"),
])
def test_the_leak_check_finds_what_should_not_be_there(released, tmp_path, spoil, says):
    assignment, course = released
    folder = shutil.copytree(course.release(assignment.name), tmp_path / "release")
    leaks.check_release(folder, assignment)
    spoil(folder)
    with pytest.raises(leaks.LeakError, match=says):
        leaks.check_release(folder, assignment)


def test_the_leak_check_does_not_rely_on_the_stub_maker(tmp_path, monkeypatch):
    assignment, course = assignments.load("assignment1"), Course(tmp_path / "course")
    monkeypatch.setattr(stubs, "make_stub", lambda source, filename, given=(): stubs.strip_markers(source, filename))
    with pytest.raises(leaks.LeakError, match="would show"):
        generate.generate(assignment, course)
    assert not course.release(assignment.name).exists()


def test_an_output_in_a_released_notebook_is_a_leak(released, tmp_path):
    assignment, course = released
    folder = shutil.copytree(course.release(assignment.name), tmp_path / "release")
    notebook = json.loads((folder / "knn.ipynb").read_text())
    code = next(cell for cell in notebook["cells"] if cell["cell_type"] == "code")
    code["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["hello"]}]
    (folder / "knn.ipynb").write_text(json.dumps(notebook))
    with pytest.raises(leaks.LeakError, match="output"):
        leaks.check_release(folder, assignment)


def test_an_assignment_that_does_not_exist_is_one_sentence(course_folder):
    done = kit("generate", "assignment9", course=course_folder)
    assert done.returncode == 1
    assert "There is no assignment 'assignment9'" in done.stderr and "assignment1" in done.stderr
    assert "Traceback" not in done.stderr
