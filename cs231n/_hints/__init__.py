"""Hints in three steps, for `cs231n.hint`: a question that leads, the formula, a case worked with numbers; never code.

The texts lie beside this file, in one TOML file for each assignment: for each function that students write, `question`,
`formula`, `example` and `read`, where to read on. Lines fit 80 columns.
"""

import difflib
import sys
import tomllib
from functools import cache
from pathlib import Path

STEPS = ("question", "formula", "example")
_MATRICES = "([1 2; 3 4] has the rows 1 2 and 3 4.)\n\n"           # before an example that writes one so
_PARENTS = {"LinearSVM": "LinearClassifier", "Softmax": "LinearClassifier"}     # who inherits what is asked about
_given = {}              # function -> the step given last; for this session only


@cache
def load():
    """{qualified name of a function: {"question", "formula", "example", "read": text}}, in the order of the lessons."""
    texts = {}
    for path in sorted(Path(__file__).parent.glob("*.toml")):
        hints = tomllib.loads(path.read_text(encoding="utf-8"))
        texts |= {name: {part: text.strip("\n") for part, text in hint.items()} for name, hint in hints.items()}
    return texts


def show(name=None, step=None):
    """Print the next hint for a function, or the one asked for; see `cs231n.hint`."""
    text = told(name, step) + "\n"
    known = getattr(sys.stdout, "encoding", None) or "utf-8"        # a console's own alphabet may lack letters
    sys.stdout.write(text.encode(known, "replace").decode(known))


def told(name=None, step=None):
    """What `show` prints."""
    if name is None:
        return _overview()
    asked = getattr(name, "__qualname__", None) or str(name)
    found = _find(asked)
    if len(found) != 1:
        return _unclear(asked, found)
    function, hint = found[0], load()[found[0]]
    if step is None:
        step = _given.get(function, 0) + 1
        if step > len(STEPS):
            return (f"{function}: these are all {len(STEPS)} hints.\nRead on in its docstring, and in\n"
                    f"{hint['read']}.\nTo see one again: cs231n.hint(\"{function}\", 1)")
    elif step not in range(1, len(STEPS) + 1):
        return f"{function}: found the step {step!r}, expected 1, 2 or 3."
    _given[function] = int(step)
    part = STEPS[_given[function] - 1]
    key = _MATRICES if part == "example" and ";" in hint[part] else ""
    return f"{function}, hint {_given[function]} of {len(STEPS)}: {part}\n\n{key}{hint[part]}"


def _overview():
    return "\n".join(['There are hints in three steps for these: ask with cs231n.hint("NAME").', "",
                      *(f"    {name}" for name in load())])


def _find(asked):
    """The functions that may be meant: by their whole name, by the last part of it, or by their class."""
    owner, _, method = asked.removesuffix("()").rpartition(".")
    whole = f"{_PARENTS.get(owner, owner)}.{method}" if owner else method
    if whole in load():
        return [whole]
    if owner:
        return []
    return [name for name in load() if method in name.split(".")]


def _unclear(asked, found):
    if found:
        return "\n".join([f"{asked[:40]!r} may be one of these: ask for it by its whole name.", "",
                          *(f"    {name}" for name in found)])
    parts = {part.lower(): name for name in load() for part in (name.rpartition(".")[2], name)}
    near = difflib.get_close_matches(asked.lower(), parts, n=6, cutoff=0.5)
    near += difflib.get_close_matches(asked.rpartition(".")[2].lower(), parts, n=6, cutoff=0.6)
    names = list(dict.fromkeys(parts[part] for part in near))
    if not names:
        return f"There is no hint for {asked[:40]!r}: cs231n.hint() lists what there is."
    return "\n".join([f"There is no hint for {asked[:40]!r}. Near names:", "", *(f"    {name}" for name in names)])
