"""People who come, go and change names: nothing is lost, and what is killed half way is completed."""

import json
import shutil
from datetime import timedelta

import pytest
import termed
from conftest import kit
from forked import die, fork
from nbgrader import api
from renamings import ending_at
from sqlalchemy import select

from grading.books import grades, ledger, marking, marks, people, results, standing
from grading.books.course import Course
from grading.errors import KitError

ROSTER = ("\ufeffid;name;e-mail;note\r\nann;Ángel, Ann;ann@x.edu;\"a \"\"b\"\"\"\r\nbob;Bob Lee;;x\r\n"
          "0042;王小明;w@x.edu;\r\n")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Two assignments; Ann has both, Bob a later attempt at the first alone, Cem is in no roster."""
    course = termed.make(tmp_path_factory.mktemp("people"), "one", "two")
    course.roster.write_text(ROSTER, encoding="utf-8", newline="")
    termed.whole(course, "ann", "one", "10-01 10:00", 3.0)
    termed.whole(course, "ann", "two", "10-08 10:00", 1.0, hidden=False)
    termed.hand_in(course, "ann", "two", "10-07 10:00", "earlier", counts=False)
    termed.whole(course, "bob", "one", "10-02 10:00", 2.0, test=False)
    termed.whole(course, "cem", "one", "10-02 10:00")
    for name in ("one", "two"):
        marks.copy(course, name)
        course.writeups(name).mkdir(parents=True)
        (course.writeups(name) / "ann.pdf").write_bytes(b"%PDF")
    course.feedback("ann", "one").mkdir(parents=True)
    (course.feedback("ann", "one") / "a.html").write_text("her page")
    return course


@pytest.fixture
def course(kept, tmp_path):
    return copied(kept, tmp_path / "course")


def copied(course, root):
    shutil.copytree(course.root, root)
    return Course(root)


def change(course, what, *ids):
    with ledger.writing(course):
        return getattr(people, what)(course, *ids)


def state(course):
    """All that a course knows of its people."""
    with termed.session(course) as book:
        rows = sorted(book.execute(select(
            api.SubmittedAssignment.student_id, api.Assignment.name, api.SubmittedAssignment.timestamp,
            api.Grade.auto_score, api.Grade.manual_score, api.BaseCell.name).join(api.Assignment)
            .join(api.SubmittedNotebook, api.SubmittedNotebook.assignment_id == api.SubmittedAssignment.id)
            .join(api.Grade, api.Grade.notebook_id == api.SubmittedNotebook.id)
            .join(api.BaseCell, api.BaseCell.id == api.Grade.cell_id)).all(), key=repr)
        students = sorted(book.execute(select(api.Student.id, api.Student.last_name, api.Student.email)).all(),
                          key=repr)
        counts = [len(book.scalars(select(model.id)).all()) for model in
                  (api.SubmittedNotebook, api.Grade, api.Comment)]
    files = {path.relative_to(course.root).as_posix(): path.read_bytes() for path in course.root.rglob("*")
             if path.is_file() and path.suffix not in (".db", ".log", ".py") and path.name != ".lock"}
    return rows, students, counts, files


def test_a_new_id_has_all_that_the_old_one_had(course):
    marking.sign(course, "one", [("ann", termed.WHY, 3.0), ("bob", termed.WHY, 2.0)], "Müller")
    with ledger.Ledger(course):                                        # names are entered
        pass
    before = state(course)
    change(course, "rename", "ann", "Ωmega.7")
    after = state(course)

    def other(text):
        return text.replace("ann", "Ωmega.7")

    assert after[0] == sorted(((other(student), *rest) for student, *rest in before[0]), key=repr)
    assert ("Ωmega.7", "Ángel", "ann@x.edu") in after[1] and after[2] == before[2]
    assert {other(path) for path in before[3]} == set(after[3])
    assert results.read(course, "Ωmega.7", "one").student == "Ωmega.7"
    assert course.roster.read_bytes() == ROSTER.replace("\r\nann;", "\r\nΩmega.7;").encode()
    assert marks.copied(course, "one")["Ωmega.7"]["a"][termed.WHY]["manual_score"] == 3.0
    found = standing.read(course, "one", ["Ωmega.7"])["Ωmega.7"]
    assert found.markers == {termed.WHY: "Müller"} and found.told()["marked"][termed.WHY]["by"] == "Müller"
    assert not (course.root / "removed").exists()
    change(course, "rename", "Ωmega.7", "ann")
    assert state(course) == before


def test_who_leaves_goes_into_a_dated_folder_with_everything(course):
    before = state(course)
    aside = change(course, "remove", "ann")
    rows, students, _, files = state(course)
    assert not [row for row in rows if row[0] == "ann"] and "ann" not in {one[0] for one in students}
    assert {path for path in before[3] if path.split("/")[0] in ("submitted", "replaced", "autograded", "feedback")
            and "/ann/" in path} == {path.partition("-ann/")[2] for path in files if "/ann/" in path}
    assert json.loads((aside / "marks-by-hand.json").read_text())["two"]["ann"]["a"][termed.WHY]["manual_score"] == 1.0
    assert (aside / "roster.csv").read_text(encoding="utf-8-sig").splitlines()[1].startswith("ann;")
    assert "ann" not in course.roster.read_text() and "ann" not in marks.copied(course, "one")
    with pytest.raises(KitError, match="'ann' is nobody"):
        change(course, "remove", "ann")


def test_who_comes_back_has_all_that_was_handed_in_graded_granted_and_marked(course):
    with termed.session(course) as book:
        book.scalars(select(api.SubmittedAssignment).filter_by(student_id="ann")).first().extension = timedelta(hours=5)
        book.add(api.Student(id="dan", lms_user_id="77"))
        book.get(api.Student, "cem").email = "c@x.edu"                   # which no roster says
    with ledger.Ledger(course):                                          # names are entered
        pass
    before = *state(course), extensions(course)
    for student in ("ann", "cem", "dan"):
        change(course, "remove", student)
    assert people.known(course) == {"bob", "0042"}
    assert [line.partition(",")[0] for line in kit("roster", "restore", course=course.root).stdout.splitlines()] == [
        "ann", "cem", "dan"]
    done = kit("roster", "restore", "ann", "cem", next(name for name, one in people.removed(course).items()
                                                       if one == "dan"), course=course.root)
    assert done.returncode == 0, done.stderr
    rows, students, counts, files = state(course)
    assert (rows, students, counts, extensions(course)) == (*before[:3], before[4]) and people.removed(course) == {}
    roster = course.roster.name
    assert {path: content for path, content in files.items() if not path.startswith("removed/") and path != roster} == {
        path: content for path, content in before[3].items() if path != roster}
    assert files[roster].decode().splitlines() == [line for at in (0, 2, 3, 1) for line in
                                                   before[3][roster].decode().splitlines()[at:at + 1]]
    shown = kit("roster", "list", "--json", course.root / "people.json", course=course.root)
    told = json.loads((course.root / "people.json").read_text())
    assert shown.returncode == 0 and told["ann"]["assignments"]["two"] == {"attempts": 2, "graded": True}
    assert told["0042"]["name"] == "王小明" and not told["cem"]["in_roster"] and set(told) == set(people.known(course))


def test_who_has_handed_in_again_is_not_overwritten_by_who_comes_back(course):
    change(course, "remove", "ann")
    termed.whole(course, "ann", "one", "10-05 10:00", 1.0)
    before = state(course)
    with pytest.raises(KitError, match="has handed in again meanwhile"):
        change(course, "restore", "ann")
    assert state(course) == before
    change(course, "rename", "ann", "ann2")
    change(course, "restore", "ann")
    with ledger.Ledger(course) as books:
        assert books.enter_all("ann") == []
    change(course, "merge", "ann2", "ann")                               # handed in later, so this counts
    assert termed.totals(course, "one")["ann"] == (0, 17) and termed.totals(course, "two")["ann"] == (0, 7)


def extensions(course):
    with termed.session(course) as book:
        return sorted(book.execute(select(api.SubmittedAssignment.student_id, api.SubmittedAssignment.extension)).all(),
                      key=repr)


def test_of_two_ids_of_one_person_the_later_attempt_counts_and_the_other_is_kept(course):
    aside = change(course, "merge", "bob", "ann")
    assert "bob work" in (course.submitted("ann", "one") / "a.ipynb").read_text()             # Bob's is the later one
    assert "ann work" in (course.replaced("ann", "one") / "001" / "a.ipynb").read_text()
    assert results.read(course, "ann", "one").cells[termed.TEST]["outcome"] == "failed"
    assert termed.totals(course, "one")["ann"] == (0, 12) and termed.totals(course, "two")["ann"] == (0, 7)
    assert json.loads((aside / "marks-by-hand.json").read_text()) == {
        "one": {"ann": {"a": {termed.WHY: {"manual_score": 3.0, "needs_manual_grade": False}}}}}
    assert (aside / "autograded" / "ann" / "one" / results.FILE).exists()
    assert course.roster.read_text(encoding="utf-8-sig").count("\n") == 3 and (aside / "roster.csv").exists()
    assert people.known(course) == {"ann", "cem", "0042"}


def test_what_only_one_of_two_ids_has_goes_over_whole(course):
    assert change(course, "merge", "ann", "0042") is not None            # her row of the roster
    assert termed.totals(course, "two")["0042"] == (0, 7)
    assert len(list(course.replaced("0042", "two").iterdir())) == 1
    assert course.roster.read_text(encoding="utf-8-sig").splitlines()[2] == "0042;王小明;w@x.edu;\"a \"\"b\"\"\""


class Killed(BaseException):
    pass


def stop():
    raise Killed


def stopped_at(root, step, what, ids, ending):
    """Comes to its `ending` in the place of the `step`th renaming."""
    with ending_at(step, ending):
        change(Course(root), what, *ids)


@pytest.mark.parametrize("what, ids", [("rename", ("ann", "zoe")), ("merge", ("bob", "ann")), ("remove", ("ann",)),
                                       ("restore", ("ann",))])
def test_what_is_stopped_at_any_step_is_completed_by_who_opens_the_books_next(kept, tmp_path, what, ids):
    if what == "restore":
        kept = copied(kept, tmp_path / "without")
        change(kept, "remove", *ids)
    expected = copied(kept, tmp_path / "whole")
    change(expected, what, *ids)
    for step in range(1, 60):                                             # before the first nothing is written down
        course = copied(kept, tmp_path / f"{step}")
        try:
            stopped_at(course.root, step, what, ids, stop)
            break
        except Killed:
            pass
        assert people.pending(course)
        ledger.settle_folders(course)
        assert not people.pending(course) and state(course) == state(expected), step
        shutil.rmtree(course.root)
    assert 8 < step < 59


def test_a_merge_that_is_killed_is_completed_by_the_next_command(course):
    child = fork(stopped_at, course.root, 3, "merge", ("bob", "ann"), die)
    child.join()
    assert child.exitcode < 0 and people.pending(course)
    assert termed.totals(course, "one") == {"ann": (0, 12), "cem": (0, 20)} and not people.pending(course)


@pytest.mark.parametrize("what, ids, why", [
    ("rename", ("ann", "ann"), "called that already"), ("rename", ("ann", "bob"), "already somebody"),
    ("rename", ("ann", "a b"), "is no student id"),
    ("rename", ("ann", "../x"), "is no student id"), ("rename", ("42", "dan"), "Did you mean 0042"),
    ("merge", ("ann", "ann"), "twice"), ("merge", ("ann", "nobody"), "is nobody in"),
    ("remove", ("nobody",), "is nobody")])
def test_what_cannot_be_done_changes_nothing(course, what, ids, why):
    before = state(course)
    with pytest.raises(KitError, match=why):
        change(course, what, *ids)
    assert state(course) == before


def test_names_and_extensions_of_the_roster_reach_the_gradebook(course):
    termed.describe(course, "one", due="2026-10-01T00:00:00Z", per_day="10%")
    (course.root / "nbgrader_config.py").write_text(
        (course.root / "nbgrader_config.py").read_text() + f"\nc.LateDays.assignments = "
        f"{str(course.root.parent / 'assignments')!r}\n")
    course.roster.write_text("id,first name,last name,email,extension one\nann,Ann,Á,ann@x.edu,\nbob,Bob,B,,1 day\n")
    grades.settle(course)
    with termed.session(course) as book:
        assert book.get(api.Student, "ann").email == "ann@x.edu" and book.get(api.Student, "bob").last_name == "B"
        due = {one.student_id: (one.duedate.day, one.extension, one.late_submission_penalty) for one in book.scalars(
            select(api.SubmittedAssignment).join(api.Assignment).where(api.Assignment.name == "one"))}
    assert due == {"ann": (1, None, 2), "bob": (2, timedelta(days=1), 2), "cem": (1, None, 4)}


@pytest.mark.parametrize("content", ["[1]", "5", '"x"', "[" * 100_000, '{"ann": 5}', '{"ann": {"a": [1]}}'])
def test_damaged_copies_and_notes_stop_no_change_of_people_half_way(course, content):
    (course.root / "notes").mkdir(exist_ok=True)
    for path in ("marks/one.json", "marks/one-copy.json", "notes/one-collected.json"):
        (course.root / path).write_text(content)
    (course.marks / "one-markers.jsonl").write_bytes(b"\xff\n5\n")
    change(course, "rename", "ann", "zoe")
    change(course, "remove", "zoe")
    change(course, "restore", "zoe")
    assert not people.pending(course) and results.read(course, "zoe", "one").student == "zoe"
    assert marks.copied(course, "one")["zoe"]["a"][termed.WHY]["manual_score"] == 3.0
