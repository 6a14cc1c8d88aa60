"""Write feedback pages, without hidden tests."""

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
    from grading.desk import feedback

    course = commands.course(options)
    grades.settle(course)
    students = feedback.feedback(assignments.load(options.assignment), course, options.student)
    print(f"{options.assignment}: feedback for {len(students)} in {course.root / 'feedback'}")
    return 0
