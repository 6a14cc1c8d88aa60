"""The nbgrader course folder: where source, release, submitted, autograded and feedback live.

The kit and stock `nbgrader` (commands and formgrader, started in this folder) read the same `nbgrader_config.py`, so
both see one course.
"""

import json
import logging
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from grading import ROOT
from grading.errors import KitError

CONFIG = "nbgrader_config.py"
TIMESTAMP = "timestamp.txt"          # in a submission's folder: nbgrader reads its time from here
DEFAULT = ROOT / "grading" / "course"
KEPT = {"gradebook.db", "roster.csv", CONFIG, ".secret", "source", "release", "submitted", "autograded", "replaced",
        "removed", "attempts", "marks", "notes", "grading-data"}         # no command's output may take their place
GRADING_IMAGES = (300, 100)          # train and test images of the small set that submissions are graded on


@dataclass(frozen=True)
class Course:
    """One course folder; every path below it has its name here."""

    root: Path = DEFAULT

    @property
    def gradebook(self) -> Path:
        return self.root / "gradebook.db"

    @property
    def grading_data(self) -> Path:
        """The small data set that submissions are graded on (`CS231N_DATA`)."""
        return self.root / "grading-data"

    @property
    def roster(self) -> Path:
        """Optional `roster.csv` with a column `id`; when it is there, only its students can be collected."""
        return self.root / "roster.csv"

    @property
    def secret(self) -> Path:
        """What the hidden tests' seeds are drawn from; made once, and never shown."""
        return self.root / ".secret"

    @property
    def marks(self) -> Path:
        """Copies of what was marked by hand."""
        return self.root / "marks"

    @property
    def log(self) -> Path:
        return self.root / "kit.log"

    def source(self, assignment: str) -> Path:
        return self.root / "source" / assignment

    def release(self, assignment: str) -> Path:
        return self.root / "release" / assignment

    def submitted(self, student: str, assignment: str) -> Path:
        return self.root / "submitted" / student / assignment

    def replaced(self, student: str, assignment: str) -> Path:
        """Where an earlier submission goes when a newer one is collected: nothing handed in is thrown away."""
        return self.root / "replaced" / student / assignment

    @property
    def attempts(self) -> Path:
        """A course of its own, where the best of a student's attempts counts: each of them is graded there."""
        return self.root / "attempts"

    def autograded(self, student: str, assignment: str) -> Path:
        return self.root / "autograded" / student / assignment

    def feedback(self, student: str, assignment: str) -> Path:
        return self.root / "feedback" / student / assignment

    def writeups(self, assignment: str) -> Path:
        return self.root / "writeups" / assignment

    def students(self, assignment: str) -> list[str]:
        """Ids of those who have a collected submission."""
        return sorted(path.parent.name for path in (self.root / "submitted").glob(f"*/{assignment}") if path.is_dir())

    def prepare(self) -> None:
        """Make the folder and its config, if this is a new course."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.prepare_config(DEFAULT)

    def prepare_config(self, like: Path) -> None:
        """Configure this course as the one in the folder `like`, its own settings included."""
        config = self.root / CONFIG
        if not config.exists():
            config.write_text((like / CONFIG).read_text(encoding="utf-8")
                              .replace("parents[2]", f"parents[0].joinpath({str(ROOT)!r})"), encoding="utf-8")

    def prepare_data(self) -> None:
        """Make the small grading data once, so that stock nbgrader finds it too."""
        if not self.grading_data.exists():
            from cs231n.synthetic import write_synthetic_cifar10

            self.prepare()
            num_train, num_test = GRADING_IMAGES
            write_synthetic_cifar10(self.grading_data, num_train=num_train, num_test=num_test)

    @contextmanager
    def nbgrader(self) -> Iterator[dict]:
        """Keywords for nbgrader's converters: its course directory and this folder's own config.

        Inside the context nbgrader writes its log to `kit.log` and never to the terminal, and the environment is that
        of grading, which the config sets for kernels.
        """
        from nbgrader.coursedir import CourseDirectory
        from sqlalchemy.exc import SAWarning
        from traitlets.log import get_logger

        self.prepare()
        handler = logging.FileHandler(self.log, encoding="utf-8")
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logger = get_logger()
        former = list(logger.handlers)
        logger.handlers[:] = [handler]
        logger.propagate = False
        logger.setLevel(logging.INFO)
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        try:
            # nbgrader calls `alembic` by name
            with environment(grading_environment(self) | {"PATH": programs}), warnings.catch_warnings():
                warnings.simplefilter("ignore", SAWarning)       # nbgrader's own queries: nothing a user could act on
                config = self._configured()
                if sys.path[0] != str(ROOT):                     # it may name another kit: processes that are begun
                    sys.path.insert(0, str(ROOT))                # from here on are of the one that runs
                yield {"coursedir": CourseDirectory(config=config), "config": config}
        finally:
            logger.handlers[:] = former
            handler.close()

    def _configured(self):
        """What the folder's own config says; it is a program, to which people add settings. Raises KitError."""
        from traitlets.config.loader import PyFileConfigLoader

        try:
            return PyFileConfigLoader(CONFIG, path=str(self.root)).load_config()
        except (KitError, OSError):
            raise
        except Exception as error:
            config = self.root / CONFIG
            lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__)
                     if Path(frame.filename) == config]
            line = getattr(error, "lineno", None) or (lines[-1] if lines else None)
            raise KitError(f"{config}{f', line {line}' if line else ''}: {type(error).__name__}: "
                           f"{getattr(error, 'msg', error)}. Mend that line, or take it out.") from None

    @contextmanager
    def first_error(self) -> Iterator[Callable[[], str]]:
        """Inside `nbgrader()`: a function that tells the cause nbgrader logged first, as one line."""
        from traitlets.log import get_logger

        causes: list[str] = []

        class Listener(logging.Handler):
            def emit(self, record: logging.LogRecord) -> None:
                last = record.getMessage().strip().splitlines()[-1:]
                if "Traceback" in record.getMessage():
                    causes.extend(last)

        listener = Listener(logging.ERROR)
        get_logger().addHandler(listener)
        try:
            yield lambda: causes[0] if causes else ""
        finally:
            get_logger().removeHandler(listener)

    def log_exception(self, what: str, error: BaseException) -> None:
        """Inside `nbgrader()`: write what went wrong, with its traceback, to `kit.log`."""
        from traitlets.log import get_logger

        get_logger().error(what, exc_info=error)

    def require_release(self, assignment: str) -> None:
        """Raise KitError where an assignment is not generated, or a notebook of it has been damaged since."""
        if not self.source(assignment).is_dir():
            raise KitError(f"{assignment} has not been generated in {self.root}. Run: kit generate {assignment}")
        listed = _listed(self.source(assignment) / "cs231n" / "assignment.json")
        for folder in (self.source(assignment), self.release(assignment)):
            for path in {folder / name for name in listed} | set(folder.glob("*.ipynb")) if folder.is_dir() else ():
                if not _is_notebook(path):
                    raise KitError(f"{path} is {'no notebook' if path.exists() else 'missing'}. kit generate "
                                   f"{assignment} makes it anew, from the notebook in assignments/{assignment}.")


def keeps(path: Path) -> str:
    """A clause on what this file is to a course, or to the kit, if it is what people wrote or other commands read."""
    place = path.resolve()
    for root in place.parents:
        if (root / CONFIG).is_file():
            kept = place.relative_to(root).parts[0]
            return f"belongs to the course in {root}" if kept in KEPT else ""
    own = place.exists() and any(place.is_relative_to(ROOT / name) for name in ("assignments", "cs231n", "grading"))
    return "belongs to the kit itself" if own else ""


def _listed(described: Path) -> list[str]:
    """The notebooks that a release says it has."""
    try:
        return json.loads(described.read_text(encoding="utf-8"))["notebooks"]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError):
        raise KitError(f"{described} is damaged. Make it anew with: kit generate {described.parents[1].name}") from None


def _is_notebook(path: Path) -> bool:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return found["nbformat"] == 4 and all(cell["metadata"] is not None and cell["source"] is not None
                                              for cell in found["cells"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def grading_environment(course: Course) -> dict[str, str]:
    """What the student's code sees while it is graded: small data, few steps, no window for plots, one BLAS thread."""
    return {
        "CS231N_DATA": str(course.grading_data),
        "CS231N_SCALE": "0.01",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


@contextmanager
def environment(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables for a block, then put the former ones back."""
    before = {key: os.environ.get(key) for key in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value
