"""The small course that the hostile class is graded in, and the folders that its students hand in.

The kit is copied, with an assignment of one notebook: a submission is graded in a second, and what an attack changes in
the kit's own files is seen.
"""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from grading.books.course import Course
from grading.release import assignment as assignments
from grading.release.assignment import Assignment
from grading.sample import kit_copy, sample_class
from hostile import Attack, besides, tampering

ASSIGNMENT, NOTEBOOK = "assignment1", "softmax"
WIRE = (Path(__file__).parent / "wire.py").read_text(encoding="utf-8")
HONEST = ("aa_honest", "g_honest", "n_honest", "t_honest", "zz_honest")      # in order, among the others

_WRONG = '''

def softmax_loss_naive(W, X, y, reg):
    return 0.0, np.zeros_like(W)


softmax_loss_vectorized = softmax_loss_naive
'''
_LOOPED = '''

def softmax_loss_vectorized(W, X, y, reg):
    return softmax_loss_naive(W, X, y, reg)
'''
_WRONG_CELLS = {
    "softmax-log_uniform-solution": "def log_uniform(low, high, size):\n"
                                    "    return np.random.uniform(low, high, size)\n",
    "softmax-search-solution": "results, best_val, best_softmax = {}, -1, None\n",
}
_UNSEARCHED = {"softmax-search-solution": _WRONG_CELLS["softmax-search-solution"]}


def copy_of_the_kit(target: Path) -> Path:
    """Everything that `kit` commands need, and one assignment of one notebook."""
    return kit_copy.make(target, assignments.ASSIGNMENTS / ASSIGNMENT, (NOTEBOOK,))


class Bases:
    """The submissions that attacks are added to; each is made once, in `folder`."""

    def __init__(self, kit: Path, course: Course, folder: Path):
        self.assignment: Assignment = assignments.load(ASSIGNMENT, kit / "assignments")
        self._course, self._folder = course, folder

    def hand_in(self, base: str, target: Path) -> None:
        if not (self._folder / base).exists():
            make: dict[str, Callable[[Path], None]] = {
                "untouched": self._untouched, "perfect": self._perfect, "wrong": self._wrong, "looped": self._looped,
                "unsearched": self._unsearched}
            make[base](self._folder / base)
            self._cut(self._folder / base / f"{NOTEBOOK}.ipynb")
        shutil.copytree(self._folder / base, target)

    def _untouched(self, target: Path) -> None:
        shutil.copytree(self._course.release(ASSIGNMENT), target)

    def _perfect(self, target: Path) -> None:
        sample_class.complete(self.assignment, self._course, target)

    def _wrong(self, target: Path) -> None:
        self._untouched(target)
        _append(target / "cs231n" / "classifiers" / "softmax.py", _WRONG)
        self._write_in(target, _WRONG_CELLS)

    def _unsearched(self, target: Path) -> None:
        self._perfect(target)
        self._write_in(target, _UNSEARCHED)

    def _looped(self, target: Path) -> None:
        """The search trains with another function: its cells are to take as long as a perfect submission's."""
        self._perfect(target)
        for name in ("softmax.py", "linear_classifier.py"):
            path = target / "cs231n" / "classifiers" / name
            path.write_text(path.read_text(encoding="utf-8").replace("softmax_loss_vectorized", "softmax_loss_quickly"),
                            encoding="utf-8")
        _append(target / "cs231n" / "classifiers" / "softmax.py", _LOOPED)

    def _write_in(self, target: Path, cells: dict[str, str]) -> None:
        notebook = json.loads((target / f"{NOTEBOOK}.ipynb").read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            cell["source"] = cells.get(cell["id"], cell["source"])
        (target / f"{NOTEBOOK}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")

    def _cut(self, path: Path) -> None:
        """Leave the lesson's own text and pictures out: they take time, and no test needs them."""
        notebook = json.loads(path.read_text(encoding="utf-8"))
        notebook["cells"] = [cell for cell in notebook["cells"] if "nbgrader" in cell["metadata"]]
        path.write_text(json.dumps(notebook), encoding="utf-8")


def hand_in(attack: Attack, bases: Bases, target: Path, places: dict[str, str]) -> None:
    """Write the folder that this hostile student hands in."""
    def known(text: str) -> str:
        for name, value in (places | {"WIRE": WIRE}).items():
            text = text.replace(f"@{name}@", value)
        return text

    bases.hand_in(attack.base, target)
    module = target / "cs231n" / attack.module
    module.write_text(known(attack.top) + "\n" * bool(attack.top) + module.read_text(encoding="utf-8") + "\n"
                      + known(attack.code), encoding="utf-8")
    if attack.spoil:
        spoiled = getattr(tampering, attack.spoil)(module.read_text(encoding="utf-8"))
        module.write_bytes(spoiled if isinstance(spoiled, bytes) else spoiled.encode())

    path = target / f"{NOTEBOOK}.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    if attack.search:
        _cell(notebook, f"{NOTEBOOK}-search-solution")["source"] = known(attack.search)
    if attack.answer:
        _cell(notebook, f"{NOTEBOOK}-first-answer")["source"] = known(attack.answer)
    if attack.cell:
        place = notebook["cells"].index(_cell(notebook, attack.after)) + 1 if attack.after else 0
        notebook["cells"].insert(place, tampering.own_cell("code", known(attack.cell)))
    written = getattr(tampering, attack.tamper)(notebook) if attack.tamper else None
    path.write_bytes(written if written is not None else json.dumps(notebook).encode())
    if attack.lay:
        getattr(besides, attack.lay)(target)


def hand_in_honestly(bases: Bases, target: Path) -> None:
    """A perfect submission, with a line in it that nobody else should ever read."""
    bases.hand_in("perfect", target)
    _append(target / "cs231n" / "classifiers" / "softmax.py", f"\n# HONEST WORK of {target.name}\n")


def _cell(notebook: dict, name: str) -> dict:
    return next(cell for cell in notebook["cells"] if cell["id"] == name)


def _append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
