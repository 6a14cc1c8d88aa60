"""What can go wrong at the instructor's desk, as one sentence each."""


class KitError(Exception):
    """A user's mistake or a fault outside the kit: printed as one sentence, exit 1, no traceback.

    The sentence says where, what was found, what was expected and what to do next.
    """
