"""Loops that take the entries of an array one by one, found by reading the source: nothing runs."""

import ast

from cs231n._names import parsed
from cs231n._source import reached_nodes


def read_entries(text, qualified_name):
    """The lines where a loop that a function reaches takes single entries of an array: `scores[i, y[i]]`, `row[c]`.

    Not counted is what only looks: in an assertion, or in what is printed.
    """
    found = set()
    nodes = reached_nodes(parsed(text), qualified_name)
    looking = {part for node in nodes if isinstance(node, ast.Assert) or isinstance(node, ast.Call)
               and getattr(node.func, "id", "") == "print" for part in ast.walk(node)}
    for node in nodes:
        if isinstance(node, ast.For):
            targets = [node.target]
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            targets = [one.target for one in node.generators]
        elif isinstance(node, ast.Lambda):             # for `map` and the like
            targets = node.args.args
        elif isinstance(node, ast.While):
            targets = [part for part in ast.walk(node) if isinstance(getattr(part, "ctx", None), ast.Store)]
        else:
            continue
        names = {getattr(part, "id", getattr(part, "arg", "")) for target in targets for part in ast.walk(target)}
        found |= {part.lineno for part in ast.walk(node) if isinstance(part, ast.Subscript) and part not in looking
                  and node not in looking and _is_entry(part, names)}
    return sorted(found)


def _is_entry(node, names):
    """Whether a subscript takes one entry of an array by the variables of a loop."""
    def varies(part):
        return any(isinstance(one, ast.Name) and one.id in names for one in ast.walk(part))

    outer = node.value.slice if isinstance(node.value, ast.Subscript) else None
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [outer, node.slice]
    if None in parts:                              # row[c]
        return isinstance(node.value, ast.Name) and isinstance(node.slice, ast.Name) and (
            {node.value.id, node.slice.id} <= names)
    single = all(isinstance(part, (ast.Name, ast.Constant, ast.Subscript, ast.BinOp, ast.Call))
                 and getattr(part, "value", 0) not in (None, ...) for part in parts)
    return single and len(parts) > 1 and any(map(varies, parts))
