"""Submissions that a person should look at, each with what there is to see. No verdict depends on any of it.

What the run remarked, what its messages say, and lines of the submission's own code that reach for more than a lesson
asks for: such a line may be harmless, and what is not found may be there.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from grading import NOTE
from grading.books import answers
from grading.books.course import Course
from grading.desk.text import clean_message
from grading.release.assignment import Assignment
from grading.report.standing import Standing

LONGEST, MOST = 300, 5           # characters of what is shown, and so many of one kind
MOST_TEXT = 500_000              # characters of a submission's code that are searched

# kind -> (where: "remark", "message" or "code", words)
_SIGNS = (
    ("loops behind a vectorized face", "message", r"hides its loops|loops in Python over"),
    ("a library in place of the work", "message", r"hands its task to a library"),
    ("locked cells", "remark", r"locked cell"),
    ("a process of the kit's own was lost", "remark", r"kit's own processes was lost"),
    ("the submission's process ended", "message", r"the Python process ended here|ended the kit's own process"),
    ("it ran out of time or memory as a whole", "message", r"the submission as a whole has had"),
    ("files that were not taken", "remark", r"is a link|is corrupt|is no file|too large|was not taken|left out"),
    ("files that were not taken", "collected", r"refused;|was not taken|is a link|passed over|was taken from"),
    ("libraries or the kit are patched", "code",
     r"^[ \t]*(?:np|numpy|sys|os|builtins|math|time|random|cs231n|testing|gradient_check|data_utils)"
     r"(?:\.\w+)+[ \t]*=(?!=)"
     r"|\bsetattr\(\s*(?:np|numpy|sys|os|builtins|cs231n|testing)\b|\b__builtins__\b|\bsys\.modules\b"),
    ("it reaches out of the lesson", "code",
     r"^[ \t]*(?:import|from)[ \t]+(?:os|sys|subprocess|socket|ctypes|inspect|gc|signal|threading|multiprocessing"
     r"|importlib|urllib|requests|pickle|marshal|faulthandler|tracemalloc|weakref|mmap|resource|ast|dis)\b"
     r"|^[ \t]*import[ \t]+builtins\b|(?<![\w.])(?:eval|exec|compile|__import__)\("
     r"|\b_getframe\b|\bsettrace\b|\bget_objects\b|/proc/|\bos\.(?:system|environ)"
     r"|\b__(?:globals|subclasses|code|closure|reduce|getattribute)__\b"),
)
_SIGNS = tuple((kind, where, re.compile(words, re.M)) for kind, where, words in _SIGNS)


def worth_a_look(assignment: Assignment, course: Course, every: Sequence[Standing],
                 progress: Callable[[int, int], None]) -> list[dict]:
    """[{student, signs: [{kind, evidence: [text]}]}], those with the most kinds first."""
    found = []
    for number, one in enumerate(every, 1):
        signs: dict[str, list[str]] = {}
        for kind, evidence in _seen(assignment, course, one):
            shown = clean_message(evidence, LONGEST)
            if shown not in signs.setdefault(kind, []) and len(signs[kind]) < MOST:
                signs[kind].append(shown)
        if signs:
            found.append({"student": one.student, "signs": [{"kind": kind, "evidence": evidence}
                                                            for kind, evidence in signs.items()]})
        progress(number, len(every))
    return sorted(found, key=lambda one: -len(one["signs"]))


def _seen(assignment: Assignment, course: Course, one: Standing) -> Iterator[tuple[str, str]]:
    """(kind, evidence)"""
    remarks = one.result.remarks if one.result else []
    messages = [f"{name}: {cell['message']}" for name, cell in one.cells.items() if cell["outcome"] != "passed"]
    code = list(_code(assignment, course, one)) if one.result else []
    for kind, where, words in _SIGNS:
        if where == "code":
            yield from ((kind, f"{place} line {number}: {line}") for place, text in code
                        for number, line in _lines(words, text))
        else:
            texts = {"remark": remarks, "message": messages, "collected": [one.collected]}[where]
            yield from ((kind, text) for text in texts if words.search(text))


@lru_cache(maxsize=4096)                         # most cells are the same for many
def _lines(words: re.Pattern, text: str) -> tuple[tuple[int, str], ...]:
    """(number, line) of the first with a match: of no kind are more shown."""
    found: dict[int, str] = {}
    lines, number, start = text.split("\n"), 0, 0
    for match in words.finditer(text):
        number, start = number + text.count("\n", start, match.end()), match.end()
        found[number + 1] = lines[number].strip()[:LONGEST]
        if len(found) == MOST:
            break
    return tuple(found.items())


def _code(assignment: Assignment, course: Course, one: Standing) -> Iterator[tuple[str, str]]:
    """(file or cell, its text) of what the student may have written, as far as it is searched."""
    folder, room = course.autograded(one.student, assignment.name), MOST_TEXT
    for module in assignment.student_files:
        try:
            text = (folder / module).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        yield module, text[:room]
        room -= min(room, len(text))
    for notebook in assignment.notebooks:
        for cell in answers.read(folder, notebook):
            described = cell.get("metadata", {})
            locked = described.get("nbgrader", {}).get("locked") or NOTE in described
            if cell.get("cell_type") == "code" and not locked and room:
                text = answers.source(cell)
                yield f"{notebook}.ipynb, {cell.get('id')}", text[:room]
                room -= min(room, len(text))
