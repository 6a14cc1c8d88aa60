"""What an assignment asks for beyond its docstrings: a release has here what its assignment.toml says."""

BY_HAND = ()       # tasks of which not even a part may be handed to a library
