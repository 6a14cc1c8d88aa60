"""Print what has a shell complete the kit's commands, options and assignments.

    eval "$(grading/kit completion bash)"      # in ~/.bashrc; likewise zsh and tcsh
"""

from grading import commands
from grading.release import assignment as assignments

PLACE = 110
SHELLS = "bash", "zsh", "tcsh"


def arguments(parser) -> None:
    parser.add_argument("shell", choices=SHELLS)


def run(options) -> int:
    import shtab

    parser = commands.parser(commands.every())
    (choices,) = [action for action in parser._actions if action.dest == "command"]
    for command in choices.choices.values():
        for action in command._actions:
            if action.metavar == "ASSIGNMENT":
                action.choices = assignments.names()
            elif action.metavar in ("FILE", "PATH"):
                action.complete = shtab.FILE
            elif action.metavar == "FOLDER":
                action.complete = shtab.DIRECTORY
    print(shtab.complete(parser, options.shell))
    return 0
