"""What runs a submission: its cells and modules, and the lesson's tests, come in; an outcome for every test goes out.

A warm process in a sandbox forks; one child is the student's side of a notebook, another the examiner's. All but `run`
is bound into the sandbox alone, so it knows nothing else of the kit.
"""

MAX_TEXT = 100_000             # characters of a text that is parsed; a longer one could fill the memory
MAX_MODULE = 1_000_000         # bytes of a module, and characters of all code of a notebook, that are run
