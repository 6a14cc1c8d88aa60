"""CS231n: the package in which the assignments are written."""
