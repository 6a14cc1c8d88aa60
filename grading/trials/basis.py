"""What the names of mistakes depend on: where it is the same, they are not worked out again."""

import hashlib
import sys
from pathlib import Path

import numpy as np

from grading.engine import advice, causes, misfits, misnamed, probing, renamed, stops
from grading.release.assignment import PACKAGE, Assignment
from grading.trials import catalogue


def of(assignment: Assignment) -> str:
    """What the names of a submission's mistakes depend on, but for the submission."""
    return hashlib.sha256(repr((digest(), assignment.topics, assignment.student_modules, assignment.given_functions,
                                assignment.later)).encode()).hexdigest()


def digest() -> str:
    """Of all that the answers depend on."""
    found = hashlib.sha256(repr((np.__version__, sys.version_info[:2])).encode())
    here = Path(__file__).parent
    for path in (*sorted(PACKAGE.rglob("*.py")), *sorted(catalogue.MISTAKES.glob("*.toml")),
                 *sorted(here.rglob("*.py")),
                 *(Path(one.__file__) for one in (advice, causes, misfits, misnamed, probing, renamed, stops))):
        found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()
