"""Run a notebook's cells where the package stands: what a warm process does for cells on trial."""

import contextlib
import io
import json
import os
import random
from collections.abc import Callable
from functools import partial
from typing import Any

import matplotlib.pyplot as plt  # once, before the forks
import numpy as np

from grading.engine import probing

plt.switch_backend("agg")


def judge(given: list[tuple[str, str]], steps: list[tuple[str, bool, str]], variants: list[dict[str, str]],
          environment: dict[str, str], probes: dict[str, str], asked: list[str]) -> list[tuple[dict[str, str], dict]]:
    """For each variant of the solution cells ({test cell: "" if it passes, else "Name: message"}, answers to probes).

    - given: set-up cells (name, source); they run once
    - steps: solution and test cells in order (name, is a test, source); they run for each variant, in a fork of its own
    - variants: solution cell -> its source; the others are as in `steps`
    - probes: module -> text; asked: cells among the variant's whose probes are asked in the end
    """
    os.environ.update(environment)
    namespace: dict = {"__name__": "__main__"}
    for name, source in given:
        _run(name, source, namespace)

    known = {cell: probe for found in probing.load(probes).values() for cell, probe in found.items()}

    def seed(number: int = 7) -> None:
        np.random.seed(number)
        random.seed(number)

    def verdicts(changed: dict[str, str]) -> tuple[dict[str, str], dict]:
        seed(231)
        messages = {name: _run(name, changed.get(name, source), namespace) for name, _, source in steps}
        answers: dict[str, dict[str, list]] = {}
        for cell in [cell for cell in asked if cell in changed]:
            with contextlib.redirect_stdout(io.StringIO()):
                probing.ask(known[cell](namespace), seed, answers.setdefault(cell, {}))
        return {name: messages[name] for name, is_test, _ in steps if is_test}, answers

    return [_in_a_fork(partial(verdicts, changed)) for changed in variants]


def _run(name: str, source: str, namespace: dict) -> str:
    """Run a cell; what it raises is told."""
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            exec(compile(source, name, "exec"), namespace)
    except BaseException as error:           # whatever a student's cell raises is its outcome
        return f"{type(error).__name__}: {error}"
    return ""


def _in_a_fork(work: Callable[[], Any]) -> Any:
    """What `work` returns, as JSON carries it, from a forked process of its own; this one has one thread."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            with os.fdopen(writing, "w") as told:
                json.dump(work(), told)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    if not text:
        raise RuntimeError("the process that ran the cells died")
    return json.loads(text)
