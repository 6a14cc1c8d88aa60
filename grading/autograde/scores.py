"""The score rule: a test cell that ran to its end has its points, any other has none.

nbgrader takes the points away for any text on stderr (an honest warning) and reads a number a cell returns as its
score; neither says anything about the student's work.
"""

from nbgrader import utils
from nbgrader.preprocessors import SaveAutoGrades

from grading import NOTE


class SaveScores(SaveAutoGrades):
    """nbgrader's SaveAutoGrades with the kit's rule; every test cell is scored anew, so nothing stale stays."""

    def _add_score(self, cell, resources):
        described = cell.metadata.nbgrader
        grade = self.gradebook.find_grade(described["grade_id"], self.notebook_id, self.assignment_id, self.student_id)
        if utils.is_solution(cell):
            grade.auto_score, _ = utils.determine_grade(cell, self.log)      # 0 for an untouched answer, else by hand
        else:
            grade.auto_score = float(described["points"]) if cell.metadata[NOTE]["outcome"] == "passed" else 0.0
        grade.needs_manual_grade = grade.manual_score is not None or grade.auto_score is None
        self.gradebook.db.commit()
