"""What runs a submission: a warm process in a sandbox that forks, and the two sides of a graded notebook."""

MAX_TEXT = 100_000             # characters of a module; a longer one could fill the memory when it is parsed
