"""The workers of a run: sandboxes for one assignment, started ahead while the kit makes itself ready."""

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress

from grading.books.course import Course
from grading.engine.sandbox import Sandbox, probe
from grading.engine.worker import Worker, WorkerLost
from grading.errors import KitError
from grading.release.assignment import Assignment
from grading.scratch import temporary


def choose_sandbox(unsafe: bool = False) -> Sandbox:
    """What this machine offers. Without any sandbox a KitError, unless the instructor has said `--unsafe`."""
    sandbox = probe()
    if sandbox.level == "none" and not unsafe:
        raise KitError(f"no sandbox works on this machine: {sandbox.why}. Submissions would run with your own rights. "
                       "Grade on Linux with bubblewrap, or say --unsafe for a class that you trust.")
    return sandbox


def given(assignment: Assignment, course: Course) -> dict[str, bytes]:
    """The package as far as the kit gives it, path -> content."""
    try:
        return {f"cs231n/{name}": (course.source(assignment.name) / "cs231n" / name).read_bytes()
                for name in assignment.given_modules}
    except FileNotFoundError as error:
        raise KitError(f"{error.filename} is missing: {assignment.name} has another module than when it was generated. "
                       f"Run: kit generate {assignment.name}") from None


class Workers:
    """Makes workers, each with the package as far as the kit gives it, in the folder `given`, and the data to grade on.
    """

    def __init__(self, assignment: Assignment, course: Course, sandbox: Sandbox):
        self.sandbox, self._data = sandbox, course.grading_data
        course.require_release(assignment.name)
        course.prepare_data()
        self._held = ExitStack()
        self.given = self._held.enter_context(temporary("kit-held-given-"))
        self._ahead: deque[Future[Worker]] = deque()
        self._starting = ThreadPoolExecutor(thread_name_prefix="ahead")
        for name, content in given(assignment, course).items():
            path = self.given / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_) -> None:
        for future in self._ahead:
            if not future.cancel():
                with suppress(WorkerLost):
                    future.result().close()
        self._starting.shutdown()
        self._held.close()

    def start_ahead(self, count: int) -> None:
        """Have so many warm up already; each is taken once."""
        self._ahead.extend(self._starting.submit(self._start) for _ in range(count))

    def take(self) -> Worker:
        """A worker, which its taker closes. Raises WorkerLost."""
        try:
            return self._ahead.popleft().result()
        except IndexError:
            return self._start()

    def _start(self) -> Worker:
        return Worker(self.sandbox, self.given, self._data)
