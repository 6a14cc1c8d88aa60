"""Fixed questions for telling mistakes apart: one module for each student module, with PROBES: function -> probe; and
one for each notebook in whose cells students write something, with PROBES: cell -> probe of the names that it leaves.

They know nothing of the kit but `grading.engine.probing` and each other, and call functions only through the package,
with plain data: so their text runs in the sandbox, where `cs231n` is proxies, as it runs beside a variant.
"""
