"""Grade notebooks: their own cells in a candidate, their test cells in an examiner, an outcome for every test cell.

Of the lesson's own cells, those run that a verdict depends on, or all; what the others do, the verdict does not see:
the random numbers that they draw are put back, and what they cost is not counted. A name that is missing all the same
has the notebook run whole, by new processes. The submission may bring that about, and gains nothing by it: this is the
run that it would have had.

A cell that hangs or ends its process costs only itself: new processes take over, the cells before are run again
without it. A test at which one of the kit's own processes is lost is asked once more in new ones; whose doing it was,
the same test tells beside the reference. How often that may happen is limited, and all of it has one budget.
"""

from collections.abc import Callable
from contextlib import closing

from nbformat import NotebookNode

from grading import NOTE
from grading.engine import apart, effects, questions
from grading.engine.budget import Budget
from grading.engine.cleaned import Cleaning
from grading.engine.notebook import Missing, Notebook
from grading.engine.plan import Plan, name_of
from grading.engine.probing import Probing
from grading.engine.processes import Processes, Submission
from grading.engine.worker import Worker


def _as_it_is(name: str, source: str) -> str:
    return source


def grade(worker: Worker, notebooks: list[tuple[NotebookNode, Plan]], submission: Submission, limit: float,
          asked: Callable[[str, str], str] = _as_it_is,
          due: Callable[[dict[str, dict]], Probing | None] | None = None,
          look: Callable[[dict[str, dict]], Probing | None] | None = None,
          whole: bool = True, budget: Budget | None = None, told_apart: bool = False) -> dict[str, dict[str, list]]:
    """Run restored notebooks where they are: outputs in every code cell, an outcome in every test cell's metadata.

    - limit: seconds a cell may take
    - asked: asked(grade_id, source) is a test cell as the examiner gets it
    - due: test cell -> its outcome and message, to what is asked of the functions after that
    - look: the same of one notebook, to what is asked of the names that its cells have left
    - whole: run the lesson's cells that no verdict depends on, too; one that did not run says so in its metadata
    - budget: what there is for all of it; by default what the limit amounts to
    - told_apart: what is said of public checks is to hold nothing of hidden ones: see `apart.py`

    An outcome that the test itself may be to blame for is noted with what the test raised, as "doubted": whoever asked
    for it runs the same cell beside the reference, and knows. "lost" says that one of the kit's own processes was.

    Returns what functions and cells answered to their probes: function or cell -> aspect -> what was told.
    """
    answers: dict[str, dict[str, list]] = {}
    notes: dict[str, dict] = {}
    modules = effects.of_modules(submission.texts.values())
    with closing(Processes(worker, submission, limit, budget)) as processes:
        cleaning = Cleaning(worker.box, processes.budget.charge)

        def run(notebook: NotebookNode, plan: Plan) -> Notebook:
            cleaning.begin()
            one = Notebook(processes, plan, limit, cleaning, asked, modules)
            try:
                one.all(notebook, whole)
            except Missing:
                processes.close()
                one = Notebook(processes, plan, limit, cleaning, asked, modules)
                one.all(notebook, whole=True)
            return one

        for notebook, plan in notebooks:
            one = run(notebook, plan)
            noted = {name_of(cell): cell.metadata[NOTE] for cell in notebook.cells if NOTE in cell.metadata}
            if look and (probing := look(noted)):
                answers |= one.look(notebook, probing)
            notes |= noted
        if (probing := due(notes) if due else None) and probing.functions:
            answers |= questions.of_functions(processes, probing)
        if told_apart:
            apart.ask_again(notebooks, run)
        return answers
