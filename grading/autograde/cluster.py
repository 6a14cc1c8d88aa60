"""Grade on many machines, by `dask.distributed`: the same jobs, the same results; the books stay here.

    with Cluster(door) as cluster:
        for student, found in cluster.run(students, task, make, take, began): ...
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import TypeVar

from grading.autograde import parcel
from grading.autograde.dispatch import PATIENCE, Dispatcher
from grading.autograde.door import Door
from grading.autograde.job import Done, Job, Task
from grading.autograde.parcel import Parcel
from grading.errors import KitError

Kept, Graded = TypeVar("Kept"), TypeVar("Graded")
ANSWERS_WITHIN = 10.0      # seconds for a scheduler that should be there


class Cluster:
    """A scheduler, and the workers that are connected with it."""

    def __init__(self, door: Door, *, unsafe: bool = False, tell: Callable[[str], None] = lambda said: None,
                 patience: float = PATIENCE):
        """
        - unsafe: workers without a sandbox may grade too
        - tell: is told in sentences who grades, and who is refused
        - patience: seconds to wait for a scheduler that was lost, and for a worker
        """
        self._door, self._unsafe, self._tell, self._patience = door, unsafe, tell, patience
        self._client = None

    def __enter__(self) -> "Cluster":
        import dask

        # A submission is part of its order, and may hold many pictures.
        dask.config.set({"distributed.admin.large-graph-warning-threshold": "1GB"})
        self._client = self._door.connect(ANSWERS_WITHIN)
        return self

    def __exit__(self, *_) -> None:
        with suppress(Exception):                # it may have gone
            self._client.close(timeout=5)

    def run(self, students: Iterable[str], task: Task, files: tuple[dict[str, bytes], dict[str, bytes]],
            make: Callable[[str], tuple[Kept, Job]], take: Callable[[Kept, Job, Done, str], Graded],
            began: Callable[[str], None]) -> Iterator[tuple[str, Graded | Exception]]:
        """As `pool.run`: (student, what `take` made of it, or what went wrong) as they are done.

        - files: (given, data) for the sandboxes, path -> content
        - make: what there is to do for a student, and what is kept here until it is done
        - take: take(kept, job, done, level of the sandbox)
        """
        students, kept = list(students), {}

        def order(student: str) -> bytes:
            kept[student] = make(student)
            return parcel.pack(kept[student][1])

        dispatcher = Dispatcher(self._client, self._reconnect, students, Parcel(task, *files, self._unsafe).pack(),
                                began, self._tell, order=order, unsafe=self._unsafe, patience=self._patience)
        thread = threading.Thread(target=dispatcher.work, name="dispatcher", daemon=True)
        thread.start()
        try:
            for _ in students:
                student, found = dispatcher.done.get()
                if student is None:
                    raise found
                made = kept.pop(student, None)
                yield student, found if isinstance(found, Exception) else take(*made, found.done, found.level)
        finally:
            dispatcher.stop()
            thread.join()

    def _reconnect(self):
        with suppress(Exception):
            self._client.close(timeout=2)
        try:
            self._client = self._door.connect(self._patience)
        except KitError as error:
            raise KitError(f"{error}. What is graded is in the books: run the same command again to go on.") from None
        return self._client
