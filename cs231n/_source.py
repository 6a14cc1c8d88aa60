"""The source of functions, read: where loops and calls stand in it. Nothing runs."""

import ast
import functools
import inspect
import os
import textwrap

from cs231n._counting import in_library
from cs231n._names import all_nodes, constant_text, dotted, imported_names, local_names, parsed

# Functions of libraries that are loops in disguise, np.add.reduce is none. Those of numpy work element by element by
# their very purpose; the others can be put to good use, as in functools.reduce(operator.mul, shape).
DISGUISED = {
    "numpy": {"vectorize", "frompyfunc", "apply_along_axis", "nditer", "ndenumerate"},
    "itertools": {"accumulate", "dropwhile", "filterfalse", "groupby", "starmap", "takewhile"},
    "functools": {"reduce"}, "past": {"reduce"}, "six": {"reduce"},
}
# Functions of numpy's that make a column of a 1-d array, entry by entry, in numpy's own Python.
STACKING = {"vstack", "row_stack", "column_stack", "hstack", "dstack"}
# Methods by which a list, set or dictionary gets something more.
_ADDING = {"add", "append", "appendleft", "extend", "insert", "setdefault", "update", "__setitem__"}
# Calls worth naming in a message as the place of a loop.
ITERATING = {"map", "filter", "zip", "sum", "list", "tuple", "sorted", "min", "max", "any", "all", "set", "tolist"}

# Methods of a class that decide what another method of its objects is.
_ASKED_FIRST = ("__getattribute__", "__getattr__", "__new__", "__init__", "__get__", "__init_subclass__")


def source_of(function):
    """Return (text, qualified name, file name) of the module that defines a function, or None where that is unknown.

    For a function of a notebook, the text is the function alone, and the file name "". A library's is not told.
    """
    try:
        function = inspect.unwrap(function)
        name = function.__qualname__
        # "<string>" is what `exec` was given; what Python 3.13 finds under that name is the text after `python -c`.
        if in_library(function.__code__) or function.__code__.co_filename == "<string>":
            return None
        module = inspect.getmodule(function)
        return inspect.getsource(module), name, os.path.basename(inspect.getsourcefile(module))
    except (TypeError, ValueError, AttributeError, OSError):
        pass
    try:
        return textwrap.dedent(inspect.getsource(function)), name, ""
    except (TypeError, OSError):
        return None


@functools.lru_cache(maxsize=16)
def read_loops(text, qualified_name):
    """Find the loops that a function can reach in its own module.

    Inputs:
    - text: source of the module, str
    - qualified_name: the function, as in "svm_loss_vectorized" or "KNearestNeighbor.compute_distances_no_loops"

    Returns (loops, disguised): lists of (line number, what), loops that show and what can hide one.
    Reached are the function and, from there, what it names of the module: functions, values and any class's methods.
    """
    tree = parsed(text)
    imported = imported_names(tree, DISGUISED)
    loops, disguised = set(), set()
    for node in reached_nodes(tree, qualified_name):
        root, _, path = dotted(node, imported).partition(".")
        if path.rpartition(".")[2] in DISGUISED.get(root, ()):
            disguised.add((node.lineno, f"{root}.{path}"))
        elif (text := constant_text(node)) in DISGUISED["numpy"]:         # getattr(np, "vector" + "ize")
            disguised.add((node.lineno, f"numpy.{text}"))
        elif isinstance(node, (ast.For, ast.While)):
            loops.add((node.lineno, type(node).__name__.lower()))
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            loops.add((node.lineno, "comprehension"))
        elif isinstance(node, ast.Call):
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if called in ITERATING and (isinstance(node.func, ast.Name) or called == "tolist"):
                loops.add((node.lineno, f"{called}()"))
    return sorted(loops), sorted(disguised)


def read_stacks(text, qualified_name):
    """How many calls of np.vstack and the like a function reaches."""
    nodes = reached_nodes(parsed(text), qualified_name)
    return sum(isinstance(node, ast.Attribute) and node.attr in STACKING for node in nodes)


def hands_on_functions(text, qualified_name):
    """Whether a function makes or hands on another one, which somebody else may call once for each row."""
    tree = parsed(text)
    nodes = reached_nodes(tree, qualified_name)
    functions, methods = (
        {node for block in blocks for inside in _definitions(block.body).values() for node in inside
         if isinstance(node, ast.FunctionDef)}
        for blocks in ([tree], [node for node in tree.body if isinstance(node, ast.ClassDef)]))
    no_functions = {node.func for node in nodes if isinstance(node, ast.Call)} | local_names(tree)
    named = [{node.name for node in some} for some in (functions, methods)]
    return any(isinstance(node, (ast.Lambda, ast.ClassDef))
               or isinstance(node, ast.FunctionDef) and node not in functions | methods
               or isinstance(node, ast.Name) and node.id in named[0] and node not in no_functions
               or isinstance(node, ast.Attribute) and node.attr in named[1] and node not in no_functions
               for node in nodes)


@functools.lru_cache(maxsize=64)
def reached_nodes(tree, qualified_name, far=False):
    """Every syntax node of a function and of what it names in its module.

    - far: follow what no honest code needs, too: what a class does for an operator or while it is made, names that are
      bound inside of expressions and by other functions, attributes that are set anywhere
    """
    names, methods = _definitions(tree.body), {}
    for definitions in list(names.values()):
        for node in definitions:
            if isinstance(node, ast.ClassDef):
                for name, inside in _definitions(node.body).items():
                    methods.setdefault(name, []).extend(inside)

    for node in tree.body:                     # Class.method = function, Class.method.__defaults__ = values
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        while isinstance(target, (ast.Attribute, ast.Subscript)):
            if isinstance(target, ast.Attribute):
                methods.setdefault(target.attr, []).append(node)
            target = target.value

    for found, more in zip((names, methods), _bound_oddly(tree, names) if far else (), strict=False):
        for name, nodes in more:
            found.setdefault(name, []).extend(nodes)

    owner, _, name = qualified_name.partition(".<locals>")[0].rpartition(".")
    waiting = list(owner and methods.get(name) or names.get(name, []))
    waiting += [node for known in _ASKED_FIRST for node in methods.get(known, [])] if far and owner else []
    seen, reached = set(), []
    while waiting:
        definition = waiting.pop()
        if definition in seen:
            continue
        seen.add(definition)
        if isinstance(definition, ast.ClassDef):  # named is called: what else runs of it is named as a method
            waiting += methods.get("__init__", []) + methods.get("__call__", [])
            if not far:
                continue
            waiting += [node for name, nodes in _definitions(definition.body).items() if name.startswith("__")
                        for node in nodes]
            definition = ast.Tuple([*definition.bases, *(keyword.value for keyword in definition.keywords)])
        for node in ast.walk(definition):
            reached.append(node)
            if isinstance(node, ast.Name):
                waiting += names.pop(node.id, [])      # once is enough
            elif isinstance(node, ast.Attribute):
                waiting += methods.pop(node.attr, [])
    return reached


def _bound_oddly(tree, known):
    """Two lists of (name, nodes that bind it): of the module, where `known` has none, and of attributes anywhere."""
    names, attributes = [], []
    for node in all_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            names += [(name, [node]) for part in ast.walk(node) if isinstance(part, ast.Global) for name in part.names]
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            attributes += [(part.attr, [node]) for target in targets for part in ast.walk(target)
                           if isinstance(part, ast.Attribute)]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _ADDING:
            attributes += [(part.attr, [node]) for part in ast.walk(node.func.value) if isinstance(part, ast.Attribute)]
    for statement in tree.body:
        if not isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
            bound = {part.id for part in ast.walk(statement) if isinstance(part, ast.Name)
                     and isinstance(part.ctx, ast.Store)}
            bound |= {part.name for part in ast.walk(statement) if isinstance(part, ast.ExceptHandler) and part.name}
            names += [(name, [statement]) for name in bound - known.keys()]
    return names, attributes


def _definitions(body):
    """{name: [nodes that define it]} of a module or class body, blocks of `if` and `try` included."""
    found = {}
    waiting = list(body)
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.setdefault(node.name, []).append(node)
        elif isinstance(node, (ast.Assign, ast.AnnAssign)):
            for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                for part in ast.walk(target):
                    if isinstance(part, ast.Name):
                        found.setdefault(part.id, []).append(node)
        else:
            for name, value in _bound_by(node):
                found.setdefault(name, []).append(value)
            for block in ("body", "orelse", "finalbody", "handlers"):
                waiting += getattr(node, block, [])
    return found


def _bound_by(node):
    """Yield (variable, what it gets) of a statement that is no plain assignment, as known.append(value) is none."""
    pairs = []
    if isinstance(node, (ast.For, ast.AsyncFor)):
        pairs = [(node.target, node.iter)]
    elif isinstance(node, (ast.With, ast.AsyncWith)):
        pairs = [(item.optional_vars, item.context_expr) for item in node.items if item.optional_vars]
    elif isinstance(node, ast.AugAssign):
        pairs = [(node.target, node.value)]
    elif isinstance(node, ast.Expr):
        pairs = [(part.target, part.value) for part in ast.walk(node) if isinstance(part, ast.NamedExpr)]
        call = node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _ADDING:
            pairs.append((call.func.value, call))
    elif isinstance(node, ast.Match):
        for part in ast.walk(node):
            if isinstance(part, (ast.MatchAs, ast.MatchStar)) and part.name:
                yield part.name, node.subject
    for target, value in pairs:
        yield from ((part.id, value) for part in ast.walk(target) if isinstance(part, ast.Name))
