"""Name the known mistakes that a submission's functions behave like.

A function that failed a test is called on fixed inputs (its probe, see `grading/trials/probes/`), and its answers are
compared with those of every catalogue entry for it, which are worked out once for a state of the sources. What a cell
of a notebook has left is read off by the cell's probe, right after the notebook's tests (see `showing.py`).
"""

import traceback
from collections.abc import Container, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import msgspec

from grading.release import stubs
from grading.release.assignment import Assignment, topic
from grading.trials import (
    basis,
    beside,
    catalogue,
    cells,
    differences,
    doubles,
    doubted,
    formulas,
    matching,
    scaled,
    showing,
    stopped,
    variants,
)
from grading.trials.asking import failed, judged, needed
from grading.trials.catalogue import Entry
from grading.trials.explained import Explained
from grading.trials.matching import Answers, Known

# What shows in these aspects is a function's own doing, whatever the functions that it calls do.
OWN = ("penalty",)
# Their probes are such that no other function's mistake shows.
SELF_CONTAINED = ("LinearClassifier.train", "LinearClassifier.predict")

# Two ways to the same result: who takes the other one makes that one's mistakes.
TWINS = {"batchnorm_backward": "batchnorm_backward_alt", "batchnorm_backward_alt": "batchnorm_backward"}
MOST_PAIRS = 60       # of mistakes in one function that are tried for a submission: each costs 1 to 4 milliseconds


@dataclass
class Names:
    """The answers of reference and catalogue, worked out when first needed and kept in `cache`."""

    assignment: Assignment
    cache: Path | None = None
    _kept: dict[str, dict[str, Answers]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._functions = judged(self.assignment)
        self._written = {name for module in self.assignment.student_modules
                         for _, _, name in stubs.functions(self.assignment.source(module))}
        self._entries = catalogue.mistakes(self.assignment)
        self._judging = {cell: topics for notebook in self.assignment.notebooks
                         for cell, topics in cells.judging(self.assignment, notebook).items()}
        self._cell_entries = cells.mistakes(self.assignment)
        self._digest = basis.digest()
        if self.cache and self.cache.exists():
            try:
                kept = msgspec.msgpack.decode(self.cache.read_bytes())
                if kept["digest"] == self._digest:
                    self._kept = kept["answers"]
            except (msgspec.DecodeError, KeyError, TypeError):
                pass

    def ask(self, graded: dict[str, dict], folder: Path) -> dict[str, Answers]:
        """What the functions in a folder with a submission's files answer, run outside of any sandbox."""
        lost = failed(self.assignment, graded)
        functions = [(module, function) for function, module in self._functions.items() if function in lost]
        texts = {module: (folder / "cs231n" / module).read_text(encoding="utf-8", errors="replace")
                 for module in self.assignment.student_modules}
        return variants.answers(self.assignment, {"": (texts, functions)})[""] if functions else {}

    def name(self, graded: dict[str, dict], answered: dict[str, Answers], failures: list[str] | None = None
             ) -> list[dict[str, str]]:
        """What functions and cells that failed look like: {"function", "kind", "says", "read"}, one or more for each.

        kind: a "mistake", another year's "convention", why an exception is "raised", or a "difference" where no known
        mistake fits. Of a cell, "function" is its grade_id, and "topics" tells which tests are concerned.

        - graded: every graded cell by grade_id, with its outcome
        - failures: gets what was raised over a function, which then has no name; None to raise it
        """
        lost, found = failed(self.assignment, graded), []
        for function, told in self._told(answered, lost, failures):
            if told["kind"] != "difference" or not lost & (
                    self._needed(function) if differences.is_raised(told["says"]) else self._beside(function)):
                found.append({"function": function, **told})
        with _noted(failures):
            named = {one["function"] for one in found if one["kind"] != "difference"}
            found += [{"function": function, **one} for function in self._functions if function in lost - named
                      for one in self._why(function, stopped.of_tests(self.assignment, function, graded), lost)]
        with _noted(failures):
            found += self._of_cells(graded, answered)
        return found

    def _why(self, function: str, stops: list[stopped.Stop], lost: set[str], *said) -> list[dict[str, str]]:
        return stopped.told(function, stops, lost, self._written, bool(self._needed(function) & lost), *said)

    def _of_cells(self, graded: dict[str, dict], answered: dict[str, Answers]) -> Iterator[dict[str, str]]:
        lost = {self.assignment.topics.get(topic(name), ("",))[0] for name, cell in graded.items()
                if cell["outcome"] not in ("passed", "manual")}
        for cell, topics in self._judging.items():
            found = showing.readings(answered.get(cell, {}), own=bool(lost & needed(self.assignment, topics)))
            about = {"function": cell, "topics": " ".join(sorted(topics))}
            certain = showing.explain(found, [one for one in self._cell_entries if one.cell == cell])
            for entry in certain:
                yield about | {"kind": "mistake", "says": entry.says, "read": entry.read}
            if not certain and (says := showing.sentence(found)):
                yield about | {"kind": "difference", "says": says, "read": ""}

    def _told(self, answered: dict[str, Answers], lost: set[str], failures: list[str] | None
              ) -> list[tuple[str, dict[str, str]]]:
        """(function, what is told of it), in the order of the functions."""
        found: dict[str, Explained] = {}
        budget, names = [MOST_PAIRS], []
        for function in self._functions:
            answers = answered.get(function)
            if answers is None or function not in lost:
                continue
            with _noted(failures):
                answers, stops = stopped.apart(answers)
                told, explained = [], set()
                if "all" not in answers:
                    found[function] = doubted.without(self.assignment, self._functions[function], self._explained(
                        function, answers, lost, found, budget), stops)
                    told = found[function].told()
                    explained = {aspect for one in found[function].certain for aspect in one.differs}
                others = any(one["kind"] != "difference" for one in told)
                if why := self._why(function, stops, lost, explained, others):
                    told = why + [one for one in told if not differences.is_raised(one["says"])]
                names += [(function, one) for one in told]
        return names

    def _explained(self, function: str, answers: Answers, lost: set[str], found: dict[str, Explained],
                   budget: list[int]) -> Explained:
        """found: of the functions before."""
        callees = self._callees(function) & lost
        within = [found.get(callee) for callee in sorted(callees)]
        if any(one is None or one.unexplained for one in within) or doubles.written(
                tuple(entry for one in within for entry in one.entries)) is None:
            answers = {aspect: told for aspect, told in answers.items() if aspect.startswith(OWN)}
            within = []
        known = [entry for one in within for entry in one.entries]
        others = [(found[one].entries, found[one].unexplained) if one in found else None
                  for one in sorted(self._beside(function) & lost)]
        answers, made = beside.apart(function, answers, others)
        explained = (made and self._alike(function, answers, made) or      # it follows from those beside it
                     self.explain(function, answers, (*known, *beside.within(function, made)), budget))
        if known and explained.unexplained and not explained.certain:     # it may do without those that are wrong
            alone = self.explain(function, answers, (), [0])
            explained = alone if alone.certain and not alone.unexplained else explained
        return explained

    def _alike(self, function: str, answers: Answers, within: tuple[Entry, ...]) -> Explained | None:
        """Nothing to be told, where a function answers as the reference does among these mistakes of others."""
        reference = self._answers(function, within, [])[""]
        return None if matching.differences(answers, reference) else Explained(function, [], set(), answers, reference)

    def explain(self, function: str, answers: Answers, within: tuple[Entry, ...] = (),
                budget: list[int] | None = None) -> Explained:
        """What of a function's answers is explained, where other functions have the mistakes `within`.

        - budget: [how many pairs of mistakes may still be tried]
        """
        answers, _ = stopped.apart(answers)
        if alike := self._alike(function, answers, within):       # the entries, which take their time, are not needed
            return alike
        if function.endswith(".loss") and matching.always_raises(answers):     # as any error in a line would
            return Explained(function, [], set(answers), answers, self._answers(function, within, [])[""])
        reference, early = self._answers(function, within, [])[""], _early(answers)
        explained = self._with_factor(function, answers, reference, within, budget)
        if explained.unexplained and early and any("/" in aspect for aspect in reference):
            first = self._with_factor(function, early, reference, within, budget, _early(reference))
            if first.certain or len(early) < len(answers):
                return first if first.certain or first.unexplained or first.besides else explained
        raising = stopped.raising(answers)
        if explained.unexplained & raising and not explained.certain and len(raising) < len(answers):
            rest = {aspect: ["u"] if aspect in raising else told for aspect, told in answers.items()}
            first = self._with_factor(function, rest, reference, within, budget, rest.keys() - raising)
            clear = [one for one in first.certain if not one.cut or len(one.core) > 1]
            return replace(first, certain=clear) if clear else explained
        return explained

    def _with_factor(self, function: str, answers: Answers, reference: Answers, within: tuple[Entry, ...],
                     budget: list[int] | None, among: Container[str] | None = None) -> Explained:
        """What explains the answers, a factor of all gradients among it.

        - among: aspects in which mistakes are told apart; None: in all
        """
        explained = self._explain(function, answers, reference, within, budget, among)
        for one in scaled.read(function, answers, reference) if explained.unexplained else ():
            rest = self._explain(function, one.answers, reference, within, budget, among)
            if one.certain or not rest.unexplained:
                return replace(rest, besides=one.says, also=set(matching.differences(answers, reference)))
        return explained

    def _explain(self, function: str, answers: Answers, reference: Answers, within: tuple[Entry, ...],
                 budget: list[int] | None, among: Container[str] | None) -> Explained:
        apart = bool(within) and not any("/" in aspect for aspect in reference)
        known = self._entries_of(function, within if not apart else (), among)
        able, asked = self._able(function, answers, reference, within) if apart else (known, {})
        certain, unexplained = matching.explain(answers, reference, able)
        if unexplained and function in TWINS:
            twin = TWINS[function]
            able = self._able(twin, answers, reference, within)[0] if apart else self.known(twin)[1]
            others, left = matching.explain(answers, reference, able)
            certain, unexplained = (certain, unexplained) if left else (others, left)
        entries = [Known(one.entry, {**one.differs, **asked.get(one.entry.label, {})}, one.cut) for one in known]
        budget = [MOST_PAIRS] if budget is None else budget
        if unexplained and certain:                               # two more, beside those that are certain
            settled = {aspect for one in certain for aspect in one.core}
            rest = {aspect: told for aspect, told in answers.items() if aspect not in settled}
            few = [budget[0] // 2]
            budget[0] -= few[0]
            if pair := doubles.explain(self.assignment, function, rest, reference, entries, within, few):
                certain = doubles.without_parts(self.assignment, function, answers, certain, pair, within)
                certain, unexplained = certain + pair, set()
            budget[0] += few[0]
        if unexplained and (pair := doubles.explain(self.assignment, function, answers, reference, entries, within,
                                                    budget)):
            certain, unexplained = pair, set()
        if unexplained and (settled := formulas.explained(function, answers, unexplained)):    # so that more is telling
            certain, unexplained = matching.explain(answers, reference, entries, settled)
        return Explained(function, certain, unexplained, answers, reference)

    def _able(self, function: str, answers: Answers, reference: Answers, within: tuple[Entry, ...]
              ) -> tuple[list[Known], dict[str, Answers]]:
        """(the entries that may explain some of the answers, beside the mistakes of other functions; what was asked).

        One is not asked to the end once it answers neither as the function does nor as the reference.
        """
        entries = {entry.label: entry for entry in self._entries if entry.function == function}
        written = {label: doubles.written((*within, entry)) for label, entry in entries.items()}
        told = variants.answers(self.assignment, {
            label: (texts, [(self._functions[function], function)]) for label, texts in written.items()
            if texts is not None}, like=[answers, reference])
        asked = {label: matching.differences(one[function], reference) for label, one in told.items()}
        return [Known(entries[label], differs) for label, differs in asked.items()
                if told[label][function].keys() >= reference.keys()], asked

    def _entries_of(self, function: str, within: tuple[Entry, ...], among: Container[str] | None) -> list[Known]:
        """All of them, or those that show in these aspects."""
        entries = self.known(function, within)[1]
        return entries if among is None else [Known(one.entry, differs, one.core - differs.keys()) for one in entries
                                              if (differs := {aspect: told for aspect, told in one.differs.items()
                                                              if aspect in among})]

    def _callees(self, function: str) -> set[str]:
        """Functions of other modules that it needs, and by whose mistakes its probe would be misled."""
        if function in SELF_CONTAINED:
            return set()
        return {name for name in self._needed(function)
                if self._functions.get(name, "") not in ("", self._functions[function])}

    def _beside(self, function: str) -> set[str]:
        """Functions of its own module that it needs: where one is wrong, a difference may be of that one's making."""
        return {name for name in self._needed(function)
                if self._functions.get(name) == self._functions[function] and not name.endswith("__init__")}

    def _needed(self, function: str) -> set[str]:
        return {name for functions in self.assignment.topics.values() if functions[0] == function
                for name in functions[1:]}

    def known(self, function: str, within: tuple[Entry, ...] = ()) -> tuple[Answers, list[Known]]:
        """(the reference's answers, the catalogue's), where other functions have the mistakes `within`."""
        entries = [entry for entry in self._entries if entry.function == function]
        kept = self._answers(function, within, entries)
        return kept[""], [Known(entry, kept[entry.label]) for entry in entries]

    def _answers(self, function: str, within: tuple[Entry, ...], entries: list[Entry]) -> dict[str, Answers]:
        """What the reference answers, as "", and by its label what each entry answers where that is something else."""
        kept = self._kept.setdefault(" ".join([function, *sorted(entry.label for entry in within)]), {})
        missing = [entry for entry in entries if entry.label not in kept]
        if missing or not kept:
            around, asked = doubles.changed(within), [(self._functions[function], function)]
            written = {entry.label: doubles.written((*within, entry)) for entry in missing}
            variety = {} if kept else {"": (around, asked)}
            variety |= {label: (texts, asked) for label, texts in written.items() if texts is not None}
            kept |= {label: {} for label, texts in written.items() if texts is None}          # unlike any answer
            told = {name: stopped.apart(answers[function])[0]
                    for name, answers in variants.answers(self.assignment, variety).items()}
            kept.setdefault("", told.get(""))
            kept |= {name: matching.differences(answers, kept[""]) for name, answers in told.items() if name}
            if self.cache:
                with suppress(OSError):              # a full disk: they are worked out again, and named all the same
                    self.cache.write_bytes(msgspec.msgpack.encode({"digest": self._digest, "answers": self._kept}))
        return kept


@contextmanager
def _noted(failures: list[str] | None) -> Iterator[None]:
    """What is raised in here, as over answers that nobody foresaw, is noted and ends no more than this."""
    try:
        yield
    except Exception:
        if failures is None:
            raise
        failures.append(traceback.format_exc())


def _early(answers: Answers) -> Answers:
    """Without what a later lesson adds: where it was not written, the rest is explained by itself."""
    return {aspect: told for aspect, told in answers.items() if "/" not in aspect}
