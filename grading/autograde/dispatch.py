"""Who of a cluster grades what, and what becomes of it when somebody is lost.

A worker's process has one submission at a time, so that when it is lost there is no doubt by whose. Therefore this
decides who gets which, and not the scheduler: that one carries the bytes, tells who comes and goes, and has the lesson
handed from worker to worker. What was lost is graded again after all others.
"""

import json
import queue
import time
import zlib
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_hex
from typing import Any
from urllib.parse import urlsplit

from grading.autograde import alike, orders, parcel
from grading.autograde.errands import Errands
from grading.autograde.parcel import Answer
from grading.errors import KitError

LOSSES = 3                 # processes that a submission may take with it before it is set aside
FAILURES = 3               # submissions that failed on a worker and not elsewhere, before it is refused
PATIENCE = 60.0            # seconds without a scheduler, or without a worker that could grade,
REFUSED = 5.0              # or with none but those that are refused
TICK = 0.5                 # seconds after which the dispatcher looks up, if nothing happens

Found = Answer | Exception


class Elsewhere(Exception):
    """What was raised on a worker, in words."""


@dataclass
class Peer:
    """A worker's process; state: "introducing", "preparing", "ready", or "refused" for good."""

    state: str = "introducing"
    student: str = ""                            # whom it is grading
    failures: int = 0


class Dispatcher:
    """Works in a thread of its own: workers must not wait while the books are written. `done` has what comes of it,
    (student, found), and (None, what was raised) at the end of a run that cannot go on."""

    def __init__(self, client, reconnect: Callable[[], Any], students: list[str], lesson: bytes,
                 began: Callable[[str], None], tell: Callable[[str], None], *, order: Callable[[str], bytes],
                 unsafe: bool = False, patience: float = PATIENCE):
        """`order` makes a student's job, as a worker takes it."""
        self._client, self._reconnect, self._lesson, self._began, self._tell = client, reconnect, lesson, began, tell
        self._order, self._unsafe, self._patience = order, unsafe, patience
        self._run = token_hex(8)
        self._waiting, self._left = deque(students), len(students)
        self._begun: set[str] = set()
        self._losses: Counter[str] = Counter()   # by student
        self._mute: Counter[str] = Counter()     # processes in a row that ended without a word, by machine
        self._failed: dict[str, str] = {}        # student -> the address where it failed
        self._peers: dict[str, Peer] = {}
        self._refusals: dict[str, str] = {}
        self._said: set[str] = set()
        self._events: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._stopped = False
        self._since = time.monotonic()           # when somebody was last there who could grade
        self._errands = Errands(client, self._events.put, failed=self._refused_to_run, undone=self._lose_scheduler)
        self.done: queue.Queue[tuple[str | None, Any]] = queue.Queue()

    def stop(self) -> None:
        """Soon; what is under way on workers is not waited for."""
        self._stopped = True
        self._events.put(lambda: None)

    def work(self) -> None:
        try:
            self._meet()
            while self._left and not self._stopped:
                with suppress(queue.Empty):
                    self._events.get(timeout=TICK)()
                if self._client.status != "running":
                    self._lose_scheduler()
                self._look_for_life()
                self._hand_out()
        except BaseException as error:           # nobody would hear of it otherwise, and the run would wait for ever
            self.done.put((None, error))
        finally:
            self._end()

    def _end(self) -> None:
        prepared = [address for address, peer in self._peers.items() if peer.state in ("preparing", "ready")]
        for address in self._peers:
            self._errands.drop(address)
        with suppress(Exception):                # who does not hear it closes by itself after a while
            self._client.unsubscribe_topic("all")
            if prepared and self._client.status == "running":
                self._client.run(orders.leave, self._run, workers=prepared, on_error="ignore")
        self._errands.close()

    # Who is there

    def _meet(self) -> None:
        """Hear of every worker that is there, and of those that come and go from now on."""
        client = self._client

        def heard(event: tuple[float, dict]) -> None:
            self._events.put(lambda: self._heard(client, event[1]))

        client.subscribe_topic("all", heard)
        self._held = client.submit(bytes, self._lesson, key=f"kit-lesson-{sha256(self._lesson).hexdigest()[:32]}")
        for address in client.scheduler_info(n_workers=-1)["workers"]:
            self._come(address)

    def _heard(self, client, told: dict) -> None:
        if client is not self._client:           # of a scheduler that was lost
            return
        if told.get("action") == "add-worker":
            self._come(told["worker"])
        elif told.get("action") == "remove-worker":
            self._go(told["worker"], told.get("expected", False))

    def _come(self, address: str) -> None:
        if address not in self._peers:
            self._peers[address] = Peer()
            if self._mute[machine(address)] < LOSSES:
                self._errands.ask(address, orders.introduce, then=self._introduced)
            else:
                self._refuse(address, "its processes end when they are asked what they grade with; they may not find "
                                      "the kit. Start them by: kit worker ADDRESS")

    def _introduced(self, address: str, told: bytes) -> None:
        said = json.loads(told)
        self._mute.pop(machine(address), None)
        if differs := alike.differences(said["versions"]):
            self._refuse(address, f"{differs}. Bring both to one commit, with the libraries that grading/kit installs")
        elif said["level"] == "none" and not self._unsafe:
            self._refuse(address, f"no sandbox works there: {said['why']}")
        else:
            self._say(f"cluster: {machine(address)}, sandbox {said['level']} ({said['why']})")
            self._prepare(address)

    def _prepare(self, address: str) -> None:
        self._peers[address].state = "preparing"
        self._errands.ask(address, orders.prepare, self._run, self._held, then=self._prepared)

    def _prepared(self, address: str, _: bytes) -> None:
        self._peers[address].state = "ready"

    def _refuse(self, address: str, why: str) -> None:
        self._peers[address].state = "refused"
        self._refusals[address] = why
        self._say(f"the worker on {machine(address)} is refused: {why}.")

    def _say(self, sentence: str) -> None:
        """Once, however many processes of a machine it is about."""
        if sentence not in self._said:
            self._said.add(sentence)
            self._tell(sentence)

    def _go(self, address: str, expected: bool) -> None:
        if peer := self._peers.pop(address, None):
            self._refusals.pop(address, None)
            self._errands.drop(address)
            if peer.state == "introducing":
                self._mute[machine(address)] += 1
            if peer.student:
                self._lose(peer.student, address, blamed=not expected)

    def _lose_scheduler(self) -> None:
        """Whatever was under way is to be done again, and nobody is to blame."""
        self._tell("cluster: the scheduler is gone; waiting for it to come back")
        self._waiting.extend(peer.student for peer in self._peers.values() if peer.student)
        self._peers, self._refusals = {}, {}
        self._client = self._reconnect()
        self._errands.begin_anew(self._client)
        self._tell("cluster: the scheduler is back")
        self._since = time.monotonic()
        self._meet()

    def _look_for_life(self) -> None:
        if any(peer.state != "refused" for peer in self._peers.values()):
            self._since = time.monotonic()
            return
        alone = time.monotonic() - self._since
        if self._refusals and alone > REFUSED:
            address, why = next(iter(self._refusals.items()))
            raise KitError(f"every worker of the cluster is refused; on {machine(address)}, {why}.")
        if alone > self._patience:
            ended = f"Those on {', '.join(self._mute)} ended when asked what they grade with. " if self._mute else ""
            raise KitError(f"no worker has been there for {self._patience:g} s. {ended}Start some on every machine: "
                           "kit worker ADDRESS. What is graded is in the books: run the same command again to go on.")

    # What they do

    def _hand_out(self) -> None:
        for address, peer in self._peers.items():
            # What waits to be taken is bounded: however large the class, few results are held.
            if self.done.qsize() > 2 * len(self._peers):
                return
            if peer.state != "ready" or self._errands.is_under_way(address):
                continue
            while (student := self._next(address)) and not self._order_from(address, student):
                continue

    def _next(self, address: str) -> str:
        """Whose turn it is at this worker; what failed there goes to another, if there is one."""
        alone = sum(peer.state in ("preparing", "ready") for peer in self._peers.values()) == 1
        for number, student in enumerate(self._waiting):
            if alone or self._failed.get(student) != address:
                del self._waiting[number]
                return student
        return ""

    def _order_from(self, address: str, student: str) -> bool:
        """Whether the worker has got something to do: what cannot be read here is not sent."""
        if student not in self._begun:
            self._begun.add(student)
            self._began(student)
        try:
            order = self._order(student)
        except Exception as error:
            self._finish(student, error)
            return False
        self._peers[address].student = student
        # Named by content: keys stand in logs, and people's names must not.
        name = f"kit-{sha256(order).hexdigest()[:32]}-{token_hex(4)}"
        self._errands.ask(address, orders.grade, self._run, order, then=self._graded, key=name)
        return True

    def _graded(self, address: str, packed: bytes) -> None:
        peer = self._peers[address]
        student, peer.student = peer.student, ""
        if not packed:                           # it has not heard of this run for so long that it has closed
            self._waiting.appendleft(student)
            self._prepare(address)
            return
        try:
            answer = parcel.unpack_answer(packed)
        except (ValueError, zlib.error) as error:
            answer = Answer(error=f"what came back is no answer ({error})")
        if answer.error:
            self._fail(student, address, answer)
            return
        if (where := self._failed.pop(student, address)) != address:
            self._blame(where)
        self._finish(student, answer)

    def _fail(self, student: str, address: str, answer: Answer) -> None:
        """A second worker tells whether it was the first one's fault: its disk may be full."""
        if student not in self._failed:
            self._failed[student] = address
            self._waiting.append(student)
            return
        error = Elsewhere(f"{answer.error}, on {machine(address)}")
        error.add_note(answer.trace)
        self._finish(student, error)

    def _blame(self, address: str) -> None:
        if peer := self._peers.get(address):
            peer.failures += 1
            if peer.failures >= FAILURES and peer.state != "refused" and not peer.student:
                self._refuse(address, f"{peer.failures} submissions failed there that went well elsewhere")

    def _lose(self, student: str, address: str, blamed: bool) -> None:
        self._losses[student] += blamed
        if self._losses[student] < LOSSES:
            self._waiting.append(student)
        else:
            self._finish(student, KitError(
                f"{LOSSES} workers were lost while they graded this submission, the last one on {machine(address)}; "
                "it is set aside. Look at it, then grade it by itself, without --scheduler"))

    def _finish(self, student: str, found: Found) -> None:
        self._left -= 1
        self.done.put((student, found))

    def _refused_to_run(self, address: str, error: BaseException) -> None:
        """What an order itself raises is no submission's doing: the worker is not as it should be."""
        peer = self._peers[address]
        if peer.student:
            self._waiting.append(peer.student)
            peer.student = ""
        cause = error.__cause__ or error
        if isinstance(cause, ModuleNotFoundError) and "deserialization" in str(error):
            raise KitError(f"the scheduler does not find the kit ({cause}). Start it by: kit scheduler") from None
        why = f"{type(cause).__name__}: {cause}" if str(cause) else type(cause).__name__
        self._refuse(address, f"it could not do what it was asked to ({why})")


def machine(address: str) -> str:
    """Of a worker's address, without its port: its processes come and go."""
    return urlsplit(address).hostname or address
