"""What can go wrong at the instructor's desk, as one sentence each."""


class KitError(Exception):
    """A user's mistake or a fault outside the kit: printed as one sentence, exit 1, no traceback.

    The sentence says where, what was found, what was expected and what to do next.
    """


def few(names: list[str], most: int) -> str:
    """For a sentence: the names, or the first of them, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")
