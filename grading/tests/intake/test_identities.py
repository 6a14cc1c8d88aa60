"""Whose a submission is: nobody is taken for another, in one download or in a later one, with a roster or without."""

import json

import pytest
from test_downloads import ASSIGNMENT, MODULE, NOTEBOOK, TIMES, lay, work

from grading.intake.collect import collect


@pytest.fixture
def on_gradescope(course, tmp_path):
    """on_gradescope(group, ...) collects a download in which each group of people has handed in work of its own."""
    downloads = 0

    def collected(*groups: tuple[dict[str, str], ...]):
        nonlocal downloads
        folder, downloads, record = tmp_path / f"download{downloads}", downloads + 1, ""
        for number, people in enumerate(groups):
            which = 3 * downloads + number
            lay(folder / f"submission_{number}", work(which), TIMES[which])
            record += f"submission_{number}:\n  :submitters:\n" + "".join(
                "  - " + "\n    ".join(f":{field}: {json.dumps(value)}" for field, value in one.items()) + "\n"
                for one in people) + f"  :created_at: {TIMES[which]:%Y-%m-%d %H:%M:%S} Z\n"
        (folder / "submission_metadata.yml").write_text(record)
        return collect(ASSIGNMENT, course, [folder])

    return collected


def whose(course, student: str) -> str:
    return (course.submitted(student, "assignment1") / MODULE).read_text()


ADA, MALLORY = {"sid": "s01", "email": "ada@x.edu"}, {"sid": "s01", "email": "mallory@x.edu"}


@pytest.mark.parametrize("first, later", [
    ({"email": "o-neil@x.edu"}, {"email": "o'neil@x.edu"}), ({"email": "ada@x.edu"}, {"email": "\uff41da@x.edu"}),
    ({"name": "!!!"}, {"name": "???"}), ({"name": "a" * 100 + "1"}, {"name": "a" * 100 + "2"}),
    (ADA, MALLORY), ({"email": "ada@x.edu"}, {"sid": "ada@x.edu", "email": "mallory@x.edu"})],
    ids=["a sign", "letters of another width", "nothing left", "too long", "anothers number", "anothers address"])
def test_a_later_download_gives_nobody_the_id_of_another(course, on_gradescope, first, later):
    taken, = on_gradescope((first,))
    assert taken.state == "new"
    refused, = on_gradescope((later,))
    assert refused.state == "refused" and "Write a roster.csv" in refused.sentence
    assert repr(next(iter(later.values()))) in refused.sentence
    assert course.students("assignment1") == [taken.student] and whose(course, taken.student) == work(3)[MODULE]


def test_who_has_another_name_meanwhile_is_still_the_same(course, on_gradescope):
    on_gradescope((ADA | {"name": "Ada Byron"},))
    taken, = on_gradescope((ADA | {"name": "Ada Lovelace"},))
    assert (taken.student, taken.state) == ("s01", "updated")


def test_of_two_who_say_the_same_number_the_one_who_was_known_by_it_is_taken(course, on_gradescope):
    assert [one.state for one in on_gradescope((ADA,), (MALLORY,))] == ["refused", "refused"]
    on_gradescope((ADA,))
    refused, taken = on_gradescope((MALLORY,), (ADA,))
    assert (refused.state, taken.state) == ("refused", "updated") and "'mallory@x.edu'" in refused.sentence


def test_a_roster_says_who_is_meant(course, on_gradescope):
    """One with nothing but ids does not; one with addresses does, whoever came before."""
    course.roster.write_text("id\ns01\ns02\n")
    on_gradescope((MALLORY,))
    refused, = on_gradescope((ADA,))
    assert "and so was 'mallory@x.edu' before. Add a column" in refused.sentence
    course.roster.write_text("id,email\ns01,ada@x.edu\ns02,mallory@x.edu\n")
    assert [(one.student, one.state) for one in on_gradescope((ADA,))] == [("s01", "updated")]


def test_who_was_collected_by_id_is_known_by_it_and_by_no_name_that_is_like_it(course, on_gradescope, tmp_path):
    lay(tmp_path / "inbox" / "ann", work(0), TIMES[0])
    collect(ASSIGNMENT, course, [tmp_path / "inbox"])
    assert [one.state for one in on_gradescope(({"name": "ann."},))] == ["refused"]
    assert [one.state for one in on_gradescope(({"name": "ann"},))] == ["updated"]


def test_a_login_that_ends_like_that_of_an_earlier_download_is_not_that_one(course, tmp_path):
    for folder, logins in (("one", ("doe", "ada")), ("two", ("j_doe",))):
        for login in logins:
            lay(tmp_path / folder, {f"Assignment 1_{login}_attempt_2025-10-08-21-14-03_knn.ipynb": f'"{login}"'},
                TIMES[0])
        taken = collect(ASSIGNMENT, course, [tmp_path / folder])
    assert [one.state for one in taken] == ["refused"] and "'j_doe'" in taken[0].sentence
    assert (course.submitted("doe", "assignment1") / NOTEBOOK).read_text() == '"doe"'


def test_long_names_keep_the_number_that_tells_them_apart(course, tmp_path):
    for number in (31000, 31001):
        lay(tmp_path / "in" / f"{'a' * 110}_{number}_assignsubmission_file", work(number % 2), TIMES[0])
    assert [one.state for one in collect(ASSIGNMENT, course, [tmp_path / "in"])] == ["new", "new"]
    assert len(course.students("assignment1")) == 2


def test_another_task_on_moodle_has_other_numbers_of_the_same_people(course, tmp_path):
    course.roster.write_text("id,name\na,Ada Byron\n")
    for number, state in ((31000, "new"), (42000, "updated")):
        lay(tmp_path / str(number) / f"Ada Byron_{number}_assignsubmission_file", work(number % 7), TIMES[number % 5])
        taken, = collect(ASSIGNMENT, course, [tmp_path / str(number)])
        assert (taken.student, taken.state) == ("a", state)


def test_a_flat_file_that_may_be_anothers_is_left_out_and_named(course, tmp_path):
    """Where Moodle makes no folders, one may be called what another's file begins with."""
    ben = "Ben Abbott_31001_assignsubmission_file_"
    odd = f"{ben}31000_assignsubmission_file_"
    lay(tmp_path / "in", {f"{ben}layers.py": work(1)[MODULE], f"{odd}knn.ipynb": "HOSTILE"}, TIMES[1])
    taken, = collect(ASSIGNMENT, course, [tmp_path / "in"])
    assert "31000_assignsubmission_file_knn.ipynb may be somebody else's, by its name, and was not" in taken.sentence
    assert whose(course, "Ben-Abbott-31001") == work(1)[MODULE]
    assert not (course.submitted("Ben-Abbott-31001", "assignment1") / NOTEBOOK).exists()


def test_whose_work_a_group_replaces_is_told_with_whom(course, on_gradescope):
    """On a platform one may name another as a member, and hand in for both."""
    ben = {"sid": "s02", "email": "ben@x.edu"}
    on_gradescope((ADA,))
    states = {one.student: one for one in on_gradescope((ben, ADA))}
    assert states["s01"].state == "updated" and "together with 's02'" in states["s01"].sentence
    assert [path.read_text() for path in course.replaced("s01", "assignment1").rglob("layers.py")] == [work(3)[MODULE]]


@pytest.mark.parametrize("name", ["ada", "Ada", "ada@x", "ada, ada"])
def test_who_is_called_as_another_logs_in_keeps_nobodys_work_from_being_taken(course, tmp_path, name):
    """In a roster that a platform's class list has made, people have chosen what they are called."""
    course.roster.write_text(f'id,login,name\ns01,ada,Ada Byron\ns02,mallory,"{name}"\n')
    for login, number in (("ada", 0), ("mallory", 1)):
        lay(tmp_path / "in", {f"Assignment 1_{login}_attempt_2025-10-08-21-14-03_knn.ipynb": work(number)[NOTEBOOK],
                              f"Assignment 1_{login}_attempt_2025-10-08-21-14-03_layers.py": work(number)[MODULE]},
            TIMES[0])
    taken = {one.student: one.state for one in collect(ASSIGNMENT, course, [tmp_path / "in"])}
    assert taken == {"s01": "new", "s02": "new"}
    assert [whose(course, student) for student in ("s01", "s02")] == [work(0)[MODULE], work(1)[MODULE]]


MALLORY_AS_ADA = {"name": "Mallory Moe", "sid": "s01", "email": "mallory@x.edu"}


@pytest.mark.parametrize("account", [MALLORY_AS_ADA, MALLORY_AS_ADA | {"name": "Ada Byron"},
                                     MALLORY_AS_ADA | {"sid": "ada@x.edu", "name": "s01"}],
                         ids=["number", "number and name", "address as number"])
def test_an_address_outranks_what_people_say_of_themselves(course, on_gradescope, account):
    """On Gradescope they write in their numbers and names; and who they mean may not have handed in yet."""
    course.roster.write_text("id,name,email\ns01,Ada Byron,ada@x.edu\ns02,Mallory Moe,mallory@x.edu\n")
    taken, = on_gradescope((account,))
    assert (taken.student, taken.state) == ("s02", "new")


def test_who_says_one_students_number_and_anothers_name_is_neither_where_no_address_tells(course, on_gradescope):
    course.roster.write_text("id,name\ns01,Ada Byron\ns02,Mallory Moe\n")
    refused, = on_gradescope((MALLORY_AS_ADA,))
    assert refused.state == "refused" and "may be any of s01, s02" in refused.sentence
    taken, = on_gradescope((MALLORY_AS_ADA | {"sid": "s02"},))
    assert (taken.student, taken.state) == ("s02", "new")
