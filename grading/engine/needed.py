"""Which cells of a notebook have to run for its verdict: all of the student's, and of the lesson's those that matter.

A cell of the lesson's that is as it came matters if a test, or a cell that runs, may read what it binds, or may see
what it changes. That is worked out from the texts: whoever reads a name may see every cell before that binds
it. Where a text does not tell, the notebook is run whole. What no text shows
stays as it is without the cell: `run.py` puts the random numbers back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

from nbformat import NotebookNode

from grading.engine.effects import Effects
from grading.engine.facts import GIVEN, PICTURES, Facts, reads_of, without_shared_imports
from grading.engine.importing import acting
from grading.engine.parsing import Effort, TooMuch
from grading.engine.plan import Plan, is_solution, name_of, public

MOST_CELLS, MOST_CODE, MOST_NAMES = 300, 100_000, 4000     # of a notebook, that are held against one another


@dataclass(frozen=True)
class Step:
    """A cell in its place. Fixed: it runs, whatever it binds; a test that takes names is one that does nothing."""

    facts: Facts
    fixed: bool


@dataclass(frozen=True)
class Lean:
    """What of a notebook runs for its verdict.

    - left_out: numbers of the steps that do not run, and what is run of them instead: imports, or nothing
    - why_whole: why nothing can be left out; "" if something can
    """

    left_out: dict[int, str]
    why_whole: str = ""


@dataclass(frozen=True)
class Choice:
    """Of the code cells of a notebook, by their numbers.

    - aside: cells that need not run, and what has to run of them all the same: imports, or nothing
    - shown: of tests, what has to run among the student's cells: what students see of it, or imports, or nothing
    - binds: names that cells bind which need not run
    """

    aside: dict[int, str]
    shown: dict[int, str]
    binds: frozenset[str]
    why_whole: str = ""


def choose(plan: Plan, cells: Sequence[NotebookNode], modules: Effects) -> Choice:
    """What of these cells runs for the verdict; `modules`: what the functions of the student's modules may do."""
    foreign = acting(plan.imports)
    own = [cell.source for cell in cells if cell.source not in plan.read and name_of(cell) not in plan.tests]
    if len(cells) > MOST_CELLS or sum(map(len, own)) > MOST_CODE:
        return Choice({}, {}, frozenset(), "the notebook is too long to be read")
    steps, places = [], []                       # of each step: its cell, and whether it is a test's visible part
    for number, cell in enumerate(cells):
        name = name_of(cell)
        test = plan.tests.get(name)
        lesson = plan.lesson.get(cell.source) if not is_solution(cell) else None
        if test:
            steps += [Step(Facts(now=frozenset((*test.owned, *test.wanted))), True), Step(plan.shown[name], False)]
            places += [(number, False), (number, True)]
        else:
            facts = plan.facts_of(cell.source) if lesson is None else lesson
            if lesson is None and (why := _beyond(plan, facts)):
                return Choice({}, {}, frozenset(), why)
            acts = bool((facts.now | facts.later) & foreign)
            steps.append(Step(facts, lesson is None or acts))
            places.append((number, False))
    if sum(len(step.facts.now | step.facts.later | step.facts.binds) for step in steps) > MOST_NAMES:
        return Choice({}, {}, frozenset(), "the notebook has too many names to be read")
    _drop_unread(plan, cells, steps, places)
    found = lean(steps, modules)
    aside = {places[step][0]: text for step, text in found.left_out.items() if not places[step][1]}
    shown = {number: found.left_out.get(step, public(cells[number].source))
             for step, (number, visible) in enumerate(places) if visible}
    binds = frozenset().union(*(steps[step].facts.binds for step in found.left_out))
    return Choice(aside, shown, binds, found.why_whole)


def _beyond(plan: Plan, facts: Facts) -> str:
    """What a cell of the student's does to the lesson's functions and modules, if it does something."""
    if facts.magic:
        return "a cell asks IPython to do something"
    if patched := facts.patches - PICTURES:
        return f"a cell sets something in {min(patched)}"
    ours = {name for name, statement in facts.imports if "cs231n" in statement or (name, statement) in plan.imports}
    if anew := (facts.binds & plan.known) - ours:
        return f"a cell binds {min(anew)} to something else"
    return ""


def _drop_unread(plan: Plan, cells: Sequence[NotebookNode], steps: list[Step], places: list[tuple[int, bool]]) -> None:
    """What students see of a test runs only where a later cell reads what it leaves."""
    read: set[str] = set()
    for step in reversed(range(len(steps))):
        number, visible = places[step]
        name = name_of(cells[number])
        if visible and not plan.tests[name].left & read:
            steps[step] = Step(Facts(), False)
        elif name not in plan.tests:
            read |= steps[step].facts.now | steps[step].facts.later


def lean(steps: Sequence[Step], modules: Effects) -> Lean:
    told = (step.facts.whole or step.facts.effects.kept for step in steps)
    if why := modules.kept or next(filter(None, told), ""):
        return Lean({}, why)
    effects = reduce(Effects.__or__, (step.facts.effects for step in steps), modules).closed(GIVEN)
    try:
        notebook = _Notebook([step.facts for step in steps], effects)
    except TooMuch:
        return Lean({}, "what its names share takes too long to be worked out")
    needed = {number for number, step in enumerate(steps) if step.fixed or step.facts.acts}
    end, waiting = max((number for number, step in enumerate(steps) if step.fixed), default=0), list(needed)
    while waiting:
        reader = waiting.pop()
        for other in range(end):
            if other not in needed and notebook.matters(other, reader):
                needed.add(other)
                waiting.append(other)
    return Lean({number: notebook.imports(number, needed) for number in range(len(steps)) if number not in needed})


class _Notebook:
    """What each cell binds or may change, and what each may see of that.

    Every name that a cell binds stands for an object of its own there, a bit; what may be the same is worked out for
    the notebook: `_is` holds the objects that a name may be, `_holds` what these may hold.
    """

    def __init__(self, cells: list[Facts], effects: Effects):
        self._cells, self._effects, self._effort = cells, effects, Effort()
        self._now, self._later = reads_of(cells)
        self._binds, self._imports = without_shared_imports(cells)
        self._is: dict[tuple[int, str], int] = {}
        self._holds: list[int] = []
        self._all: dict[int, int] = {}           # objects -> these and all that they hold
        self._find_objects()
        self._changed = [self._changed_by(number, one) for number, one in enumerate(cells)]
        self._inherit()
        self._sees = [(self._mask(number, self._now[number]), self._mask(number, self._later[number]))
                      for number in range(len(cells))]

    def imports(self, number: int, readers: set[int]) -> str:
        """Statements by which a cell that does not run is the first to import what these cells read."""
        wanted = {name for reader in readers for name in self._later[reader] | (
            self._now[reader] if number < reader else frozenset())}
        return "\n".join(sorted(statement for name, statement in self._imports[number] if name in wanted))

    def matters(self, number: int, reader: int) -> bool:
        """Whether the reader may see something of what a cell does."""
        binds, changed = self._binds[number], self._changed[number]
        (now, later), before = self._sees[reader], number < reader
        return bool(changed & later or before and changed & now) or not (
            binds.isdisjoint(self._later[reader]) and (not before or binds.isdisjoint(self._now[reader])))

    def _mask(self, number: int, names: frozenset[str]) -> int:
        found = 0
        for name in names:
            found |= self._seen(number, name)
        return found

    def _find_objects(self) -> None:
        """Go on until nothing more may be the same."""
        loose = self._effects.defined - self._effects.holding
        held: list[tuple[tuple[int, str], tuple[int, str]]] = []
        made: list[tuple[tuple[int, str], tuple[int, str]]] = []
        tied: list[tuple[tuple[int, str], tuple[int, str]]] = []
        same: list[tuple[tuple[int, str], tuple[int, str]]] = []
        last: dict[str, list[tuple[int, str]]] = {}      # who may have bound or changed a name before
        for number, one in enumerate(self._cells):
            for name in self._now[number]:
                same += [((number, name), before) for before in last.get(name, ())]
            same += [((number, first), (number, second)) for first, second in one.same]
            tied += [((number, first), (number, second)) for first, second in one.tied]
            made += [((number, first), (number, second)) for first, second in one.made]
            held += [((number, first), (number, second)) for function, first, second in one.hung
                     if function not in loose]
            for name in one.binds | self._now[number]:
                if name in one.certain:
                    last[name] = []
                last.setdefault(name, []).append((number, name))
        every: dict[str, list[tuple[int, str]]] = {}
        for number, one in enumerate(self._cells):
            for name in one.binds:
                every.setdefault(name, []).append((number, name))
        for number, names in enumerate(self._later):
            same += [((number, name), other) for name in names for other in every.get(name, ())]
        every_one = dict.fromkeys(one for pair in (*same, *tied, *made, *held) for one in pair)
        own = {one: bit for bit, one in enumerate(every_one)}
        self._holds, known = [0] * len(own), {first for first, _ in (*same, *tied)}
        for (number, name), bit in own.items():
            new = name in self._cells[number].binds or (number, name) not in known
            self._is[number, name] = 1 << bit if new else 0
        grown = True
        while grown:
            grown = False
            self._all.clear()
            self._effort.spend(len(same) + len(tied) + len(made) + len(held))
            for target, source in same:
                more = self._is[target] | self._is[source]
                grown |= more != self._is[target]
                self._is[target] = more
            for target, source in tied:
                more = self._is[target] | self._is[source] | self._reach(self._is[source])
                grown |= more != self._is[target]
                self._is[target] = more
            for holder, one in made:
                more = self._holds[own[holder]] | self._is[one]
                grown |= more != self._holds[own[holder]]
                self._holds[own[holder]] = more
            for holder, one in held:
                self._effort.spend(self._is[holder].bit_count())
                for bit in _bits(self._is[holder]):
                    more = self._holds[bit] | self._is[one]
                    grown |= more != self._holds[bit]
                    self._holds[bit] = more

    def _reach(self, objects: int) -> int:
        """These objects and all that they may hold."""
        if objects not in self._all:
            found = waiting = objects
            while waiting:
                self._effort.spend(waiting.bit_count())
                more = 0
                for bit in _bits(waiting):
                    more |= self._holds[bit]
                waiting = more & ~found
                found |= more
            self._all[objects] = found
        return self._all[objects]

    def _seen(self, number: int, name: str) -> int:
        return self._reach(self._is.get((number, name), 0))

    def _changed_by(self, number: int, one: Facts) -> int:
        found, changing = 0, self._effects.changing
        for name in one.writes | {name for function, name in one.handed | one.called if function in changing}:
            found |= self._seen(number, name)
        for name in one.fills | {name for _, name in one.called}:
            found |= self._is.get((number, name), 0)
        return found

    def _inherit(self) -> None:
        """Who names a function of another cell's may change whatever that cell may."""
        makers: dict[str, set[int]] = {}
        for number, one in enumerate(self._cells):
            for name in one.defines:
                makers.setdefault(name, set()).add(number)
        grown = True
        while grown:
            grown = False
            for number in range(len(self._cells)):
                for name in (self._now[number] | self._later[number]) & makers.keys():
                    self._effort.spend(len(makers[name]))
                    for maker in makers[name] - {number}:
                        more = self._changed[number] | self._changed[maker]
                        grown |= more != self._changed[number]
                        self._changed[number] = more


def _bits(number: int) -> Iterator[int]:
    while number:
        lowest = number & -number
        yield lowest.bit_length() - 1
        number ^= lowest
