"""Student stubs: cut every solution region out of a Python source."""

import ast
import functools

from grading.release.markers import MarkerError, Region, regions


def make_stub(source: str, filename: str, given: tuple[str, ...] = ()) -> str:
    """Return `source` with each solution region replaced by a NotImplementedError that names its function.

    Functions whose qualified name is in `given` stay complete. The stub keeps every signature and docstring.
    Raises MarkerError (file:line) for a marker that is malformed, or for a region that is not inside a function.
    """
    lines = source.splitlines()
    stub: list[str] = []
    copied = 0
    for region, name in solutions(source, filename):
        stub += lines[copied:region.start]
        if name in given:
            stub += lines[region.start + 1:region.end]
        else:
            indent = _indent(lines[region.start])
            stub += [f"{indent}# YOUR CODE HERE: replace the next line.",
                     f'{indent}raise NotImplementedError("{name} is not implemented yet")']
        copied = region.end + 1
    text = "\n".join(stub + lines[copied:]) + "\n"
    _check_same_interface(source, text, filename)
    return text


def solutions(source: str, filename: str) -> list[tuple[Region, str]]:
    """Every solution region with the qualified name of the function whose body it is in."""
    lines, spans = source.splitlines(), functions(source, filename)
    found = []
    for region in regions(source, filename, kinds=("SOLUTION",)):
        indent = _indent(lines[region.start])
        around = [(first, name) for first, last, name in spans if first < region.start < last]
        leaves = [line for line in lines[region.start:region.end + 1] if line.strip() and not line.startswith(indent)]
        if not around or not indent or leaves:
            raise MarkerError(f"{filename}:{region.start + 1}: this solution region is not inside one function's body. "
                              "Only function bodies can be stubbed; move the markers.")
        found.append((region, max(around)[1]))          # the innermost function: it starts last
    return found


@functools.lru_cache(64)
def strip_markers(source: str, filename: str) -> str:
    """Return `source` complete, without its marker lines: how a module goes out that is given in full."""
    marks = {line for region in regions(source, filename, kinds=("SOLUTION",)) for line in (region.start, region.end)}
    return "".join(line for number, line in enumerate(source.splitlines(keepends=True)) if number not in marks)


@functools.lru_cache(64)
def leave_out(source: str, names: tuple[str, ...]) -> str:
    """Return `source` without its top-level classes and functions in `names`, and without imports of such."""
    lines, body = source.splitlines(keepends=True), ast.parse(source).body
    for number, node in reversed(list(enumerate(body))):
        if getattr(node, "name", None) in names:
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]) - 1
            last = body[number + 1].lineno - 1 if number + 1 < len(body) else len(lines)
            lines[first:last] = []
        elif isinstance(node, ast.ImportFrom) and any(one.name in names for one in node.names):
            node.names = [one for one in node.names if one.name not in names]
            lines[node.lineno - 1:node.end_lineno] = [f"{ast.unparse(node)}\n"] if node.names else []
    left = "".join(lines)
    return source if left == source else left.rstrip("\n") + "\n"


def functions(source: str, filename: str = "<source>") -> list[tuple[int, int, str]]:
    """(first line, last line, qualified name) of every function, lines 0-based and the last one exclusive."""
    return _functions(ast.parse(source, filename))


def _indent(line: str) -> str:
    return line[:len(line) - len(line.lstrip())]


def _functions(tree: ast.AST, prefix: str = "") -> list[tuple[int, int, str]]:
    found = []
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = prefix + node.name
            if not isinstance(node, ast.ClassDef):
                found.append((node.lineno - 1, node.end_lineno, name))
            found += _functions(node, prefix=f"{name}.")
        else:
            found += _functions(node, prefix)
    return found


def _check_same_interface(source: str, stub: str, filename: str) -> None:
    try:
        stubbed = _interface(ast.parse(stub, filename))
    except SyntaxError as error:
        raise MarkerError(f"{filename}:{error.lineno}: with its solution regions cut the module is no longer "
                          f"valid Python ({error.msg}). Let each region hold whole statements.") from None
    for name, described in _interface(ast.parse(source, filename)).items():
        if stubbed.get(name) != described:
            raise MarkerError(f"{filename}: the signature or docstring of {name} lies inside a solution region. "
                              "Begin the region after the docstring.")


def _interface(tree: ast.AST, prefix: str = "") -> dict[str, tuple]:
    """Signature and docstring by qualified name, of what stays visible when bodies change."""
    described = {}
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            described[prefix + node.name] = (ast.dump(node.args), ast.get_docstring(node))
        elif isinstance(node, ast.ClassDef):
            described[prefix + node.name] = (ast.dump(ast.Tuple(node.bases)), ast.get_docstring(node))
            described |= _interface(node, prefix=f"{prefix}{node.name}.")
    return described
