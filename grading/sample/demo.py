"""The whole road on a sample class, with nothing left out: from source to scores and feedback."""

import os
import time

from grading.autograde import autograde, table
from grading.autograde.progress import Progress
from grading.autograde.tryout import try_out
from grading.autograde.workers import Workers, choose_sandbox
from grading.books.course import Course
from grading.desk import feedback
from grading.errors import KitError
from grading.intake import collect
from grading.release import assignment as assignments
from grading.release import generate
from grading.sample import sample_class

TIMEOUT = 10          # seconds a cell may take here: one of the sample students never ends


def run(names: list[str], course: Course) -> int:
    """Release, collect, autograde and write feedback for each assignment named. Returns the exit code."""
    started = time.monotonic()
    made = []
    wanted = [assignments.load(name) for name in names]
    for name in names:
        _refuse_a_real_class(name, course)
    for assignment in wanted:
        _say(f"{assignment.name}: {assignment.title}")
        _say("generate: source -> release")
        archive = generate.generate(assignment, course, try_out=try_out)
        _say("a sample class, made from the source")
        folder = course.root / "sample-class" / assignment.name
        students = sample_class.make(assignment, course, folder)
        taken = collect.collect(assignment, course, [folder])
        refused = [one for one in taken if one.state == "refused"]
        if refused:
            raise KitError(f"the sample class was not taken in: {refused[0].sentence}")
        sandbox = choose_sandbox(unsafe=True)                  # the sample class is the kit's own
        _say(f"autograde: {len(students)} submissions (sandbox: {sandbox.level})")
        with Progress() as progress, Workers(assignment, course, sandbox) as workers:
            graded = autograde.autograde(assignment, course, students, workers=workers, timeout=TIMEOUT,
                                         jobs=os.cpu_count() or 1, listener=progress)
        faults = [result for result in graded if result.fault]
        if faults:
            raise KitError(f"{faults[0].student}: {faults[0].fault}")
        _say("feedback: pages for every student")
        feedback.feedback(assignment, course, students)
        print()
        table.show(assignment, graded)
        made += [("the students' kit", archive), ("the sample class", folder)]
    made += [("graded notebooks", course.root / "autograded"), ("feedback", course.root / "feedback"),
             ("gradebook", course.gradebook)]
    print(f"\nMade in {time.monotonic() - started:.0f} s:")
    for what, path in made:
        print(f"    {what:<18} {path}")
    print(f"Next: grading/kit answers {names[0]} (mark the written answers), or grading/kit formgrade")
    return 0


def _refuse_a_real_class(assignment: str, course: Course) -> None:
    real = [student for student in course.students(assignment) if not student.startswith(sample_class.PREFIX)]
    if real:
        raise KitError(f"{course.root} holds {len(real)} submissions of {assignment} from your class; the sample class "
                       "would mix with them. Name another folder: kit demo --course /tmp/kit-demo")


def _say(text: str) -> None:
    print(f"==> {text}", flush=True)
