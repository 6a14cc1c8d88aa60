"""Where an exception came from: lines of the notebook and of the student's modules, and the operation in the last."""

import ast
import linecache
import os
from typing import NamedTuple

# Modules that are nobody's to write.
GIVEN = {"compared", "data_utils", "difficulties", "ensemble", "get_data", "gradient_check", "layer_utils", "retrained",
         "searched", "solver", "submit", "summaries", "synthetic", "testing", "tried", "vis_utils"}
_OPERATIONS = ast.BinOp, ast.Call, ast.AugAssign, ast.Compare, ast.Subscript
_STATEMENTS = ast.Assign, ast.AugAssign, ast.If
# What may be worked out again, since it changes nothing.
_PURE = {"T", "dot", "matmul", "sum", "mean", "max", "min", "reshape", "transpose", "ravel", "flatten", "copy",
         "astype", "exp", "log", "sqrt", "square", "abs", "maximum", "minimum", "where", "arange", "zeros", "ones",
         "zeros_like", "ones_like", "newaxis", "argmax", "shape", "size", "range", "len", "float", "int"}
_SAFE = (ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.Constant, ast.Tuple, ast.List, ast.BinOp, ast.UnaryOp,
         ast.Compare, ast.Call, ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.keyword)


class Place(NamedTuple):
    """A frame of a traceback, the line that it is at, and the number of the instruction."""

    frame: object
    line: int
    at: int

    @property
    def file(self):
        return self.frame.f_code.co_filename

    @property
    def function(self):
        return self.frame.f_code.co_name

    @property
    def module(self):
        return self.frame.f_globals.get("__name__") or ""

    @property
    def is_cell(self):
        return self.module == "__main__"

    @property
    def is_students(self):
        package, _, name = self.module.partition(".")
        return package == "cs231n" and not name.startswith(("_", "figures_")) and name not in GIVEN

    @property
    def is_below(self):
        """Whether it is numpy's, or a check's that calls what it was given."""
        return bool(self.frame.f_locals.get("__tracebackhide__")) or f"{os.sep}numpy{os.sep}" in self.file or (
            self.file.startswith((f"numpy{os.sep}", "numpy/", "<__array_function__")))

    @property
    def source(self):
        return "".join(linecache.getlines(self.file, self.frame.f_globals))

    @property
    def text(self):
        return linecache.getline(self.file, self.line, self.frame.f_globals).strip()


def places(error):
    """Every Place of an exception, outermost first."""
    found, trace = [], error.__traceback__
    while trace is not None:
        found.append(Place(trace.tb_frame, trace.tb_lineno, trace.tb_lasti))
        trace = trace.tb_next
    return found


def shown_places(error):
    """Those in the notebook and in the student's modules."""
    return [place for place in places(error) if place.is_cell or place.is_students]


def place_at_fault(error):
    """The last of those, None if what raised lies deeper, in somebody else's code."""
    steps, own = places(error), shown_places(error)
    return own[-1] if own and all(place.is_below for place in steps[steps.index(own[-1]) + 1:]) else None


def operation(place):
    """What a place was doing, as syntax: the expression, or the whole statement where something is put somewhere."""
    first, last, start, end = list(place.frame.f_code.co_positions())[place.at // 2]
    inside = [node for node in ast.walk(ast.parse(place.source)) if isinstance(node, (ast.expr, ast.stmt))
              and node.lineno <= first and last <= node.end_lineno]
    found = next((node for node in inside if isinstance(node, _OPERATIONS) and (
        node.lineno, node.end_lineno, node.col_offset, node.end_col_offset) == (first, last, start, end)), None)
    if found is None or isinstance(getattr(found, "ctx", None), ast.Store):
        found = next((node for node in reversed(inside) if isinstance(node, _STATEMENTS)), found)
    return getattr(found, "test", found)


def operands(node):
    """What meets in an operation, as syntax."""
    if isinstance(node, ast.BinOp):
        return [node.left, node.right]
    if isinstance(node, (ast.Assign, ast.AugAssign)):
        return [getattr(node, "target", None) or node.targets[0], node.value]
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    if isinstance(node, ast.Subscript):
        return [node.value, *(node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice])]
    if isinstance(node, ast.Call):
        owner = [node.func.value] if isinstance(node.func, ast.Attribute) else []
        return owner + [part for one in node.args
                        for part in (one.elts if isinstance(one, (ast.Tuple, ast.List)) else [one])]
    return [name for name in ast.walk(node) if isinstance(name, ast.Name)]


def value_of(node, place):
    """What an expression stands for there, worked out again where that changes nothing; else None."""
    if not all(map(_is_safe, ast.walk(node))):
        return None
    try:
        return eval(compile(ast.unparse(node), "<again>", "eval"), place.frame.f_globals, place.frame.f_locals)
    except Exception:
        return None


def _is_safe(node):
    if isinstance(node, ast.Call):
        return getattr(node.func, "attr", getattr(node.func, "id", "")) in _PURE
    if isinstance(node, ast.Attribute):
        return node.attr in _PURE or isinstance(node.value, ast.Name)
    return isinstance(node, _SAFE)
