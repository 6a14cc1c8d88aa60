"""Write-ups: what answers hold is set well, what is hostile harms nothing, and every question has its pages."""

import base64
import io
import json
import os
import re
import subprocess
import sys
from dataclasses import replace

import nbformat
import pytest

from cs231n import _writeup
from cs231n._matching import Known
from cs231n._writeup import formulas, programs, questions, strings, texts
from grading import ROOT
from grading.books import results
from grading.books.course import Course
from grading.books.results import Result
from grading.desk import writeup
from grading.errors import KitError
from grading.release import assignment as assignments

if missing := _writeup.missing():
    pytest.skip(f"{' and '.join(missing)} not installed (grading/requirements-writeup.txt); `kit test` does that",
                allow_module_level=True)

TOPICS = ("curve", "words", "empty")
ASKED = {"name": "tiny", "title": "A tiny assignment", "notebooks": ["one.ipynb"], "modules": [], "cells": {"one": [
    *(known for topic in TOPICS for known in (
        Known(f"one-{topic}-picture", "code", "own", f"plt.plot({topic})  # {'.' * 40}")._asdict(),
        Known(f"one-{topic}-question", "markdown", "locked",
              f"### About the {topic}\n\nSay what you see in the {topic}, and why $x^2 \\ge 0$.")._asdict(),
        Known(f"one-{topic}-answer", "markdown", "answer", "YOUR ANSWER HERE")._asdict())),
    Known("one-end-text", "markdown", "own", "That is all, and there is nothing more to be said.")._asdict()]}}
NESTED = "$$" + r"\frac{1}{" * 300 + "x" + "}" * 300 + "$$"         # typst's process does not live through it


def picture(side=60, kind="PNG"):
    from PIL import Image

    file = io.BytesIO()
    Image.radial_gradient("L").resize((side, side)).save(file, kind)
    return base64.b64encode(file.getvalue()).decode()


def hand_in(folder, asked=ASKED, plots=True, beside=(), attachments=None, **answers):
    """Write one.ipynb into the folder. answers: by topic; beside: code cells behind the first answer."""
    cells = []
    for known in asked["cells"]["one"]:
        topic = known["name"].split("-")[1]
        if known["kind"] == "code":
            cells.append(nbformat.v4.new_code_cell(known["source"], id=known["name"]))
            if plots:
                cells[-1].outputs = [nbformat.v4.new_output("display_data", {"image/png": picture(60 + len(cells))})]
            continue
        source = answers.get(topic, known["source"]) if known["role"] == "answer" else known["source"]
        cells.append(nbformat.v4.new_markdown_cell(source, id=known["name"]))
        if known["role"] == "answer" and attachments:
            cells[-1].attachments = attachments
        if topic == "curve" and known["role"] == "answer":
            cells += [nbformat.v4.new_code_cell(code, id=f"mine-{number}") for number, code in enumerate(beside)]
    folder.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), folder / "one.ipynb")
    return folder


def blocks(tmp_path, source, attached=None):
    text = texts.Text(source, attached or {}, tmp_path, {})
    return "\n".join(text.blocks), text.problems


# What is in a write-up

def test_a_question_comes_with_its_answer_the_plots_it_speaks_of_and_the_code_beside_the_answer(tmp_path):
    hand_in(tmp_path, curve="It falls.", words="None.", beside=["x = my_experiment(3)"])
    found, _, problems = questions.read(ASKED, tmp_path)
    assert problems == [] and [one.heading for one in found] == [f"About the {topic}" for topic in TOPICS]
    curve, words, empty = found
    assert curve.text.startswith("Say what you see") and curve.answer == "It falls." and empty.answer == ""
    assert curve.plots == (picture(61),) and words.answer == "None." and curve.beside[0][0] == "x = my_experiment(3)"


def test_every_formula_of_the_lessons_and_their_model_answers_is_understood(tmp_path):
    for name in assignments.names():
        lesson = assignments.load(name)
        for notebook in lesson.notebooks:
            cells = nbformat.read(lesson.notebook_path(notebook), as_version=4).cells
            graded = [cell.source for cell in cells if cell.cell_type == "markdown" and cell.metadata.get("nbgrader")]
            text = "\n\n".join(re.sub("^### (BEGIN|END) .*$", "", source, flags=re.MULTILINE) for source in graded)
            code, problems = blocks(tmp_path, text)
            assert problems == [] and code.count("formula(") > (1 if notebook == "features" else 10), notebook


@pytest.mark.parametrize("source, expected", [
    (r"$\hat y = \operatorname*{arg\,max}_k \; s_k$", 'op("arg\u2006max", limits: #true)_k thick s_k'),
    (r"$ \|x\|^2 $", "lr(bar.v.double x bar.v.double)^2"),
    ("$$\n\\begin{cases} 1 & x > 0 \\\\ 0 & \\text{else} \\end{cases}\n$$", 'cases(delim: "{", 1 & quad x > 0'),
    ("\\begin{align}\na &= b \\\\\nc &= d\n\\end{align}", "a & = b\\\nc & = d"),
    (r"$\left[\begin{array}{cc} 1 & 2 \\ 3 & 4 \end{array}\right]$", "mat(delim: #none, align: #center"),
    (r"$\textcolor{blue}{a} + \color{red}{b}$", 'hue("#c22f2f",  b )'),
    (r"$\newcommand{\R}{\mathbb{R}} x \in \R$", "x in bb(R)"),
    (r"\\[ x_1 \\]", "x_1"), (r"\( x_1 \)", "x_1"), ("- a\n\n  $$\n  x_1\n  $$\n\n- b", "x_1"),
    (r"$\tag{3} x$ $\label{a} y$ $\mathrm{ReLU}$", 'op("ReLU")'),
    (r"$\left( \begin{array}{l} 1 \\ 2 \end{array} \right)$", "vec(delim: #none, align: #left"),
    (r"$\left. \frac{a}{b} \right|_{x=0}$", "lr( a / b \\|)_(x = 0)"), (r"$|a| p(b|c) p(c|b)$", "lr(|a|) p"),
    (r"$\left\| W \right\|_F^2$", "lr(bar.v.double W bar.v.double)_F^2"), (r"$\lvert x \rvert_1$", "lr(|x|)_1"),
    (r"$\left\lVert \left(x\right) \right\rVert_2$", "bar.v.double)_2"), (r"$\big\|x\big\|_1$", "bar.v.double)_1"),
    (r"$\boxed{\frac{a}{b_{ij}}}$", "boxed( a / b_(i j) )"), (r"$\argmax_k {\bf w}$", "max\", limits: #true)_k"),
    ("$$\n\nx_1\n\n$$", "x_1"), (r"$\eqref{eq:l}$", 'upright("(eq:l)")'),
    (r"$\Big[ x \Big]$", "stretch(\\[, size: #1.8em)"), (r"$\hspace{1cm} 1{,}000 \lt x$", 'upright(",") 000 < x'),
])
def test_formulas_are_read_as_jupyter_reads_them(tmp_path, source, expected):
    code, problems = blocks(tmp_path, source)
    assert problems == [] and strings.string(expected)[1:-1] in code, code


def test_prices_code_and_escaped_dollars_are_no_formulas(tmp_path):
    code, problems = blocks(tmp_path, "It costs $5 or $6, `a$b$` and \\$x\\$; an odd one: 10$.\n\n```\n$x$\n```\n")
    assert "formula(" not in code and problems == [] and 'typed("a$b$")' in code


def test_what_is_opened_as_a_formula_and_never_closed_swallows_no_words(tmp_path):
    whole = "$$ c = d $$ \\begin{align} e \\end{align}"
    for opened in ("$$", "\\begin{align}", "\\begin{align}" * 50):
        code, problems = blocks(tmp_path, f"{opened} a &= b\n\nA word.\n\n{whole}")
        assert '"A word."' in code.replace('"; " "; "', " ") and code.count("formula(") == 2 and problems == [], code


def test_formulas_on_lines_of_their_own_stand_without_empty_lines_between(tmp_path):
    code, _ = blocks(tmp_path, "It is\n$$ a $$\n$$ b $$\nfor $c$ and $d$.")
    assert code.count('" "') == 4 and code.count("formula(true") == 2, code


def test_html_and_tables_that_students_use_in_markdown_are_set(tmp_path):
    code, problems = blocks(tmp_path, "H<sub>2</sub>O<br>x<sup>2</sup> <font color='red'>r</font> <b>b\n\n"
                            "| a | b |\n|---|--:|\n| $x$ | 2 |\n\n<table><tr><td colspan=2>c</td></tr></table>\n\n"
                            "<script>alert(1)</script><iframe src=x></iframe>")
    assert problems == [] and "alert" not in code
    for made in ('sub("2")', "linebreak()", 'super("2")', "set text(fill: rgb(", 'strong("b")',
                 "grid-of(2, (left, right,), 1"):
        assert made in code, made


def test_a_table_may_stand_right_below_words_and_less_than_is_no_tag(tmp_path):
    code, problems = blocks(tmp_path, "So:\n| a | b |\n|---|---|\n| 1 | 2 |\n\na<b then b>c, vector<int> <b>x</b>\n\n"
                            "```\nx\n| a | b |\n|---|---|\n```")
    assert problems == [] and code.count("grid-of(2") == 1 and 'code("x\\n| a' in code
    assert '"<b then b>"' in code and '"<int>"' in code and 'strong("x")' in code


def test_a_command_that_one_cell_defines_is_known_in_the_next(tmp_path):
    hand_in(tmp_path, curve=r"$\newcommand{\W}{\mathbf{W}}$ where", words=r"$\W x$")
    found, defined, _ = questions.read(ASKED, tmp_path)
    (_, words, _) = found
    assert texts.Text(words.answer, {}, tmp_path, defined["one"]).problems == []


def test_pictures_pasted_attached_and_in_files_are_written_anew_and_others_named(tmp_path):
    (tmp_path / "plot.jpg").write_bytes(base64.b64decode(picture(kind="JPEG")))
    hand_in(tmp_path, curve=f"![a](attachment:a.png) ![d](data:image/png;base64,{picture(64)}) ![f](plot.jpg)\n"
            '<img src="https://example.org/x.png"> ![l](/etc/passwd.png) ![b](attachment:broken.png)',
            attachments={"a.png": {"image/png": picture(62)}, "broken.png": {"image/png": "iVBORw0KGgo="}})
    curve = questions.read(ASKED, tmp_path)[0][0]
    (tmp_path / "typst").mkdir()
    text = texts.Text(curve.answer, curve.attached, tmp_path / "typst", {})
    assert "".join(text.blocks).count("picture(\"") == 3 + 3 and len(list((tmp_path / "typst").iterdir())) == 3
    assert [re.sub(" is not shown.*", "", problem) for problem in text.problems] == [
        "the picture https://example.org/x.png", "the picture l", "the picture b"]

@pytest.mark.parametrize("opening, ending, most", [
    ("\\[", "\\]", 5_000), ("\\(", "\\)", 2_000), ("\\\\[", "\\\\]", 5_000),
    ("\\begin{cases}", "\\end{cases}", 20_000)])
def test_what_closes_a_formula_stands_in_its_paragraph_and_not_too_far_behind(opening, ending, most):
    def found(inside):
        return len(formulas.take_out(f"{opening}{inside}{ending}")[1])

    assert (found("_" * most), found("_" * (most + 1))) == (1, 0)
    assert (found("x_1\n"), found("x_1\n\ny"), found("x_1\n \t\ny")) == (1, 0, 0)
    assert found(f"x_1{opening}y") == 1 and found(f"x{opening}\n\n{opening}x_1") == 1


# What is hostile

HOSTILE = {
    "typst": '```{=typst}\n#read("/etc/passwd")\n```\n`#x`{=typst} #panic("x") "); '
             '#read("main.typ") \\" $"); #read("x")$',
    "math": r'$std.read("main.typ")$ $#read("a")$ $\text{"); #read("main.typ")}$ $\mathrm{std}.\mathrm{read}(x)$',
    "tex": r"\input{/etc/passwd} $\input{/etc/passwd}$ $\def\x{\x\x}\x$ $\frac{1}{$",
    "table": "|a|b|\n|-|-|\n" + "|1|2|\n" * 5_000, "deep": ">" * 3_000 + " x", "wide": "a" * 50_000,
    "lists": "\n".join("  " * depth + "- x" for depth in range(200)), "html": "<div>" * 2_000 + "x",
    "formulas": " ".join(f"$x_{{{number}}}$" for number in range(4_000)), "dollars": "$" * 20_000,
    "brackets": "\\[ x_1 " * 14_000, "environments": "\\begin{align}" * 7_000,
    "signs": "\u202eevil \u2066x\u2069 \u200b\ufeff\U000e0041 &#x202e; \ue0007\ue001 Z"
             + "\u0301" * 300 + "\x1b[31m\x00",
}


def test_hostile_answers_harm_nothing_and_cost_no_other_answer(tmp_path):
    asked = ASKED | {"cells": {"one": [known for topic in (*HOSTILE, "honest") for known in (
        Known(f"one-{topic}-question", "markdown", "locked", f"### On {topic}\n\nWhat is {topic}?")._asdict(),
        Known(f"one-{topic}-answer", "markdown", "answer", "YOUR ANSWER HERE")._asdict())]}}
    hand_in(tmp_path / "eve", asked, **HOSTILE, honest="A good answer.")
    made = _writeup.make(asked, tmp_path / "eve", "eve")
    named = {problem.partition(":")[0].removeprefix("one, On ") for problem in made.problems}
    assert named == {"typst", "math", "tex", "table", "deep", "formulas"}
    assert made.pdf.startswith(b"%PDF") and made.pages > len(HOSTILE)


def test_nothing_that_was_typed_is_code_for_typst(tmp_path):
    for name in ("typst", "math", "tex", "signs"):
        code, _ = blocks(tmp_path, HOSTILE[name])
        outside = re.sub(r'"(?:[^"\\]|\\.)*"', '""', code)
        assert re.fullmatch(r'[a-z0-9 \n{}()\[\]",;:.#+-]*', outside, re.IGNORECASE) and "read(" not in outside, name
        assert not {"\u202e", "\u200b", "\x1b", "\ue000"} & set(code), name
    for math in formulas.converted([(r"std.read(x)", True, ""), (r"\mathrm{std}.x", True, "")], {}, 5):
        assert math is None or not re.search(r"\bstd\b", re.sub(r'"[^"]*"', "", math))


def test_a_picture_that_unpacks_to_more_than_it_should_is_named(tmp_path):
    from PIL import Image

    file = io.BytesIO()
    Image.new("1", (8_000, 7_000)).save(file, "PNG")
    code, problems = blocks(tmp_path, "![bomb](attachment:b)",
                            {"b": {"image/png": base64.b64encode(file.getvalue()).decode()}})
    assert "unread-picture" in code
    assert problems == ["the picture bomb is not shown: it has more than 50,000,000 pixels"]


def test_a_notebook_that_cannot_be_read_is_named_and_its_questions_stay(tmp_path):
    (tmp_path / "one.ipynb").write_text("{")
    made = _writeup.make(ASKED, tmp_path)
    assert made.problems == ["one.ipynb is corrupt (no valid notebook JSON)"] and made.pages == 1 + len(TOPICS)


# Pages

def test_with_a_number_of_pages_everybody_has_the_same_and_what_is_cut_stands_in_a_second_pdf(tmp_path):
    long = "\n\n".join(f"{number}. {'Many words for one statement. ' * 40}" for number in range(1, 40))
    for student, curve in (("ada", "Short."), ("ben", long), ("cem", "")):
        made = _writeup.make(ASKED, hand_in(tmp_path / student, curve=curve, words="x\n\n" * 45), student, pages=1)
        assert made.pages == 1 + len(TOPICS)
        assert bool(made.in_full) == (student == "ben") == bool(made.problems)
    assert made.problems == []
    assert _writeup.make(ASKED, tmp_path / "ben").pages > 10
    assert _writeup.make(ASKED, tmp_path / "ada", pages=2).pages == 1 + 2 * len(TOPICS)


def test_the_same_answers_make_the_same_bytes(tmp_path):
    hand_in(tmp_path, curve="$x$ 中文 \n\n```python\nx = 1\n```")
    assert _writeup.make(ASKED, tmp_path, "ada").pdf == _writeup.make(ASKED, tmp_path, "ada").pdf


# Submit and the kit

def test_submit_writes_what_the_kit_writes_of_the_same_answers(perfect):
    assignment, folder = perfect
    done = subprocess.run([sys.executable, "-m", "cs231n.submit"], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0 and "Wrote" in done.stdout and "Complete." in done.stdout, done.stdout + done.stderr
    made = _writeup.make(json.loads((folder / "cs231n" / "assignment.json").read_text()), folder)
    assert (folder / "writeup.pdf").read_bytes() == made.pdf and made.problems == [] and made.pages > 10


def test_submit_without_the_packages_says_in_one_line_how_to_get_the_write_up(perfect):
    script = ("from cs231n._writeup import programs; programs.PACKAGES = ('not-there',)\n"
              "from cs231n import submit; raise SystemExit(submit.main([]))")
    done = subprocess.run([sys.executable, "-c", script], cwd=perfect[1], capture_output=True, text=True)
    assert done.returncode == 0 and not (perfect[1] / "writeup.pdf").exists()
    (line,) = [line for line in done.stdout.splitlines() if "writeup.pdf" in line]
    assert "not-there not installed" in line and "240 MB: python -m pip install" in line
    wanted = (ROOT / "grading" / "requirements-writeup.txt").read_text()
    assert all(f"\n{one}" in wanted for one in line.split('"')[1::2]) and line.count('"') == 4


def test_submit_leaves_nothing_half_written_and_no_earlier_write_up_in_the_place_of_one(perfect):
    _, folder = perfect
    (folder / "writeup.pdf").write_bytes(b"%PDF-1.7 /Creator(Typst 0.15.1) an earlier one")
    for limit, says in (("_writeup.DEADLINE = 0", "no writeup.pdf: it took more than 0 seconds"),
                        ("resource.setrlimit(resource.RLIMIT_FSIZE, (9_000, 9_000))", "be written: File too large")):
        script = f"import resource; from cs231n import _writeup, submit; {limit}; raise SystemExit(submit.main([]))"
        done = subprocess.run([sys.executable, "-B", "-c", script], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 1 and says in done.stderr, done.stderr
    assert not (folder / "writeup.pdf").exists() and not list(folder.glob("*.part"))
    done = subprocess.run([sys.executable, "-m", "cs231n.submit", "--pages", "0"], cwd=folder, capture_output=True,
                          text=True)
    assert done.returncode == 2 and "'0' is not a whole number" in done.stderr


def test_submit_never_replaces_a_write_up_of_ones_own(perfect):
    folder = perfect[1]
    for name in ("writeup.pdf", "writeup-in-full.pdf"):
        (folder / name).write_bytes(b"%PDF-1.7 /Creator(TeX) my own")
        done = subprocess.run([sys.executable, "-m", "cs231n.submit"], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 1 and f"{name} is there, and not of submit's making" in done.stderr
        assert (folder / name).read_bytes() == b"%PDF-1.7 /Creator(TeX) my own"
        (folder / name).unlink()


def test_what_stands_in_the_write_ups_place_holds_nobody_up(perfect):
    folder = perfect[1]
    os.mkfifo(folder / "writeup.pdf")
    done = subprocess.run([sys.executable, "-m", "cs231n.submit"], cwd=folder, capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 1 and "writeup.pdf is there, and not of submit's making" in done.stderr
    assert (folder / "writeup.pdf").is_fifo()


@pytest.fixture
def tiny(tmp_path):
    """(an assignment, a course with three submissions of it)."""
    course = Course(tmp_path / "course")
    described = course.source("tiny") / "cs231n" / "assignment.json"
    described.parent.mkdir(parents=True)
    described.write_text(json.dumps(ASKED))
    hand_in(course.source("tiny"), plots=False)
    for student, answer in (("ada", "Yes."), ("ben", "$\\nonsense$"), ("cem", NESTED)):
        hand_in(course.submitted(student, "tiny"), curve=answer, words="Fine.", plots=False)
    return replace(assignments.load("assignment1"), name="tiny", notebooks=("one",)), course


def test_only_what_changed_is_written_again_and_one_students_trouble_stops_no_other(tiny):
    assignment, course = tiny
    into = course.writeups("tiny")

    def write():
        return {one.student: one for one in writeup.write(assignment, course, into, jobs=2)}

    found = write()
    assert sorted(path.name for path in into.glob("*.pdf")) == ["ada.pdf", "ben.pdf", "cem.pdf"]
    assert found["ada"].problems == [] and "\\nonsense$ is not understood" in found["ben"].problems[0]
    assert found["cem"].problems == ["one, About the curve: it could not be set, and is shown as it was typed"]
    hand_in(course.submitted("ada", "tiny"), curve="No.", plots=False)
    (into / "ben.pdf").write_bytes(b"not what was written")
    again = write()
    assert {student for student, one in again.items() if one.anew} == {"ada", "ben"}
    assert again["cem"].problems == found["cem"].problems
    with pytest.raises(KitError, match="'dan' has no submission of tiny"):
        list(writeup.write(assignment, course, into, ["dan"]))


def test_a_pdf_of_ones_own_is_not_replaced_by_a_write_up(tiny):
    assignment, course = tiny
    into = course.root / "mine"
    into.mkdir()
    (into / "ada.pdf").write_bytes(b"%PDF-1.7 MINE")
    found = {one.student: one for one in writeup.write(assignment, course, into, ["ada", "ben"], jobs=2)}
    assert "ada.pdf is there, and not of writeup's making" in found["ada"].failed and not found["ben"].failed
    assert (into / "ada.pdf").read_bytes() == b"%PDF-1.7 MINE"


def test_a_marked_write_up_says_marks_comments_and_what_is_not_marked_yet(tiny):
    _, course = tiny
    cells = {f"one-{topic}-answer": {"score": 0.0 if topic == "empty" else None, "max_score": 2.0, "outcome": "manual",
                                     "message": ""} for topic in TOPICS}
    course.autograded("ada", "tiny").mkdir(parents=True)
    results.write(course, Result("ada", "tiny", "", "full", {"one": cells}))
    marked = {"one-curve-answer": {"manual_score": 1.5, "manual_comment": "Nearly: $x^2$."}}
    shown = {name: writeup._shown(cell, marked.get(name, {})) for name, cell in cells.items()}
    assert [one["shown"] for one in shown.values()] == ["1.5 of 2", "not marked yet", "0 of 2"]
    again = {"manual_score": 1.5, "needs_manual_grade": True}
    assert writeup._shown(cells["one-curve-answer"], again)["shown"] == (
        "1.5 of 2, for another answer; to be looked at again")
    folder = course.submitted("ada", "tiny")
    made = _writeup.make(ASKED, folder, "ada", marks={"one": shown})
    assert made.problems == [] and made.pdf != _writeup.make(ASKED, folder, "ada").pdf


def test_a_mark_for_what_was_handed_in_before_the_answer_that_is_shown_says_so(tiny):
    _, course = tiny
    cell = {"score": None, "max_score": 2.0, "outcome": "manual", "message": ""}
    image = {"image.png": {"image/png": picture()}}
    folder, shows = course.submitted("ada", "tiny"), "As here: ![image.png](attachment:image.png)"
    hand_in(folder, curve=shows, words="Fine.", attachments=image, plots=False)
    graded = {"one-curve-answer": {"source": [f"{shows}\n"], "attachments": image},
              "one-words-answer": {"source": "Fine."}, "one-empty-answer": {"source": "YOUR ANSWER HERE"}}
    marked = {"one": {name: writeup._shown(cell, {"manual_score": 1.5}, answer) for name, answer in graded.items()}}

    def told():
        found, *_ = questions.read(ASKED, folder)
        return [mark["shown"] for mark in questions.with_earlier(marked, found)["one"].values()]

    assert told() == ["1.5 of 2"] * 3
    newer = "1.5 of 2, for what was handed in before"
    hand_in(folder, curve=shows, words="Fine, and so on.", empty="Something.", attachments=image, plots=False)
    assert told() == ["1.5 of 2", newer, newer]
    hand_in(folder, curve=shows, words="Fine.", attachments={"image.png": {"image/png": picture(61)}}, plots=False)
    assert told() == [newer, "1.5 of 2", "1.5 of 2"]
    made, former = (_writeup.make(ASKED, folder, "ada", marks=given) for given in (
        marked, {"one": {name: {"shown": mark["shown"]} for name, mark in marked["one"].items()}}))
    assert made.problems == [] and made.pdf != former.pdf
    assert "answer" not in writeup._shown(cell, {}, graded["one-words-answer"])    # nothing is marked there


def test_the_command_ends_with_one_where_something_is_not_shown_as_it_was_written(released, tmp_path):
    assignment, course = released
    own = Course(tmp_path / "course")
    own.source(assignment.name).parent.mkdir(parents=True)
    own.source(assignment.name).symlink_to(course.source(assignment.name))
    for student in ("ada", "ben"):
        own.submitted(student, assignment.name).mkdir(parents=True)
    (own.submitted("ben", assignment.name) / assignment.notebook_files[0]).write_text("{")
    done = subprocess.run([sys.executable, "-m", "grading", "writeup", assignment.name, "--course", str(own.root),
                           "--pages", "1"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and "ben: " in done.stderr and "knn.ipynb is corrupt" in done.stderr, done.stderr
    pages = re.findall(r"\] (?:ada|ben): (\d+) pages", done.stdout)
    assert len(pages) == 2 and len(set(pages)) == 1 and "write-ups of 2 in" in done.stdout, done.stdout
    for into, says in ((__file__, "is a file; write-ups take a folder"), ("/sys/nobody-may", "and the right to write")):
        done = subprocess.run([sys.executable, "-m", "grading", "writeup", assignment.name, "--course", str(own.root),
                               "--into", into], cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 1 and done.stderr.startswith(f"kit: {into}") and says in done.stderr, done.stderr


def test_a_pandoc_that_was_ended_takes_too_long_whatever_code_it_ends_with(tmp_path, monkeypatch):
    slow = tmp_path / "pandoc"
    slow.write_text("#!/bin/sh\ntrap 'kill $!; exit 1' TERM\nsleep 60 &\nwait\n")
    slow.chmod(0o755)
    monkeypatch.setattr("pypandoc.get_pandoc_path", lambda: str(slow))
    monkeypatch.setattr(subprocess.Popen, "kill", subprocess.Popen.terminate)          # code 1, as on Windows
    monkeypatch.setattr(programs, "_WAIT", 1)
    with pytest.raises(programs.Failed, match="takes too long"):
        programs.pandoc("*words*", "markdown", "json", seconds=2)


def test_answers_that_each_end_the_process_take_no_hour_to_be_found(monkeypatch):
    """Each may take a minute alone."""
    now, tried = [0.0], []

    def made(job):
        now[0] += 60
        tried.append(job.get("only"))
        if "as_typed" not in job:
            raise _writeup._Died("it took too long")
        return job["as_typed"]

    cells = [f"a{number}" for number in range(30)]
    monkeypatch.setattr(_writeup, "_made", made)
    monkeypatch.setattr(_writeup, "_ran", lambda job: {"cells": cells})
    monkeypatch.setattr(_writeup.time, "monotonic", lambda: now[0])
    assert _writeup.make({}, ".") == cells and len(tried) < 8
