"""Open nbgrader's formgrader on this course; other options are jupyter lab's."""

import os
import sys

from grading import commands
from grading.commands import course_option
from grading.desk.text import clean_text
from grading.errors import KitError

PLACE = 60
HANDS_ON = True              # options that are not the kit's go to the program it starts


def arguments(parser) -> None:
    course_option(parser)


def run(options) -> int:
    from grading.books import grades

    course = commands.course(options)
    course.prepare()
    try:
        grades.settle(course)
    except KitError as error:                        # there is something to mark all the same
        print(clean_text(f"kit: {error} Until then, late penalties are those of before."), file=sys.stderr)
    os.chdir(course.root)
    os.execvp("jupyter", ["jupyter", "lab", "--LabApp.default_url=/formgrader", *options.others])
