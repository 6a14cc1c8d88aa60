"""Write feedback pages, without hidden tests.

What a student opens is `feedback/ada/assignment1/index.html`: the total, what to read first, a sentence on each
question; from there a page a notebook, with the student's own code, plots and answers, each failed check at its
question, and the marks. The pages need no network and no script. Of a hidden test they say what is wrong in words:
neither its lines nor its numbers. Run again, the command writes only what has changed; `nbgrader generate_feedback`
and `release_feedback` go through the same pages. In what students fetch from nbgrader's exchange, the first notebook's
page begins with what `index.html` says.
"""

from grading import commands
from grading.commands import assignment_argument, course_option, student_option
from grading.release import assignment as assignments

PLACE = 70


def arguments(parser) -> None:
    assignment_argument(parser)
    course_option(parser)
    student_option(parser)


def run(options) -> int:
    from grading.books import grades
    from grading.desk import feedback, terminal

    course = commands.course(options)
    grades.settle(course)
    with terminal.Steps() as steps:
        written = feedback.feedback(assignments.load(options.assignment), course, options.student,
                                    lambda student, number, of: told(steps, student, number, of))
    where = course.root / "feedback"
    if not written.new:
        print(f"{options.assignment}: nothing to do, the feedback for {len(written.kept)} in {where} is up to date")
    else:
        kept = f", {len(written.kept)} as before" if written.kept else ""
        print(f"{options.assignment}: feedback for {len(written.new)} in {where}{kept}")
    commands.tell_behind(course, options.assignment, options.student)
    return 0


def told(steps, student: str, number: int, of: int) -> None:
    """On a terminal a bar; in a log, a line now and then."""
    steps(number, of, student)
    if not steps.shown and number % 50 == 0 and number < of:
        print(f"[{number}/{of}]", flush=True)
