"""What runs a submission: its cells and modules, and the lesson's tests, come in; an outcome for every test goes out.

A warm process in a sandbox forks; one child is the student's side of a notebook, another the examiner's. A lighter one
forks gloves, which read, clean and convert for all rooms what came from a student. This room is bound into the sandbox,
so it knows nothing else of the kit.
"""

MAX_TEXT = 100_000             # characters of a module; a longer one could fill the memory when it is parsed
