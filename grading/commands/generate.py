"""Stage, grade source and release, leak check, zip.

`generate` has the engine grade the complete source and the untouched release first: a test that the one does not
pass, or the other does, is named, and nothing is released. What refuses it leaves the course as it was. When graded
cells change after submissions are graded, it shows how and waits for `--yes`; marks go with their cell, those of a
dropped cell into `marks/`. Then `autograde` runs what depends on the change: a changed test its notebook, for
everybody; points and texts nothing; a due date, an extension or the late policy nothing, but penalties follow. A
gradebook that was lost or edited is filled again from the kept results, and with the marks that the last run saw.
An error that a test itself raises, as the same test beside the complete source shows, is a `grader_error`: it is
entered nowhere, and exit 1 says so.
"""

from grading.commands import assignment_argument, course, course_option
from grading.release import assignment as assignments

PLACE = 30


def arguments(parser) -> None:
    assignment_argument(parser)
    course_option(parser)
    parser.add_argument("--yes", action="store_true", help="go on where cells change that students are graded by")


def run(options) -> int:
    from grading.autograde.tryout import try_out
    from grading.release import generate

    archive = generate.generate(assignments.load(options.assignment), course(options, begun=False), yes=options.yes,
                                try_out=try_out, tell=lambda line: print(f"{options.assignment}: {line}", flush=True))
    print(f"{options.assignment}: released in {archive.with_suffix('')}\n"
          f"{options.assignment}: packed as  {archive} ({archive.stat().st_size / 1024:.0f} KB)")
    return 0
