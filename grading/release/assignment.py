"""An assignment, as its folder's `assignment.toml` describes it.

Nothing about an assignment is written anywhere else: a new one is a new folder under `assignments/`.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from grading import ROOT
from grading.books import rules
from grading.errors import KitError
from grading.release import stubs

ASSIGNMENTS = ROOT / "assignments"
PACKAGE = ROOT / "cs231n"
DESCRIPTION = "assignment.toml"
ASKED = "_asked.py"                              # the module that says in a release what the description asks for
TASKS = ("distances", "softmax", "svm")          # that tests look at for what is handed to a library


@dataclass(frozen=True)
class Assignment:
    """One assignment's source.

    - notebooks: names without `.ipynb`, in the order students meet them
    - student_modules: paths under `cs231n/`, stubbed in the release, taken from submissions
    - given_modules: paths under `cs231n/`, complete in the release, laid down from source when grading
    - given_functions: qualified names in student modules that go out complete all the same
    - later: top-level classes and functions that a later assignment introduces; left out of the release
    - by_hand: tasks of which not even a part may be handed to a library: np.linalg.norm for distances then costs points
    - sample: those of its sample class beside a perfect and an untouched one, where a few are enough
    - topics: first two parts of a test cell's grade_id -> the function judged, then those it also depends on
    """

    name: str
    title: str
    folder: Path
    notebooks: tuple[str, ...]
    student_modules: tuple[str, ...]
    given_modules: tuple[str, ...]
    topics: dict[str, tuple[str, ...]]
    given_functions: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    by_hand: tuple[str, ...] = ()
    sample: tuple[str, ...] = ()

    @property
    def notebook_files(self) -> tuple[str, ...]:
        return tuple(f"{name}.ipynb" for name in self.notebooks)

    @property
    def student_files(self) -> tuple[str, ...]:
        """Paths inside a release (and a submission) that students write, `/`-separated."""
        return tuple(f"cs231n/{module}" for module in self.student_modules)

    @property
    def submitted_files(self) -> tuple[str, ...]:
        return self.notebook_files + self.student_files

    def notebook_path(self, notebook: str) -> Path:
        return self.folder / f"{notebook}.ipynb"

    def source(self, module: str) -> str:
        """A module as the instructor has it, markers included, without what comes later."""
        text = (PACKAGE / module).read_text(encoding="utf-8")
        if module == ASKED:
            return re.sub(r"^BY_HAND = \(\)", f"BY_HAND = {self.by_hand!r}", text, flags=re.MULTILINE)
        return stubs.leave_out(text, self.later)

    def stub(self, module: str) -> str:
        """A student module as the release hands it out. Raises MarkerError when it cannot be cut safely."""
        return stubs.make_stub(self.source(module), f"cs231n/{module}", self.given_functions)

    def complete(self, module: str) -> str:
        """A module with every solution in it."""
        return stubs.strip_markers(self.source(module), f"cs231n/{module}")

    def is_students(self, function: str) -> bool:
        """Whether students of this assignment write the function with this qualified name."""
        return function not in self.given_functions and function.split(".")[0] not in self.later


def names(folder: Path = ASSIGNMENTS) -> list[str]:
    return sorted(path.parent.name for path in folder.glob(f"*/{DESCRIPTION}"))


def load(name: str, folder: Path = ASSIGNMENTS) -> Assignment:
    """Read `folder/name/assignment.toml`; raises KitError with one sentence when it is missing or wrong."""
    path = folder / name / DESCRIPTION
    if name not in names(folder):
        known = ", ".join(names(folder)) or "none"
        raise KitError(f"There is no assignment {name!r} in {folder}. Assignments here: {known}.")
    try:
        described = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise KitError(f"{path} is not valid TOML: {error}.") from None
    assignment = Assignment(
        name=name,
        title=_text(described, "title", path),
        folder=path.parent,
        notebooks=_strings(described, "notebooks", path),
        student_modules=_strings(described, "student_modules", path),
        given_modules=_strings(described, "given_modules", path),
        given_functions=_strings(described, "given_functions", path, needed=False),
        later=_strings(described, "later", path, needed=False),
        by_hand=_strings(described, "by_hand", path, needed=False),
        sample=_strings(described, "sample", path, needed=False),
        topics=_topics(described, path),
    )
    rules.parse(described.get("late"), path)
    if unknown := set(assignment.by_hand) - set(TASKS):
        raise KitError(f"{path}: 'by_hand' names {sorted(unknown)[0]!r}; the tasks are {', '.join(TASKS)}.")
    for notebook in assignment.notebooks:
        if not assignment.notebook_path(notebook).is_file():
            raise KitError(f"{path}: notebook {notebook!r} is listed, but {notebook}.ipynb is not in {path.parent}.")
    for module in assignment.student_modules + assignment.given_modules:
        if not (PACKAGE / module).is_file():
            raise KitError(f"{path}: module {module!r} is listed, but {PACKAGE / module} does not exist.")
    return assignment


def topic(grade_id: str) -> str:
    """`knn-two_loops-distances` -> `knn-two_loops`."""
    return grade_id.rsplit("-", 1)[0]


def _text(described: dict, key: str, path: Path) -> str:
    value = described.get(key)
    if not isinstance(value, str) or not value:
        raise KitError(f"{path}: {key!r} must be a non-empty string, found {value!r}.")
    return value


def _topics(described: dict, path: Path) -> dict[str, tuple[str, ...]]:
    value = described.get("topics", {})
    if not isinstance(value, dict):
        raise KitError(f"{path}: 'topics' must be a table, [topics], found {value!r}.")
    return {topic: _strings(value, topic, path) for topic in value}


def _strings(described: dict, key: str, path: Path, needed: bool = True) -> tuple[str, ...]:
    value = described.get(key, None if needed else [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise KitError(f"{path}: {key!r} must be a list of strings, found {value!r}.")
    return tuple(value)
