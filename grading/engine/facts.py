"""What a cell of a notebook may read, bind and change."""

from collections import Counter
from dataclasses import dataclass, field

from grading.engine.effects import Effects

# Functions of the given modules that change what they are handed, and which argument; a test holds this against them.
GIVEN = {"eval_numerical_gradient": 1, "eval_numerical_gradient_array": 1, "eval_numerical_gradient_blobs": 1,
         "eval_numerical_gradient_net": 1, "grad_check_sparse": 1, "is_kink": 1, "sgd": 2}
PICTURES = {"plt", "matplotlib"}         # to set something there changes pictures


@dataclass(frozen=True)
class Facts:
    """Of one cell.

    - now, later: names that it may read before it binds them, at once and in functions that are called any time
    - binds, certain: names that it may bind, and those that it binds if it comes to its end
    - imports: (name, import statement) of the names that it binds by an import and by nothing else
    - writes, fills: names of which it may change the value, through and through or the object itself
    - handed, called: (function or method, name of an argument, of the object whose method it is)
    - same, tied, made, hung: pairs of names, of which the first is the second; may be the second or a part of it; may
      be something new that holds the second; holds the second from now on, if this function (or "") does that
    - defines: functions and classes that it defines: what these do, a cell does that names them
    - patches: modules, functions and classes of which it sets an attribute
    - whole: why nothing can be told of it; "" if it can
    - acts, magic: it does what no name shows: files, settings, what others than the libraries of computing do; it asks
      IPython to do something
    - effects: of the functions that it defines
    """

    now: frozenset[str] = frozenset()
    later: frozenset[str] = frozenset()
    binds: frozenset[str] = frozenset()
    certain: frozenset[str] = frozenset()
    imports: frozenset[tuple[str, str]] = frozenset()
    writes: frozenset[str] = frozenset()
    fills: frozenset[str] = frozenset()
    handed: frozenset[tuple[str, str]] = frozenset()
    called: frozenset[tuple[str, str]] = frozenset()
    same: frozenset[tuple[str, str]] = frozenset()
    tied: frozenset[tuple[str, str]] = frozenset()
    made: frozenset[tuple[str, str]] = frozenset()
    hung: frozenset[tuple[str, str, str]] = frozenset()
    defines: frozenset[str] = frozenset()
    patches: frozenset[str] = frozenset()
    whole: str = ""
    acts: bool = False
    magic: bool = False
    effects: Effects = field(default=Effects())


def reads_of(cells: list[Facts]) -> tuple[list[frozenset[str]], list[frozenset[str]]]:
    """Names that each cell reads when it runs, and at any time: a function that no other names reads when it runs."""
    readers = Counter(name for one in cells for name in one.now | one.later)
    now, later = [], []
    for one in cells:
        escaping = any(readers[name] > (name in one.now or name in one.later) for name in one.defines)
        now.append(one.now | (one.later - one.certain))
        later.append(one.later if escaping else frozenset())
    return now, later


def without_shared_imports(cells: list[Facts]) -> tuple[list[frozenset[str]], list[set[tuple[str, str]]]]:
    """What each cell binds, and apart from it what it is the first to import, as all cells do that bind the name."""
    origins: dict[str, set[str]] = {}
    for one in cells:
        for name, statement in one.imports:
            origins.setdefault(name, set()).add(statement)
        for name in one.binds - {name for name, _ in one.imports}:
            origins.setdefault(name, set()).update(("", "bound"))
    seen: set[str] = set()
    binds, first = [], []
    for one in cells:
        shared = {(name, statement) for name, statement in one.imports if len(origins[name]) == 1}
        names = {name for name, _ in shared}
        binds.append(one.binds - names)
        first.append({(name, statement) for name, statement in shared if name not in seen})
        seen |= names
    return binds, first
