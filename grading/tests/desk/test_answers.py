"""Marking by question: like answers together, every mark in the gradebook at once, and none lost or overwritten."""

import http.client
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress

import pytest
import written
from conftest import kit
from nbgrader.api import Gradebook

from grading import ROOT
from grading.autograde import autograde
from grading.books import marks, results
from grading.books.course import Course
from grading.books.marking import Change, Mark, Marking, markers
from grading.desk import answers, feedback, grouping, questions
from grading.desk.answers import Desk, page, serving
from grading.desk.answers.serving import Server
from grading.errors import KitError

ALIKE = [
    ["No, only the order of the distances within the row matters.", "no - only the order of distances in a row matters",
     "No: only the **order** of the distances within the row matters!"],
    ["Yes, only the order of the distances within the row matters."],
    ["The image is an outlier: it is far away from all the training images.",
     "The image is an outlier. It is far from all of the training images"],
    ["It takes about 900 steps until the old squares have faded."],
    ["It takes about 100 steps until the old squares have faded."],
    ["The gradient is zero there."], ["The gradient is not zero there."], ["The gradient isn't zero there, it is not."],
    ["The loss increases with the margin."], ["The loss decreases with the margin."],
    ["距离的顺序在行内不变"], ["距离的顺序在行内变"],
    ["1. true\n2. false"], ["1. false\n2. true"],
    ["A small k overfits and a large k underfits."], ["A large k overfits and a small k underfits."],
    ["The first loss is above log(C)."], ["The first loss is below log(C)."],
    ["Statements B and D hold."], ["Statements C and D hold."],
    ["It follows that $u < v$."], ["It follows that $u > v$."],
]


def test_answers_of_one_meaning_share_a_group_and_no_others_do():
    kinds = [kind for kind, texts in enumerate(ALIKE) for _ in texts]
    texts = [text for same in ALIKE for text in same]
    found = grouping.groups(texts)
    assert sorted(number for group in found for number in group) == list(range(len(texts)))
    assert all(len({kinds[number] for number in group}) == 1 for group in found)
    assert [len(group) for group in found][:2] == [3, 2]


def test_many_answers_are_grouped_whatever_they_are():
    assert grouping.groups([]) == [] and grouping.groups(["", " ", "."]) != []
    assert len(grouping.groups([f"answer {number}" for number in range(300)])) == 300
    assert grouping.groups(["The same"] * 500 + ["another"]) == [list(range(500)), [500]]


@pytest.mark.parametrize("piece", ["*", "\n", " ", "- ", "1", "1.", "**x", "不", "a'", "\n\n- ", "no "])
def test_a_hostile_text_is_grouped_in_time_in_proportion_to_its_length(piece):
    begun = time.process_time()
    grouping.groups([piece * 200_000, piece * 199_999 + "x", "No."])
    assert time.process_time() - begun < 60


def test_of_a_text_without_end_no_more_is_made_than_is_compared():
    """One letter that stands for eighteen, a million times; what comes late still tells two texts apart."""
    one, other = "\ufdfa" * 1_000_000, "\ufdfa" * 999_999 + "x"
    assert len(grouping.normalized(one)) < 100_000 and grouping.normalized(one) != grouping.normalized(other)
    assert grouping.normalized("Yes. " * 3_000) == grouping.normalized("Yes. " * 3_000)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return written.make(tmp_path_factory.mktemp("written"))


@pytest.fixture
def course(whole, tmp_path):
    shutil.copytree(whole[1].root, tmp_path / "course")
    return Course(tmp_path / "course")


@pytest.fixture
def marking(course):
    return Marking(course, written.NAME, "words", written.QUESTION)


def by_student(marking):
    return {one.student: one for one in marking.answers()}


def entered(course):
    """{student: (manual_score, needs_manual_grade, comment)} as nbgrader reads it."""
    with Gradebook(f"sqlite:///{course.gradebook}") as book:
        return {student: (grade.manual_score, grade.needs_manual_grade,
                          book.find_comment(written.QUESTION, "words", written.NAME, student).comment)
                for student in written.ANSWERS
                for grade in [book.find_grade(written.QUESTION, "words", written.NAME, student)]}


def change(one, score, comment=None):
    return Change(one.id, one.digest, one.mark, score, comment)


def test_a_mark_is_entered_as_formgrader_enters_it(course, marking):
    found = by_student(marking)
    assert found["fay"].automatic == 0 and found["ann"].automatic is None and found["ann"].mark == (None, None, True)
    marking.enter([change(found["ann"], 1.5, "- 1.5: order within the row"), change(found["fay"], 0.5)])
    assert {student: entered(course)[student] for student in ("ann", "bob", "fay")} == {
        "ann": (1.5, False, "- 1.5: order within the row"), "bob": (None, True, None),
        "fay": (0.5, False, "No response.")}
    marking.enter([change(by_student(marking)["ann"], None)])
    assert entered(course)["ann"] == (None, True, None)


def test_what_somebody_else_marked_meanwhile_is_told_and_stays(course, marking):
    seen = by_student(marking)
    with Gradebook(f"sqlite:///{course.gradebook}") as book:                       # as formgrader does
        grade = book.find_grade(written.QUESTION, "words", written.NAME, "bob")
        grade.manual_score, grade.needs_manual_grade = 0.25, False
        book.db.commit()
    told = marking.enter([change(seen[student], 2.0) for student in ("ann", "bob")])
    assert told[seen["ann"].id] == (Mark(2.0, None, False), "")
    assert told[seen["bob"].id] == (Mark(0.25, None, False), "somebody else has marked it meanwhile")
    assert entered(course)["bob"][0] == 0.25
    assert "between 0 and 2" in marking.enter([change(seen["cem"], 2.5)])[seen["cem"].id][1]
    assert "between" in marking.enter([change(seen["cem"], float("nan"))])[seen["cem"].id][1]


def test_a_gradebook_that_cannot_be_written_is_told_and_keeps_its_marks(course, marking):
    seen = by_student(marking)
    marking.enter([change(seen["bob"], 2.0)])
    in_the_way = course.root / "gradebook.db-journal"
    in_the_way.mkdir()
    with pytest.raises(KitError, match="gradebook.db cannot be used: .*Nothing was entered; try again."):
        marking.enter([change(seen["ann"], 2.0)])
    in_the_way.rmdir()
    assert (entered(course)["ann"][0], entered(course)["bob"][0]) == (None, 2.0)


def test_an_answer_that_became_another_is_not_marked_for_what_it_was(course, marking):
    seen = by_student(marking)["ann"]
    written.record(course, {"ann": "Something else."})
    assert "has become another" in marking.enter([change(seen, 2.0)])[seen.id][1]
    assert entered(course)["ann"] == (None, True, None)


def test_a_mark_outlives_regrade_and_lost_gradebook_and_a_changed_answer_asks_for_a_look(whole, course, marking):
    marking.enter([change(by_student(marking)["ann"], 1.5, "- 1.5: order within the row\n\nGood.")])
    written.record(course, {"ann": written.ANSWERS["ann"]})
    assert entered(course)["ann"] == (1.5, False, "- 1.5: order within the row\n\nGood.")
    assert marks.waiting(course, written.NAME) == []
    written.record(course, {"ann": "Because $x < y$."})
    assert marks.waiting(course, written.NAME) == ["ann"]
    again = by_student(marking)["ann"]
    assert (again.mark.score, again.mark.waits, again.marked_for) == (1.5, True, written.ANSWERS["ann"])
    desk = Desk(whole[0], course, questions.of_assignment(whole[0], course))
    shown = b"".join(page(desk, desk.asked[0], live=True)).decode()
    assert "distances" in shown and "Because" in shown
    marks.copy(course, written.NAME)
    course.gradebook.unlink()
    autograde.generate.make_gradebook(whole[0], course)
    with autograde.Ledger(course) as ledger:
        ledger.enter_again(autograde.results.read(course, "ann", written.NAME))
    assert by_student(marking)["ann"].mark == (1.5, "- 1.5: order within the row\n\nGood.", True)


def test_what_a_student_is_shown_of_marks(whole, course, marking):
    marking.enter([change(by_student(marking)["ann"], 1.5, "- 1.5: order within the row\n\nWell *argued*.")])
    feedback.feedback(whole[0], course, ["ann", "bob", "fay"])
    ann, bob, fay = ((course.feedback(student, written.NAME) / "words.html").read_text()
                     for student in ("ann", "bob", "fay"))
    assert "Score: 1.5 / 2<" in ann and "<li>1.5: order within the row</li>" in ann and "<em>argued</em>" in ann
    assert "Score: not marked yet / 2<" in bob and "Score: 0 / 2<" in fay
    assert "<math" in ann and "loosely argued" not in ann and "cdnjs" not in ann and "<script" not in ann


@pytest.mark.parametrize("left", [b'["bob", "words', b"5\n", b'[["a"], 1, 2, 3]\n', b"\xff\xfe\n",
                                  b"[" * 100_000 + b"\n"])
def test_a_line_on_who_has_marked_that_is_none_costs_no_other(course, marking, left):
    found = by_student(marking)
    marking.enter([change(found["ann"], 1.5)])
    with (course.marks / f"{written.NAME}-markers.jsonl").open("ab") as file:
        file.write(left)
    marking.enter([change(found["cem"], 0.5)])
    assert {student: score for (student, _), (_, score) in markers(course, written.NAME).items()} == {
        "ann": 1.5, "cem": 0.5}


@pytest.mark.parametrize("left", [b"[" * 100_000, b'{"student": "ann"}', "no cells", b"[]", b"\xff"])
def test_a_kept_result_that_is_damaged_is_none(course, left):
    path = course.autograded("ann", written.NAME) / results.FILE
    whole = json.loads(path.read_bytes())
    assert results.read(course, "ann", written.NAME).student == "ann"
    for notebooks in ([1, 2], {"words": 5}, {"words": {written.QUESTION: {}}}) if left == "no cells" else (None,):
        path.write_bytes(json.dumps(whole | {"notebooks": notebooks}).encode() if notebooks else left)
        assert results.read(course, "ann", written.NAME) is None


# Two markers, and one that is killed

MARKER = """
import sys
from pathlib import Path
from grading.books.course import Course
from grading.books.marking import Change, Marking
marking, score, rounds = Marking(Course(Path(sys.argv[1])), *sys.argv[2:5]), float(sys.argv[5]), int(sys.argv[6])
for turn in range(rounds):
    seen = marking.answers()
    told = marking.enter([Change(one.id, one.digest, one.mark, score, f"{sys.argv[5]} for {turn}") for one in seen])
    won = all(not why for _, why in told.values())
    print(turn, "won" if won else "lost", flush=True)
"""


def marker(course, score, rounds):
    told = [course.root, written.NAME, "words", written.QUESTION, str(score), str(rounds)]
    return subprocess.Popen([sys.executable, "-c", MARKER, *told], stdout=subprocess.PIPE, text=True,
                            env=os.environ | {"PYTHONPATH": str(ROOT)})


def test_two_markers_and_a_kill_in_the_middle_leave_every_call_whole(course, marking):
    killed, other = marker(course, 0.5, 100_000), marker(course, 1.5, 12)
    turns = [killed.stdout.readline() for _ in range(4)]                            # it is at work, and then it is not
    os.kill(killed.pid, signal.SIGKILL)
    said, _ = other.communicate(timeout=120)
    assert other.returncode == 0 and len(said.split()) == 24 and all(turns)
    killed.communicate()
    found = {one.mark for one in marking.answers()}
    assert len(found) == 1, "a call was entered in part"
    assert (mark := found.pop()).comment.startswith(f"{mark.score} for ") and not mark.waits
    with Gradebook(f"sqlite:///{course.gradebook}") as book:
        assert len(book.find_submission(written.NAME, "ann").notebooks[0].grades) == 2, "a row was doubled"


# The server

@pytest.fixture
def server(whole, course):
    desk = Desk(whole[0], course, questions.of_assignment(whole[0], course))
    with Server(desk, desk.asked[0]) as server:
        server.daemon_threads = False                                              # closing waits for all of them
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(server, method="GET", path=None, body=None, **headers):
    """(status, headers, text)."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    place = f"/{server.token}/{written.QUESTION}"
    below = path is None or path.startswith(("/marks", "/plots"))
    connection.request(method, place + (path or "") if below else path, body,
                       {"Content-Type": "application/json"} | {k.replace("_", "-"): v for k, v in headers.items()})
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read().decode()


def test_the_page_is_for_who_has_its_token_alone_and_asks_nobody(server):
    status, headers, text = ask(server)
    assert status == 200 and "default-src 'none'" in text and headers["X-Frame-Options"] == "DENY"
    assert "Access-Control-Allow-Origin" not in headers and "ann" not in text and '"answer 1"' in text
    for path in ("/", "/x" * 5, f"/{server.token[:-1]}/{written.QUESTION}"):
        assert ask(server, path=path)[0] == 403, path
    assert ask(server, path=f"/{server.token}/../../etc/passwd")[0] == 404
    assert ask(server, path="/plots/../../x")[0] == 404


@pytest.mark.parametrize("headers", [
    {"Host": "evil.example"}, {"Host": "127.0.0.1"}, {"Origin": "http://evil.example"}, {"Origin": "null"},
    {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"}, {"Host": "127.0.0.1:80"},
])
def test_who_comes_by_another_name_or_from_another_page_is_refused(server, headers):
    assert ask(server, **headers)[0] == 403
    assert ask(server, "POST", "/marks", "[]", **headers)[0] == 403


@pytest.mark.parametrize("method, path, body, headers, status", [
    ("POST", "/marks", "[]", {"Content_Type": "text/plain"}, 415), ("POST", "/marks", "{", {}, 400),
    ("POST", "/marks", "[1]", {}, 400), ("POST", "/marks", '[{"id": "x"}]', {}, 400), ("POST", None, "[]", {}, 404),
    ("POST", "/marks", "", {"Content_Length": "99999999999"}, 413), ("PUT", "/marks", "[]", {}, 501),
    ("DELETE", "/marks", None, {}, 501), ("OPTIONS", "/marks", None, {}, 501), ("POST", "/marks", "[[]]", {}, 400),
    ("POST", "/marks", "[" * 100_000, {}, 400), ("POST", "/marks", "", {"Content_Length": "9" * 5_000}, 413),
])
def test_what_is_no_mark_is_refused_and_nothing_is_entered(server, course, capfd, method, path, body, headers, status):
    before = entered(course)
    assert ask(server, method, path, body, **headers)[0] == status
    assert entered(course) == before and capfd.readouterr().err == ""


def test_who_goes_away_in_the_middle_is_no_trouble_of_the_markers(server, capfd):
    for said in ("GET /", f"GET /{server.token}/{written.QUESTION} HTTP/1.1\r\nHost: 127.0.0.1:{server.server_port}"
                          "\r\n\r\n"):
        for _ in range(10):
            client = socket.create_connection(("127.0.0.1", server.server_port))
            client.sendall(said.encode())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))        # no goodbye
            client.close()
    assert ask(server)[0] == 200
    server.shutdown()
    server.server_close()                                                          # waits for all of them
    assert capfd.readouterr().err == ""


def test_a_fault_of_a_page_is_one_line_and_the_next_request_is_answered(server, capfd, monkeypatch):
    monkeypatch.setattr(serving, "page", lambda *_, **__: 1 / 0)
    with pytest.raises(http.client.RemoteDisconnected):
        ask(server)
    assert ask(server, path="/marks")[0] == 200
    told = capfd.readouterr().err
    assert told.startswith("kit: a request of the page failed (ZeroDivisionError") and len(told.splitlines()) == 1


def test_connections_that_say_nothing_give_way_to_who_asks(server, monkeypatch):
    monkeypatch.setattr(serving, "SILENT", 3)
    before = threading.active_count()
    silent = [socket.create_connection(("127.0.0.1", server.server_port), timeout=20) for _ in range(20)]
    for one in silent:
        with suppress(OSError):                                                    # it had to go already
            one.sendall(b"GET / HTTP/1.1\r\nX: ")
    assert ask(server)[0] == 200
    for one in silent[:16]:
        with suppress(OSError):
            assert one.recv(100) == b""
    assert threading.active_count() <= before + 5
    for one in silent:
        one.close()


def test_half_a_letter_in_a_comment_costs_no_mark(server, course, marking):
    one = by_student(marking)["cem"]
    sent = {"id": one.id, "digest": one.digest, "seen": [None, None, True], "score": 0.5, "comment": "a\ud800"}
    assert json.loads(ask(server, "POST", "/marks", json.dumps([sent]))[2]) == {one.id: [[0.5, "a?", False], ""]}
    assert entered(course)["cem"] == (0.5, False, "a?")


def test_a_gradebook_that_is_gone_is_told_and_no_empty_one_is_put_in_its_place(server, course):
    os.rename(course.gradebook, course.root / "elsewhere.db")
    for path in ("/marks", f"/plots/{'x' * 32}"):
        status, _, told = ask(server, path=path)
        assert status == 503 and f"{course.gradebook} cannot be used" in told
    assert not course.gradebook.exists()
    os.rename(course.root / "elsewhere.db", course.gradebook)
    assert ask(server, path="/marks")[0] == 200


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_terminal_that_is_closed_ends_it_as_ctrl_c_does(released, number):
    script = (f"import runpy, signal; signal.signal({int(number)}, signal.SIG_DFL)\n"        # which nohup ignores
              "runpy.run_module('grading', run_name='__main__')")
    command = [sys.executable, "-c", script, "answers", "assignment1", "--course", str(released[1].root)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
                               env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"})
    assert "mark at http" in running.stdout.readline()
    running.send_signal(number)
    said = running.communicate(timeout=60)
    assert running.returncode == 0 and said[1] == ""


def test_a_mark_comes_by_the_server_and_the_plots_too(server, course, marking):
    one = by_student(marking)["cem"]
    sent = {"id": one.id, "digest": one.digest, "seen": [None, None, True], "score": 0.5, "comment": "Why?"}
    assert json.loads(ask(server, "POST", "/marks", json.dumps([sent]))[2]) == {one.id: [[0.5, "Why?", False], ""]}
    assert entered(course)["cem"] == (0.5, False, "Why?")
    told = json.loads(ask(server, "POST", "/marks", json.dumps([sent]))[2])[one.id]
    assert told == [[0.5, "Why?", False], "somebody else has marked it meanwhile"]
    assert json.loads(ask(server, path="/marks")[2])[one.id] == [0.5, "Why?", False]
    assert json.loads(ask(server, path=f"/plots/{one.id}")[2]) == [f"data:image/png;base64,{written.DOT}"]
    assert ask(server, "POST", "/marks", json.dumps([sent | {"id": "gone"}]))[0] == 503


@contextmanager
def answering(course, **changed):
    """While this lasts, ann's answer is another in the graded notebook."""
    path = course.autograded("ann", written.NAME) / "words.ipynb"
    before = path.read_bytes()
    notebook = json.loads(before)
    next(one for one in notebook["cells"] if one["id"] == written.QUESTION).update(changed)
    path.write_text(json.dumps(notebook))
    try:
        yield
    finally:
        path.write_bytes(before)


def test_hostile_answers_are_harmless_on_the_page(whole, tmp_path):
    from test_desk import ATTACKS, assert_harmless

    assignment, course = whole[0], whole[1]
    desk = Desk(assignment, course, questions.of_assignment(assignment, course))
    with answering(course, source="\n\n".join(ATTACKS) + "</script>"):
        shown = b"".join(page(desk, desk.asked[0], live=False)).decode()
    assert shown.count("<script") == 2 and shown.count("</script>") == 2
    data = json.loads(shown.partition('id="data">')[2].partition("</script>")[0])
    for html in data["html"].values():
        assert_harmless(html)


def test_where_answers_would_make_a_page_too_large_the_longest_give_way(whole, monkeypatch):
    assignment, course = whole[0], whole[1]
    desk = Desk(assignment, course, questions.of_assignment(assignment, course))
    picture = "iVBORw0KGgoAAAANSUhEUgAAAFoAAABaCAIAAAAAAAAA" + "AAAA" * 500
    attachments = {"a.png": {"image/png": picture}}

    def shown() -> list[str]:
        made = b"".join(page(desk, desk.asked[0], live=False)).decode()
        return list(json.loads(made.partition('id="data">')[2].partition("</script>")[0])["html"].values())

    with answering(course, source="Look: ![](attachment:a.png)", attachments=attachments):
        whole_page = shown()
        assert sum(picture in html for html in whole_page) == 1
        monkeypatch.setattr(answers, "ANSWERS", 2_000)
        without = shown()
        changed = [(now, then) for now, then in zip(without, whole_page, strict=True) if now != then]
        assert len(changed) == 1 and picture in changed[0][1]
        assert "without its pictures" in changed[0][0] and "Look" in changed[0][0]
        monkeypatch.setattr(answers, "ANSWERS", 0)
        assert all("left out" in html for html in shown())


def test_the_command_writes_a_page_to_read(tmp_path, released):
    course = released[1]
    done = kit("answers", "assignment1", "knn-structure", "--html", tmp_path / "page.html", course=course.root)
    assert done.returncode == 0 and "order within" in (tmp_path / "page.html").read_text(), done.stderr


def test_what_keeps_the_command_from_its_work_is_one_sentence(tmp_path, released, server):
    root = released[1].root
    port = str(server.server_port)
    for options, says in ((("stripes", "--html", tmp_path / "no-such" / "page"), "cannot be written: No such file"),
                          (("--port", port, "stripes"), f"port {port} of 127.0.0.1 cannot be used: Address already"),
                          (("--port", "65536"), "'65536' is no port")):
        done = kit("answers", "assignment1", *options, course=root)
        assert done.returncode and says in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("content", [b"", b"no database " * 500])
def test_a_gradebook_that_cannot_be_used_is_told_before_anybody_marks(tmp_path, released, content):
    course = Course(tmp_path)
    shutil.copytree(released[1].source("assignment1"), course.source("assignment1"))
    course.gradebook.write_bytes(content)
    done = kit("answers", "assignment1", course=course.root)
    assert done.returncode == 1 and "is no gradebook that can be used" in done.stderr and "Traceback" not in done.stderr
    assert not done.stdout


def test_a_question_is_named_by_a_part_of_it(whole):
    asked = questions.of_assignment(*whole)
    assert questions.chosen(asked, "rows").name == written.QUESTION and asked[0].rubric.points == 2
    assert (asked[1].rubric, asked[1].model, asked[0].text) == (None, "Because.", "Why is a row of the picture bright?")
    with pytest.raises(KitError, match="more than one question .* It has: words-rows-answer, words-why"):
        questions.chosen(asked, "words")
    with pytest.raises(KitError, match="'no-such' is no question"):
        questions.chosen(asked, "no-such")
