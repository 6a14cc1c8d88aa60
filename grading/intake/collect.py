"""Take in submissions: from folders, archives and platforms' downloads, into nbgrader's submitted folder.

Only the assignment's notebooks and student modules are taken, and pictures that answers show. A newer submission
replaces an older one whole; the other one is kept under `replaced/`.
"""

import errno
import unicodedata
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from functools import cached_property
from pathlib import Path

from cs231n import _reading as reading
from grading.books import attempts, rosters, rules
from grading.books.course import Course
from grading.books.rosters import NO_ID, STUDENT, Roster
from grading.desk.text import clean_text
from grading.errors import KitError, few
from grading.intake import archive, downloads, finding
from grading.intake.archive import Handed
from grading.intake.downloads import Person
from grading.intake.handout import Handout
from grading.intake.identities import Identities
from grading.intake.metered import metered
from grading.release.assignment import Assignment

MAX_BYTES = reading.ALL_BYTES    # of all files of a submission
FULL = errno.ENOSPC, errno.EDQUOT


@dataclass(frozen=True)
class Collected:
    """What became of one hand-in: `state` is one of STATES; `sentence` says the rest.

    Older, later and kept ones are under `replaced/`, beside the one that counts; of kept ones, grading tells which.
    `dated` says that no platform told its time: it is that of its files, which whoever wrote them can set.
    """

    student: str
    state: str
    sentence: str = ""
    dated: bool = field(default=False, compare=False)


STATES = "new", "updated", "unchanged", "older", "later", "kept", "refused"


def collect(assignment: Assignment, course: Course, paths: list[Path],
            attempt: str | None = None) -> list[Collected]:
    """Take in every submission below `paths`. One bad submission never stops the others.

    - paths: each a folder with one folder or archive per student, or one student's archive; or one path alone, a
      platform's download. What bears a student's id is never taken for one, however it is laid out inside
    - attempt: which of a student's submissions counts, one of `attempts.CHOICES`; None: the one that was said before

    Raises KitError when a path itself is no use.
    """
    return list(Collecting(assignment, course, attempt).take(paths))


class Collecting:
    """One run: the class, what it was given, and which attempt counts."""

    def __init__(self, assignment: Assignment, course: Course, attempt: str | None = None):
        self._assignment, self._course = assignment, course
        self._attempt = attempt or attempts.counting(course, assignment.name)
        self._roster: Roster | None = rosters.read(course)
        self._identities = Identities(course, assignment.name, self._roster)
        self._handout = Handout(assignment, course)

    def take(self, paths: list[Path]) -> Iterator[Collected]:
        for path in paths:
            if not path.exists():
                raise KitError(f"{path} does not exist. Give a folder that holds one folder or zip per student id.")
        attempts.let_count(self._course, self._assignment.name, self._attempt)
        known = {*(self._roster.ids if self._roster else ()), *self._course.students(self._assignment.name)}
        if len(paths) == 1 and _named(paths[0]) not in known and (
                download := _download(paths[0], self._zone)) is not None:
            yield from self._take_download(download, paths[0])
            return
        singles: dict[str, list[Path]] = {}
        for path in paths:
            entries = _entries(self._assignment, path, known)
            if len(entries) == 1 and _named(entries[0]) not in known and _is_download(entries[0]):
                yield Collected(_named(entries[0]), "refused", clean_text(
                    f"{entries[0]} is laid out like a platform's download. If it is one, collect it by itself; if it "
                    f"is one student's own work, say so by a line of {self._course.roster} with that id."))
                continue
            for entry in entries:
                singles.setdefault(_named(entry), []).append(entry)
        for student, entries in singles.items():
            if len(entries) > 1:
                yield Collected(student, "refused", clean_text(
                    f"{student} is there {len(entries)} times: {few([str(entry) for entry in entries], 4)}. Nothing of "
                    "it was taken: remove all but the one that counts."))
            else:
                yield self._guarded(student, entries[0], lambda entry=entries[0]: archive.open_submission(
                    entry, self._zone))

    def missing(self) -> list[str]:
        """Students of the roster without a submission."""
        there = set(self._course.students(self._assignment.name))
        return [student for student in (self._roster.ids if self._roster else []) if student not in there]

    @cached_property
    def _zone(self) -> tzinfo | None:
        """Where the assignment's dates are local, and clocks that say nothing stand; None where no date says it."""
        policy = rules.read(self._assignment.name, self._assignment.folder.parent)
        return policy.zone if policy and (policy.due or policy.zone is not UTC) else None

    def _take_download(self, download: Iterator[downloads.HandIn], path: Path) -> Iterator[Collected]:
        try:
            yield from self._take_hand_ins(list(download), path)
        finally:                                     # of a run that is interrupted, too
            self._identities.keep()

    def _take_hand_ins(self, found: list[downloads.HandIn], path: Path) -> Iterator[Collected]:
        doubtful = self._identities.doubtful({person for one in found for person in one.people})
        for one in found:
            if not one.people:
                yield Collected("?", "refused", f"{path}: one submission names nobody who handed it in")
            for person in one.people:
                if person in doubtful:
                    yield Collected(person.name, "refused", clean_text(doubtful[person]))
                    continue
                late = "late, says the platform" if one.late else ""
                taken = self._guarded(person, path, lambda one=one: one.handed, late, one.remark)
                if taken.state == "updated" and len(one.people) > 1:
                    others = few([repr(other.name) for other in one.people if other != person], 3)
                    taken = replace(taken, sentence=clean_text("; ".join(filter(None, [
                        taken.sentence, f"by what was handed in together with {others}"]))))
                yield taken

    def _guarded(self, who: str | Person, path: Path, open_it, *said: str) -> Collected:
        """Take one in; whatever is wrong with it is its own sentence."""
        student = who if isinstance(who, str) else who.name
        try:
            student, remarks = self._student(who), [one for one in said if one]
            if isinstance(who, str):
                return self._take(student, open_it(), path, remarks)
            remarks += filter(None, [self._identities.remark(who, student)])
            taken = self._take(student, open_it(), path, remarks)
            self._identities.took(student, who)
            return taken
        except KitError as error:
            sentence = str(error)
        except (RecursionError, MemoryError):
            sentence = f"{path} is larger or deeper than anything that can be read."
        except OSError as error:
            sentence = (f"{path} was not taken: there is no room left on the disk of {self._course.root}. Make some, "
                        "then run this again." if error.errno in FULL else f"{path} cannot be read: {error.strerror}.")
        except Exception as error:                     # one archive's own, whatever it is
            sentence = (f"{path} cannot be taken in ({type(error).__name__}: {error}). Unpack it into a folder, or ask "
                        "the student for a .zip.")
        return Collected(student, "refused", clean_text(sentence))

    def _student(self, who: str | Person) -> str:
        """The id that a folder's name or a platform's person stands for."""
        if isinstance(who, str):
            student = unicodedata.normalize("NFC", who)
            if not STUDENT.fullmatch(student) or student != unicodedata.normalize("NFKC", student):
                raise KitError(f"{who!r} is no student id: {NO_ID}. Rename it.")
            if self._roster is not None and student not in self._roster.ids:
                raise KitError(f"{student!r} is not in {self._course.roster}. Correct the name, or add the student "
                               "there.")
            return student
        return self._identities.student(who)

    def _take(self, student: str, handed: Handed, path: Path, remarks: list[str]) -> Collected:
        wanted, opened = self._assignment.submitted_files, handed
        found = self._find(handed := metered(opened, str(path)))
        if len(found.files) < len(wanted) and any(map(archive.suffix, handed.files)):
            found = self._find(handed := metered(archive.with_inner(opened, str(path), self._zone), str(path)))
        if not found.files:
            raise KitError(f"{path} {self._nothing_of_ours(handed)}")
        files = _read(found.files, handed, path)
        read = self._handout.read(files)
        pictures, without = self._handout.pictures(read, found.files, handed)
        files |= pictures
        remarks += without
        links = {name: handed.others[name] for name in wanted if name not in files and name in handed.others}
        remarks += [f"{name} is {kind} and was not taken" for name, kind in links.items()]
        if missing := [name for name in wanted if name not in files and name not in links]:
            remarks.append(f"missing: {', '.join(missing)}")
        remarks += found.remarks + self._handout.remarks(files, read)
        state = self._keep(student, files, handed)
        return Collected(student, state, clean_text("; ".join(remarks)), handed.told is None)

    def _find(self, handed: Handed) -> finding.Found:
        return finding.find(handed.files, self._assignment.submitted_files, lambda name, place:
                            self._handout.is_worked_on(name, handed.files[place].read()))

    def _nothing_of_ours(self, handed: Handed) -> str:
        wanted = self._assignment.submitted_files
        for name, notebooks in self._handout.others.items():
            if finding.find(handed.files, notebooks, lambda *_: True).files:
                return f"holds files of {name} and none of {self._assignment.name}. Collect it with: kit collect {name}"
        links = [f"{name} is {kind}" for name, kind in handed.others.items() if name in wanted]
        told = f" ({few(links, 3)})" if links else ""
        return (f"holds none of the files of {self._assignment.name}{told}: expected {', '.join(wanted)}, laid out "
                "like the release.")

    def _keep(self, student: str, files: dict[str, bytes], handed: Handed) -> str:
        """Lay a submission down where it counts, or beside the one that does. Returns the state."""
        target = self._course.submitted(student, self._assignment.name)
        time = handed.time.replace(microsecond=0)
        there = attempts.time(target)
        if handed.follows and there:
            time = max(time, there)                      # whatever its files say of theirs
        if not target.is_dir():
            state = "new"
        elif attempts.holds(target, files):
            if handed.told:
                attempts.let_be_earlier(target, time)
            return "unchanged"
        elif (self._attempt == "best" or handed.surpassed) and any(
                attempts.holds(one, files) for one in attempts.every(self._course, student, self._assignment.name)):
            return "unchanged"
        elif self._attempt == "best":
            state = "kept"
        elif self._attempt == "first" and there and time >= there:
            state = "later"
        else:
            state = "older" if self._attempt == "last" and there and time < there else "updated"
        attempts.lay_down(self._course, student, self._assignment.name, files, time, state in ("new", "updated"))
        return state


def _read(places: dict[str, str], handed: Handed, path: Path) -> dict[str, bytes]:
    """The assignment's files, name -> content; places: where each was. Raises KitError where they are too much."""
    files, size = {}, 0
    for name, place in places.items():
        files[name] = handed.files[place].read()
        size += len(files[name])
        if size > MAX_BYTES:
            raise KitError(f"{path}: its files come to more than {MAX_BYTES // 1_000_000} MB. Ask the student to clear "
                           "the outputs and hand it in again.")
    return files


def _download(path: Path, zone: tzinfo | None = None) -> Iterator[downloads.HandIn] | None:
    """The attempts in a platform's download, folder or zip; None for anything else. zone: as in `downloads.read`."""
    if path.is_dir():
        if not downloads.is_download(entry.name for entry in path.iterdir() if entry.name not in archive.JUNK):
            return None
    elif archive.suffix(path.name) != ".zip" or path.is_symlink() or not path.is_file():
        return None
    try:
        return downloads.read(archive.open_submission(path, zone), str(path), zone)
    except Exception:
        if path.is_dir():
            raise
        return None                          # one student's broken zip, refused by its own sentence


def _is_download(entry: Path) -> bool:
    with suppress(Exception):                # whatever is wrong with it is said when it is taken in
        return not entry.is_symlink() and _download(entry) is not None
    return False


def _named(path: Path) -> str:
    return unicodedata.normalize("NFC", archive.stem(path))


def _entries(assignment: Assignment, path: Path, known: Collection[str]) -> list[Path]:
    """One path per student: those in a folder, or the archive itself, or the folder that bears the id of one."""
    if not path.is_dir():
        return [path]
    if any((path / name).exists() for name in (*assignment.submitted_files, "cs231n")):
        raise KitError(f"{path} is one student's submission. Give the folder above it, which holds one folder or zip "
                       "per student id.")
    if _named(path) in known:
        return [path]
    inside = [entry for entry in sorted(path.iterdir())
              if not entry.name.startswith(".") and not archive.is_junk(entry.name)]
    if not inside:
        raise KitError(f"{path} is empty. Give a folder that holds one folder or zip per student id.")
    return inside

