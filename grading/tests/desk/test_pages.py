"""Pages: a cell that costs too much is shown as it was typed, and so are those after a page has had its time."""

import base64

import nbformat
from nbconvert.exporters import HTMLExporter
from traitlets.config import Config

from grading.books.course import Course
from grading.config import configure
from grading.desk import pages
from grading.desk.feedback import rendering
from grading.desk.feedback.rendering import Rendering

TAGS = "".join(f"<p><font color=c{number}>" for number in range(11_500))        # 240,000 characters, for some minutes


def test_a_raw_cell_that_takes_too_long_is_shown_as_it_was_typed_and_the_others_are_rendered(tmp_path, monkeypatch):
    config = Config()
    configure(config, Course(tmp_path).root)
    monkeypatch.setattr(pages, "CELL_SECONDS", 0.5)
    notebook = nbformat.v4.new_notebook(cells=[
        nbformat.v4.new_markdown_cell("**before**"), nbformat.v4.new_raw_cell(TAGS),
        nbformat.v4.new_markdown_cell("*behind*"), nbformat.v4.new_code_cell("import numpy")])
    page, _ = HTMLExporter(config=config).from_notebook_node(notebook)
    assert "<strong>before</strong>" in page and "shown as it was typed: it takes more than 0.5 s" in page
    assert "&lt;p&gt;&lt;font color=c7&gt;" in page and "<font color" not in page
    assert page.index("<em>behind</em>") > page.index("color=c9000") and '<span class="nn">numpy</span>' in page


def test_a_page_that_has_had_its_time_goes_on_as_text():
    context = {"cell": {}, "resources": {"kit_seconds": 0.0}}
    assert pages.markdown2html(context, "*a* <b>") == "<pre>*a* &lt;b&gt;</pre>"
    assert pages.highlight_code(context, "x = 1") == "<pre>x = 1</pre>"


def test_each_page_has_time_of_its_own():
    one, other = {"cell": {}, "resources": {}}, {"cell": {}, "resources": {}}
    assert "<em>a</em>" in pages.markdown2html(one, "*a*") and "<em>b</em>" in pages.markdown2html(other, "*b*")
    assert one["resources"]["kit_seconds"] > 10 and other["resources"]["kit_seconds"] > 10


def test_texts_that_take_too_long_cost_no_other_text_its_form(monkeypatch):
    monkeypatch.setattr(pages, "CELL_SECONDS", 0.05)
    costly = [pages.clean_html({}, f"<p>{number}</p>{TAGS}") for number in range(6)]
    assert all("it takes more than 0.05 s" in text for text in costly)
    monkeypatch.undo()
    assert "<em>a</em>" in pages.rendered("*a*")


def test_a_picture_that_is_shown_again_and_again_makes_no_page_of_gigabytes():
    head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x0a\0\0\0\x0a\x08\x02\0\0\0"
    attached = {"a": {"image/png": base64.b64encode(head + bytes(60_000 - len(head))).decode()}}
    texts, page = ["![x](attachment:a)\n\n" * 450 + str(number) for number in range(6)], {"resources": {}}
    found = Rendering().page([rendering.Text("markdown", text, attached) for text in texts])
    shown = [pages.rendered(text, attached, page) for text in texts]
    for parts in (found, shown):
        assert "data:image/png" in parts[0] and "left out" in parts[0]
        assert sum(map(len, parts)) < 50_000_000
    twice = pages.rendered("![x](attachment:a) ![x](attachment:a)", attached, {"resources": {}})
    assert twice.count("data:image/png") == 2
