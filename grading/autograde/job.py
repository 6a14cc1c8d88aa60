"""One submission's job: what is run for it comes in, outcomes go out. Values alone, so that any machine can do it.

    done = job.do(worker, task, job)

A `Task` is the same for all submissions of a run; a `Job` is one submission's own. Nothing here knows of a course
folder, and nothing is written: who asked for it enters what came of it in the books.
"""

import copy
from dataclasses import dataclass, field

from nbformat import NotebookNode

from cs231n._matching import UNWRITTEN
from grading import NOTE
from grading.books.seeds import Seeds
from grading.desk import handed
from grading.engine import run
from grading.engine.budget import Budget
from grading.engine.cleaned import Output
from grading.engine.plan import Plan, name_of
from grading.engine.processes import ExaminerLost
from grading.engine.processes import Submission as Modules
from grading.engine.worker import Worker
from grading.errors import few
from grading.trials.asking import Asking

PATIENCE = 4               # times as long as a cell of a submission may one of the reference take: nothing hangs on it


@dataclass(frozen=True)
class Task:
    """What all submissions have in common.

    - plans: of the notebooks, by name
    - reference, complete: the notebooks and modules with every solution in them
    - asking: which functions are asked for what they answer
    - limit: seconds a cell may take
    - whole: run the lesson's cells that no verdict depends on, too
    """

    plans: dict[str, Plan]
    reference: dict[str, NotebookNode]
    complete: Modules
    asking: Asking
    limit: float
    whole: bool = False


@dataclass(frozen=True)
class Job:
    """- notebooks: restored, those that are run, by name
    - handed: of each, the outputs that its code cells came with, by cell id; None where they are too many
    - noted: test cell -> outcome and message, of the notebooks that need not be run
    """

    modules: Modules
    seeds: Seeds
    notebooks: dict[str, NotebookNode]
    handed: dict[str, dict[str, list[Output] | None]]
    noted: dict[str, dict] = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """- notebooks: those of the job, executed and cleaned
    - answers: of functions that failed: function -> aspect -> what was told
    - remarks: sentences for the instructor
    - costs: "seconds" of processor time, and the most "bytes" of memory that anybody has seen
    """

    notebooks: dict[str, NotebookNode]
    answers: dict[str, dict[str, list]]
    remarks: list[str] = field(default_factory=list)
    costs: dict[str, float] = field(default_factory=dict, compare=False)


def do(worker: Worker, task: Task, job: Job, budget: Budget | None = None) -> Done:
    """Raises what the engine raises when the worker, or the kit's own process in it, is lost.

    - budget: what is left for the submission, if this is not the first time that it is tried
    """
    if budget and (why := budget.over()):                    # it was our fault, so it is nobody's loss
        raise ExaminerLost(f"there is no time left to try again: {why}")
    budget = budget or Budget(task.limit)
    notebooks = copy.deepcopy(job.notebooks)                 # a job that is tried again begins as it did before
    answers = run.grade(worker, [(notebook, task.plans[name]) for name, notebook in notebooks.items()], job.modules,
                        task.limit, asked=job.seeds.asked,
                        due=lambda notes: task.asking.due(job.noted | notes), look=task.asking.look, whole=task.whole,
                        budget=budget, told_apart=True)
    remarks, beside = [], Budget(task.limit)
    for name, notebook in notebooks.items():
        remarks += _settle_doubts(worker, task, job.seeds, name, notebook, beside)
        handed.show(notebook, job.handed[name])
    unwritten = {name_of(cell) for notebook in notebooks.values() for cell in notebook.cells
                 if UNWRITTEN in cell.source}
    return Done(notebooks, {name: told for name, told in answers.items() if name not in unwritten}, remarks,
                {"seconds": round(budget.processor_seconds, 2), "bytes": budget.most})


def _settle_doubts(worker: Worker, task: Task, seeds: Seeds, name: str, notebook: NotebookNode,
                   budget: Budget) -> list[str]:
    """An error in a test is the submission's where the reference, asked the same, passes; else it is our own. So is the
    loss of one of the kit's own processes; what a submission did to these is for the instructor to look at.

    The reference's notebook is run whole: a cell stands there in the place where it stands in the submission. `budget`
    is that of all such runs for a submission. Raises ExaminerLost when it loses processes too.
    """
    doubted = [cell for cell in notebook.cells if cell.metadata.get(NOTE, {}).get("doubted")]
    if not doubted:
        return []
    beside = copy.deepcopy(task.reference[name])
    run.grade(worker, [(beside, task.plans[name])], task.complete, PATIENCE * task.limit, asked=seeds.asked,
              budget=budget)
    notes = {name_of(cell): cell.metadata[NOTE] for cell in beside.cells if NOTE in cell.metadata}
    lost = []
    for cell in doubted:
        noted = cell.metadata[NOTE]
        raised = noted.pop("doubted")
        if noted.pop("lost", False):
            lost.append(name_of(cell))
        of_reference = notes[name_of(cell)]
        if of_reference.get("lost"):
            raise ExaminerLost(f"{of_reference['doubted']}, with the complete source as well")
        if of_reference["outcome"] == "passed":
            noted["outcome"] = "error"
        else:
            told = raised if of_reference.get("doubted") else of_reference["message"]
            cell.metadata[NOTE] = {"outcome": "grader_error",
                                   "message": f"the complete source does not pass this test either: {told}"}
    return [f"look at {name}.ipynb: one of the kit's own processes was lost at {few(lost, 4)}, and is not with the "
            "complete source"] if lost else []
