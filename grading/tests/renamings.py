"""A run that comes to its end between two renamings."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def ending_at(step: int, ending: Callable[[], None]) -> Iterator[None]:
    """While this lasts, the `step`th renaming is not made: the ending is called in its place."""
    replace, done = os.replace, []

    def counted(*arguments, **options):
        if len(done) == step:
            ending()
        done.append(arguments)
        return replace(*arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "replace", counted)
        yield
