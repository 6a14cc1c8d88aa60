"""Names that Python, numpy and scipy had once, and what to write today: old course material is full of them."""

import re

_NUMPY = {
    "float": "float", "int": "int", "bool": "bool", "object": "object", "str": "str", "complex": "complex",
    "long": "int", "unicode": "str", "float_": "np.float64", "complex_": "np.complex128", "longfloat": "np.longdouble",
    "singlecomplex": "np.complex64", "cfloat": "np.complex128", "string_": "np.bytes_", "unicode_": "np.str_",
    "Inf": "np.inf", "Infinity": "np.inf", "infty": "np.inf", "PINF": "np.inf", "NINF": "-np.inf", "NaN": "np.nan",
    "NAN": "np.nan", "PZERO": "0.0", "NZERO": "-0.0", "product": "np.prod", "cumproduct": "np.cumprod",
    "sometrue": "np.any", "alltrue": "np.all", "in1d": "np.isin", "row_stack": "np.vstack", "trapz": "np.trapezoid",
    "asscalar": "x.item()", "asfarray": "np.asarray(x, dtype=float)", "msort": "np.sort(x, axis=0)",
    "round_": "np.round", "mat": "np.asarray", "rank": "np.ndim", "alen": "len", "find_common_type": "np.result_type",
    "safe_eval": "ast.literal_eval", "random_integers": "np.random.randint(low, high + 1)", "loads": "pickle.loads",
}
_SCIPY = {
    "imread": "plt.imread", "imsave": "plt.imsave", "imshow": "plt.imshow", "imresize": "PIL.Image.Image.resize",
    "imrotate": "PIL.Image.Image.rotate", "toimage": "PIL.Image.fromarray", "fromimage": "np.asarray",
    "bytescale": "numpy arithmetic", "comb": "scipy.special.comb", "factorial": "scipy.special.factorial",
    "factorial2": "scipy.special.factorial2", "logsumexp": "scipy.special.logsumexp",
    "derivative": "centred differences, as in cs231n.gradient_check", "pade": "scipy.interpolate.pade",
    "face": "scipy.datasets.face", "ascent": "scipy.datasets.ascent", "trapz": "scipy.integrate.trapezoid",
    "simps": "scipy.integrate.simpson", "cumtrapz": "scipy.integrate.cumulative_trapezoid",
}
_PYTHON = {
    "xrange": "range", "raw_input": "input", "unicode": "str", "basestring": "str", "long": "int", "unichr": "chr",
    "reduce": "functools.reduce", "izip": "zip", "imap": "map", "ifilter": "filter", "file": "open",
    "izip_longest": "itertools.zip_longest", "cmp": "(a > b) - (a < b)", "execfile": "exec",
    "reload": "importlib.reload", "maketrans": "str.maketrans", "letters": "string.ascii_letters",
    "iteritems": ".items()", "itervalues": ".values()", "iterkeys": ".keys()", "has_key": "key in the dictionary",
    "clock": "time.perf_counter", "maxint": "sys.maxsize", "getargspec": "inspect.getfullargspec",
    **{name: f"collections.abc.{name}" for name in ("Iterable", "Iterator", "Mapping", "MutableMapping", "Sequence",
                                                     "Callable", "Hashable", "Sized", "Container")},
}
_MODULES = {
    "cPickle": "pickle", "Queue": "queue", "urllib2": "urllib.request", "StringIO": "io", "cStringIO": "io",
    "ConfigParser": "configparser", "__builtin__": "builtins", "imp": "importlib",
    "scipy.misc": "plt.imread for pictures, scipy.special for functions",
    "distutils": "setuptools", "numpy.core.umath_tests": "np.einsum", "scipy.weave": "numpy",
    "sklearn.cross_validation": "sklearn.model_selection", "commands": "subprocess", "sets": "set", "md5": "hashlib",
}
_ATTRIBUTE = re.compile(r"module '(?P<module>[\w.]+)' has no attribute '(?P<name>\w+)'")
_IMPORT = re.compile(r"cannot import name '(?P<name>\w+)' from (?:partially initialized module )?'(?P<module>[\w.]+)'")
_METHOD = re.compile(r"'(?P<type>\w+)' object has no attribute '(?P<name>\w+)'")
_NAME = re.compile(r"name '(?P<name>\w+)' is not defined")
_MODULE = re.compile(r"No module named '(?P<name>[\w.]+)'")
_TABLES = {"numpy": _NUMPY, "scipy": _SCIPY, "python": _PYTHON, "module": _MODULES}
_SAID = (                                      # a message of today's Python, and what old code means by it
    (re.compile(r"'(?:generator|\w*iterator|enumerate|zip|map|filter)' object has no attribute 'next'"), "next(x)"),
    (re.compile(r"'(map|filter|zip|dict_keys|dict_values|dict_items|range)' object "
                r"(?:is not subscriptable|does not support item|has no attribute '(?:sort|append|index)')"
                r"|object of type '(?:map|filter|zip)' has no len"
                r"|unsupported operand type\(s\) for \+: '(?:range|dict_\w+|map)' and"), "list(...) around it"),
    (re.compile(r"'float' object cannot be interpreted as an integer|or a single integer, got '\d+\."),
     "// for a division that gives an integer"),
    (re.compile(r"'ascii' codec can't decode byte"), "encoding=\"latin1\" in pickle.load, or an encoding in open,"),
    (re.compile(r"a bytes-like object is required, not 'str'|write\(\) argument must be str, not bytes"),
     "\"rb\" or \"wb\" as the mode of open for bytes"),
    (re.compile(r"multiple exception types must be parenthesized"), "except Error as error:"),
)
_NUMPY_SAYS = re.compile(r"`?(?:np\.)?(?P<name>\w+)`? was (?:removed|deprecated)")
_NUMPY_ADVISES = re.compile(r"[Uu]se `([^`\n]{1,60})`")


def instead(message: str) -> str:
    """What to write in place of the name that an error's message tells is missing; "" where that is not known."""
    if found := _ATTRIBUTE.search(message) or _IMPORT.search(message):
        module, name = found["module"].partition(".")[0], found["name"]
        known = {"numpy": _NUMPY, "scipy": _SCIPY}.get(module, _PYTHON).get(name, "")
        if not known and found["module"] == "scipy":
            known = f"np.{name}"                 # scipy once had numpy's functions too
        return known or _advised(message)
    if found := _METHOD.search(message):
        known = _PYTHON.get(found["name"], "") if found["type"] in ("dict", "defaultdict", "OrderedDict") else ""
        return known or _meant(message)
    if found := _NAME.search(message):
        return _PYTHON.get(found["name"], "")
    if found := _MODULE.search(message):
        return _MODULES.get(found["name"], "")
    if found := _NUMPY_SAYS.search(message):
        return _NUMPY.get(found["name"], "") or _advised(message)
    return _meant(message)


def old_name(message: str) -> str:
    """The name of the tables above that an error's message misses, with its table; "" for any other message."""
    found, kind = _ATTRIBUTE.search(message) or _IMPORT.search(message), ""
    if found:
        module = found["module"].partition(".")[0]
        kind = module if module in ("numpy", "scipy") else "python"
    elif (found := _METHOD.search(message)) and found["type"] in ("dict", "defaultdict", "OrderedDict") or (
            found := _NAME.search(message)):
        kind = "python"
    elif found := _MODULE.search(message):
        kind = "module"
    elif found := _NUMPY_SAYS.search(message):
        kind = "numpy"
    return f"{kind} {found['name']}" if found and found["name"] in _TABLES[kind] else ""


def told(old: str) -> str:
    """A sentence on a name that `old_name` gives; "" for any other text."""
    kind, _, name = old.partition(" ")
    instead = _TABLES.get(kind, {}).get(name)
    if not instead:
        return ""
    shown = {"numpy": "np.", "scipy": "scipy's "}.get(kind, "") + name
    gone = {"numpy": "is in numpy no longer", "scipy": "is in scipy no longer", "module": "is no module any longer"}
    return f"{shown} {gone.get(kind, 'is of an older Python')}: write {instead} instead."


def _meant(message: str) -> str:
    return next((other for pattern, other in _SAID if pattern.search(message)), "")


def _advised(message: str) -> str:
    found = _NUMPY_ADVISES.search(message)
    return found[1] if found else ""
