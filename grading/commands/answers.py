"""Mark inline questions by question, like answers together, by the items of their mark scheme.

A mark stands as long as its answer says the same, however often that is graded; a changed answer keeps it and waits
for another look, the text that was marked beside it. A mark scheme is read as `grading/books/rubric.py` shows.
"""

import argparse

from grading import commands
from grading.commands import assignment_argument, course_option, place
from grading.errors import KitError
from grading.release import assignment as assignments

PLACE = 62
LATE = "question"         # may stand behind an option too


def arguments(parser) -> None:
    assignment_argument(parser)
    parser.add_argument("question", nargs="?", metavar="QUESTION",
                        help="its answer's cell, or a part of that or of the question's heading (default: the first)")
    parser.add_argument("--names", action="store_true", help="say whose an answer is")
    parser.add_argument("--html", type=place, metavar="FILE", help="write a page to read, and serve none to mark on")
    parser.add_argument("--port", type=_port, default=0, help="serve there (default: any free port)")
    course_option(parser)


def run(options) -> int:
    from grading.books import marks
    from grading.desk import questions
    from grading.desk.answers import Desk, page
    from grading.desk.answers.serving import Server

    assignment, course = assignments.load(options.assignment), commands.course(options)
    asked = questions.of_assignment(assignment, course)
    if not asked or not course.gradebook.exists():
        raise KitError(f"{assignment.name} has {'no gradebook' if asked else 'no question that is answered in words'}.")
    if options.html and not options.question and len(asked) > 1:
        raise KitError(f"A page has one question. Name one of: {', '.join(one.name for one in asked)}.")
    desk = Desk(assignment, course, asked, options.names)
    question = questions.chosen(asked, options.question) if options.question else asked[0]
    if options.html:
        commands.write(options.html, page(desk, question, live=False), "--html")
        print(f"{assignment.name}: {question.name} in {options.html}")
        return 0
    marks.require(course)                                # else one would know after the first mark
    with Server(desk, question, options.port) as server:
        try:
            print(f"{assignment.name}: mark at {server.address}\nEvery mark is in the gradebook at once. To end: "
                  "Ctrl+C", flush=True)
            commands.tell_behind(course, assignment.name)
            server.serve_forever()
        except KeyboardInterrupt:
            print()
        finally:
            marks.copy(course, assignment.name)
    return 0


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port; expected 0 to 65535")
    return int(text)
