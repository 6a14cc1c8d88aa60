"""A person marks in a browser: on the page of `kit answers`, and in the formgrader beside it."""

import getpass
import json
import shutil
import subprocess
import sys
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from time import sleep

import nbformat
import pytest
import served
import written
from browsing import browser, click, texts, until
from nbgrader.api import Gradebook

from cs231n import _writeup
from grading import ROOT
from grading.books import answers, marking
from grading.books.marking import Marking
from grading.desk import feedback, questions
from grading.desk.answers import Desk
from grading.desk.answers.serving import Server
from grading.errors import KitError

pytestmark = pytest.mark.skipif(not (shutil.which("chromium") and shutil.which("chromedriver")),
                                reason="needs the programs chromium and chromedriver")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return written.make(tmp_path_factory.mktemp("written"))


@contextmanager
def served_pages(desk):
    with Server(desk, desk.asked[0]) as server, ExitStack() as ends:
        server.daemon_threads = False                                              # closing waits for all of them
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        ends.callback(serving.join)
        ends.callback(server.shutdown)
        yield server


def entered(course, students=written.ANSWERS):
    """{student: (score, waits, comment)} of the first question."""
    with Gradebook(f"sqlite:///{course.gradebook}") as book:
        return {student: (grade.manual_score, grade.needs_manual_grade,
                          book.find_comment(written.QUESTION, "words", written.NAME, student).manual_comment)
                for student in students
                for grade in [book.find_grade(written.QUESTION, "words", written.NAME, student)]}


def asked_elsewhere(driver):
    """Addresses on other machines that a page has asked for."""
    messages = [json.loads(one["message"])["message"] for one in driver.get_log("performance")]
    urls = [one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"]
    own = "http://127.0.0.1", "data:", "chrome", "file:", "about:", "blob:"
    return [url for url in urls if not url.startswith(own)]


def test_a_group_is_marked_one_overruled_commented_undone_and_formgrader_marks_another(whole, tmp_path):
    from selenium.webdriver.common.keys import Keys

    assignment, course = whole
    desk = Desk(assignment, course, questions.of_assignment(assignment, course))
    with (served.jupyter(course.root) as jupyter, served_pages(desk) as server,
          browser(tmp_path / "profile", "browser", "performance") as driver):
        driver.get(server.address)

        def one(selector):
            return driver.find_element("css selector", selector)

        def press(*keys):
            one("body").send_keys(*keys)

        assert one("#progress").text == "0 of 3 groups, 1 of 6 answers" and driver.find_elements("css selector", "math")
        assert "ann" not in one("main").text
        press("3")                                                                 # the whole group: loosely argued
        group = ("ann", "bob", "cem")
        until(driver, lambda _: {entered(course)[who] for who in group} == {(0.5, False, "- 0.5: no, loosely argued")})
        press("2")                                                                 # in its place: the better item
        better = 1.5, False, "- 1.5: order within the row"
        until(driver, lambda _: {entered(course)[who] for who in group} == {better})
        until(driver, lambda _: one("#progress").text == "1 of 3 groups, 4 of 6 answers")

        click(driver, ".group.current .chip")                                      # one of them alone
        press("1")
        until(driver, lambda _: sorted(entered(course)[who][0] for who in group) == [1.5, 1.5, 2.0])
        until(driver, lambda _: one(".group.current").find_elements("css selector", ".chip.own"))
        one("#words").send_keys("Well argued.")
        click(driver, ".group.current h2")
        alone = until(driver, lambda _: [who for who in group if "Well argued." in (entered(course)[who][2] or "")])
        until(driver, lambda _: one("#told").text.startswith("In the gradebook"))
        press(Keys.ESCAPE, "-")                                                    # the others, without the one
        until(driver, lambda _: sorted(entered(course)[who][0] for who in group) == [1.0, 1.0, 2.0])
        until(driver, lambda _: len(driver.find_elements("css selector", ".chip.own")) == 1)
        press("u")
        until(driver, lambda _: sorted(entered(course)[who][0] for who in group) == [1.5, 1.5, 2.0])
        assert entered(course)[alone[0]][2] == "- 0.5: far away\n- 1.5: order within the row\n\nWell argued."
        before = entered(course)
        press("j", "c")                                                            # words first, and points for them
        one("#words").send_keys("Why?", Keys.ESCAPE)
        until(driver, lambda _: "Why?" in [comment for _, _, comment in entered(course).values()])
        press("1")
        until(driver, lambda _: "- 0.5: far away\n\nWhy?" in [comment for _, _, comment in entered(course).values()])
        press("u", "u")
        until(driver, lambda _: entered(course) == before)
        until(driver, lambda _: one("#told").text.startswith("Undone"))
        assert [message for message in driver.get_log("browser") if message["level"] == "SEVERE"] == []

        page = driver.current_window_handle
        driver.switch_to.new_window("tab")                                         # formgrader, meanwhile
        with Gradebook(f"sqlite:///{course.gradebook}") as book:
            eve = book.find_submission_notebook("words", written.NAME, "eve").id
        driver.get(f"{jupyter}/formgrader/submissions/{eve}/")
        score = until(driver, lambda _: driver.find_elements("css selector", f"input.score#{written.QUESTION}"))[0]
        assert "MARK SCHEME" in one(f".panel-body:has(#{written.QUESTION})").text
        assert driver.find_elements("css selector", "math") and asked_elsewhere(driver) == []
        until(driver, lambda _: "tabbable" in (driver.switch_to.active_element.get_attribute("class") or ""))
        assert [message for message in driver.get_log("browser") if "is not defined" in message["message"]] == []
        until(driver, lambda _: score.get_attribute("class").endswith("needs_manual_grade"))
        score.send_keys("0.5", Keys.TAB)
        until(driver, lambda _: entered(course)["eve"][:2] == (0.5, False))
        driver.switch_to.window(page)
        until(driver, lambda _: "Marked elsewhere" in one("#told").text)           # seen without being asked for
        until(driver, lambda _: one("#progress").text == "2 of 3 groups, 5 of 6 answers")

        driver.switch_to.window(driver.window_handles[1])                          # handed in again, and another answer
        assert driver.find_elements("css selector", ".kit-former") == []
        written.record(course, {"eve": "The camera was at fault."})
        driver.refresh()
        former = until(driver, lambda _: driver.find_elements("css selector", ".kit-former"))[0]
        until(driver, lambda _: former.is_displayed())
        assert "an outlier" in former.text and "d[3].mean()" in former.text and "camera" not in former.text
        assert "camera" in one(f".panel-body:has(#{written.QUESTION})").text and asked_elsewhere(driver) == []
        until(driver, lambda _: driver.find_elements("css selector", ".mark-graded")[0].is_displayed())
        one(".mark-graded").click()                                                # formgrader's "Resolve"
        until(driver, lambda _: entered(course)["eve"][:2] == (0.5, False) and not former.is_displayed())
    assert marking.markers(course, written.NAME)["eve", written.QUESTION] == (getpass.getuser(), 0.5)
    feedback.feedback(assignment, course)
    scores = {student: (course.feedback(student, written.NAME) / "words.html").read_text()
              for student in written.ANSWERS}
    assert "Score: 2 / 2<" in scores[alone[0]] and "<p>Well argued.</p>" in scores[alone[0]]
    assert "Score: 0.5 / 2<" in scores["eve"] and "Score: not marked yet" in scores["dan"]
    for student, mark in ((alone[0], {"shown": "2 of 2", "comment": "Well argued.", "items": [
            ["0.5", "far away"], ["1.5", "order within the row"]]}),
                          ("eve", {"shown": "0.5 of 2", "comment": "", "items": []})):
        written_up(course, student, mark)


def written_up(course, student, mark):
    """What `kit writeup --marked` writes is, byte for byte, the write-up with this mark of the first question."""
    if _writeup.missing():
        return
    handed = nbformat.read(course.release(written.NAME) / "words.ipynb", as_version=4)
    for name, cell in answers.of(answers.read(course.autograded(student, written.NAME), "words")).items():
        next(one for one in handed.cells if one.id == name).source = answers.source(cell)
    nbformat.write(handed, course.submitted(student, written.NAME) / "words.ipynb")
    done = subprocess.run([sys.executable, "-m", "grading", "writeup", written.NAME, "--marked", "--student", student,
                           "--course", str(course.root)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    folder = course.writeups(written.NAME)
    asked = json.loads((course.source(written.NAME) / "cs231n" / "assignment.json").read_text())
    marks = {"words": {written.QUESTION: mark, written.SECOND: {"shown": "0 of 1", "items": [], "comment": ""}}}
    made = _writeup.make(asked, course.submitted(student, written.NAME), student, "", None, marks)
    assert made.pdf == (folder.with_name(f"{folder.name}-marked") / f"{student}.pdf").read_bytes()


def test_a_comment_that_is_being_typed_is_lost_neither_to_another_marker_nor_with_the_page(tmp_path):
    from selenium.webdriver.common.keys import Keys

    assignment, course = written.make(tmp_path, {"eve": "Far away.", "fay": "<!-- seen by nobody -->"})
    desk = Desk(assignment, course, questions.of_assignment(assignment, course), names=True)
    with served_pages(desk) as server, browser(tmp_path / "profile", "browser", "performance") as driver:
        def one(selector):
            return driver.find_element("css selector", selector)

        def comment(student="eve"):
            with Gradebook(f"sqlite:///{course.gradebook}") as book:
                return book.find_comment(written.QUESTION, "words", written.NAME, student).manual_comment

        driver.get(server.address)
        assert "<!-- seen by nobody -->" in one("main").text
        if "eve" not in one(".group.current").text:
            one("body").send_keys("j")
        one(".group.current .wording summary").click()
        until(driver, lambda _: driver.find_elements("css selector", ".group.current .plots img"))
        one("body").send_keys("1")
        until(driver, lambda _: comment() == "- 0.5: far away")
        until(driver, lambda _: one("#told").text.startswith("In the gradebook"))
        assert driver.find_elements("css selector", ".group.current .plots img")   # as open as before the mark
        one("#words").click()
        one("#words").send_keys("Which image")
        with Gradebook(f"sqlite:///{course.gradebook}") as book:                   # another marker, meanwhile
            book.find_comment(written.QUESTION, "words", written.NAME, "eve").manual_comment = "- 0.5: far away\n\nWhy?"
            book.db.commit()
        until(driver, lambda _: "Marked elsewhere" in one("#told").text)
        driver.switch_to.active_element.send_keys(" is it?")
        driver.switch_to.active_element.send_keys(Keys.ESCAPE)
        until(driver, lambda _: comment() == "- 0.5: far away\n\nWhy?\n\nWhich image is it?")
        until(driver, lambda _: one("#told").text.startswith("In the gradebook"))
        one("#words").click()
        one("#words").send_keys(" Say.")
        driver.get("about:blank")
        until(driver, lambda _: "Say." in comment())


def test_an_answer_keeps_its_own_mark_through_undo_and_a_refusal_and_no_other_is_left_out_of_its_group(tmp_path):
    from selenium.webdriver.common.keys import Keys

    group = ("ann", "bob", "cem")
    assignment, course = written.make(tmp_path, {who: written.ANSWERS[who] for who in group})
    desk = Desk(assignment, course, questions.of_assignment(assignment, course), names=True)

    def scores():
        with Gradebook(f"sqlite:///{course.gradebook}") as book:
            return [book.find_grade(written.QUESTION, "words", written.NAME, who).manual_score for who in group]

    def mark_elsewhere(score, comment, *students):
        with Gradebook(f"sqlite:///{course.gradebook}") as book:
            for who in students:
                grade = book.find_grade(written.QUESTION, "words", written.NAME, who)
                grade.manual_score, grade.needs_manual_grade = score, False
                book.find_comment(written.QUESTION, "words", written.NAME, who).manual_comment = comment
            book.db.commit()

    with served_pages(desk) as server, browser(tmp_path / "profile", "browser") as driver:
        def one(selector):
            return driver.find_element("css selector", selector)

        def press(*keys):
            one("body").send_keys(*keys)

        def alone():
            return sorted(text[:3] for text in texts(driver, ".chip.own"))

        driver.get(server.address)
        press("3")
        until(driver, lambda _: scores() == [0.5] * 3 and one("#told").text.startswith("In the gradebook"))
        mark_elsewhere(1.5, "- 1.5: order within the row", *group)                 # the whole group, by somebody else
        until(driver, lambda _: one("#told").text.startswith("Marked elsewhere"))
        assert alone() == []
        press("1")                                                                 # and the page has drawn it
        until(driver, lambda _: scores() == [2.0] * 3 and one("#told").text.startswith("In the gradebook"))
        ann = next(answer.id for answer in desk.marking(desk.asked[0]).answers() if answer.student == "ann")
        click(driver, f"#chip-{ann}")
        for score in (1.5, 1.0):
            press("-")
            until(driver, lambda _, score=score: scores() == [score, 2.0, 2.0])
        press("u")
        until(driver, lambda _: scores() == [1.5, 2.0, 2.0] and one("#told").text.startswith("Undone"))
        assert alone() == ["ann"]
        press(Keys.ESCAPE, "0")
        until(driver, lambda _: scores() == [1.5, 0.0, 0.0] and one("#told").text.startswith("In the gradebook"))
        mark_elsewhere(1.0, "Half of it.", "cem")
        until(driver, lambda _: one("#told").text.startswith("Marked elsewhere"))
        press("f")
        until(driver, lambda _: scores() == [1.5, 2.0, 1.0] and alone() == ["ann", "cem"])
        press("0")
        until(driver, lambda _: scores() == [1.5, 0.0, 1.0])
        odd = replace(desk, asked=[replace(desk.asked[0], points=1.2)])            # full is full, in no halves too
        with served_pages(odd) as other:
            driver.get(other.address)
            click(driver, f"#chip-{ann}")
            press("f")
            until(driver, lambda _: scores() == [1.2, 0.0, 1.0])


def test_a_look_at_what_others_did_that_is_long_on_its_way_does_not_show_marks_as_they_were_before(tmp_path,
                                                                                                  monkeypatch):
    group = ("ann", "bob", "cem")
    assignment, course = written.make(tmp_path, {who: written.ANSWERS[who] for who in group})
    desk = Desk(assignment, course, questions.of_assignment(assignment, course), names=True)
    elsewhere, read, go_on, marks, replies = *(threading.Event() for _ in range(3)), Marking.marks, []

    def slow(self):
        """The second reply after somebody else's mark is long on its way."""
        found = marks(self)
        if elsewhere.is_set():
            replies.append(found)
            if len(replies) == 2:
                read.set()
                go_on.wait(60)
        return found

    monkeypatch.setattr(Marking, "marks", slow)
    with served_pages(desk) as server, browser(tmp_path / "profile", "browser") as driver:
        driver.get(server.address)
        with Gradebook(f"sqlite:///{course.gradebook}") as book:
            grade = book.find_grade(written.QUESTION, "words", written.NAME, "cem")
            grade.manual_score, grade.needs_manual_grade = 1.0, False
            book.db.commit()
        elsewhere.set()
        assert read.wait(60)
        driver.find_element("css selector", "body").send_keys("f")
        until(driver, lambda _: entered(course, group)["ann"][0] == 2.0)
        sleep(1)                                                                   # its reply has come
        go_on.set()
        sleep(1)
        assert [text[-1] for text in texts(driver, ".chip")] == ["2"] * 3
        assert entered(course, group) == dict.fromkeys(group, (2.0, False, None))


def test_an_undo_that_could_not_be_sent_can_be_repeated(tmp_path, monkeypatch):
    group = ("ann", "bob", "cem")
    assignment, course = written.make(tmp_path, {who: written.ANSWERS[who] for who in group})
    desk = Desk(assignment, course, questions.of_assignment(assignment, course), names=True)

    def busy(*_):
        raise KitError("The gradebook is locked. Nothing was entered; try again.")

    with served_pages(desk) as server, browser(tmp_path / "profile", "browser") as driver:
        def told(words):
            until(driver, lambda _: driver.find_element("css selector", "#told").text.startswith(words))

        def press(*keys):
            driver.find_element("css selector", "body").send_keys(*keys)

        def scores():
            return [entered(course, group)[who][0] for who in group]

        driver.get(server.address)
        press("f")
        told("In the gradebook")                                                   # and the page has drawn it
        assert scores() == [2.0] * 3
        ann = next(answer.id for answer in desk.marking(desk.asked[0]).answers() if answer.student == "ann")
        click(driver, f"#chip-{ann}")
        press("-")
        until(driver, lambda _: scores() == [1.5, 2.0, 2.0])
        told("In the gradebook: ann")
        with monkeypatch.context() as patch:
            patch.setattr(Marking, "enter", busy)
            press("u")
            told("Not entered: The gradebook is locked")
            assert [text[:3] for text in texts(driver, ".chip.own")] == ["ann"]
        press("u")
        told("Undone: ann")
        assert scores() == [2.0] * 3 and driver.find_elements("css selector", ".chip.own") == []
        press("u")
        told("Undone: 3 answers")
        assert scores() == [None] * 3
        press("u")
        told("Nothing to undo")
