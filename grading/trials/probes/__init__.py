"""Fixed calls for telling mistakes apart: one module for each student module, with PROBES: function -> probe.

They know nothing of the kit but `grading.engine.probing` and each other, and call functions only through the package,
with plain data: so their text runs in the sandbox, where `cs231n` is proxies, as it runs beside a variant.
"""
