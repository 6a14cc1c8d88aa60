"""What of a task is handed to a library, found by reading the source: nothing runs.

From a function, everything is followed that it names in its module and in other modules beside it. Libraries go by
whatever name they were given: by `import ... as`, by another variable, by `getattr` or `importlib`. Where such a name
is worked out when the code runs, nobody can read what is called: no task needs that, so it counts as a library's.
"""

import ast
import os

from cs231n import _asked
from cs231n._counting import PACKAGE
from cs231n._loading import (
    binds,
    binds_unseen,
    bound,
    called_at_once,
    handed_on,
    loaded,
    of_an_object,
    of_python_2,
)
from cs231n._names import all_nodes, constant_text, dotted, imported_names, local_names, parsed, used_as_values
from cs231n._source import reached_nodes

# What does a task as a whole, by the first and last part of its name, "*" for anything of that library; ...
LIBRARIES = {name: {"*"} for name in (
    "autograd", "chainer", "cupy", "jax", "keras", "mxnet", "paddle", "tensorflow", "theano", "tinygrad", "torch")}
WHOLE_TASK = {
    "distances": LIBRARIES | {
        "scipy": {"cdist", "pdist", "distance_matrix", "minkowski_distance", "KDTree", "cKDTree",
                  "Rbf", "RBFInterpolator"},
        "sklearn": {"*"}, "faiss": {"*"},
    },
    "softmax": LIBRARIES | {"scipy": {"softmax", "log_softmax", "logsumexp"}, "sklearn": {"*"}},
    "svm": LIBRARIES | {"sklearn": {"*"}},
}
# ... and what does a part of it that the docstring asks to be written out.
PART_OF_TASK = {"distances": {"numpy": {"norm"}, "scipy": {"norm", "euclidean", "sqeuclidean"}, "math": {"dist"}}}

_HOMES = {"scipy", "scipy.cluster", "scipy.cluster.hierarchy", "scipy.interpolate", "scipy.special", "scipy.spatial",
          "scipy.spatial.distance", "scipy.stats", *LIBRARIES}
_OF_SCIPY = {name for known in WHOLE_TASK.values() for name in known.get("scipy", ())} - {"softmax"}
_ASKED_FOR_NAMES = {"dir", "getattr", "hasattr", "help", "importlib.reload", "print", "vars"}
_RUNS_TEXT = {"eval", "exec", "compile"}
_BY_TEXT = {"getattr": 1, "importlib.import_module": 0, "__import__": 0}       # which argument is a name
_FINDS = {"operator.attrgetter", "operator.methodcaller", "gc.get_objects", "gc.get_referents", "gc.get_referrers",
          "numpy.load", "sys._getframe", "timeit.Timer", "timeit.repeat", "timeit.timeit"}
_FINDERS = {"cffi", "cloudpickle", "code", "codeop", "ctypes", "dill", "doctest", "inspect", "joblib", "marshal",
            "pickle", "pkgutil", "pydoc", "runpy", "shelve", "zipimport"}         # whatever is asked of them
_ASKS = {"inspect.Parameter", "inspect.isclass", "inspect.isfunction", "inspect.ismethod", "inspect.signature",
         "torch.is_tensor"}                      # find nothing, do nothing
# A frame that is asked for no more than where it is, as in a line that is printed.
_FRAMES, _WHERE = {"inspect.currentframe", "sys._getframe"}, {"co_filename", "co_firstlineno", "co_name", "f_lineno"}
_RUN_HERE = {"exec", "numpy.testing.measure", "numpy.testing.rundocs"}            # may bind any name of the module

_EVERYTHING = "*"              # in place of a function's name: all that its module has
_UNREADABLE = "something in a module that is too long, or too deep, to be read"
_WORKED_OUT = "a name that is worked out", "which runs a text"
_STAR = {}                     # what a star may bring of each library
for _names in (*WHOLE_TASK.values(), *PART_OF_TASK.values()):
    for _root, _some in _names.items():
        _STAR[_root] = _STAR.get(_root, set()) | _some


def read_shortcuts(text, qualified_name, task):
    """(what a function reaches that does the task as a whole, or a part of it): two lists of (line number, name).

    The line is the function's own module's; what another module does has that one's name with it. A part counts as
    the whole where the assignment asks for that. What a module's functions do counts as well where that module may
    have put them into the place of others.

    - text: source of the module, or None where it cannot be read
    """
    whole, part = _found([(text, qualified_name, 0, "")], task)
    if not whole:
        whole = _found(_may_be_in_its_place(text), task, doubted=True)[0]
    return (sorted(whole + part), []) if task in _asked.BY_HAND else (whole, part)


def _found(waiting, task, doubted=False):
    """(whole, part) as `read_shortcuts` has them, of what begins with these: (text, name in it, line, " in MODULE").

    - doubted: they may be there for something else: what is hidden counts in the function's own module alone, and there
      only what nobody could want to hide otherwise
    """
    found, seen = (set(), set()), set()
    while waiting:
        text, name, line, where = waiting.pop()
        if (text, name) in seen:
            continue
        seen.add((text, name))
        if text is None:
            found[0].add((line or 1, _UNREADABLE + where))
            continue
        for node, path, others in _named(text, name):
            at = line or getattr(node, "lineno", 1)
            root, _, rest = path.partition(".")
            for known, places in zip((WHOLE_TASK, PART_OF_TASK), found, strict=True):
                names = known.get(task, {}).get(root, set())
                if rest and ("*" in names or rest.rpartition(".")[2] in names or names and places is found[0]
                             and root == "scipy" and "._" in f".{rest}".replace(".__", "")):      # no task needs those
                    places.add((at, path + where))
            if path.startswith("?") and (not doubted or not where and path.endswith(_WORKED_OUT)
                                         and not path.startswith("?globals,")):
                found[0].add((at, path[1:] + where))
            waiting += [(other, inner, at, where or f" in {module}") for module, other, inner in others]
    return tuple(map(_longest, found))


def _may_be_in_its_place(text):
    """What `read_shortcuts` is to look at besides, for a function of this text: of the module and of those beside it
    that are loaded with it, functions that it hands on and, where it may bind names unseen, all that there is."""
    found, seen, waiting = [], set(), [(text, 0, "")]
    while waiting:
        text, line, where = waiting.pop()
        if text in seen:
            continue
        seen.add(text)
        tree = parsed(text)
        functions = {node.name for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
        names = {node.id for node in handed_on(tree) if isinstance(node, ast.Name) and node.id in functions}
        names |= {_EVERYTHING} if text is None or binds_unseen(tree) else set()
        found += [(text, name, line, where) for name in sorted(names)]
        for node in all_nodes(tree):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                for home in {_home(node), *(f"{_home(node)}.{alias.name}" for alias in node.names)} if isinstance(
                        node, ast.ImportFrom) else [alias.name for alias in node.names]:
                    module, other = _beside(home)
                    waiting += [(other, line or node.lineno, where or f" in {module}")] if other != "" else []
    return found


def module_text(name):
    """The source of a module beside this one, by its dotted name, or ""; None where there is one that nobody reads."""
    path = os.path.join(PACKAGE, *name.split(".")[1:])
    for file in (f"{path}.py", os.path.join(path, "__init__.py")) if name.startswith("cs231n.") else ():
        try:
            with open(file, encoding="utf-8") as opened:
                return opened.read()
        except (OSError, ValueError):
            pass
    return ""


def _named(text, name):
    """Yield (node, dotted name, [(module, its text, name in it)]) for what a function reaches of other modules."""
    tree = parsed(text)
    imported = imported_names(tree, _STAR)
    nodes = loaded(tree) if name == _EVERYTHING else reached_nodes(tree, name, far=True) + _bases(tree, name)
    kinds = _kinds(tree, nodes)
    methods = {node.attr for node in nodes if isinstance(node, ast.Attribute)} | {name.rpartition(".")[2]}
    others = {}
    for _ in range(3):                           # another name of another name
        imported.update(_aliases([*tree.body, *nodes], imported))
    stars = [home for home in (_home(node) for node in all_nodes(tree) if isinstance(node, ast.ImportFrom)
                               and node.names[0].name == "*") if _beside(home)[1] != ""]
    hidden = local_names(tree, frozenset(_aliases(nodes, imported)))
    first, _, rest = name.partition(".")
    if not nodes and first in imported:          # another module's, or a library's, that this one has imported
        path = ".".join(filter(None, [imported[first], rest]))
        yield tree, path, list(_elsewhere(path, methods))
    for node, said in _hidden(tree, nodes, imported, hidden):
        yield node, f"?{said}", []
    for node in handed_on(tree):
        yield node, dotted(node, imported, hidden), []
    for node, path in [*_whole_libraries([*nodes, *called_at_once(tree)], imported, hidden),
                       *used_as_values(tree, nodes, imported, hidden, _HOMES)]:
        yield node, f"?{path}, which is handed on as a whole", []
    for node in nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)) or node in kinds:
            continue
        path = dotted(node, imported, hidden)
        if path in _ASKS:
            continue
        paths = [path] if "." in path else [f"{home}.{path}" for home in stars if path]
        for path in paths:
            if path not in others:
                others[path] = list(_elsewhere(path, methods))
            yield node, path, others[path]
        if not (path.partition(".")[0] in _HOMES or others.get(path)) and (
                name := of_an_object(tree, node, path, imported, _OF_SCIPY)):
            yield node, f"scipy.{name}", []


def _hidden(tree, nodes, imported, hidden):
    """Yield (node, what is to be said of it) for what finds a library's function without naming it."""
    libraries = {path.partition(".")[0] for path in imported.values()}

    def library(node):
        return dotted(node, imported).partition(".")[0] in libraries

    def variable(node):
        while isinstance(node, ast.Attribute):
            node = node.value
        return isinstance(node, ast.Name) and (node in hidden or node.id not in imported and "*" not in binds(tree))

    asked_where = {part for node in nodes if isinstance(node, ast.Attribute) and node.attr in _WHERE
                   for part in _frame_of(node, imported)}
    read = {node.value for node in nodes if isinstance(node, ast.Subscript) and constant_text(node.slice)}
    python_2 = of_python_2(tree)
    for node in called_at_once(tree):
        if (called := dotted(node.func, imported)) in _RUN_HERE:
            yield node, f"{called}(), which runs a text"
    for node in nodes:
        path = dotted(node, imported) if isinstance(node, (ast.Name, ast.Attribute)) else ""
        called = dotted(node.func, imported) if isinstance(node, ast.Call) else ""
        if called in _RUNS_TEXT:
            yield node, f"{called}(), which runs a text"
        elif node not in asked_where and (path in _FINDS or "." in path and path.partition(".")[0] in _FINDERS and not (
                path in _ASKS or variable(node))):
            yield node, f"{path}, which finds a function by a text"
        elif called in _BY_TEXT and len(node.args) > _BY_TEXT[called]:
            if not constant_text(node.args[_BY_TEXT[called]]) and (called != "getattr" or library(node.args[0])):
                yield node, f"{called}() of a name that is worked out"
        elif node not in read and (called == "globals" or called == "vars" and node.args and library(node.args[0])
                                   or path == "sys.modules" or path.endswith((".__dict__", ".__getattribute__"))
                                   and library(node.value)):
            yield node, f"{path or called}, asked for a name that is worked out"
        elif isinstance(node, ast.Name) and not bound(tree) & {node.id, "*"} and node not in python_2:
            yield node, f"{node.id}, which is bound nowhere"


def _frame_of(node, imported):
    """The nodes by which the frame was got that an attribute is read off, through its code and those who called it."""
    got = node.value
    while isinstance(got, ast.Attribute) and got.attr in ("f_back", "f_code"):
        got = got.value
    return set(ast.walk(got.func)) if isinstance(got, ast.Call) and dotted(got.func, imported) in _FRAMES else set()


def _whole_libraries(nodes, imported, hidden):
    """Yield (node, path) of what a call gets that is a library: its functions may go by any name there."""
    for node in nodes:
        if isinstance(node, ast.Call) and dotted(node.func, imported) not in _ASKED_FOR_NAMES:
            for given in (*node.args, *(keyword.value for keyword in node.keywords)):
                given = given.value if isinstance(given, ast.Starred) else given
                for part in given.elts if isinstance(given, (ast.Tuple, ast.List)) else [given]:
                    if (path := dotted(part, imported, hidden)) in _HOMES:
                        yield part, path


def _elsewhere(path, methods):
    """(module, its text, name in it) of what a dotted name stands for in a module beside this one."""
    parts = path.split(".")
    for last in range(len(parts) - 1, 0, -1):
        module, text = _beside(".".join(parts[:last]))
        if text != "":
            yield module, text, parts[last]
            yield module, text, "__getattr__"                # which answers names that it has not
            for method in methods:
                yield module, text, f"{parts[last]}.{method}"
            return


def _beside(module):
    """(dotted name, text) of a module, which may have been imported from inside the package or from its folder."""
    inside = module.removeprefix("cs231n.")
    for name in (module, f"cs231n.{inside}", f"cs231n.classifiers.{inside}"):
        if inside and name.startswith("cs231n.") and (text := module_text(name)) != "":
            return name, text
    return module, ""


def _home(node):
    return ".".join(filter(None, ["cs231n" if node.level else "", node.module]))


def _bases(tree, name):
    """What the class of a method is made from."""
    owner = name.rpartition(".")[0]
    return [part for node in tree.body if isinstance(node, ast.ClassDef) and node.name == owner
            for base in node.bases for part in ast.walk(base)]


def _kinds(tree, nodes):
    """What is only asked whether something is of that kind, as by `isinstance(X, torch.Tensor)`."""
    if binds(tree) & {"isinstance", "*"}:
        return set()
    asked = [set(ast.walk(node.args[1])) for node in nodes if isinstance(node, ast.Call) and len(node.args) == 2
             and isinstance(node.func, ast.Name) and node.func.id == "isinstance"]
    return {part for parts in asked for part in parts
            if all(isinstance(one, (ast.Name, ast.Attribute, ast.Tuple, ast.Load)) for one in parts)}


def _aliases(nodes, imported):
    """{variable: dotted name} of what a variable is another name for."""
    roots = {path.partition(".")[0] for path in imported.values()}
    found = {}
    for node in nodes:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            path = dotted(node.value, imported)
            if path.partition(".")[0] in roots or path and isinstance(node.value, ast.Call):     # import_module("...")
                found[node.targets[0].id] = path
    return found


def _longest(places):
    """Without what is the beginning of another name in the same line, as `torch.nn` is of `torch.nn.functional`."""
    return sorted((line, name) for line, name in places
                  if not any(line == other and whole.startswith(f"{name}.") for other, whole in places))
