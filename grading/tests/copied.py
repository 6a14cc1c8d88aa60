"""A class whose submissions are independent of each other, and copies among them that were made to look otherwise.

Each function of an independent submission is one of the known ways to write it, right or wrong, drawn at random; the
inline answers are sentences of random words.
"""

import ast
import io
import json
import keyword
import random
import re
import textwrap
import tokenize
from pathlib import Path

from grading.books.course import Course
from grading.errors import KitError
from grading.release.assignment import Assignment
from grading.release.stubs import strip_markers
from grading.sample import sample_class
from grading.trials import catalogue

_WORDS = ("pixel image class score margin loss weight distance row column noise bright bias gradient step rate penalty "
          "train test grow fall small large zero one mean sum square root line plane vote near far same other since "
          "because so then when every no each more less than of the a is are it its we with by for from to").split()
_NAMES = "alpha beta gamma delta kappa sigma omega tau rho phi chi psi eta mu nu xi".split()


class Independent:
    """Draws submissions of one assignment, as {path: text}."""

    def __init__(self, assignment: Assignment, course: Course, folder: Path):
        self._assignment = assignment
        sample_class.complete(assignment, course, folder)
        self._notebooks = {name: (folder / name).read_text(encoding="utf-8") for name in assignment.notebook_files}
        self._known: dict[str, dict[str, list[catalogue.Entry]]] = {}
        for entry in [*catalogue.unusual(assignment), *catalogue.mistakes(assignment)]:
            self._known.setdefault(entry.module, {}).setdefault(entry.function, []).append(entry)

    def draw(self, seed: int) -> dict[str, str]:
        chance = random.Random(seed)
        made = {}
        for module in self._assignment.student_modules:
            text = self._assignment.source(module)
            for entries in self._known.get(module, {}).values():
                try:
                    text = chance.choice(entries).source(text)
                except KitError:                         # it changes what another has changed already
                    continue
            made[f"cs231n/{module}"] = strip_markers(text, module)
        for name, text in self._notebooks.items():
            notebook = json.loads(text)
            for cell in notebook["cells"]:
                described = cell["metadata"].get("nbgrader", {})
                if described.get("solution") and cell["cell_type"] == "markdown":
                    cell["source"] = " ".join(chance.choices(_WORDS, k=chance.randint(15, 60))) + "."
            made[name] = json.dumps(notebook)
        return made


def write(files: dict[str, str], folder: Path) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")


# Ways to hide a copy

def renamed(files: dict[str, str], seed: int = 0) -> dict[str, str]:
    return _modules(files, lambda text: _renamed(text, random.Random(seed)))


def reordered(files: dict[str, str], seed: int = 0) -> dict[str, str]:
    """The functions of modules, and the methods of classes, in another order."""
    return _modules(files, lambda text: _reordered(text, random.Random(seed)))


def reformatted(files: dict[str, str]) -> dict[str, str]:
    """Without comments, other quotes, brackets and lines, four blanks as two."""
    return _modules(files, lambda text: re.sub(r"(?m)^( +)", lambda found: found[1][::2], ast.unparse(ast.parse(text))))


def commented(files: dict[str, str]) -> dict[str, str]:
    return _modules(files, lambda text: re.sub(r"(?m)^( +)(\w.* = .*[\w)\]])$", r"\1# now comes the next step" + "\n"
                                               r"\1\2  # and here it is" + "\n" + r"\1print('done')", text)
                    if '"""' not in text.split("def ", 1)[0] else text)


def reworded(files: dict[str, str]) -> dict[str, str]:
    """Answers with other words at some places."""
    def change(text: str) -> str:
        notebook = json.loads(text)
        for cell in notebook["cells"]:
            if cell["cell_type"] == "markdown" and cell["metadata"].get("nbgrader", {}).get("solution"):
                cell["source"] = cell["source"].replace(" the ", " this ").capitalize()
        return json.dumps(notebook)

    return {name: change(text) if name.endswith(".ipynb") else text for name, text in files.items()}


def merged(one: dict[str, str], other: dict[str, str]) -> dict[str, str]:
    """Every second file of one, and the others of the other."""
    return {name: (one, other)[number % 2][name] for number, name in enumerate(one)}


def _modules(files: dict[str, str], change) -> dict[str, str]:
    made = {}
    for name, text in files.items():
        if name.endswith(".py"):
            try:
                made[name] = change(text)
                ast.parse(made[name])
            except SyntaxError:
                made[name] = text
        else:
            made[name] = text
    return made


def _renamed(text: str, chance: random.Random) -> str:
    """Other names for what functions assign to."""
    tree = ast.parse(text)
    local = sorted({node.id for function in ast.walk(tree) if isinstance(function, ast.FunctionDef)
                    for node in ast.walk(function) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)})
    new = {name: f"{chance.choice(_NAMES)}_{number}" for number, name in enumerate(local)}
    found, before = [], ""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        name = token.string
        if token.type == tokenize.NAME and before != "." and name in new and not keyword.iskeyword(name):
            token = token._replace(string=new[name])
        before = name
        found.append((token.type, token.string))
    return tokenize.untokenize(found)


def _reordered(text: str, chance: random.Random) -> str:
    lines = text.split("\n")
    return "\n".join(_shuffled(lines, ast.parse(text).body, 0, len(lines), chance))


def _shuffled(lines: list[str], body: list[ast.stmt], start: int, end: int, chance: random.Random) -> list[str]:
    """These lines with their functions in another order; those of classes too."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    first = next((node for node in body if isinstance(node, kinds)), None)
    if first is None:
        return lines[start:end]
    begins = [min([node.lineno, *(one.lineno for one in node.decorator_list)]) - 1 if isinstance(node, kinds)
              else node.lineno - 1 for node in body]
    blocks, head = [], lines[start:begins[body.index(first)]]
    for number, node in enumerate(body):
        if number < body.index(first):
            continue
        last = begins[number + 1] if number + 1 < len(body) else end
        if isinstance(node, ast.ClassDef):
            inner = node.body[0].lineno - 1
            blocks.append(lines[begins[number]:inner] + _shuffled(lines, node.body, inner, last, chance))
        else:
            blocks.append(lines[begins[number]:last])
    if all(isinstance(node, ast.FunctionDef) for node in body[body.index(first):]):
        chance.shuffle(blocks)
    return [*head, *(line for block in blocks for line in [*block, ""])]


def helpers(files: dict[str, str]) -> dict[str, str]:
    """With a function of its own that nobody calls, before all others."""
    added = textwrap.dedent("""
        def check_shape(values, rows, columns):
            if values.shape != (rows, columns):
                raise ValueError("the shape is wrong")
            return values
        """)
    return _modules(files, lambda text: text + added)
