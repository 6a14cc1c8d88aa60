"""The tests on trial: run the test cells beside variants of the student modules and see who loses what.

Known mistakes must lose points in the hidden tests of their own function and nowhere else; correct versions, however
unusual, must lose none. A variant runs in a process of its own, with a package folder of its own.
"""

import ast
import functools
from dataclasses import dataclass

import nbformat

from grading.books import seeds
from grading.release import stubs
from grading.release.assignment import Assignment, topic
from grading.trials import warm
from grading.trials.catalogue import Entry

CELL_SECONDS = 20


@dataclass(frozen=True)
class TestCell:
    """A test cell that can run by itself: it judges functions of the package, not names of its notebook."""

    name: str
    source: str
    points: float
    hidden: bool
    functions: tuple[str, ...]        # the one judged first, then those it depends on

    __test__ = False                  # not a test for pytest to collect

    @property
    def lesson(self) -> str:
        return self.name.partition("-")[0]

    def seeded(self, seed: int | None) -> str:
        """The source with another seed for its random inputs; None keeps the cell's own."""
        return self.source if seed is None else seeds.replaced(self.source, lambda _: seed)


def test_cells(assignment: Assignment) -> list[TestCell]:
    """The test cells of every notebook that judge a function of a student module, in order."""
    defined = {name for module in assignment.student_modules
               for _, _, name in stubs.functions(assignment.source(module)) if assignment.is_students(name)}
    found = []
    for notebook in assignment.notebooks:
        for cell in nbformat.read(assignment.notebook_path(notebook), as_version=4).cells:
            described = cell.metadata.get("nbgrader", {})
            if described.get("grade") and not described["solution"]:
                functions = assignment.topics[topic(cell.id)]
                if functions[0] in defined:
                    found.append(TestCell(cell.id, cell.source, described["points"],
                                          "### BEGIN HIDDEN TESTS" in cell.source, functions))
    return found


test_cells.__test__ = False


def run(assignment: Assignment, changed: dict[str, str], cells: list[TestCell],
        draws: tuple[int | None, ...] = (None,)) -> list[dict[str, str]]:
    """Run `cells` beside the reference with some modules `changed` (path under cs231n/ -> source), once per seed.

    Returns, for each seed, {cell: ""} for a cell that passes and {cell: "Name: message"} for one that does not.
    """
    reference = complete(assignment)
    rounds = [[(cell.name, cell.seeded(seed)) for cell in cells] for seed in draws]
    if not changed:
        return _verdicts(reference, {}, rounds)
    names = set().union(*[_differs(module, reference[module], text) for module, text in changed.items()])
    uses = _used(reference, cells)
    apart = {cell.name for cell in cells                                       # these never see the change
             if not any(name in uses[cell.name] or ":" in name and name.split(":")[1] in cell.source for name in names)}
    beside = _verdicts(reference, changed, [[one for one in each if one[0] not in apart] for each in rounds])
    alone = _of_the_reference(reference, [[one for one in each if one[0] in apart] for each in rounds])
    return [{cell.name: (lost | known)[cell.name] for cell in cells} for lost, known in zip(beside, alone)]


def complete(assignment: Assignment) -> warm.Sources:
    """The reference: every module of the package, solutions in it."""
    return {module: assignment.complete(module) for module in assignment.given_modules + assignment.student_modules}


def entry_source(entry: Entry) -> dict[str, str]:
    """The module that this entry changes, as `run` takes it."""
    return {entry.module: stubs.strip_markers(entry.source(), entry.module)}


def stub_sources(assignment: Assignment) -> dict[str, str]:
    """Every student module as the release hands it out."""
    return {module: assignment.stub(module) for module in assignment.student_modules}


def verdict_on_mistake(entry: Entry, cells: list[TestCell], lost: dict[str, str]) -> list[str]:
    """What is wrong with the tests, given which cells this known mistake lost: [] when all is well."""
    problems = []
    if not any(cell.hidden and cell.functions[0] == entry.function and lost[cell.name] for cell in cells):
        problems.append(f"{entry.label}: no hidden test of {entry.function} catches it")
    unfair = [cell.name for cell in cells if lost[cell.name] and (entry.function not in cell.functions
                                                                  or entry.lesson not in ("", cell.lesson))]
    if unfair:
        problems.append(f"{entry.label}: costs points of functions that do not depend on it: {', '.join(unfair)}")
    return problems


def losses(entry: Entry, cells: list[TestCell], lost: dict[str, str]) -> dict[str, str]:
    """Cell -> message for what a correct version has lost: {} when all is well. Lessons after its own do not count."""
    return {cell.name: lost[cell.name] for cell in cells if lost[cell.name] and entry.lesson in ("", cell.lesson)}


def wavering(assignment: Assignment, entry: Entry, cells: list[TestCell], seeds: tuple[int, ...]) -> list[str]:
    """The hidden cells with random inputs of an entry's function that it loses for some of these seeds only.

    What a call costs takes long to measure and is no matter of seeds: the cells about loops are left out.
    """
    own = [cell for cell in cells if cell.hidden and cell.functions[0] == entry.function
           and "default_rng(" in cell.source and not cell.name.endswith("-loops")]
    verdicts = run(assignment, entry_source(entry), own, seeds)
    return [cell.name for cell in own if len({bool(lost[cell.name]) for lost in verdicts}) > 1]


def _dotted(module: str) -> str:
    return "cs231n." + module.removesuffix(".py").replace("/", ".")


def _verdicts(reference: warm.Sources, changed: warm.Sources, rounds: list[list[tuple[str, str]]]) -> list[dict]:
    if not any(rounds):
        return [{} for _ in rounds]
    return warm.run(reference, changed, "grading.trials.judge:judge", rounds=rounds, seconds=CELL_SECONDS)


def _differs(module: str, before: str, after: str) -> set[str]:
    """What a change of a module may show in: functions with other bodies, or the module, if something else differs."""
    dotted = _dotted(module)
    try:
        (old, old_rest), (new, new_rest) = _bodies(before), _bodies(after)
    except SyntaxError:
        return {dotted}
    if old_rest != new_rest:
        return {dotted}
    return {f"{dotted}:{name}" for name in old if old[name] != new[name]}


@functools.lru_cache(64)
def _bodies(text: str) -> tuple[dict[str, str], str]:
    """(qualified name -> body, of each function that stands in no other one; all else)."""
    tree, found = ast.parse(text), {}

    def take(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.FunctionDef):
                found[prefix + child.name] = ast.dump(ast.Module(child.body, []))
                child.body = []
            elif isinstance(child, ast.ClassDef):
                take(child, f"{prefix}{child.name}.")

    take(tree, "")
    return found, ast.dump(tree)


# What is known of the reference once it has been seen; sources are the key, so nothing here can be out of date.
_seen_uses: dict[tuple[str, str], set[str]] = {}
_seen_verdicts: dict[tuple[str, str], str] = {}


def _used(reference: warm.Sources, cells: list[TestCell]) -> dict[str, set[str]]:
    """{cell: the modules that it imports and the functions that it calls, beside the reference}.

    A change in others cannot change its outcome: as long as all that runs is the reference's, so is all that is called.
    """
    of = warm.digest(reference)
    new = [(cell.name, cell.source) for cell in cells if (of, cell.source) not in _seen_uses]
    if new:
        found = warm.run(reference, {}, "grading.trials.judge:uses", cells=new, seconds=CELL_SECONDS)
        _seen_uses.update({(of, source): set(found[name]) for name, source in new})
    return {cell.name: _seen_uses[of, cell.source] for cell in cells}


def _of_the_reference(reference: warm.Sources, rounds: list[list[tuple[str, str]]]) -> list[dict[str, str]]:
    of = warm.digest(reference)
    new = [[one for one in each if (of, one[1]) not in _seen_verdicts] for each in rounds]
    for each, found in zip(new, _verdicts(reference, {}, new)):
        _seen_verdicts.update({(of, source): found[name] for name, source in each})
    return [{name: _seen_verdicts[of, source] for name, source in each} for each in rounds]


def table(assignment: Assignment, entries: list[Entry]) -> tuple[str, list[str]]:
    """(the table `entry -> cells lost`, what is wrong with the tests)."""
    cells = test_cells(assignment)
    lines, problems = [], []
    for entry in entries:
        lost = run(assignment, entry_source(entry), cells)[0]
        names = [cell.name for cell in cells if lost[cell.name]]
        lines.append(f"{entry.label:<60} {', '.join(names) or 'nothing'}")
        if entry.correct:
            problems += [f"{entry.label}: correct, but loses {name}: {message}"
                         for name, message in losses(entry, cells, lost).items()]
        else:
            problems += verdict_on_mistake(entry, cells, lost)
    return "\n".join(lines), problems
