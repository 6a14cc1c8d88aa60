"""What makes code keep something from one call to the next, in a few words.

It is read off the text, and what is not certain counts as kept.
"""

import ast

from grading.engine.mentions import imported, last
from grading.engine.parsing import parameters, parts
from grading.engine.sharing import BUILTINS, LIBRARIES, READING, root, written

# What modules may import and keep nothing by it.
_IMPORTS = {"__future__", "abc", "builtins", "collections", "copy", "cs231n", "dataclasses", "future", "itertools",
            "math", "matplotlib", "numpy", "operator", "past", "random", "scipy", "six", "statistics", "time",
            "typing", "warnings"}
_REACHING = {"__import__", "breakpoint", "compile", "delattr", "eval", "exec", "exit", "globals", "input", "locals",
             "open", "quit", "setattr", "vars", "lru_cache", "cache", "cached_property", "count", "cycle"}
_SETTING = {"dump", "save", "savefig", "savetxt", "savez", "savez_compressed", "seterr", "seterrcall",
            "set_printoptions", "setbufsize", "tofile", "simplefilter", "filterwarnings", "errstate_set", "memmap",
            "rc", "rcParams", "use"}
_DECORATORS = {"staticmethod", "classmethod", "property", "abstractmethod"}
_SPECIAL = {"__init__", "__call__", "__len__", "__repr__", "__str__", "__name__", "__doc__", "__class__", "__version__"}
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def by_module(tree: ast.Module) -> str:
    for statement in tree.body:
        if told := _by_statement(statement):
            return told
    return ""


def _by_statement(node: ast.stmt) -> str:
    """What a statement of a module, or of a class in it, may keep. What never changes is nothing that is kept."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return _foreign(node)
    if isinstance(node, ast.ClassDef):
        if node.keywords or node.decorator_list:
            return f"class {node.name} is made in a way of its own"
        return next(filter(None, map(_by_statement, node.body)), "")
    if isinstance(node, (ast.FunctionDef, ast.Pass)):
        return ""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return ""
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and (node.value is None or _is_constant(node.value)):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        return "" if all(isinstance(target, ast.Name) for target in targets) else "it sets an attribute"
    if isinstance(node, ast.Try):
        parts = [*node.body, *node.orelse, *node.finalbody, *(one for handler in node.handlers for one in handler.body)]
        return next(filter(None, map(_by_statement, parts)), "")
    if isinstance(node, ast.If) and isinstance(node.test, ast.Compare) and root(node.test.left) == "__name__":
        return ""
    return f"line {node.lineno} does something when the module is loaded"


def _foreign(node: ast.Import | ast.ImportFrom) -> str:
    if isinstance(node, ast.ImportFrom):
        if any(alias.name == "*" for alias in node.names):
            # ... of the kit's own package, this is what many students' files begin with
            return "" if node.level or (node.module or "").split(".")[0] in ("cs231n", "builtins") else "it imports *"
        modules = ["cs231n" if node.level else node.module or ""]
    else:
        modules = [alias.name for alias in node.names]
    odd = [module for module in modules if module.split(".")[0] not in _IMPORTS]
    return f"it imports {odd[0]}" if odd else ""


def _is_constant(node: ast.expr) -> bool:
    """A value that nothing can change, or a name for a function."""
    if isinstance(node, ast.Tuple):
        return all(map(_is_constant, node.elts))
    if isinstance(node, ast.UnaryOp):
        return _is_constant(node.operand)
    if isinstance(node, ast.BinOp):
        return _is_constant(node.left) and _is_constant(node.right)
    return isinstance(node, ast.Constant) or isinstance(node, ast.Attribute) and root(node) in LIBRARIES or (
        isinstance(node, ast.Name) and node.id in BUILTINS)


def by_functions(tree: ast.Module, known: frozenset[str] = frozenset(), names: bool = False) -> str:
    """What functions may keep, by the way they are made; and in names that are not their own, unless these are told."""
    modules = known | imported(tree)
    for node in parts(tree):
        if not isinstance(node, _FUNCTIONS):
            continue
        if told := _by_function(node) or not names and _set_outside(node, modules):
            return f"{getattr(node, 'name', 'a function')} {told}"
    return ""


def _by_function(function: ast.AST) -> str:
    for decorator in getattr(function, "decorator_list", ()):
        if not (isinstance(decorator, (ast.Name, ast.Attribute)) and last(decorator) in _DECORATORS):
            return "is decorated"
    defaults = [default for default in (*function.args.defaults, *function.args.kw_defaults) if default is not None]
    if not all(map(_is_constant, defaults)):
        return "has a default that can change"
    for node in parts(function):
        if isinstance(node, ast.Global):
            return "has names of the module"
        if isinstance(node, (ast.Import, ast.ImportFrom)) and (told := _foreign(node)):
            return told
    return ""


def _set_outside(function: ast.AST, modules: frozenset[str]) -> str:
    local = parameters(function) | {
        part.id for part in parts(function) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)} | {
        part.name for part in parts(function) if isinstance(part, (ast.FunctionDef, ast.ExceptHandler))
        and part.name and part is not function}
    for node in parts(function):
        if isinstance(node, ast.ClassDef):
            return "makes a class"
        if isinstance(node, (ast.Name, ast.Attribute)) and last(node) in _REACHING - (local if isinstance(
                node, ast.Name) else {"count"}):
            return f"uses {last(node)}"
        if isinstance(node, ast.Attribute):
            special = node.attr.startswith("__") and node.attr not in _SPECIAL
            if node.attr in _SETTING and root(node) not in local or special:
                return f"uses {node.attr}"
            if isinstance(node.ctx, (ast.Store, ast.Del)) and _reaches_out(node, local):
                return f"sets {ast.unparse(node)}"
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, (ast.Store, ast.Del)) and _reaches_out(node, local):
            return f"sets {ast.unparse(node)}"
        if isinstance(node, ast.Call):
            changed = written(node)
            if isinstance(node.func, ast.Attribute) and node.func.attr not in READING:
                changed = [*changed, node.func.value]
            for one in changed:
                if _reaches_out(one, local) and root(one) not in modules | LIBRARIES | BUILTINS:
                    return f"changes {ast.unparse(one)}"
    return ""


def _reaches_out(node: ast.AST, local: set[str]) -> bool:
    """Whether something other than a local object, or than the object whose method it is, would be changed."""
    name = root(node)
    if not name:                         # of what a call or a display made
        return any(isinstance(part, ast.Name) and part.id in ("type", "super") for part in parts(node)) and not (
            isinstance(node, ast.Call) and root(node.func) == "super")
    inner = node
    while isinstance(inner, (ast.Attribute, ast.Subscript)):
        if isinstance(inner, ast.Attribute) and inner.attr == "__class__":
            return True
        inner = inner.value
    return name not in local or name == "cls"
