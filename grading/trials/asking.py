"""Which functions and cells of a submission are asked for their answers: what a test judges, and what failed one."""

from grading.engine.probing import Probing
from grading.engine.telling import UNIMPLEMENTED
from grading.release import stubs
from grading.release.assignment import Assignment, topic
from grading.trials import cells, variants


def judged(assignment: Assignment) -> dict[str, str]:
    """Every function of a student module that a test judges -> its module; those that others need come first."""
    homes = {name: module for module in assignment.student_modules
             for _, _, name in stubs.functions(assignment.source(module)) if assignment.is_students(name)}
    wanted = {functions[0] for functions in assignment.topics.values()}
    return {name: module for name, module in homes.items() if name in wanted}


class Asking:
    """Which functions and cells of a submission are asked, and with which probes."""

    def __init__(self, assignment: Assignment):
        self._assignment, self._functions = assignment, judged(assignment)
        self._judging = {notebook: cells.judging(assignment, notebook) for notebook in assignment.notebooks}

    def look(self, notes: dict[str, dict]) -> Probing | None:
        """notes: test cell of one notebook -> its outcome and message."""
        wrong = {topic(name) for name, note in notes.items() if note["outcome"] in ("failed", "error")}
        unwritten = {self._assignment.topics.get(topic(name), ("",))[0] for name, note in notes.items()
                     if UNIMPLEMENTED in note["message"]}
        due = {notebook: [cell for cell, topics in judging.items() if topics & wrong
                          and not unwritten & needed(self._assignment, topics)]
               for notebook, judging in self._judging.items()}
        due = {notebook: ones for notebook, ones in due.items() if ones}
        return Probing(cells.probe_sources(due), {cells.probe_module(notebook): ones for notebook, ones in due.items()}
                       ) if due else None

    def due(self, notes: dict[str, dict]) -> Probing | None:
        """notes: test cell -> its outcome and message."""
        lost = failed(self._assignment, notes)
        due = {function: module for function, module in self._functions.items() if function in lost}
        functions: dict[str, list[str]] = {}
        for function, module in due.items():
            functions.setdefault(variants.probe_module(module), []).append(function)
        return Probing(variants.sources(due.values()), functions) if due else None


def failed(assignment: Assignment, notes: dict[str, dict]) -> set[str]:
    """Functions that are written, that end, and that failed a test of their own."""
    found, unfit = set(), set()
    for name, note in notes.items():
        function = assignment.topics.get(topic(name), ("",))[0]
        if note["outcome"] == "timed_out" or UNIMPLEMENTED in note["message"]:
            unfit.add(function)
        elif note["outcome"] in ("failed", "error"):
            found.add(function)
    return found - unfit


def needed(assignment: Assignment, topics: set[str]) -> set[str]:
    """What the tests of these topics depend on besides what they judge."""
    own = {assignment.topics[one][0] for one in topics}
    return {name for one in topics for name in assignment.topics[one][1:]} - own
