"""What an assignment asks for beyond its docstrings, as its assignment.toml says: a release is made with that in here."""

BY_HAND = ()       # tasks of which not even a part may be handed to a library
