"""`nbgrader export` of this course: the same table as `kit export --to csv`, to grades.csv or the file that is said."""

import sys
from pathlib import Path

from nbgrader import api
from nbgrader.plugins import ExportPlugin
from sqlalchemy import select
from traitlets import Bool

from grading.books import sheets
from grading.books.course import Course
from grading.desk.export import book, table
from grading.errors import KitError


class Grades(ExportPlugin):
    """Named in the course's nbgrader_config.py."""

    partial = Bool(False, help="export although questions wait for a mark").tag(config=True)

    def export(self, gradebook) -> None:
        course = Course(Path(self.config.CourseDirectory.root).resolve())
        names = list(map(str, self.assignment)) or [one for one in gradebook.db.scalars(
            select(api.Assignment.name).order_by(api.Assignment.name))]
        gradebook.db.rollback()
        try:
            found = book.gather(course, names, self.partial, list(map(str, self.student)) or None)
        except KitError as error:
            sys.exit(str(error).replace("with --partial", "with --Grades.partial=True"))
        sheets.write(Path(self.to or "grades.csv"), table.table(found))
        self.log.info("grades of %s: %s", ", ".join(names), self.to or "grades.csv")
