"""Names in a syntax tree: those that code reads before it binds them, that it binds, that it imports."""

import ast

from grading.engine.parsing import parameters, parts
from grading.engine.sharing import COMPREHENSIONS


def reads(statements: list[ast.stmt], bound: set[str]) -> set[str]:
    """Names that statements read before they bind them; those that they bind for certain are added to `bound`."""
    read: set[str] = set()
    for node in statements:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            parts = [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]
            read |= set().union(*map(loaded, parts)) - bound
            bound.add(node.name)
        elif isinstance(node, (ast.For, ast.With)):
            heads = [node.iter] if isinstance(node, ast.For) else node.items
            read |= set().union(*map(loaded, heads)) - bound
            targets = [node.target] if isinstance(node, ast.For) else [item.optional_vars for item in node.items]
            inside = bound if isinstance(node, ast.With) else set(bound)
            for target in filter(None, targets):
                read |= loaded(target) - bound
                inside |= names(target, ast.Store)
            read |= reads(node.body, inside) | reads(getattr(node, "orelse", []), set(bound))
        elif isinstance(node, ast.If):
            read |= loaded(node.test) - bound
            branches = set(bound), set(bound)
            read |= reads(node.body, branches[0]) | reads(node.orelse, branches[1])
            bound |= branches[0] & branches[1]
        elif isinstance(node, (ast.While, ast.Try)):
            read |= loaded(node.test) - bound if isinstance(node, ast.While) else set()
            inside = set(bound)
            read |= reads(node.body, inside) | reads(node.orelse, inside)
            for handler in getattr(node, "handlers", ()):
                read |= (loaded(handler.type) if handler.type else set()) - bound | reads(handler.body, set(bound))
            read |= reads(getattr(node, "finalbody", []), set(bound))
        else:
            read |= loaded(node) - bound
            if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                bound |= set().union(*(whole_names(target) for target in targets))
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                bound |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
    return read


def loaded(node: ast.AST) -> set[str]:
    """Names that are read somewhere in this node, those left out that live only in a part of it."""
    if isinstance(node, ast.Name):
        return set() if isinstance(node.ctx, ast.Store) else {node.id}
    if isinstance(node, COMPREHENSIONS):
        first, *others = node.generators
        outside = loaded(first.iter)
        rest = [first.target, *first.ifs, *others, *(
            [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])]
        return outside | set().union(*map(loaded, rest)) - names(node, ast.Store)
    within = {child: loaded(child) for child in ast.iter_child_nodes(node)}       # of each once, however deep it is
    read = set().union(*within.values())
    if isinstance(node, ast.AugAssign):
        read |= whole_names(node.target)
    if isinstance(node, (ast.Lambda, ast.FunctionDef)):
        return read - (parameters(node.args) - within[node.args])
    return read


def whole_names(target: ast.AST) -> set[str]:
    """Names that are bound by a target, not those of which it fills a part."""
    if isinstance(target, (ast.Tuple, ast.List)):
        return set().union(*map(whole_names, target.elts))
    return whole_names(target.value) if isinstance(target, ast.Starred) else {target.id} if isinstance(
        target, ast.Name) else set()


def names(node: ast.AST, context: type) -> set[str]:
    return {part.id for part in parts(node) if isinstance(part, ast.Name) and isinstance(part.ctx, context)}


def stored(tree: ast.AST) -> set[str]:
    return names(tree, ast.Store)


def imported(tree: ast.AST) -> frozenset[str]:
    return frozenset(alias.asname or alias.name.partition(".")[0] for node in parts(tree)
                     if isinstance(node, (ast.Import, ast.ImportFrom)) for alias in node.names)


def last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
