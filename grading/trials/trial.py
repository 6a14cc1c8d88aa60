"""The tests on trial: run the test cells beside variants of the student modules and see who loses what.

Known mistakes must lose points in the hidden tests of their own function and nowhere else; correct versions, however
unusual, must lose none. A variant runs in a process of its own, with a package folder of its own.
"""

import ast
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
    touched = {_dotted(module): _functions_changed(reference.get(module, ""), text) for module, text in changed.items()}
    rounds = [[(cell.name, cell.seeded(seed)) for cell in cells] for seed in draws]
    if not changed:
        return _verdicts(reference, {}, rounds)
    uses = _used(reference, cells)
    apart = {cell.name for cell in cells if not _meets(touched, uses[cell.name])}
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
    unfair = [cell.name for cell in cells if lost[cell.name] and entry.function not in cell.functions]
    if unfair:
        problems.append(f"{entry.label}: costs points of functions that do not depend on it: {', '.join(unfair)}")
    return problems


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


# What is known of the reference once it has been seen; sources are the key, so nothing here can be out of date.
_seen_uses: dict[tuple[str, str], dict[str, list[str]]] = {}
_seen_verdicts: dict[tuple[str, str], str] = {}


def _used(reference: warm.Sources, cells: list[TestCell]) -> dict[str, dict[str, list[str]]]:
    """{cell: {module that it imports beside the reference: functions that it calls}}."""
    of = warm.digest(reference)
    new = [(cell.name, cell.source) for cell in cells if (of, cell.source) not in _seen_uses]
    if new:
        found = warm.run(reference, {}, "grading.trials.judge:uses", cells=new, seconds=CELL_SECONDS)
        _seen_uses.update({(of, source): found[name] for name, source in new})
    return {cell.name: _seen_uses[of, cell.source] for cell in cells}


def _meets(touched: dict[str, set[str] | None], used: dict[str, list[str]]) -> bool:
    """Whether a change can change the outcome of a cell: it calls what is changed, or more than functions are."""
    return any(module in used and (functions is None or functions & set(used[module]))
               for module, functions in touched.items())


def _functions_changed(before: str, after: str) -> set[str] | None:
    """Qualified names of the functions in which two sources differ; None where they differ in anything else."""
    try:
        one, other = (_parts(ast.parse(text).body) for text in (before, after))
    except SyntaxError:
        return None
    if len(one) != len(other) or any(name != known or not name and part != kept
                                     for (name, part), (known, kept) in zip(one, other)):
        return None
    return {name for (name, part), (_, kept) in zip(one, other) if part != kept}


def _parts(body: list[ast.stmt], place: str = "") -> list[tuple[str, str]]:
    """(qualified name of a function, "" for any other statement; what it says), in order."""
    found = []
    for node in body:
        if isinstance(node, ast.ClassDef):
            inner, node.body = node.body, []
            found += [("", ast.dump(node)), *_parts(inner, f"{place}{node.name}.")]
        else:
            is_function = isinstance(node, ast.FunctionDef) and not node.decorator_list
            found.append((f"{place}{node.name}" if is_function else "", ast.dump(node)))
    return found


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
            problems += [f"{entry.label}: correct, but loses {name}: {lost[name]}" for name in names]
        else:
            problems += verdict_on_mistake(entry, cells, lost)
    return "\n".join(lines), problems
