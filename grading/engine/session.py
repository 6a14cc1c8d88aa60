"""The processes of one notebook, and how new ones come to where those were that it lost.

They run again what the old ones ran, without what hung or ended them. How often that may happen is limited.
"""

import msgspec

from grading.engine.answers import Answer
from grading.engine.channel import Closed, Late, TooLarge
from grading.engine.compiled import compiled
from grading.engine.plan import Plan, Test
from grading.engine.processes import ExaminerLost, Processes
from grading.engine.worker import WorkerLost

RESTARTS = 4                   # new processes that a notebook may use up before the rest of it is skipped
PATIENCE = 0.34                # after a first time-out, later cells get this share of the limit
GRACE = 2.0                    # seconds for an interrupt to end a cell
OURS = (ExaminerLost, WorkerLost)


class Session:
    """Of one notebook.

    - limit: seconds a cell may take
    - count: of the cells so far
    - given, ran: what the examiner and the candidate ran, to be run again by the next ones; of the candidate's, each
      with its number, by which tracebacks call it
    - losses: how often a function kept the candidate from answering
    - lost: how one of the kit's own processes was lost
    """

    def __init__(self, processes: Processes, plan: Plan, limit: float):
        self._processes, self._plan, self.limit = processes, plan, limit
        self.count, self.lost = 0, ""
        self.given: list[str] = []
        self.ran: list[tuple[int, str]] = []
        self.losses: dict[str, int] = {}
        self._starts = 0

    def begin(self) -> None:
        try:
            self._processes.begin(self._plan.counts, self.losses)
        except WorkerLost as error:
            self.lost = str(error)
            self.restart()

    @property
    def is_worn_out(self) -> bool:
        """Too many processes were lost."""
        return self._starts > RESTARTS

    @property
    def is_over(self) -> bool:
        return self.is_worn_out or bool(self._processes.budget.over())

    def why_dead(self) -> str:
        """A sentence, where the candidate was ended for something."""
        why = self._processes.why_dead()
        return why and f"the Python process was ended here: {why}"

    def hurry(self) -> None:
        """A cell ran into its limit: the next ones get less."""
        self.limit = max(1.0, self.limit * PATIENCE)

    def set_up(self, source: str) -> None:
        """Have the examiner begin with a set-up cell."""
        self.given.append(source)
        self._processes.tell(**self._order(source))

    def _order(self, source: str) -> dict:
        """To run a set-up cell; what it imports may have to wait until a cell of the candidate's is done."""
        return {"do": "given", "source": source, "limit": 2 * self.limit, **self._known(source, source, silent=True)}

    def execute(self, source: str, silent: bool, aside: bool = False, count: int | None = None) -> tuple[bytes, str]:
        """(outputs as they came, "" or how the candidate was lost: late, dead; interrupted if an interrupt helped).

        - count: the cell's number; None: that of the last cell
        """
        asked = msgspec.msgpack.encode({"source": source, "plain": source in self._plan.plain, "silent": silent,
                                       "count": self.count if count is None else count, "aside": aside})
        try:
            self._processes.order(asked, self.limit)
            self._processes.complete()
            try:
                return self._processes.answer(self.limit), ""
            except Late:
                self._processes.interrupt()
                return self._processes.answer(GRACE), "interrupted"
        except Late:
            return b"", "late"
        except (Closed, TooLarge):
            return b"", "dead"

    def test(self, source: str, asked: str, test: Test) -> Answer:
        """Have the examiner run a test cell; `asked` is its source as the examiner gets it."""
        return self._processes.ask(self.limit, do="test", source=asked, count=self.count, limit=self.limit,
                                   owned=test.owned, wanted=test.wanted, **self._known(source, asked))

    def _known(self, source: str, asked: str, silent: bool = False) -> dict:
        """What is known of a cell before it is run; `asked` is the source as it is run."""
        plain = source in self._plan.plain
        return {"plain": plain, "code": compiled(asked, silent) if plain else None}

    def restart(self, counted: bool = True) -> None:
        """New processes, brought to where the old ones were. Those that are lost on the way there count as well."""
        self._processes.close()
        self._starts += counted
        while not self.is_worn_out:
            try:
                if self._bring_back():
                    return
            except OURS as error:
                self.lost = str(error)
            self._processes.close()
            self._starts += 1

    def _bring_back(self) -> bool:
        self._processes.begin(self._plan.counts, self.losses)
        for source in self.given:
            self._processes.ask(2 * self.limit, **self._order(source))
        for count, source in self.ran:
            if self.execute(source, silent=True, count=count)[1] not in ("", "interrupted"):
                self.ran = []                    # what it did before, it does not do again: go on without
                return False
        return True
