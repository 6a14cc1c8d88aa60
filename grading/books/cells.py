"""An assignment's cells in the gradebook: what a new release changes of them, and the change itself.

nbgrader refuses to change the cells of an assignment that has submissions. Here the new cells take the place of the
old ones in one transaction: every submission gets rows for them, a mark by hand goes with its cell's name, and one
whose cell is gone goes into a file.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from nbgrader import api, dbutil
from sqlalchemy import create_engine, delete, insert, select, text, update
from sqlalchemy.orm import Session

from grading.books import marks
from grading.books.course import Course

Place = tuple[str, str]              # (notebook, grade_id)
_GRADED = {"GradeCell": api.GradeCell, "TaskCell": api.TaskCell}
_ROWS = {"GradeCell": (api.Grade,), "SolutionCell": (api.Comment,), "TaskCell": (api.Grade, api.Comment)}


@dataclass(frozen=True)
class Cells:
    """- notebooks: name -> kernelspec
    - kinds: (notebook, grade_id, nbgrader's kind) -> {"max_score", "cell_type"}; {} for a solution cell
    - sources: (notebook, grade_id) -> {"cell_type", "locked", "source", "checksum"}
    - submissions: how many the gradebook has
    """

    notebooks: dict[str, str | None] = field(default_factory=dict)
    kinds: dict[tuple[str, str, str], dict] = field(default_factory=dict)
    sources: dict[Place, dict] = field(default_factory=dict)
    submissions: int = 0

    def graded(self) -> dict[Place, tuple[float, str]]:
        """(points, how it is graded) of every graded cell."""
        return {(notebook, name): (described["max_score"], self.way(notebook, name, kind))
                for (notebook, name, kind), described in self.kinds.items() if kind in _GRADED}

    def way(self, notebook: str, name: str, kind: str) -> str:
        """How a graded cell gets its points."""
        return "by hand" if kind == "TaskCell" or (notebook, name, "SolutionCell") in self.kinds else "by a test"


def read(gradebook: Path, assignment: str) -> Cells:
    """Nothing where there is no gradebook, or no such assignment in it."""
    if not gradebook.exists():
        return Cells()
    with marks.reading(gradebook) as session:
        if not session.execute(text("SELECT 1 FROM sqlite_master WHERE name = 'assignment'")).first():
            return Cells()
        found = session.scalar(select(api.Assignment.id).where(api.Assignment.name == assignment))
        notebooks = session.execute(select(api.Notebook.id, api.Notebook.name, api.Notebook.kernelspec)
                                    .where(api.Notebook.assignment_id == found)).all() if found else []
        names = {id: name for id, name, _ in notebooks}
        kinds = {(names[home], name, "SolutionCell"): {} for home, name in session.execute(
            select(api.BaseCell.notebook_id, api.BaseCell.name)
            .where(api.BaseCell.notebook_id.in_(names), api.BaseCell.type == "SolutionCell"))}
        for kind, model in _GRADED.items():
            kinds |= {(names[home], name, kind): {"max_score": points, "cell_type": form}
                      for home, name, points, form in session.execute(
                          select(model.notebook_id, model.name, model.max_score, model.cell_type)
                          .where(model.notebook_id.in_(names)))}
        sources = {(names[one.notebook_id], one.name): {"cell_type": one.cell_type, "locked": one.locked,
                                                        "source": one.source, "checksum": one.checksum}
                   for one in session.scalars(select(api.SourceCell).where(api.SourceCell.notebook_id.in_(names)))}
        submissions = session.scalars(select(api.SubmittedAssignment.id)
                                      .where(api.SubmittedAssignment.assignment_id == found)).all()
    return Cells({name: spec for _, name, spec in notebooks}, kinds, sources, len(submissions))


def make_empty(gradebook: Path) -> None:
    """A gradebook's tables and their version, as nbgrader makes them, which starts a program to find out the latter."""
    from alembic.script import ScriptDirectory

    engine = create_engine(f"sqlite:///{gradebook}")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(text("INSERT INTO alembic_version VALUES (:head)"),
                           {"head": ScriptDirectory(dbutil.ALEMBIC_DIR).get_current_head()})
        api.Base.metadata.create_all(connection)
    engine.dispose()


def changes(old: Cells, new: Cells) -> list[str]:
    """One clause for each graded cell that is added, dropped, moved, or counts or is graded otherwise."""
    before, after = old.graded(), new.graded()
    dropped = {name: (notebook, name) for notebook, name in before.keys() - after.keys()}
    found = []
    for place, (points, way) in sorted(after.items()):
        notebook, name = place
        former = place if place in before else dropped.pop(name, None)
        if former is None:
            found.append(f"added: {name} in {notebook}, {points:g} points, graded {way}")
            continue
        points_before, way_before = before[former]
        told = [f"moves from {former[0]} to {notebook}"] if former != place else []
        told += [f"{points_before:g} -> {points:g} points"] if points != points_before else []
        told += [f"graded {way} instead of {way_before}"] if way != way_before else []
        if told:
            found.append(f"{name}: {', '.join(told)}")
    found += [f"dropped: {name} of {notebook}, {before[notebook, name][0]:g} points"
              for notebook, name in sorted(dropped.values())]
    return found


def homeless(old: marks.Marks, new: Cells) -> list[tuple[str, str, str, dict]]:
    """Marks whose cell is gone: (student, notebook, cell, mark)."""
    return [one for one in marks.each(old) if _home(new, one[1], one[2]) is None]


def _home(cells: Cells, notebook: str, name: str) -> Place | None:
    """Where a mark of this cell belongs: to the cell itself, or to the only other one of its name."""
    places = {(home, cell) for home, cell, _ in cells.kinds if cell == name}
    return (notebook, name) if (notebook, name) in places else places.pop() if len(places) == 1 else None


def take_over(course: Course, assignment: str, scratch: Path, new: Cells) -> Path | None:
    """Make the gradebook's cells those of the gradebook `scratch`, which holds nothing else. All or nothing.

    Returns the file with the marks that no cell is left for, if there are such.
    """
    with marks.reading(scratch) as session:
        course_id = session.scalar(select(api.Assignment.course_id).where(api.Assignment.name == assignment))
    if not course.gradebook.exists():
        make_empty(course.gradebook)
    api.Gradebook(f"sqlite:///{course.gradebook}", course_id).close()                  # with this course in it
    file = None
    try:
        with marks.writing(course.gradebook) as session:
            given = marks.read(session, assignment)
            if left := homeless(given, new):
                file = marks.unused(course.marks / f"{assignment}-without-a-cell.json")
                marks.write(file, [{"student": student, "notebook": notebook, "cell": cell, **mark}
                                   for student, notebook, cell, mark in left])
            submissions = _replace(session, assignment, course_id, new)
            for student, notebook, cell, mark in marks.each(given):
                if home := _home(new, notebook, cell):
                    marks.enter(session, submissions[student], *home, mark)
    except BaseException:
        if file:
            with suppress(OSError):
                file.unlink()
        raise
    return file


def _replace(session: Session, assignment: str, course_id: str, new: Cells) -> dict[str, str]:
    """Put the new cells in place. Returns student -> id of the submission."""
    id = session.scalar(select(api.Assignment.id).where(api.Assignment.name == assignment))
    if id is None:
        id = api.new_uuid()
        session.execute(insert(api.Assignment).values(id=id, name=assignment, course_id=course_id))
    submissions = dict(session.execute(select(api.SubmittedAssignment.student_id, api.SubmittedAssignment.id)
                                       .where(api.SubmittedAssignment.assignment_id == id)).all())
    homes = dict(session.execute(select(api.Notebook.name, api.Notebook.id)
                                 .where(api.Notebook.assignment_id == id)).all())
    cells = {(notebook, name, kind): cell for notebook, name, kind, cell in session.execute(
        select(api.Notebook.name, api.BaseCell.name, api.BaseCell.type, api.BaseCell.id)
        .join(api.Notebook, api.Notebook.id == api.BaseCell.notebook_id).where(api.Notebook.assignment_id == id))}
    _drop(session, [cell for key, cell in cells.items() if key not in new.kinds],
          [home for name, home in homes.items() if name not in new.notebooks])
    for name, spec in new.notebooks.items():
        if name not in homes:
            homes[name] = api.new_uuid()
            session.execute(insert(api.Notebook).values(id=homes[name], name=name, assignment_id=id, kernelspec=spec))
            _insert(session, api.SubmittedNotebook, [{"notebook_id": homes[name], "assignment_id": one}
                                                     for one in submissions.values()])
    _set_sources(session, homes, new)
    for (notebook, name, kind), described in new.kinds.items():
        if (cell := cells.get((notebook, name, kind))) is not None:
            if described:
                model = _GRADED[kind]
                session.execute(update(model.__table__).where(model.__table__.c.id == cell).values(described))
            continue
        made = {"GradeCell": api.GradeCell, "SolutionCell": api.SolutionCell, "TaskCell": api.TaskCell}[kind](
            id=api.new_uuid(), name=name, notebook_id=homes[notebook], **described)
        session.add(made)
        session.flush()
        submitted = session.scalars(select(api.SubmittedNotebook.id)
                                    .where(api.SubmittedNotebook.notebook_id == homes[notebook])).all()
        for model in _ROWS[kind]:
            waits = {"needs_manual_grade": new.way(notebook, name, kind) == "by hand"} if model is api.Grade else {}
            _insert(session, model, [{"cell_id": made.id, "notebook_id": one, **waits} for one in submitted])
    return submissions


def _set_sources(session: Session, homes: dict[str, str], new: Cells) -> None:
    session.execute(delete(api.SourceCell).where(api.SourceCell.notebook_id.in_(homes.values()))
                    .execution_options(synchronize_session=False))
    _insert(session, api.SourceCell, [{"name": name, "notebook_id": homes[notebook], **described}
                                      for (notebook, name), described in new.sources.items()])


def _drop(session: Session, cells: Sequence[str], notebooks: Sequence[str]) -> None:
    """Cells and notebooks by their ids, with everything that hangs on them."""
    for some in (cells[start:start + 500] for start in range(0, len(cells), 500)):     # SQLite takes not too many
        for model, column in ((api.Grade, api.Grade.cell_id), (api.Comment, api.Comment.cell_id),
                              *((kind.__table__, kind.__table__.c.id)
                                for kind in (api.GradeCell, api.SolutionCell, api.TaskCell)),
                              (api.BaseCell.__table__, api.BaseCell.__table__.c.id)):
            session.execute(delete(model).where(column.in_(some)).execution_options(synchronize_session=False))
    for model, column in ((api.SubmittedNotebook, api.SubmittedNotebook.notebook_id),
                          (api.SourceCell, api.SourceCell.notebook_id), (api.Notebook, api.Notebook.id)):
        session.execute(delete(model).where(column.in_(notebooks)).execution_options(synchronize_session=False))


def _insert(session: Session, model: type, rows: list[dict]) -> None:
    if rows:
        session.execute(insert(model), [{"id": api.new_uuid()} | row for row in rows])
