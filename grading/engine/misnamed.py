"""Which mistake it is where there is no such name, or no such key: read off the name and the line that it stands in."""

import ast
import re
from typing import Any

from grading.engine import advice, parsing

_NAME = re.compile(r"(?:name|variable) '(\w{1,60})'")
_LIBRARIES = {"scipy", "stats", "norm", "sp", "pd", "sys", "time", "copy", "operator", "collections", "deque",
              "OrderedDict", "reduce", "cdist", "mode", "logsumexp", "sklearn", "torch", "cv2", "matplotlib"}


def name(kind: str, message: str, spot: Any) -> str:
    """The code of a cause where a name stands for nothing, or for nothing yet.

    - spot: where in the submission, a `stops.Spot`
    """
    named = _NAME.search(message)
    word = named[1] if named else ""
    quoted = bool(re.search(rf"[\"']{word}[\"']", spot.text if spot.owner else spot.own_text))
    if quoted and any(isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Name) and node.slice.id == word
                      for node in spot.nodes()):
        return "quotes"
    if spot.owner and any(isinstance(call.func, ast.Name) and call.func.id == word for call in spot.calls) and any(
            isinstance(node, ast.FunctionDef) and node.name == word for node in spot.owner.body):
        return "self"
    if kind == "UnboundLocalError" or "where it is not associated" in message:
        return "later" if any(isinstance(node, ast.Name) and node.id == word and isinstance(node.ctx, ast.Store)
                              for node in _without_sums(spot.function)) else "begun"
    if word in advice.ALIASES or word in _LIBRARIES:
        return "import"
    if re.search(rf"\bself\.{word}\b", spot.text) and spot.owner:
        return "self"
    if quoted:
        return "in dict"
    if spot.called(word):
        return "no function"
    if near := advice.nearest(word, {node.id for node in parsing.parts(spot.function) if isinstance(node, ast.Name)} |
                              parsing.parameters(spot.function)):
        return "misspelt" if near != word else "unset"
    return "unset"


def _without_sums(function: ast.AST) -> list[ast.AST]:
    """Its parts but for what += and the like change."""
    nodes = parsing.parts(function)
    changed = {id(node.target) for node in nodes if isinstance(node, ast.AugAssign)}
    return [node for node in nodes if id(node) not in changed]


def key(asked: str, spot: Any) -> str:
    """The code of a cause where a dictionary has no such key; spot: as for `name`."""
    added_to = spot.statement.target if isinstance(spot.statement, ast.AugAssign) else None
    if isinstance(added_to, ast.Subscript):
        if not any(isinstance(one, ast.Constant) for one in parsing.parts(added_to.slice)):
            return "count"
        if isinstance(added_to.value, ast.Name) and not _has_defaults(spot):
            return "early key"                                   # as of grads
    plain = asked.strip("'\"")[:60]
    if re.search(r"\D0$", plain) or spot.called("str", "format") or any(isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod)) for node in spot.nodes()):
        return "numbered"
    quoted = rf"[\"']{re.escape(plain)}[\"']"
    if re.search(rf"\[{quoted}\]\s*([-+*/]?=[^=])|{quoted}\s*:|setdefault\(\s*{quoted}", spot.own_text):
        return "no key" if _has_defaults(spot) else "early key"
    others = {text for text in re.findall(r"[\"'](\w{1,60})[\"']", spot.text) if text != plain}
    return "spelt key" if plain and (_letters(plain) in map(_letters, others) or advice.nearest(plain, others)
                                     ) else "no key"


def _has_defaults(spot: Any) -> bool:
    """Whether a dictionary in the line has been given its keys before: other names are none of it."""
    asked = {node.value.id for node in spot.nodes()
             if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)}
    return any(re.search(rf"\b{one}\.setdefault\(", spot.own_text) for one in asked)


def _letters(text: str) -> str:
    return text.replace("_", "").lower()
