"""Name the known mistake that a submission's failures look like.

Hidden tests draw the same inputs for everyone, so a mistake leaves the same traces wherever it is made: the same cells
fail, with the same numbers found. The traces of a submission are compared with those of every catalogue entry for the
function. Nothing of the submission is run again.
"""

import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from grading.books.results import Result
from grading.release.assignment import Assignment
from grading.trials import catalogue, trial
from grading.trials.catalogue import Entry
from grading.trials.diagnosis import UNIMPLEMENTED
from grading.trials.trial import TestCell

_NUMBER = re.compile(r"[-+]?\d+\.?\d*(?:e[-+]?\d+)?")


@dataclass
class Names:
    """The catalogue's traces, worked out when first needed and kept in `cache` as long as the sources stay the same."""

    assignment: Assignment
    cache: Path
    _cells: list[TestCell] = field(default_factory=list)
    _entries: list[Entry] = field(default_factory=list)
    _traces: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._cells = trial.test_cells(self.assignment)
        self._entries = catalogue.mistakes(self.assignment)
        self._digest = hashlib.sha256(repr((self._cells, [(entry, entry.source()) for entry in self._entries]))
                                      .encode()).hexdigest()
        if self.cache.exists():
            kept = json.loads(self.cache.read_text(encoding="utf-8"))
            if kept["digest"] == self._digest:
                self._traces = kept["traces"]

    def name(self, result: Result) -> list[Entry]:
        """The entries that leave exactly the traces of this submission, one per function at most."""
        messages = {name: "" if cell["outcome"] == "passed" else cell["message"]
                    for name, cell in result.cells.items()}
        named = []
        for function in dict.fromkeys(entry.function for entry in self._entries):
            cells = [cell for cell in self._cells if cell.functions[0] == function and cell.name in messages]
            lost = [messages[cell.name] for cell in cells if messages[cell.name]]
            traces = {cell.name: _rounded(messages[cell.name]) for cell in cells}
            if lost and not all(UNIMPLEMENTED in message for message in lost):
                named += [entry for entry in self._entries if entry.function == function
                          and self._trace(entry, cells) == traces][:1]
        return named

    def _trace(self, entry: Entry, cells: list[TestCell]) -> dict[str, str]:
        if entry.label not in self._traces:
            lost = trial.run(self.assignment, trial.entry_source(entry), cells)[0]
            self._traces[entry.label] = {name: _rounded(message.removeprefix("CheckFailed: "))
                                         for name, message in lost.items()}
            self.cache.write_text(json.dumps({"digest": self._digest, "traces": self._traces}), encoding="utf-8")
        return self._traces[entry.label]


def _rounded(message: str) -> str:
    """The message without line numbers, and numbers at three digits: sums in another order differ in the last ones."""
    message = "\n".join(line for line in message.splitlines() if not line.startswith("  loops "))
    return _NUMBER.sub(lambda number: f"{float(number.group()):.2e}", message)
