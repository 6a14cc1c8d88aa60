"""The hostile class: submissions that attack scores, the machine, the archive and the instructor's desk.

The attacks are data. Each `*.toml` file here has one aim and holds entries like

    [[attack]]
    name = "allclose_agrees"             # also the student's id
    says = "numpy.allclose is replaced by one that always agrees."
    base = "wrong"                       # what is handed in apart from the attack
    code = '''...'''                     # Python at the end of cs231n/classifiers/softmax.py, or of `module`

The bases are submissions of the softmax notebook: `untouched` (the release as it is), `wrong` (functions that return
zeros), `looped` (right, but the vectorized function has loops), `unsearched` (right, but nothing was searched for) and
`perfect`. Further fields:

- top: Python at the start of the module
- cell: source of a code cell in front of the notebook's first cell, or behind the cell named by `after`
- search: source of the cell in which students search for hyperparameters
- answer: the Markdown of the first inline answer
- tamper: a function of `tampering` that changes the notebook's JSON; bytes it returns take the place of the whole file
- spoil: a function of `tampering` that returns another text, or bytes, for the module
- lay: a function of `besides` that changes the folder, last
- copies: how many students hand this in (1)
- only: the test cells that are judged, where the others may be passed by honest means
- dear: it takes more than a few seconds, or is one of many of its kind: part of the class with KIT_HOSTILE=all only
- weaker: the level that does not promise to withstand it, see `grading/engine/sandbox.py`

In Python and Markdown, @COURSE@, @OUTSIDE@, @REPO@, @VENV@, @PORT@ and @SOCKET@ stand for the course folder, a folder
of files that nobody may touch, the kit's own folder and that of its Python, and listeners that nobody may reach: a
hostile student is assumed to know them. @WIRE@ stands for the text of `wire.py`. Whatever an attack makes has HOSTILE
in its name; whatever it finds out it prints with the word LEAKED.

What is done to archives before anything is graded is Python: `archives`. `table` grades the class, or a part of it, and
prints a line for each attack.
"""

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Attack:
    """One hostile submission; the fields are described above."""

    aim: str
    name: str
    says: str
    base: str
    module: str = "classifiers/softmax.py"
    code: str = ""
    top: str = ""
    cell: str = ""
    after: str = ""
    search: str = ""
    answer: str = ""
    tamper: str = ""
    spoil: str = ""
    lay: str = ""
    only: tuple[str, ...] = ()
    copies: int = 1
    dear: bool = False
    weaker: str = ""


def attacks(dear: bool = False) -> list[Attack]:
    """The class, sorted by name as the students are; with those that are dear, or without."""
    found = []
    for path in sorted(HERE.glob("*.toml")):
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["attack"]:
            first = Attack(aim=path.stem, **entry | {"only": tuple(entry.get("only", ()))})
            found += [first, *(replace(first, name=f"{first.name}-{n}") for n in range(2, first.copies + 1))]
    names = [attack.name for attack in found]
    assert len(names) == len(set(names)), sorted(name for name in names if names.count(name) > 1)
    return sorted((attack for attack in found if dear or not attack.dear), key=lambda attack: attack.name)
