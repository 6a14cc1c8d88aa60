"""Open nbgrader's formgrader on this course; other options are jupyter lab's."""

import os

from grading import commands
from grading.commands import course_option

PLACE = 60
HANDS_ON = True              # options that are not the kit's go to the program it starts


def arguments(parser) -> None:
    course_option(parser)


def run(options) -> int:
    course = commands.course(options, begun=False)
    course.prepare()
    commands.settle_penalties(course)
    os.chdir(course.root)
    os.execvp("jupyter", ["jupyter", "lab", "--LabApp.default_url=/formgrader", *options.others])
