"""Grades out, for the course's own system: the gradebook's numbers come in, sheets, a table or an archive go out.

Nothing is guessed: who cannot be matched is named. What is not ours in a file stays as it is, byte for byte.
"""
