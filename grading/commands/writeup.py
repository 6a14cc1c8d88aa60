"""Write each student's inline answers as a PDF.

A write-up has a cover, and for each inline question its text, the plots that it speaks of as they were handed in,
and the answer: formulas, code, tables, pictures, any script that the machine has a font for. With `--pages N` each
question takes as many pages in every PDF, as a template of Gradescope's wants it; an answer that does not fit is
set smaller, then cut, and stands in `in-full/`. What is not shown as it was written is named there and on the
terminal (exit 1). Students get the same PDF from `submit`. It takes 240 MB more (pandoc and typst; no TeX),
installed when first needed.
"""

import os
import sys

from grading import commands
from grading.commands import assignment_argument, course_option, place, student_option, whole
from grading.desk.text import clean_text
from grading.release import assignment as assignments

PLACE = 65
NEEDS = ("writeup",)


def arguments(parser) -> None:
    assignment_argument(parser)
    course_option(parser)
    student_option(parser)
    parser.add_argument("--into", type=place, metavar="FOLDER",
                        help="where to write STUDENT.pdf (default: writeups/ASSIGNMENT in the course folder)")
    parser.add_argument("--pages", type=whole, metavar="N",
                        help="pages for each question, the same for everyone: a fixed template (default: as needed)")
    parser.add_argument("--marked", action="store_true", help="with marks and comments")
    parser.add_argument("--jobs", type=whole, default=os.cpu_count() or 1, metavar="N",
                        help="written at a time (default: one per core)")


def run(options) -> int:
    from grading.books import ledger
    from grading.desk import writeup

    assignment, course = assignments.load(options.assignment), commands.course(options)
    ledger.settle_folders(course)
    folder = course.writeups(assignment.name)
    into = options.into or (folder.with_name(f"{folder.name}-marked") if options.marked else folder)
    of = len(options.student or course.students(assignment.name))
    found = []
    for one in writeup.write(assignment, course, into, options.student, options.pages, options.marked, options.jobs):
        found.append(one)
        state = f"not written; {one.failed}" if one.failed else f"{one.pages} pages{'' if one.anew else ', as before'}"
        print(clean_text(f"[{len(found)}/{of}] {one.student}: {state}"), flush=True)
        for problem in one.problems:
            print(clean_text(f"    {one.student}: {problem}"), file=sys.stderr, flush=True)
    written = [one for one in found if not one.failed]
    print(f"{assignment.name}: write-ups of {len(written)} in {into}")
    return 1 if len(written) < len(found) or any(one.problems for one in written) else 0
