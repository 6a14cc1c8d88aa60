"""Copies are found whatever was done to hide them; what all share says nothing; hostile files cost themselves."""

import json
import re
import shutil

import copied
import pytest
from conftest import kit

from grading.books.course import Course
from grading.intake import passages
from grading.intake.passages import Text
from grading.similarity import page, pairs
from grading.similarity.documents import MOST, Document, Documents
from grading.similarity.pairs import Pair

INDEPENDENT = 24
MODULE = "cs231n/classifiers/softmax.py"


@pytest.fixture(scope="module")
def drawn(released, tmp_path_factory):
    """(assignment, an empty course, independent submissions)."""
    assignment, whole = released
    course = Course(tmp_path_factory.mktemp("similar") / "course")
    course.prepare()
    shutil.copytree(whole.release(assignment.name), course.release(assignment.name))
    independent = copied.Independent(assignment, whole, course.root / "perfect")
    return assignment, course, [independent.draw(seed) for seed in range(INDEPENDENT)]


def test_ten_planted_copies_are_the_first_ten(drawn, capsys):
    assignment, course, files = drawn
    ways = [copied.renamed(files[0]), copied.reordered(files[1]), copied.reformatted(files[2]),
            copied.commented(files[3]), copied.reformatted(copied.reordered(copied.renamed(files[4]))),
            copied.reworded(copied.renamed(files[5])), copied.helpers(copied.reordered(files[6])),
            copied.reworded(copied.reformatted(copied.renamed(copied.reordered(files[7])))),
            copied.renamed(copied.merged(files[8], files[9])), copied.reformatted(copied.merged(files[10], files[11]))]
    of = [{number} for number in range(8)] + [{8, 9}, {10, 11}]
    for number, one in enumerate(files):
        copied.write(one, course.submitted(f"s{number}", assignment.name))
    for number, one in enumerate(ways):
        copied.write(one, course.submitted(f"copy{number}", assignment.name))
    spoil(course, assignment)
    planted = {frozenset((f"copy{number}", f"s{one}")) for number, sources in enumerate(of) for one in sources}

    documents = list(Documents(assignment).read(course))
    found = pairs.find(documents, 20)
    hits = [{pair.one.student, pair.other.student} in planted for pair in found.pairs]
    copies = {student for pair in found.pairs[:12] for student in (pair.one.student, pair.other.student)
              if student.startswith("copy")}
    with capsys.disabled():
        print(f"\nprecision at 10: {sum(hits[:10]) / 10:.2f}, at 20: {sum(hits) / 20:.2f} of {len(planted) / 20:.2f}")
    assert all(hits[:10]) and len(copies) == 10
    assert found.pairs[9].likeness > 0.5
    unread = {one.student: " ".join(one.unread) for one in documents if one.unread}
    assert unread.keys() == {f"bad{number}" for number in range(len(HOSTILE))} - {"bad0", "bad1", "bad2"}

    html = page.render(assignment, documents, found)
    assert "This is not proof" in html and html.count('<details class="pair"') == 20
    assert "<script" not in html and not re.search(r'(?:src|href)="(?!#)', html)


DEEP = "x = " + "(" * 5_000 + ")" * 5_000
HOSTILE = [                      # the first three are modules that are no Python
    (MODULE, b"def broken(:\n  <script>alert(1)</script>"),
    (MODULE, DEEP.encode()),
    (MODULE, b"x = " + b"-" * 190_000 + b"1"),
    (MODULE, b"x = 1\n" * 2_000_000),
    ("knn.ipynb", b"[" * 1_000_000),
    ("knn.ipynb", b'{"cells": [' + b"{}," * 3_000_000 + b"{}]}"),
]


def spoil(course, assignment):
    """Submissions with one file each that is no good; the others are those of the first copies."""
    for number, (name, content) in enumerate(HOSTILE):
        folder = course.submitted(f"bad{number}", assignment.name)
        shutil.copytree(course.release(assignment.name), folder)
        (folder / name).write_bytes(content)


def runs(source, is_code=True):
    return {run for passage in passages.read([Text("m.py", is_code, source)]) for run, _, _ in passage.runs}


LOSS = '''
def loss(W, X, y, reg):
    """Of a batch."""
    scores = X.dot(W)
    correct = scores[np.arange(len(y)), y]
    margins = np.maximum(0, scores - correct[:, None] + 1)
    total = margins.sum() / len(y)
    total += reg * np.sum(W ** 2)
    return total
'''


@pytest.mark.parametrize("old, new", [
    ("scores", "s"), ('"""Of a batch."""', "# Of a batch."), ("reg * np.sum(W ** 2)", "(reg*np.sum((W**2)))"),
    ("W, X, y, reg):", "W: np.ndarray, X, y, reg: float) -> float:"), ("    return", "    print(total)\n    return"),
    ("total += reg * np.sum(W ** 2)", "total = total + reg * np.sum(W ** 2)")])
def test_what_makes_no_other_program_makes_no_other_run(old, new):
    assert old in LOSS and runs(LOSS) == runs(LOSS.replace(old, new))


@pytest.mark.parametrize("old, new", [("+ 1)", "- 1)"), ("np.maximum", "np.minimum"), ("len(y)\n", "len(W)\n")])
def test_what_makes_another_program_makes_other_runs(old, new):
    assert old in LOSS and runs(LOSS) != runs(LOSS.replace(old, new))


def test_functions_of_a_text_that_is_no_python_are_looked_at_one_by_one():
    whole = runs(LOSS)
    assert whole and runs("this is broken (\n" + LOSS + "\nclass Net:\n    def half(:\n        pass\n") >= whole
    assert runs("%matplotlib inline\n" + LOSS) >= whole


def test_answers_are_compared_by_their_words():
    text = "The margin is not differentiable where two scores are equal, so the check fails there."
    assert runs(text, False) == runs(text.upper().replace(", ", ",\n\n**"), False)
    assert not runs("Yes, it is.", False) and runs("因为每个像素都加上了同一个常数", False)


def document(name, *texts, source=""):
    return Document(name, source, [passage for is_code, text in texts
                                   for passage in passages.read([Text("t", is_code, text)])])


def test_what_most_of_a_class_shares_is_discounted_and_a_class_of_two_is_not():
    common = [document(f"s{number}", (True, LOSS)) for number in range(40)]
    assert pairs.find(common, 5).pairs == []
    assert pairs.find(common[:2], 5).pairs[0].likeness == 1
    assert pairs.find(common[:1], 5).pairs == [] and pairs.find([], 5).pairs == []


def test_thousands_of_functions_that_are_all_alike_are_not_held_against_one_another():
    many = True, "".join(f"def f{n}():x+y+z*w\n" for n in range(5000))
    found = pairs.find([document("ann", many), document("ben", many)], 10)
    assert [pair.likeness for pair in found.pairs] == [1.0] and 0 < len(found.pairs[0].matches) <= pairs.SHOWN


def test_of_a_submission_without_end_no_more_is_kept_than_of_some_others(released, tmp_path):
    assignment, whole = released
    course = Course(tmp_path / "course")
    course.prepare()
    shutil.copytree(whole.release(assignment.name), course.release(assignment.name))
    long = "".join(f"a = b * {n} + c / {n + 1} - d\n" for n in range(5000))
    for name in assignment.student_files:
        target = course.submitted("ann", assignment.name) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(long)
    (found,) = Documents(assignment).read(course)
    assert sum(len(passage.runs) for passage in found.passages) == MOST
    assert "there is too much of this submission" in " ".join(found.unread)


def test_two_of_another_year_are_no_pair():
    found = pairs.find([document("a", (True, LOSS)), document("b", (True, LOSS), source="2024"),
                        document("c", (True, LOSS), source="2024")], 5)
    assert [(pair.one.label, pair.other.label) for pair in found.pairs] == [("a", "2024/b"), ("a", "2024/c")]
    assert len(found.closest) == 1


def test_a_page_shows_what_a_text_says_and_does_nothing_of_it(released):
    hostile = "</pre><script>alert(1)</script> \u202e " + "because so it is and was ever " * 3
    both = [document(name, (False, hostile)) for name in ("<b>a", "{{ b }}")]
    html = page.render(released[0], both, pairs.find(both, 5))
    assert "<script" not in html and "\u202e" not in html and "<b>a" not in html
    assert "&lt;script&gt;" in html and "{{ b }}" in html
    assert isinstance(pairs.find(both, 5).pairs[0], Pair)


def test_the_command_compares_with_another_years_folder(drawn, tmp_path):
    assignment, _, files = drawn
    now, inbox = Course(tmp_path / "now"), tmp_path / "2024"
    now.prepare()
    copied.write(files[0], now.submitted("ada-lovelace", assignment.name))
    copied.write(copied.renamed(files[0]), inbox / "ben")
    done = kit("similarity", assignment.name, "--against", inbox, "--into", tmp_path / "page.html",
               "--json", tmp_path / "told.json", course=now.root)
    assert done.returncode == 0 and "2024/ben" in done.stdout, done.stderr
    told = json.loads((tmp_path / "told.json").read_text())
    assert told["pairs"][0]["students"] == ["ada-lovelace", "2024/ben"] and told["pairs"][0]["code"] > 0.9
    assert told["pairs"][0]["passages"] and "ada-lovelace" in (tmp_path / "page.html").read_text()
    assert not (now.root / "submitted" / "ben").exists()


def test_of_long_lines_no_more_is_shown_than_fits_on_a_page():
    source = "\n".join(f"x{number} = 1" + "<" * 2_000 for number in range(80))
    passage = passages.Passage("a.py", True, "", 1, source, [(1, 0, 79)], list(range(80)))
    match = pairs.Match(passage, passage, (frozenset(range(80)),) * 2, 9.0)
    for _, lines in page.excerpts(match):
        assert len(lines) == 80 and sum(len(text) for _, text, _ in lines) == page.ROOM
