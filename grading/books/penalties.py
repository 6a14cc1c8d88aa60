"""Due dates, extensions and late penalties in the gradebook, by the plugin that nbgrader's configuration names.

Nothing is run for them. They are worked out for a whole class at a time, and only what differs is written. The kit's
own plugin takes what `rules.py` and `late.py` make of descriptions and roster; an assignment without `[late]` has its
due date and extensions in the gradebook alone, and nbgrader's own penalties.
"""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace

from nbgrader import api
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session, joinedload, undefer
from traitlets import TraitError, Unicode

from grading.books import late, results, rosters, rules
from grading.books.course import CONFIG, Course
from grading.books.late import Facts, Standing
from grading.books.rules import Policy
from grading.books.stamps import submitted_at
from grading.errors import KitError

MANY = 500                   # names that SQLite is given at a time
_SAME = 1e-9                 # points by which a penalty may differ from what is written


class LateDays(LateSubmissionPlugin):
    """nbgrader's, and the penalties of assignments that have a `[late]`."""

    assignments = Unicode(str(rules.ASSIGNMENTS), help="folder of the assignments' descriptions").tag(config=True)

    def late_submission_penalty(self, student_id, score, total_seconds_late):
        """As nbgrader calls it, for one notebook: its part of what the submission loses."""
        step = self.parent
        session, name = step.gradebook.db, step.assignment_id
        if rules.read(name, Path(self.assignments)) is None:
            return super().late_submission_penalty(student_id, score, total_seconds_late)
        course = Course(Path(self.config.CourseDirectory.root))
        standing = standings(session, course, [student_id], Path(self.assignments))[student_id][name]
        return share(standing, score) or None


def share(standing: Standing, score: float) -> float:
    """A notebook's part of a submission's penalty, as its score is part of all: so none loses more than it has."""
    return standing.penalty * score / standing.facts.score if standing.facts.score > 0 else 0.0


def settle(session: Session, course: Course, assignment: str | None = None,
           students: Collection[str] | None = None) -> list[str]:
    """Bring times, due dates and penalties of these students (None: of all) up to date; returns whose have changed.

    The time of an attempt that has not been graded yet waits for its scores.

    - assignment: None is every one; late days are the course's, so with those of one, penalties of others may change
    """
    if students is None:
        students = session.scalars(select(api.SubmittedAssignment.student_id).distinct()).all()
    changed, names = [], sorted(students)
    folder = assignments_folder(course)
    described = {assignment, *(policies(session, folder) if folder else ())} if assignment else set(
        session.scalars(select(api.Assignment.name)))
    for some in (names[start:start + MANY] for start in range(0, len(names), MANY)):
        chosen = session.scalars(
            select(api.SubmittedAssignment).join(api.Assignment)
            .where(api.Assignment.name.in_(described), api.SubmittedAssignment.student_id.in_(some))
            .options(joinedload(api.SubmittedAssignment.assignment))
            .order_by(api.SubmittedAssignment.student_id)).all()
        for one in chosen:
            time = submitted_at(course.submitted(one.student_id, one.assignment.name))
            if time and time != one.timestamp and not results.is_former(
                    course, results.read(course, one.student_id, one.assignment.name)):
                one.timestamp = time
                changed.append(one.student_id)
        session.flush()
        found = standings(session, course, some, folder) if folder else {}
        rest, costly = {}, {}
        for one in chosen:
            standing = found.get(one.student_id, {}).get(one.assignment.name)
            if standing is None:
                rest |= {one.id: seconds} if (seconds := seconds_late(one)) else {}
                continue
            if (one.assignment.duedate, one.extension) != (standing.facts.due, standing.facts.extension):
                one.assignment.duedate, one.extension = standing.facts.due, standing.facts.extension
            if standing.penalty:
                costly[one.id] = standing
        session.flush()
        due = {id: share(costly[owner], score) for id, owner, score in _scores(session, costly)}
        due |= _by_plugin(session, course, rest)
        owners = {one.id: one.student_id for one in chosen}
        for owner, id, penalty in session.execute(
                select(api.SubmittedNotebook.assignment_id, api.SubmittedNotebook.id,
                       api.SubmittedNotebook.late_submission_penalty)
                .where(api.SubmittedNotebook.assignment_id.in_(owners))).all():
            if not _same(penalty, due.get(id)):
                session.execute(update(api.SubmittedNotebook).where(api.SubmittedNotebook.id == id)
                                .values(late_submission_penalty=due.get(id)))
                changed.append(owners[owner])
    return sorted(set(changed))


def check(session: Session, course: Course) -> None:
    """Raises KitError, before any work, where descriptions and roster say what cannot be followed."""
    folder, roster = assignments_folder(course), rosters.read(course)
    known = policies(session, folder) if folder else {}
    days, dates = rules.budget(known), _dates(session)
    for student in roster.ids if roster and known else ():
        _budget(course, roster, student, days)
        for name, policy in known.items():
            _extension(course, roster, student, name, policy, policy.due or dates[name], None)


def assignments_folder(course: Course) -> Path | None:
    """Where the descriptions are that penalties follow; None where the configuration names another plugin."""
    course.prepare()
    stamp = (course.root / CONFIG).stat()
    return _folder(course, (stamp.st_mtime_ns, stamp.st_size, stamp.st_ino))


@lru_cache(maxsize=100)
def _folder(course: Course, stamp: tuple) -> Path | None:
    with course.nbgrader() as nbgrader:
        plugin = _step(nbgrader["config"]).plugin_inst
    return Path(plugin.assignments) if isinstance(plugin, LateDays) else None


def _step(config, session: Session | None = None) -> AssignLatePenalties:
    try:
        step = AssignLatePenalties(config=config)
        step.init_plugin()
    except (ImportError, TraitError) as error:
        raise KitError(f"{CONFIG} names a late-submission plugin that cannot be loaded: {error}. Mend "
                       "AssignLatePenalties.plugin_class there, or take it out.") from None
    step.gradebook = _Book(session)
    return step


def policies(session: Session, folder: Path) -> dict[str, Policy]:
    """Assignment -> policy, of those in the gradebook that have one."""
    return {name: policy for name in session.scalars(select(api.Assignment.name))
            if (policy := rules.read(name, folder)) is not None}


def standings(session: Session, course: Course, students: Collection[str],
              folder: Path) -> dict[str, dict[str, Standing]]:
    """Student -> assignment -> where they stand, for assignments with a policy; of those who handed in nothing, too."""
    return {student: late.standings(facts, days)
            for student, (facts, days) in _facts(session, course, students, folder).items()}


def would_be(session: Session, course: Course, assignment: str, student: str,
             tries: Iterable[tuple[datetime | None, dict[str, float]]]) -> list[float]:
    """What each of a student's attempts would lose if it counted.

    - tries: when each was handed in, and its score by notebook
    """
    folder = assignments_folder(course)
    if folder and rules.read(assignment, folder):
        facts, days = _facts(session, course, [student], folder)[student]
        return [late.standings([replace(one, handed=handed, score=sum(scores.values()))
                                if one.assignment == assignment else one for one in facts], days)[assignment].penalty
                for handed, scores in tries]
    due = _dates(session)[assignment]
    kept = session.scalar(select(api.SubmittedAssignment.extension).join(api.Assignment).where(
        api.Assignment.name == assignment, api.SubmittedAssignment.student_id == student))
    with course.nbgrader() as nbgrader:
        step = _step(nbgrader["config"], session)
        return [sum(_charged(step, assignment, student, name, score, seconds) or 0.0 for name, score in scores.items())
                if (seconds := _seconds(handed, due, kept)) else 0.0 for handed, scores in tries]


def _facts(session: Session, course: Course, students: Collection[str],
           folder: Path) -> dict[str, tuple[list[Facts], int | None]]:
    """Student -> (what is known of each assignment with a policy, late days over the course)."""
    known, roster = policies(session, folder), rosters.read(course)
    days = rules.budget(known)
    dates = _dates(session)
    points = _points(session)
    rows = {(student, name): rest for student, name, *rest in session.execute(
        select(api.SubmittedAssignment.student_id, api.Assignment.name, api.SubmittedAssignment.timestamp,
               api.SubmittedAssignment.extension, api.SubmittedAssignment.id)
        .join(api.Assignment, api.Assignment.id == api.SubmittedAssignment.assignment_id)
        .where(api.SubmittedAssignment.student_id.in_(students), api.Assignment.name.in_(known)))}
    scores: dict[str, float] = {}
    for _, submission, score in _scores(session, [id for *_, id in rows.values()]):
        scores[submission] = scores.get(submission, 0.0) + score
    found = {}
    for student in students:
        facts = []
        for name, policy in known.items():
            handed, kept, id = rows.get((student, name), (None, None, None))
            due = policy.due or dates[name]
            granted, who = _extension(course, roster, student, name, policy, due, kept)
            facts.append(Facts(name, policy, due, handed, granted, who, scores.get(id, 0.0), points.get(name, 0.0)))
        found[student] = facts, _budget(course, roster, student, days)
    return found


def seconds_late(one: api.SubmittedAssignment) -> float:
    """After the date that it was due, with extension: nbgrader's `total_seconds_late` raises for one without a date."""
    return _seconds(one.timestamp, one.assignment.duedate, one.extension)


def _seconds(handed: datetime | None, due: datetime | None, extension: timedelta | None) -> float:
    if handed is None or due is None:
        return 0.0
    return max(0.0, (handed - due - (extension or timedelta())).total_seconds())


def _dates(session: Session) -> dict[str, datetime | None]:
    """Assignment -> when it is due, as the gradebook says."""
    return dict(session.execute(select(api.Assignment.name, api.Assignment.duedate)).all())


def _extension(course: Course, roster: rosters.Roster | None, student: str, name: str, policy: Policy,
               due: datetime | None, kept: timedelta | None) -> tuple[timedelta | None, str]:
    """(extension, who says so): the roster where it has a column for this assignment, else the gradebook."""
    said = roster.extension(student, name) if roster else None
    if said is None:
        return kept, "in the gradebook"
    where = f"{course.roster}, extension {name} of {student}"
    return rules.extension(said, policy, due, where), course.roster.name


def _budget(course: Course, roster: rosters.Roster | None, student: str, days: int | None) -> int | None:
    said = roster.late_days(student) if roster else ""
    if not said:
        return days
    if not said.isdecimal() or len(said) > 4:
        raise KitError(f"{course.roster}, late days of {student}: found {said[:40]!r}; expected a whole number of "
                       "days.")
    return int(said)


def _same(one: float | None, other: float | None) -> bool:
    return one is other is None or None not in (one, other) and abs(one - other) < _SAME


def _scores(session: Session, submissions: Iterable[str]) -> list[tuple[str, str, float]]:
    """(submitted notebook, its submission, score)."""
    return session.execute(
        select(api.SubmittedNotebook.id, api.SubmittedNotebook.assignment_id, func.sum(api.Grade.score))
        .join(api.Grade, api.Grade.notebook_id == api.SubmittedNotebook.id)
        .where(api.SubmittedNotebook.assignment_id.in_(submissions)).group_by(api.SubmittedNotebook.id)).all()


def _points(session: Session) -> dict[str, float]:
    """Assignment -> points that there are."""
    found: dict[str, float] = {}
    for model in (api.GradeCell, api.TaskCell):
        for name, points in session.execute(
                select(api.Assignment.name, func.sum(model.max_score))
                .join(api.Notebook, api.Notebook.assignment_id == api.Assignment.id)
                .join(model, model.notebook_id == api.Notebook.id).group_by(api.Assignment.name)):
            found[name] = found.get(name, 0.0) + points
    return found


def _by_plugin(session: Session, course: Course, late: dict[str, float]) -> dict[str, float | None]:
    """Notebook -> penalty, for submissions that are `late`, by their ids, by so many seconds."""
    if not late:
        return {}
    found = {}
    with course.nbgrader() as nbgrader:
        step = _step(nbgrader["config"], session)
        for notebook in session.scalars(
                select(api.SubmittedNotebook).where(api.SubmittedNotebook.assignment_id.in_(late))
                .options(undefer(api.SubmittedNotebook.score), joinedload(api.SubmittedNotebook.assignment))
                .execution_options(populate_existing=True)):
            owner = notebook.assignment
            found[notebook.id] = _charged(step, owner.assignment.name, owner.student_id, notebook.name, notebook.score,
                                          late[owner.id])
    return found


def _charged(step: AssignLatePenalties, assignment: str, student: str, notebook: str, score: float,
             seconds: float) -> float | None:
    """What the plugin takes off a notebook that is so late."""
    step.assignment_id, step.notebook_id, step.student_id = assignment, notebook, student
    penalty = step.plugin_inst.late_submission_penalty(student, score, seconds)
    return None if penalty is None else step._check_late_penalty(SimpleNamespace(score=score), penalty)


class _Book:
    """What a plugin may ask for its `parent.gradebook`."""

    def __init__(self, session: Session | None):
        self.db = session
