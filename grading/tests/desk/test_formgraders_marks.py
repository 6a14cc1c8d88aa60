"""Marks by nbgrader's formgrader, asked as its pages ask it: what no mark can be is refused with a sentence, what was
entered is in the gradebook that stands there, and nothing of a student's, an address or a name, acts on a page."""

import json
import os
import shutil
import sqlite3
from contextlib import closing

import pytest
import served
import written
from nbgrader.api import Gradebook

from grading.books import marking
from grading.books.course import Course

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return written.make(tmp_path_factory.mktemp("marks"))[1]


@pytest.fixture(scope="module")
def served_course(made, tmp_path_factory):
    """A course and a browser on its formgrader."""
    course = Course(tmp_path_factory.mktemp("served") / "course")
    shutil.copytree(made.root, course.root)
    with served.jupyter(course.root) as address:
        yield course, served.Browser(address)


@pytest.fixture
def own_course(made, tmp_path):
    """The same for one test alone, which may do to the gradebook what it likes."""
    course = Course(tmp_path / "course")
    shutil.copytree(made.root, course.root)
    with served.jupyter(course.root) as address:
        yield course, served.Browser(address)


def ids(course, student="ann"):
    """Of the answer's grade, comment, and submitted notebook."""
    with Gradebook(f"sqlite:///{course.gradebook}") as book:
        place = written.QUESTION, "words", written.NAME, student
        grade = book.find_grade(*place)
        return grade.id, book.find_comment(*place).id, grade.notebook.id


def stands(course, student="ann"):
    with Gradebook(f"sqlite:///{course.gradebook}") as book:
        place = written.QUESTION, "words", written.NAME, student
        grade = book.find_grade(*place)
        return grade.manual_score, grade.extra_credit, book.find_comment(*place).manual_comment


def enter(browser, course, score, student="ann", extra=None):
    return browser.ask(f"api/grade/{ids(course, student)[0]}", "PUT", {"manual_score": score, "extra_credit": extra})


def is_a_sentence(answer, status, words):
    return answer[0] == status and words in answer[1] and answer[2]["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize("body", [
    b'{"manual_score": NaN}', b'{"manual_score": Infinity}', b'{"manual_score": 1e400}', {"manual_score": 1e308},
    {"manual_score": -1}, {"manual_score": 1000}, {"manual_score": "word"}, {"manual_score": "nan"},
    {"manual_score": SCRIPT}, {"manual_score": [1]}, {"manual_score": {}}, {"manual_score": True}, {}, None, b"null",
    b"[1]", b"{", b"\xff\xfe", b"[" * 100_000, b'{"manual_score": ' + b"9" * 5000 + b"}",
    b'{"manual_score": 1, "extra_credit": NaN}', {"manual_score": 1, "extra_credit": -5},
    {"manual_score": 1, "extra_credit": 1e308}, {"manual_score": 1, "extra_credit": "x"}])
def test_what_can_be_no_mark_is_refused_with_a_sentence_and_the_next_mark_is_entered(served_course, body):
    course, browser = served_course
    assert enter(browser, course, "0.5", extra="0.25")[0] == 200                  # as the page sends it
    grade, _, notebook = ids(course)
    assert is_a_sentence(browser.ask(f"api/grade/{grade}", "PUT", body), 400, "nothing was entered")
    assert stands(course)[:2] == (0.5, 0.25)
    assert browser.ask(f"api/grades?submission_id={notebook}")[0] == 200
    assert enter(browser, course, 1, extra=None)[0] == 200 and stands(course)[:2] == (1, None)


@pytest.mark.parametrize("body", [{"manual_comment": 5}, {"manual_comment": ["x"]}, {}, b"null", b"",
                                  {"manual_comment": "x" * 1_000_001}])
def test_what_can_be_no_comment_is_refused_with_a_sentence(served_course, body):
    course, browser = served_course
    place = f"api/comment/{ids(course)[1]}"
    assert browser.ask(place, "PUT", {"manual_comment": "Look *again*."})[0] == 200
    assert is_a_sentence(browser.ask(place, "PUT", body), 400, "nothing was entered")
    assert stands(course)[2] == "Look *again*."


def test_half_a_letter_costs_no_comment_and_a_comment_is_text_on_every_page(served_course):
    course, browser = served_course
    _, comment, notebook = ids(course)
    said = b'{"manual_comment": "a\\ud83d' + SCRIPT.encode() + b'"}'
    assert browser.ask(f"api/comment/{comment}", "PUT", said)[0] == 200
    assert stands(course)[2] == f"a?{SCRIPT}"
    status, text, headers = browser.ask(f"api/comments?submission_id={notebook}")
    assert status == 200 and json.loads(text) and "sandbox" in headers["Content-Security-Policy"]
    assert SCRIPT not in browser.ask(f"submissions/{notebook}/")[1]


def test_a_mark_and_a_comment_are_in_the_gradebook_with_who_gave_it(served_course):
    course, browser = served_course
    assert enter(browser, course, 0.5)[0] == 200
    browser.ask(f"api/comment/{ids(course)[1]}", "PUT", {"manual_comment": "Seen."})
    before = stands(course)
    assert before == (0.5, None, "Seen.")
    with marking.marks.reading(course.gradebook) as session:
        assert marking.marks.read(session, written.NAME)["ann"]["words"][written.QUESTION]["manual_score"] == 0.5
    assert marking.markers(course, written.NAME)["ann", written.QUESTION][1] == 0.5


# The gradebook, meanwhile

def test_a_locked_gradebook_is_a_sentence_and_the_next_mark_is_entered(served_course):
    course, browser = served_course
    assert enter(browser, course, 0.5)[0] == 200
    grade = ids(course)[0]
    with closing(sqlite3.connect(course.gradebook, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        answer = browser.ask(f"api/grade/{grade}", "PUT", {"manual_score": 1, "extra_credit": None})
        other.execute("ROLLBACK")
    assert is_a_sentence(answer, 503, "is locked: another program is writing to it. Nothing was entered; try again.")
    assert stands(course)[0] == 0.5
    assert enter(browser, course, 0.25)[0] == 200 and stands(course)[0] == 0.25


def test_a_gradebook_put_in_place_of_another_gets_the_marks(own_course, made):
    course, browser = own_course
    assert enter(browser, course, 0.5)[0] == 200
    shutil.copy(made.gradebook, course.root / "older.db")
    os.replace(course.root / "older.db", course.gradebook)
    assert enter(browser, course, 0.25)[0] == 200 and stands(course)[0] == 0.25


def test_a_gradebook_that_is_gone_or_none_is_told_and_no_empty_one_is_put_in_its_place(own_course):
    course, browser = own_course
    assert enter(browser, course, 0.5)[0] == 200
    grade, away = ids(course)[0], course.gradebook.with_name("away.db")
    os.replace(course.gradebook, away)
    asked = f"api/grade/{grade}", "PUT", {"manual_score": 1, "extra_credit": None}
    assert is_a_sentence(browser.ask(*asked), 503, "gradebook.db is gone. Nothing was entered.")
    assert is_a_sentence(browser.ask("api/assignments"), 503, "gradebook.db is gone")
    assert not course.gradebook.exists()
    course.gradebook.write_bytes(b"no gradebook" * 1000)
    assert is_a_sentence(browser.ask(*asked), 503, "cannot be used: file is not a database. Nothing was entered.")
    os.replace(away, course.gradebook)
    assert stands(course)[0] == 0.5 and browser.ask(*asked)[0] == 200 and stands(course)[0] == 1


# What goes out

@pytest.mark.parametrize("page", ["gradebook/{}", "gradebook/{}/{}", "manage_submissions/{}", "manage_students/{}",
                                  "manage_students/{}/{}"])
def test_an_address_that_a_page_quotes_is_text_on_it(served_course, page):
    asked = page.replace("{}", "%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E")
    status, text, _ = served_course[1].ask(asked)
    assert status == 200 and "alert(1)" in text and SCRIPT not in text


@pytest.mark.parametrize("path", ["../../../inbox/page.html", "..%2F..%2F..%2Finbox%2Fpage.html",
                                  "..%2F..%2F..%2Fgradebook.db", "..%2F..%2Fbob%2F{}%2Fresults.json"])
def test_no_file_beside_a_submissions_own_is_at_its_address(served_course, path):
    course, browser = served_course
    (course.root / "inbox").mkdir(exist_ok=True)
    (course.root / "inbox" / "page.html").write_text(SCRIPT)
    notebook = ids(course)[2]
    assert browser.ask(f"submissions/{notebook}/{path.format(written.NAME)}")[0] in (403, 404)
    status, _, headers = browser.ask(f"submissions/{notebook}/results.json")
    assert status == 200 and "sandbox" in headers["Content-Security-Policy"]


def test_a_name_is_text_on_the_page_of_a_submission(served_course):
    course, browser = served_course
    assert browser.ask("api/student/ann", "PUT", {"first_name": SCRIPT, "last_name": "Lee", "email": None})[0] == 200
    text = browser.ask(f"submissions/{ids(course)[2]}/")[1]
    assert "Lee, &lt;script&gt;" in text and SCRIPT not in text


@pytest.mark.parametrize("path, body", [
    ("api/student/ann", {"first_name": 5}), ("api/student/ann", b"null"), ("api/student/..%2Fx", {"first_name": "a"}),
    ("api/assignment/..%2F..%2Fx", {"duedate_notimezone": None}), ("api/assignment/%20..%20", {}),
    ("api/assignment/NAME", {"duedate_notimezone": "no date", "duedate_timezone": "UTC"})])
def test_what_is_no_student_and_no_date_is_refused_with_a_sentence(served_course, path, body):
    course, browser = served_course
    before = sorted(course.root.parent.iterdir())
    assert is_a_sentence(browser.ask(path.replace("NAME", written.NAME), "PUT", body), 400, "nothing was entered")
    assert sorted(course.root.parent.iterdir()) == before
