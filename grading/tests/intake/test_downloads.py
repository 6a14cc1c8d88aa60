"""A class of twelve in each platform's shape arrives as the same submissions, at the right times."""

import dataclasses
import os
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from grading.books.course import Course
from grading.errors import KitError
from grading.intake.collect import collect
from grading.release.assignment import Assignment

ASSIGNMENT = Assignment("assignment1", "One", Path("."), ("knn",), ("layers.py",), (), {})
NOTEBOOK, MODULE = "knn.ipynb", "cs231n/layers.py"
NAMES = ("Ada Byron", "Ben Abbott", "Chloé Dubois", "Dag Ås", "Eva Maria López", "Fu Wei", "Gül Şahin", "Hal O'Neil",
         "Ida Berg", "Jan de Vries", "Kim Lee-Park", "Lev Tolst")
LOGINS = tuple(name.split()[0].lower().replace("é", "e").replace("ü", "u") for name in NAMES)
IDS = tuple(f"s{number:02}" for number in range(12))
TIMES = tuple(datetime(2025, 10, 8, 12, number, 4, tzinfo=UTC) for number in range(12))
ROSTER = "id;name;login;canvas\n" + "".join(
    f"{student};{name};{login};{9000 + number}\n"
    for number, (student, name, login) in enumerate(zip(IDS, NAMES, LOGINS, strict=True)))


@pytest.fixture
def course(course):
    course.roster.write_text(ROSTER, encoding="utf-8-sig")
    return course


def lay(folder: Path, files: dict[str, str], moment: datetime) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (moment.timestamp(), moment.timestamp()))


def pack(path: Path, files: dict[str, str], moment: datetime) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in files.items():
            packed.writestr(zipfile.ZipInfo(name, moment.astimezone().timetuple()[:6]), text)


def work(number: int, attempt: int = 0) -> dict[str, str]:
    return {NOTEBOOK: f"notebook {number} {attempt}", MODULE: f"x = {number}, {attempt}\n"}


def sort_name(name: str) -> str:
    words = name.replace("'", "").replace("-", "").split()
    return "".join([words[-1], *words[:-1]]).lower()


def canvas(folder: Path) -> None:
    """Number 0 handed in three times, 1 late, 2 as loose files; names are the last name first, without spaces."""
    for number, name in enumerate(NAMES):
        who = f"{sort_name(name)}_{'LATE_' if number == 1 else ''}{9000 + number}_{70 + number}"
        if number == 2:
            lay(folder, {f"{who}_knn.ipynb": work(2)[NOTEBOOK], f"{who}_layers.py": work(2)[MODULE]}, TIMES[2])
        elif number == 0:
            for attempt, again, hour in ((1, "", 9), (2, "-1", 10), (0, "-2", 12)):
                pack(folder / f"{who}_work{again}.zip", work(0, attempt), TIMES[0].replace(hour=hour))
        else:
            pack(folder / f"{who}_work.zip", work(number), TIMES[number])


def moodle(folder: Path) -> None:
    """A folder for each participant; text typed online beside it."""
    for number, name in enumerate(NAMES):
        who = folder / f"{name}_{31000 + number}"
        lay(who.with_name(f"{who.name}_assignsubmission_file"), work(number), TIMES[number])
        lay(who.with_name(f"{who.name}_assignsubmission_onlinetext"), {"onlinetext.html": "hello"}, TIMES[number])


def gradescope(folder: Path) -> None:
    """Numbers 3 and 4 are a group; the record has Ruby's symbols and a tag."""
    record = "---\n"
    for number in range(len(NAMES)):
        if number == 4:
            continue
        lay(folder / f"submission_{500 + number}", work(number), datetime(2025, 12, 1, tzinfo=UTC))
        members = [number, 4] if number == 3 else [number]
        record += f"submission_{500 + number}:\n  :submitters:\n" + "".join(
            f"  - :name: {NAMES[one]}\n    :sid: {IDS[one]!r}\n    :email: {LOGINS[one]}@example.org\n"
            for one in members)
        record += (f"  :created_at: {TIMES[number]:%Y-%m-%d %H:%M:%S}.000000000 Z\n"
                   "  :results: !ruby/hash:Some::Thing\n    a: 1\n")
    (folder / "submission_metadata.yml").write_text(record)


def blackboard(folder: Path) -> None:
    """Number 5 has two attempts; Blackboard's own text file beside each."""
    for number, login in enumerate(LOGINS):
        for attempt in ((1, 0) if number == 5 else (0,)):
            local = TIMES[number].replace(hour=12 - attempt).astimezone()
            name = f"Assignment 1_{login}_attempt_{local:%Y-%m-%d-%H-%M-%S}"
            lay(folder, {f"{name}_knn.ipynb": work(number, attempt)[NOTEBOOK],
                         f"{name}_layers.py": work(number, attempt)[MODULE], f"{name}.txt": "Name: x"},
                datetime(2025, 12, 1, tzinfo=UTC))


def zipped(folder: Path) -> Path:
    """The download as the one zip that it is before somebody unpacks it."""
    target = folder.with_suffix(".zip")
    with zipfile.ZipFile(target, "w") as packed:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                moment = datetime.fromtimestamp(path.stat().st_mtime).timetuple()[:6]
                packed.writestr(zipfile.ZipInfo(path.relative_to(folder).as_posix(), moment), path.read_bytes())
    return target


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize("platform", [canvas, moodle, gradescope, blackboard], ids=lambda one: one.__name__)
def test_a_class_arrives_whole_and_at_its_times(course, tmp_path, platform, packed):
    folder = tmp_path / "download"
    folder.mkdir()
    platform(folder)
    taken = collect(ASSIGNMENT, course, [zipped(folder) if packed else folder])
    assert [one for one in taken if one.state == "refused"] == []
    assert course.students("assignment1") == list(IDS)
    for number, student in enumerate(IDS):
        there = course.submitted(student, "assignment1")
        whose = 3 if platform is gradescope and number == 4 else number
        assert {name: (there / name).read_text() for name in (NOTEBOOK, MODULE)} == work(whose), student
        assert (there / "timestamp.txt").read_text() == f"{TIMES[whose]:%Y-%m-%d %H:%M:%S} UTC", student
    assert {one.state for one in collect(ASSIGNMENT, course, [folder])} <= {"unchanged", "older"}


@pytest.mark.parametrize("platform, own", [
    (canvas, "mallory_666_{}_x_dag_attempt_2025-10-20-10-00-{:02}_{}"),
    (canvas, "mallory_666_{}_x_31003_assignsubmission_file_{}_{}"),
    (moodle, "Mallory_666_assignsubmission_file_{}_dag_attempt_2025-10-20-10-00-{:02}_{}"),
    (blackboard, "Assignment 1_mallory_attempt_2025-10-20-10-00-00_{}_31003_assignsubmission_file_{}_{}")],
    ids=["canvas as blackboard", "canvas as moodle", "moodle as blackboard", "blackboard as moodle"])
@pytest.mark.parametrize("with_roster", [True, False], ids=["roster", "no roster"])
def test_files_that_one_student_names_like_another_platforms_change_nothing_for_the_others(
        course, tmp_path, platform, own, with_roster):
    """There may be more of them than the whole class has handed in."""
    if not with_roster:
        course.roster.unlink()
    alone, besides = tmp_path / "alone", tmp_path / "besides"
    for folder in (alone, besides):
        folder.mkdir()
        platform(folder)
    for number in range(60):
        lay(besides, {own.format(900 + number, number, name): "evil" for name in ("knn.ipynb", "layers.py")}, TIMES[11])
    without = Course(tmp_path / "without")
    without.prepare()
    if with_roster:
        without.roster.write_bytes(course.roster.read_bytes())
    collect(ASSIGNMENT, without, [alone])
    collect(ASSIGNMENT, course, [besides])
    there, besides = (set(of.students("assignment1")) for of in (without, course))
    assert len(there) == 12 and besides - there <= {"mallory", "mallory-666", "Mallory-666"}
    for student in there:
        for name in (NOTEBOOK, MODULE):
            one, other = ((of.submitted(student, "assignment1") / name).read_text() for of in (course, without))
            assert one == other, student


def test_times_that_a_student_packs_do_not_take_the_place_of_what_the_platform_says(course, tmp_path):
    """A zip in what the platform packed holds files of any age that its student likes."""
    early = datetime(2025, 9, 1, tzinfo=UTC)
    local = TIMES[0].astimezone()
    pack(tmp_path / "one" / f"Assignment 1_{LOGINS[0]}_attempt_{local:%Y-%m-%d-%H-%M-%S}_work.zip", work(0), early)
    pack(tmp_path / "two" / "submission_1" / "work.zip", work(1), early)
    (tmp_path / "two" / "submission_metadata.yml").write_text(
        f"submission_1:\n  :submitters:\n  - :sid: s01\n  :created_at: {TIMES[1]:%Y-%m-%d %H:%M:%S} Z\n")
    for number, name in enumerate(("one", "two")):
        collect(ASSIGNMENT, course, [tmp_path / name])
        there = course.submitted(IDS[number], "assignment1")
        assert (there / NOTEBOOK).read_text() == work(number)[NOTEBOOK]
        assert (there / "timestamp.txt").read_text() == f"{TIMES[number]:%Y-%m-%d %H:%M:%S} UTC"


def test_attempts_are_kept_and_the_first_counts_when_it_is_asked_for(course, tmp_path):
    blackboard(tmp_path / "download")
    collect(ASSIGNMENT, course, [tmp_path / "download"], "first")
    assert (course.submitted("s05", "assignment1") / MODULE).read_text() == "x = 5, 1\n"
    assert [path.read_text() for path in course.replaced("s05", "assignment1").rglob("layers.py")] == ["x = 5, 0\n"]


def test_a_download_that_is_taken_again_makes_nothing_later_than_it_was(course, tmp_path):
    """Canvas packs every file with the time of the download."""
    for name, hour in (("one", 12), ("two", 20)):
        for attempt, again in ((1, ""), (2, "-1")):
            pack(tmp_path / name / f"byronada_9000_7{attempt}_work{again}.zip", work(0, attempt),
                 TIMES[0].replace(hour=hour))
        taken = collect(ASSIGNMENT, course, [tmp_path / name])
    assert [one.state for one in taken] == ["unchanged", "unchanged"]
    there = course.submitted("s00", "assignment1")
    assert (there / MODULE).read_text() == work(0, 2)[MODULE]
    assert (there / "timestamp.txt").read_text() == f"{TIMES[0]:%Y-%m-%d %H:%M:%S} UTC"


def test_a_name_with_a_time_that_cannot_be_costs_nobody_in_the_download_anything(course, tmp_path):
    course.roster.write_text("id,login\na,ada\nb,grace\n")
    for login, time in (("ada", "2025-13-40-21-14-03"), ("grace", "2025-10-08-21-14-03")):
        lay(tmp_path / "in", {f"Assignment 1_{login}_attempt_{time}_knn.ipynb": work(0)[NOTEBOOK]}, TIMES[0])
    assert [one.state for one in collect(ASSIGNMENT, course, [tmp_path / "in"])] == ["new", "new"]


def test_a_platform_that_tells_an_earlier_time_of_the_same_work_is_heeded(course, tmp_path):
    """It was copied out of a download at first, which makes files as new as the copy."""
    lay(tmp_path / "copied" / "s00", {NOTEBOOK: work(0)[NOTEBOOK]}, datetime(2025, 12, 1, tzinfo=UTC))
    lay(tmp_path / "in" / "submission_1", {NOTEBOOK: work(0)[NOTEBOOK]}, datetime(2025, 12, 1, tzinfo=UTC))
    collect(ASSIGNMENT, course, [tmp_path / "copied"])
    for moment in (TIMES[0], TIMES[5]):
        (tmp_path / "in" / "submission_metadata.yml").write_text(
            f"submission_1:\n  :submitters:\n  - :sid: s00\n  :created_at: {moment:%Y-%m-%d %H:%M:%S} Z\n")
        assert [one.state for one in collect(ASSIGNMENT, course, [tmp_path / "in"])] == ["unchanged"]
        there = course.submitted("s00", "assignment1")
        assert (there / "timestamp.txt").read_text() == f"{TIMES[0]:%Y-%m-%d %H:%M:%S} UTC"
        assert [path.name for path in there.parent.iterdir()] == ["assignment1"]


def test_an_id_that_no_folder_can_bear_is_refused_and_not_taken_in_where_nobody_finds_it(course, tmp_path):
    course.roster.write_text("id,name\n2019/1234,Ada Byron\n")
    lay(tmp_path / "in" / "Ada Byron_31000_assignsubmission_file", work(0), TIMES[0])
    taken, = collect(ASSIGNMENT, course, [tmp_path / "in"])
    assert taken.state == "refused" and "'2019/1234' in" in taken.sentence and not course.students("assignment1")


def test_clocks_that_do_not_say_where_they_stand_stand_where_the_assignments_dates_are_said_to_be(course, tmp_path):
    """A class is graded on machines whose own clock shows another time."""
    (tmp_path / "assignment1").mkdir()
    (tmp_path / "assignment1" / "assignment.toml").write_text(
        '[late]\ndue = 2025-10-08T23:59:00\ntimezone = "Asia/Kathmandu"\n')
    lay(tmp_path / "in", {"Assignment 1_ada_attempt_2025-10-08-23-58-00_knn.ipynb": "{}"}, TIMES[0])
    collect(dataclasses.replace(ASSIGNMENT, folder=tmp_path / "assignment1"), course, [tmp_path / "in"])
    with zipfile.ZipFile(tmp_path / "s01.zip", "w") as packed:               # a zip's clock does not say where it is
        packed.writestr(zipfile.ZipInfo("knn.ipynb", (2025, 10, 8, 23, 58, 0)), "{}")
    collect(dataclasses.replace(ASSIGNMENT, folder=tmp_path / "assignment1"), course, [tmp_path / "s01.zip"])
    for student in ("s00", "s01"):
        said = (course.submitted(student, "assignment1") / "timestamp.txt").read_text()
        assert said == "2025-10-08 18:13:00 UTC"


def test_people_that_the_roster_does_not_know_or_cannot_tell_apart_are_named(course, tmp_path):
    course.roster.write_text("id,name\na1,Jane Doe\na2,Jane Doe\n", encoding="utf-16")
    for name in ("Jane Doe", "Joe Public"):
        lay(tmp_path / "in" / f"{name}_7_assignsubmission_file_", work(0), TIMES[0])
    jane, joe = collect(ASSIGNMENT, course, [tmp_path / "in"])
    assert "'Jane Doe', '7' may be any of a1, a2" in jane.sentence
    assert "'Joe Public', '7' is not in" in joe.sentence


def test_two_of_one_name_are_told_apart_by_the_number_that_the_roster_has_beside_it(course, tmp_path):
    course.roster.write_text("id,name,number\na1,Jane Doe,31001\na2,Jane Doe,31002\n")
    for number in (1, 2):
        lay(tmp_path / "in" / f"Jane Doe_3100{number}_assignsubmission_file", work(number), TIMES[number])
    assert {one.state for one in collect(ASSIGNMENT, course, [tmp_path / "in"])} == {"new"}
    for number in (1, 2):
        assert (course.submitted(f"a{number}", "assignment1") / NOTEBOOK).read_text() == work(number)[NOTEBOOK]


@pytest.mark.parametrize("numbers", [(), (31001,)], ids=["unknown", "one known"])
def test_of_two_of_one_name_the_one_whom_the_roster_lacks_is_not_taken_for_the_other(course, tmp_path, numbers):
    """Who joined late has no row yet; the work of the other must not be replaced by theirs."""
    course.roster.write_text("id,name,number\n" + f"a1,Jane Doe,{numbers[0] if numbers else ''}\n")
    for number in (1, 2):
        lay(tmp_path / "in" / f"Jane Doe_3100{number}_assignsubmission_file", work(number), TIMES[number])
    taken = collect(ASSIGNMENT, course, [tmp_path / "in"])
    refused = [one for one in taken if one.state == "refused"]
    assert [one.student for one in refused] == ["Jane Doe-31001", "Jane Doe-31002"][len(numbers):]
    assert "'Jane Doe', '31002' may be a1 of" in refused[-1].sentence
    if numbers:
        assert (course.submitted("a1", "assignment1") / NOTEBOOK).read_text() == work(1)[NOTEBOOK]


def test_a_number_of_canvas_that_is_anothers_student_number_gives_nobody_anothers_work(course, tmp_path):
    lay(tmp_path / "in", {"abbottben_9001_5_knn.ipynb": work(1)[NOTEBOOK]}, TIMES[1])
    course.roster.write_text("id,name\n9001,Ada Byron\nb,Ben Abbott\n")
    taken, = collect(ASSIGNMENT, course, [tmp_path / "in"])
    assert taken.state == "refused" and "may be any of 9001, b" in taken.sentence
    course.roster.write_text("id,name,canvas\n9001,Ada Byron,1\nb,Ben Abbott,9001\n")
    taken, = collect(ASSIGNMENT, course, [tmp_path / "in"])
    assert (taken.student, taken.state) == ("b", "new")


@pytest.mark.parametrize("name", ["abbottben_9001_5_knn.ipynb", "Ben Abbott_9001_assignsubmission_file/knn.ipynb"])
def test_of_whom_the_roster_knows_by_a_number_alone_it_is_said(course, tmp_path, name):
    lay(tmp_path / "in", {name: work(1)[NOTEBOOK]}, TIMES[1])
    for rows, is_said in (("9001,Ada Byron\n", True), ("9001,Ben Abbott\n", False), ("9001,\n", False)):
        course.roster.write_text(f"id,name\n{rows}")
        taken, = collect(ASSIGNMENT, course, [tmp_path / "in"])
        assert taken.student == "9001" and taken.state != "refused"
        assert ("known by a number alone: nobody in roster.csv is called" in taken.sentence) is is_said


def test_what_a_student_has_packed_is_never_filed_under_another_id(course, tmp_path):
    """However it is laid out, and however it is given to collect: by itself, with others, in a folder of its own."""
    forged = {"lopezevamaria_9004_1_knn.ipynb": "{}", "abbottben_9001_1_knn.ipynb": "{}",
              "Ada Byron_31000_assignsubmission_file/knn.ipynb": "{}"}
    lay(tmp_path / "one" / "s07", forged, TIMES[0])
    pack(tmp_path / "two" / "s08.zip", forged, TIMES[0])
    pack(tmp_path / "two" / "s09.zip", work(9), TIMES[9])
    for paths in ([tmp_path / "one"], [tmp_path / "one" / "s07"], [tmp_path / "two" / "s08.zip"],
                  sorted((tmp_path / "two").iterdir())):
        collect(ASSIGNMENT, course, paths)
    assert course.students("assignment1") == ["s07", "s08", "s09"]


def test_what_may_be_a_download_or_a_students_own_is_asked_about(course, tmp_path):
    course.roster.unlink()
    canvas(tmp_path / "one" / "mallory")
    pack(tmp_path / "two" / "mallory.zip", {"a_1_2_knn.ipynb": "{}"}, TIMES[0])
    pack(tmp_path / "two" / "s09.zip", work(9), TIMES[9])
    for paths in ([tmp_path / "one"], sorted((tmp_path / "two").iterdir())):
        refused = [one for one in collect(ASSIGNMENT, course, paths) if one.state == "refused"]
        assert [one.student for one in refused] == ["mallory"] and "If it is one, collect it" in refused[0].sentence
    assert course.students("assignment1") == ["s09"]
    assert len(collect(ASSIGNMENT, course, [tmp_path / "one" / "mallory"])) > 10


def test_a_files_own_name_does_not_tell_whose_it_is(course, tmp_path):
    """A platform puts whose it is in front of the name, which may say the same of somebody else."""
    for own in ("Assignment 1_{}_attempt_2025-10-08-21-14-03_", "{}_9001_5_", "{}_31001_assignsubmission_file_"):
        here = tmp_path / own[:3]
        lay(here, {own.format("ben") + own.format("ada").replace("3100", "3200") + "knn.ipynb": "{}"}, TIMES[0])
        collect(ASSIGNMENT, course, [here])
        assert course.students("assignment1") == ["s01"]


def test_who_is_called_on_moodle_like_anothers_folder_is_not_that_one(course, tmp_path):
    """Where people name themselves, one may take the name that another's folder has."""
    folder = tmp_path / "in"
    lay(folder / "Ben Abbott_31001_assignsubmission_file", work(1), TIMES[1])
    lay(folder / "Ben Abbott_31001_assignsubmission_file_31000_assignsubmission_file", work(0), TIMES[5])
    taken = collect(ASSIGNMENT, course, [folder])
    assert course.students("assignment1") == ["s01"] and [one.state for one in taken].count("refused") == 1
    assert (course.submitted("s01", "assignment1") / NOTEBOOK).read_text() == work(1)[NOTEBOOK]


@pytest.mark.parametrize("others", [(), ("ada",)], ids=["alone", "with others"])
@pytest.mark.parametrize("title", ["Assignment 1", "Week_1"])
@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_a_login_that_ends_like_anothers_is_not_that_one(course, tmp_path, others, title, known):
    course.roster.write_text("id,login\nv,doe\na,ada\n" + "m,j_doe\n" * known)
    for login in ("j_doe", *others):
        lay(tmp_path / "in", {f"{title}_{login}_attempt_2025-10-08-21-14-03_knn.ipynb": f'"{login}"'}, TIMES[0])
    collect(ASSIGNMENT, course, [tmp_path / "in"])
    if known or others:
        assert course.students("assignment1") == ["a"] * bool(others) + ["m"] * known


def test_without_a_roster_people_are_called_what_the_platform_calls_them(course, tmp_path):
    course.roster.unlink()
    for platform, expected in ((canvas, "byronada-9000"), (moodle, "Ada-Byron-31000"), (gradescope, "s00"),
                               (blackboard, "ada")):
        here = Course(tmp_path / f"course-{platform.__name__}")
        platform(tmp_path / platform.__name__)
        collect(ASSIGNMENT, here, [tmp_path / platform.__name__])
        assert expected in here.students("assignment1")


@pytest.mark.parametrize("one, other", [
    ("ada@x.edu", "\uff41da@x.edu"), ("ada@x.edu", "_ada@x.edu."), ("o-neil@x.edu", "o'neil@x.edu")])
def test_without_a_roster_whoever_is_called_nearly_like_another_is_not_that_one(course, tmp_path, one, other):
    """On some platforms people choose what they are called."""
    course.roster.unlink()
    found = {each.sentence: each for each in _on_gradescope(course, tmp_path, one, other)}
    assert (course.submitted(one, "assignment1") / MODULE).read_text() == work(0)[MODULE]
    assert course.students("assignment1") == [one]
    assert [each.state for each in found.values()] == ["new", "refused"] and repr(other) in [*found][1]


@pytest.mark.parametrize("one, other", [("!!!", "???"), (f"{'a' * 100}1", f"{'a' * 100}2"), ("d'Or", "d`Or")])
def test_without_a_roster_two_who_would_share_a_folder_are_named_and_not_taken(course, tmp_path, one, other):
    course.roster.unlink()
    taken = _on_gradescope(course, tmp_path, one, other)
    assert [each.state for each in taken] == ["refused", "refused"] and course.students("assignment1") == []
    assert all("roster.csv" in each.sentence for each in taken)


def _on_gradescope(course, tmp_path, *people):
    for number, _ in enumerate(people):
        lay(tmp_path / "in" / f"submission_{number}", work(number), TIMES[number])
    (tmp_path / "in" / "submission_metadata.yml").write_text("".join(
        f'submission_{number}:\n  :submitters:\n  - :email: "{who}"\n  :created_at: {TIMES[number]:%Y-%m-%d %H:%M} Z\n'
        for number, who in enumerate(people)), encoding="utf-8")
    return collect(ASSIGNMENT, course, [tmp_path / "in"])


def test_a_record_of_gradescopes_that_cannot_be_read_is_one_sentence(course, tmp_path):
    gradescope_folder = tmp_path / "in"
    gradescope_folder.mkdir()
    for text, sentence in (("a: [", "cannot be read"), ("- 1\n", "expected an entry"), ("s: 5\n", "says nothing of s")):
        (gradescope_folder / "submission_metadata.yml").write_text(text)
        with pytest.raises(KitError, match=sentence):
            collect(ASSIGNMENT, course, [gradescope_folder])


def test_names_in_a_record_of_gradescopes_are_texts_and_nothing_in_it_is_made_again_and_again(course, tmp_path):
    """Ten lines that name each other nine times are a billion entries where somebody writes them out."""
    gradescope_folder = tmp_path / "in"
    gradescope_folder.mkdir()
    laughs = "".join(f"  b{n}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(10))
    record = f"s:\n  a: &a0 [1]\n{laughs}  :submitters:\n  - :name: *a10\n    :email: [x]\n"
    (gradescope_folder / "submission_metadata.yml").write_text(record)
    assert [(one.student, one.state) for one in collect(ASSIGNMENT, course, [gradescope_folder])] == [("?", "refused")]
    merges = "".join(f"b{n}: &a{n + 1} {{<<: [{', '.join([f'*a{n}'] * 9)}]}}\n" for n in range(10))
    (gradescope_folder / "submission_metadata.yml").write_text(f"a: &a0 {{x: 1}}\n{merges}")
    with pytest.raises(KitError, match="cannot be read"):
        collect(ASSIGNMENT, course, [gradescope_folder])


@pytest.mark.parametrize("attempt, counts, states", [("last", 1, ["new", "updated"]), ("first", 5, ["new", "later"])])
def test_which_upload_is_the_newer_one_canvas_says_and_not_the_times_that_a_student_packs(course, tmp_path, attempt,
                                                                                        counts, states):
    for number, again in ((5, ""), (1, "-1")):                           # the later upload holds older files
        pack(tmp_path / "in" / f"byronada_9000_{80 - number}_work{again}.zip", work(number), TIMES[number])
    for expected in (states, ["unchanged", "unchanged"] if attempt == "last" else ["unchanged", "later"]):
        assert [one.state for one in collect(ASSIGNMENT, course, [tmp_path / "in"], attempt)] == expected
    there = course.submitted("s00", "assignment1")
    assert (there / MODULE).read_text() == work(counts)[MODULE]
    assert (there / "timestamp.txt").read_text() == f"{TIMES[5]:%Y-%m-%d %H:%M:%S} UTC"


def test_a_name_of_a_students_own_that_ends_in_a_number_makes_no_upload_a_newer_one(course, tmp_path):
    pack(tmp_path / "in" / "byronada_9000_71_work-1.zip", work(1), TIMES[1])
    pack(tmp_path / "in" / "byronada_9000_72_work.zip", work(5), TIMES[5])
    collect(ASSIGNMENT, course, [tmp_path / "in"])
    assert (course.submitted("s00", "assignment1") / MODULE).read_text() == work(5)[MODULE]
