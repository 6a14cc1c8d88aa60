"""Results as a table: a row for each submission and, in a class that can be read so, below it what happened."""

from collections.abc import Mapping, Sequence

from grading.books.results import Result
from grading.desk import terminal
from grading.desk.terminal import Column, Row
from grading.release.assignment import Assignment
from grading.trials import diagnosis

MANY = 40                        # submissions: of more, what happened stands beside each, cut to what fits


def show(assignment: Assignment, results: Sequence[Result], given: Mapping[tuple[str, str, str], float] | None = None,
         said: Mapping[str, str] | None = None) -> None:
    """Print autograded points by notebook, the total, and what happened.

    - given: what was marked by hand, as `marks.scores` tells it
    - said: what else there is to say of a student's submission
    """
    marked: dict[str, set[str]] = {}
    for student, _, cell in given or ():
        marked.setdefault(student, set()).add(cell)
    many = len(results) > MANY
    columns = [Column("student"), *(Column(name, right=True, spare=True) for name in assignment.notebooks),
               Column("total", right=True)] + [Column("what happened", spare=True, rest=True)] * many
    rows = []
    for result in results:
        happened = "; ".join(filter(None, (diagnosis.sentence(result, marked.get(result.student, ())),
                                           (said or {}).get(result.student, ""))))
        if result.fault:
            rows.append(Row(result.student, *["-"] * len(assignment.notebooks), "not graded", *[""] * many,
                            below=happened, style="bold red"))
            continue
        points = [result.autograded(notebook) for notebook in (*assignment.notebooks, None)]
        score, most = points[-1]
        rows.append(Row(result.student, *(f"{one:g}/{of:g}" for one, of in points), *[happened] * many,
                        below="" if many else happened, style="green" if score == most else ""))
    terminal.show(columns, rows)
    if many:
        terminal.say("Of one student, all that happened: kit show STUDENT", indent=0)
