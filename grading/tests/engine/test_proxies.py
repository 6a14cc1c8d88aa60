"""What a test cell has in place of a student's things: it works like the real ones, and is none of them.

The student's side is a process of its own, with the code below as its module and its notebook.
"""

import copy
import io
import operator
import socket
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pytest

from cs231n.gradient_check import eval_numerical_gradient
from cs231n.summaries import brightest_of_rows, mean_color
from cs231n.testing import CheckFailed, assert_close, assert_labels
from grading import ROOT
from grading.engine import codec
from grading.engine.channel import Channel, Closed, Late
from grading.engine.finder import Finder
from grading.engine.link import Link
from grading.engine.proxies import Remote, RemoteDict
from grading.engine.raised import Lost, StudentError

STUDENT = '''
from collections import OrderedDict, namedtuple

import numpy as np
from cs231n.testing import CheckFailed

NUMBER, TEXT, TABLE, SETTINGS = 42, "text", np.arange(3.0), {"reg": 0.5, "steps": [1, 2]}


class Net:
    kinds = ["affine", "relu"]
    scale = 2.0

    def __init__(self, size=3, *, reg=0.0):
        self.params = {"W1": np.arange(2.0 * size).reshape(2, size), "b1": np.zeros(size)}
        self._looked = np.zeros(1)
        self.reg, self.history, self.nested = reg, [], {"inner": {"deep": 1}}

    def loss(self, X, y=None):
        scores = X @ self.params["W1"] + self.params["b1"]
        if y is None:
            return scores
        return (scores ** 2).sum() + self.reg * (self.params["W1"] ** 2).sum(), {"W1": 2 * X.T @ scores}

    def step(self, rate=0.1):
        self.params["W1"] -= rate
        self.history.append(float(self.params["W1"].sum()))

    def replace(self):
        self.params["W1"] = self.params["W1"] * 10
        self.params["new"] = np.ones(2)

    def forget(self):
        self.params = {"only": np.ones(1)}

    @classmethod
    def small(cls):
        return cls(1)

    @staticmethod
    def double(x):
        return 2 * x

    @property
    def size(self):
        return self.params["W1"].size

    @property
    def looked_at(self):
        self._looked += 1
        return self._looked

    def __call__(self, x):
        return x + 1


Normed = namedtuple("Normed", "x scale")

class Bunch(dict):
    __getattr__ = dict.__getitem__

class Tape(list):
    def last(self): return self[-1]

class Pair(tuple):
    def first(self): return self[0]

def dressed(x):
    pair = Pair((x, 1))
    pair.note = "kept"
    return x.sum(), (Normed(x, 2.0), Bunch(y=3 * x), Tape([x]), pair)

def undressed(dout, cache):
    normed, bunch, tape, pair = cache
    found = normed.x * normed.scale + bunch.y + tape.last() + pair.first(), pair.note
    normed.x[...] = 0
    return found


class Marked(np.ndarray): pass

def masked(x):
    marked = (x + 1).view(Marked)
    marked.on = x > 1
    same = np.matrix(x)
    rows = np.rec.fromarrays([x, x > 1], names="x, on")
    return np.ma.masked_array(np.ones(3), mask=x > 1), [marked, same, {"rows": rows}]

def unmasked(cache, parts, x):
    mask = cache
    marked, same, rows = parts
    marked[0] = 9
    return mask.filled(0), marked.on, type(same).__name__, type(x).__name__, rows["rows"].x[rows["rows"].on]


class Ordered(Net):
    def __init__(self):
        super().__init__()
        self.params = OrderedDict(W1=np.matrix(np.ones((2, 3))), b1=np.zeros(3))


def momentum(w, dw, config=None):
    if config is None: config = {}
    config.setdefault("rate", 0.1)
    config.setdefault("velocity", np.zeros_like(w))
    config["velocity"] *= 0.5
    config["velocity"] -= config["rate"] * dw
    w += config["velocity"]
    config["seen"] = config.get("seen", 0) + 1
    return w, config

def edit(items):
    items.append(len(items))
    items[0] = "first"

def shorten(items): del items[1:]
def drop(config):
    del config["old"]
    row, _, others = config["inner"]["list"]
    config["inner"]["list"][1] = 6
    row[:] = 9
    others.append(4)
    config["shape"] = (2, 2, others)

def inside(pair, *, box): pair[0][0] = 5; box["a"]["b"].append(pair[1])
def nothing(*args, **kwargs): return args, kwargs
def applied(functions, image): return [float(function(image)[0]) for function in functions]
def exchanged(functions): functions[0] = max; return len(functions)
def rebind(config): config["velocity"] = config["velocity"] + 1

def closure(k):
    def inner(x): return k * x
    return {"f": inner, "net": Net(), "list": [Net(1), 3], "array": np.ones(2)}

def caching(x):
    class Cache: pass
    cache = Cache()
    cache.x = x
    return x + 1, cache

def backward(dout, cache): return dout * cache.x
def speak(n): print("hello", n); return n
def one_over(n): return 1 / n
def shout(): print("x" * 1_000_000); return len("done")
def surrogate(): print("half \\ud800"); return "half \\ud800"

class Anything:
    """Equals everything, is larger and smaller than everything, and looks like an array."""
    shape, dtype, ndim, size = (2,), np.dtype(float), 1, 2
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = lambda self, other: True
    __hash__ = lambda self: 1
    __bool__ = lambda self: True
    __len__ = lambda self: 2
    __iter__ = lambda self: iter([1, 2])
    __contains__ = lambda self, item: True
    __getitem__ = lambda self, item: self
    __float__ = lambda self: 1.0
    __int__ = __index__ = lambda self: 1
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = lambda self, other: self
    __neg__ = __abs__ = lambda self: self
    __call__ = lambda self, *args, **kwargs: True
    __getattr__ = lambda self, name: self

class Number(float):
    __eq__ = __lt__ = __gt__ = lambda self, other: True
    __hash__ = float.__hash__
    __sub__ = __rsub__ = lambda self, other: 0.0
    __abs__ = lambda self: 0.0

class Array(np.ndarray):
    def __array_ufunc__(self, *args, **kwargs): return True
    def __array_function__(self, *args, **kwargs): return True
    __eq__ = lambda self, other: True

class Items(list):
    __eq__ = lambda self, other: True

class Word(str):
    __eq__ = lambda self, other: True
    __hash__ = str.__hash__

class Pretender:
    __class__ = property(lambda self: np.ndarray)

def lie(kind):
    return {"number": Number(3.0), "array": np.arange(3.0).view(Array), "items": Items([1]), "word": Word("cat"),
            "anything": Anything(), "pretender": Pretender()}[kind]

class Unspeakable(Exception):
    def __str__(self): raise RuntimeError("no")

class Loud(ValueError): pass
class TwoWords(Exception):
    def __init__(self, a, b): super().__init__(a, b)

def fail(kind):
    if kind == "stub": raise NotImplementedError("f is not implemented yet: return x")
    if kind == "key": return {}["W3"]
    if kind == "check": raise CheckFailed("the student says so")
    if kind == "assert": assert 1 == 2, "not equal"
    if kind == "loud": raise Loud("too loud")
    if kind == "two": raise TwoWords("one", 2)
    if kind == "unspeakable": raise Unspeakable
    if kind == "zero": return 1 / 0
    if kind == "type": return len(5)
    if kind == "os": raise FileNotFoundError(2, "No such file", "x.npy")
    if kind == "unicode": return "\\ud800".encode()
    if kind == "group": raise ExceptionGroup("several", [ValueError(1), TypeError(2)])
    if kind == "exit": raise SystemExit(3)
    if kind == "interrupt": raise KeyboardInterrupt
    if kind == "base": raise BaseException("bare")
    if kind == "stop": raise StopIteration("early")
    if kind == "codec":
        from grading.engine.codec import CodecError
        raise CodecError("ours, says the student")
    if kind == "lost":
        from grading.engine.raised import Lost
        raise Lost("late", "f")
    if kind == "half": raise ValueError("half \\ud800")
    if kind == "long": raise ValueError("x" * 100_000)

def unsendable(kind):
    return {"bytes": np.array([b"x"]), "circle": circle(), "range": range(3), "int": 2 ** 20_000,
            "generator": (i for i in "ab")}[kind]

def circle():
    found = []
    found.append(found)
    return found
'''
NOTEBOOK = """
from student import *
net, table, number, best = Net(), np.arange(4.0), 3, None
accuracies = {1: [0.25, 0.5], 3: np.array([1.0])}
"""
SERVE = """
import socket, sys
from types import SimpleNamespace
from grading.engine.candidate import Objects
from grading.engine.channel import Channel, Closed
sys.path.insert(0, sys.argv[2])
channel, namespace = Channel(socket.socket(fileno=int(sys.argv[1]))), {}
exec(sys.argv[3], namespace)
objects = Objects(SimpleNamespace(namespace=namespace, shown=str))
try:
    channel.send(b"ready")
    while True:
        channel.send(objects.answer(channel.receive()))
except Closed:
    pass
"""


class Student:
    """The test's side of a link to a student's process."""

    def __init__(self, folder: Path):
        mine, its = socket.socketpair()
        (folder / "student.py").write_text(STUDENT)
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVE, str(its.fileno()), str(folder), NOTEBOOK], pass_fds=[its.fileno()], cwd=ROOT
        )
        its.close()
        self.channel, self.printed, self.asked = Channel(mine), [], 0
        assert self.channel.receive(60) == b"ready"
        self.link = Link(self.ask, self.printed.append)

    def ask(self, frame: bytes, function: str) -> bytes:
        self.asked += 1
        try:
            self.channel.send(frame, 20)
            return self.channel.receive(20)
        except Late:
            raise Lost("late", function) from None
        except Closed:
            raise Lost("dead", function) from None

    def name(self, name: str):
        state, told = self.link.do("name", name, function=name)
        assert state == "done"
        return self.link.held(state, told, name)

    def close(self) -> None:
        self.channel.close()
        assert self.process.wait(20) == 0


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    found = Student(tmp_path_factory.mktemp("student"))
    yield found
    found.close()


@pytest.fixture
def module(student):
    """The student's module as a test imports it; the process keeps its state, the tests make objects of their own."""
    finder = Finder(["student"], student.link)
    sys.meta_path.insert(0, finder)
    try:
        import student as found

        yield found
    finally:
        sys.meta_path.remove(finder)
        finder.forget()
        assert "student" not in sys.modules


# Calls, attributes, modules


def test_functions_take_defaults_keywords_and_any_data(module):
    assert module.nothing(1, "a", x=None) == ((1, "a"), {"x": None})
    args, kwargs = module.nothing(np.arange(3), [1, (2, {"k": 1.5})], flag=True)
    assert args[0].tolist() == [0, 1, 2] and args[1] == [1, (2, {"k": 1.5})] and kwargs == {"flag": True}
    net = module.Net(4, reg=0.5)
    assert net.reg == 0.5 and net.params["W1"].shape == (2, 4) and module.Net().reg == 0.0


def test_a_given_function_is_called_where_the_students_code_is_and_stays_ours_here(module):
    functions, image = [mean_color, brightest_of_rows], np.arange(24.0).reshape(2, 4, 3)
    assert module.applied(functions, image) == [10.5, 11.0]
    assert module.exchanged(functions) == 2 and functions == [mean_color, brightest_of_rows]
    for own in (lambda image: image, np.mean, assert_close.__class__):
        with pytest.raises(codec.CodecError):
            module.applied([own], image)


def test_import_from_and_module_attributes_give_plain_values(module):
    from student import NUMBER, SETTINGS, TABLE, Net

    assert NUMBER == 42 and module.TEXT == "text" and TABLE.tolist() == [0, 1, 2] and SETTINGS["steps"] == [1, 2]
    assert Net.scale == 2.0 and Net.kinds == ["affine", "relu"] and Net.small().params["b1"].shape == (1,)
    assert Net.double(4) == Net().double(4) == 8 and Net().size == 6 and Net()(5) == 6
    assert Net.__name__ == "Net" and module.momentum.__name__ == "momentum"


def test_what_a_module_does_not_have_is_an_import_error(module):
    with pytest.raises(ImportError, match="cannot import name 'missing'"):
        from student import missing  # noqa: F401
    with pytest.raises(AttributeError, match="no attribute 'missing'"):
        module.Net().missing  # noqa: B018
    assert not hasattr(module.Net(), "missing") and hasattr(module.Net(), "loss")


def test_names_of_the_notebook_come_as_data_or_proxies(student):
    assert student.name("number") == 3 and student.name("best") is None
    assert student.name("accuracies") == {1: [0.25, 0.5], 3: np.array([1.0])}
    assert student.name("table").tolist() == [0, 1, 2, 3]
    assert isinstance(student.name("net"), Remote)
    assert student.link.do("name", "unbound", function="unbound")[0] == "missing"


def test_attributes_and_items_can_be_set_and_deleted(module):
    net = module.Net()
    net.reg = 2.0
    net.extra = np.arange(2)
    net.params["W2"] = np.full((1, 2), 7.0)
    assert net.reg == 2.0 and net.extra.tolist() == [0, 1] and net.params["W2"].tolist() == [[7, 7]]
    del net.params["W2"]
    assert "W2" not in net.params and list(net.params) == ["W1", "b1"]


def test_results_with_objects_inside_can_be_used_and_given_back(module):
    found = module.closure(3)
    assert found["f"](5) == 15 and found["net"].params["b1"].shape == (3,) and found["list"][1] == 3
    assert found["list"][0].loss(np.ones((1, 2))).shape == (1, 1) and found["array"].tolist() == [1, 1]
    out, cache = module.caching(np.arange(3.0))
    assert out.tolist() == [1, 2, 3] and module.backward(2.0, cache).tolist() == [0, 2, 4]
    assert type(cache).__name__ == "Cache" and copy.deepcopy(cache) is cache
    (same,), _ = module.nothing(found["net"])
    same.reg = 9.0
    assert found["net"].reg == 9.0


def test_a_cache_of_the_students_own_kinds_of_tuple_list_and_dictionary_has_its_names_on_the_way_back(module):
    total, cache = module.dressed(np.arange(3.0))
    assert total == 3 and [type(part) for part in cache] == [tuple, dict, list, tuple]     # here they are plain ones
    kept = copy.deepcopy(cache)
    assert module.undressed(1.0, cache)[0].tolist() == [0, 7, 14]
    assert cache[0][0].tolist() == [0, 0, 0]                                    # what it has written is seen
    assert module.undressed(1.0, kept)[0].tolist() == [0, 7, 14] and module.undressed(1.0, cache=module.dressed(
        np.ones(1))[1]) == (np.array([7.0]), "kept")
    with pytest.raises(StudentError):                                           # other contents are not dressed up
        module.undressed(1.0, ((np.ones(2), 2.0), {"y": np.ones(2)}, [np.ones(2)], (np.ones(2), 1)))


def test_a_cache_of_masked_arrays_matrices_and_records_is_that_again_on_the_way_back(module):
    mask, parts = module.masked(np.arange(3.0))
    assert type(mask) is np.ndarray and [type(part) for part in parts[:2]] == [np.ndarray, np.ndarray]
    filled, on, kind, given, rows = module.unmasked(mask.copy(), copy.deepcopy(parts[:2]) + parts[2:], np.arange(3.0))
    assert filled.tolist() == [1, 1, 0] and on.tolist() == [False, False, True] and rows.tolist() == [2]
    assert (kind, given) == ("matrix", "ndarray")       # a test's own array stays as it is
    module.unmasked(mask, parts, np.ones(1))
    assert parts[0].tolist() == [9, 2, 3]               # what it has written is seen


def test_what_the_students_code_prints_arrives_and_is_bounded(module, student):
    student.printed.clear()
    assert module.speak(3) == 3 and student.printed == ["hello 3\n"]
    assert module.shout() == 4 and 0 < len(student.printed[1]) < 300_000
    assert module.surrogate() == "half ?" and student.printed[2] == "half ?\n"
    with redirect_stdout(io.StringIO()) as seen:
        module.speak(4)
    assert seen.getvalue() == ""  # it goes where the link sends it


# Rule 1: arguments are changed as a call beside the student's code would have changed them


def test_an_optimizer_in_place_changes_our_arrays_and_our_config(module):
    w, dw = np.ones(3), np.full(3, 2.0)
    velocity = np.zeros(3)
    config = {"velocity": velocity}
    next_w, returned = module.momentum(w, dw, config)
    assert w.tolist() == next_w.tolist() == [0.8] * 3 and dw.tolist() == [2.0] * 3
    assert config["velocity"] is velocity and velocity.tolist() == [-0.2] * 3
    assert config["seen"] == 1 and config["rate"] == 0.1 and list(config) == ["velocity", "rate", "seen"]
    module.momentum(w, dw, config=returned)
    assert returned["seen"] == 2 and returned["velocity"].tolist() == pytest.approx([-0.3] * 3)


def test_lists_and_what_is_inside_of_arguments_are_changed_in_place(module):
    items = [0, 1]
    module.edit(items)
    assert items == ["first", 1, 2]
    module.shorten(items)
    assert items == ["first"]
    array, inner = np.zeros(2), [0]
    module.inside((array, 7), box={"a": {"b": inner}})
    assert array.tolist() == [5, 0] and inner == [0, 7]
    row, others = np.zeros(2), [3]
    config = {"old": 1, "inner": {"list": [row, 5, others]}, "shape": (1, 2, others)}
    module.drop(config)
    assert row.tolist() == [9, 9] and config["inner"]["list"][0] is row and "old" not in config
    assert others == [3, 4] and config["shape"] == (2, 2, [3, 4])


@pytest.mark.xfail(strict=True, reason="a new array under an old name is written into the old array")
def test_an_array_that_the_student_replaces_in_config_is_not_written_into_ours(module):
    velocity = np.ones(2)
    config = {"velocity": velocity}
    module.rebind(config)
    assert config["velocity"].tolist() == [2, 2] and velocity.tolist() == [1, 1]


def test_a_view_an_array_in_other_order_and_a_row_are_changed_where_they_are(module):
    whole = np.ones((3, 4))
    module.momentum(whole[:, 1], np.ones(3))
    assert whole[:, 1].tolist() == [0.9] * 3 and whole[:, 0].tolist() == [1.0] * 3
    turned = np.asfortranarray(np.ones((2, 3)))
    module.momentum(turned, np.ones((2, 3)))
    assert turned.tolist() == [[0.9] * 3] * 2 and turned.flags.f_contiguous
    swapped = np.ones(3, dtype=">f8")
    module.momentum(swapped, np.ones(3))
    assert swapped.tolist() == [0.9] * 3 and swapped.dtype == ">f8"


def test_an_exception_leaves_arguments_as_they_are_here(module):
    w = np.ones(2)
    with pytest.raises(ValueError):
        module.momentum(w, np.ones(3))
    assert w.tolist() == [1, 1]


# Calls that go out together


def test_calls_of_a_function_at_many_points_go_out_together(module, student):
    one_over, points, before = module.one_over, [1.0 + k for k in range(30)], student.asked
    found = student.link.each(lambda x: one_over(x) - one_over(2 * x), points)
    assert found == [1 / x - 1 / (2 * x) for x in points]
    assert student.asked - before == 4                         # the first point by itself; two for all the others


def test_nets_that_are_made_and_asked_at_many_points_come_to_the_same_as_one_by_one(module, student):
    X, y = np.array([[1.0, -2.0], [0.5, 3.0]]), np.zeros(2, dtype=int)

    def loss(W):
        net = module.Net(3, reg=0.25)
        net.params["W1"] = W
        return net.loss(X, y)[0]

    points = [0.5 * k + np.arange(6.0).reshape(2, 3) for k in range(20)]
    one_by_one, before = [loss(W) for W in points], student.asked
    assert student.link.each(loss, points) == one_by_one
    assert student.asked - before == 2                         # the first by itself
    net = module.Net(3)
    assert student.link.each(lambda W: net.params.update(W1=W) or net.loss(X, y)[0], points[:3]) == [
        loss(W) - 0.25 * np.sum(W**2) for W in points[:3]]


def test_what_hangs_on_the_answer_before_is_asked_one_by_one(module, student):
    net = module.Net()

    def after_a_step(rate):
        net.step(rate)
        return float(net.params["W1"].sum())

    assert student.link.each(after_a_step, [1.0, 2.0, 3.0]) == [9, -3, -21]
    seen = []
    assert student.link.each(lambda n: seen.append(module.speak(n)) or len(seen), [5, 6, 7]) == [1, 2, 3]
    assert seen == [5, 6, 7]


def test_a_call_that_raises_among_many_raises_at_its_turn_and_what_was_printed_is_shown_once(module, student):
    turns, printed = [], len(student.printed)

    def turn(kind):
        module.speak(kind)
        turns.append(kind)

    student.link.each(turn, ["one", "two", "three"])
    assert turns == ["one", "two", "three"]
    assert student.printed[printed:] == ["hello one\n", "hello two\n", "hello three\n"]
    with pytest.raises(StudentError, match="zero"):
        student.link.each(lambda n: turns.append(module.one_over(n)), [1, 2, 0, 4])
    assert turns[3:] == [1, 0.5]
    assert module.one_over(4) == 0.25


# Rule 2: arrays that were fetched stay the student's


def test_a_numeric_gradient_perturbs_the_students_own_parameter(module):
    net, X, y = module.Net(reg=0.25), np.array([[1.0, -2.0], [0.5, 3.0]]), np.zeros(2, dtype=int)
    _, grads = net.loss(X, y)
    expected = grads["W1"] + 2 * 0.25 * net.params["W1"]
    found = eval_numerical_gradient(lambda _: net.loss(X, y)[0], net.params["W1"])
    assert np.allclose(found, expected, rtol=1e-5)
    assert net.params["W1"].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_a_change_on_either_side_is_seen_on_the_other(module):
    net = module.Net()
    W = net.params["W1"]
    net.step(1.0)
    assert W.tolist() == [[-1, 0, 1], [2, 3, 4]] and net.params["W1"] is W
    W[0, 0] = 100.0
    W *= 2
    assert net.loss(np.array([[1.0, 0.0]])).tolist() == [[200, 0, 2]]
    W += 1
    net.step(1.0)  # both since the last call
    assert W.tolist() == [[200, 0, 2], [4, 6, 8]]


def test_a_dictionary_that_the_student_replaces_is_the_one_that_it_was_when_it_was_asked_for(module):
    net = module.Net()
    assert net.params["W1"].shape == (2, 3)
    before = net.params
    net.forget()
    assert sorted(before) == ["W1", "b1"] and list(net.params) == ["only"]
    net.params["only"] = np.zeros(2)
    assert net.params["only"].tolist() == [0, 0] and before["b1"].tolist() == [0, 0, 0]


def test_an_array_that_the_student_replaced_is_another_one(module):
    net = module.Net()
    before = net.params["W1"]
    net.replace()
    assert before.tolist() == [[0, 1, 2], [3, 4, 5]] and net.params["W1"].tolist() == [[0, 10, 20], [30, 40, 50]]
    before[...] = 0
    assert net.params["W1"].tolist() == [[0, 10, 20], [30, 40, 50]] and net.params["new"].tolist() == [1, 1]


def test_an_array_that_changes_when_it_is_asked_for_is_up_to_date(module, student):
    net = module.Net()
    first = net.looked_at
    assert first.tolist() == [1]
    assert net.looked_at is first and first.tolist() == [2]
    first[0] = 10
    assert net.looked_at.tolist() == [11]


def test_a_last_change_arrives_though_nobody_holds_the_array_any_more(module):
    net = module.Net()
    net.params["W1"][0, 0] = 5.0
    assert net.loss(np.array([[1.0, 0.0]])).tolist() == [[5, 1, 2]]


def test_a_view_of_an_array_keeps_it_alive(module):
    net = module.Net()
    column = net.params["W1"][:, 0]
    for _ in range(3):
        net.step(1.0)
    assert column.tolist() == [-3, 0]
    column[...] = 7
    assert net.loss(np.array([[1.0, 0.0]]))[0, 0] == 7


def test_an_array_that_nobody_holds_any_more_is_let_go(module, student):
    net = module.Net()
    for _ in range(3):
        assert net.params["W1"][0, 1] == 1.0
    net.params["W1"] += 1
    for _ in range(2):
        net.loss(np.ones((1, 2)))
    assert not student.link._live


# Rule 3: dictionaries of objects stay with the object


def test_an_attribute_dictionary_stays_remote(module):
    net = module.Net()
    params = net.params
    assert isinstance(params, RemoteDict) and set(params) == {"W1", "b1"} and len(params) == 2
    net.replace()
    assert set(params) == {"W1", "b1", "new"} and params["new"].tolist() == [1, 1]
    params["b1"] = np.array([1.0, 2.0, 3.0])
    assert net.loss(np.zeros((1, 2))).tolist() == [[1, 2, 3]]
    assert {name: value.shape for name, value in sorted(params.items())} == {"W1": (2, 3), "b1": (3,), "new": (2,)}
    assert params.get("none") is None and params.pop("new").tolist() == [1, 1] and "new" not in net.params
    params.update(b1=np.zeros(3))
    assert net.params["b1"].tolist() == [0, 0, 0] and net.nested["inner"]["deep"] == 1
    with pytest.raises(KeyError, match="^'W9'$"):
        params["W9"]
    net.forget()
    assert set(net.params) == {"only"}


def test_dictionaries_and_arrays_of_a_kind_of_their_own_stay_with_the_object_as_well(module):
    net = module.Ordered()
    assert isinstance(net.params, RemoteDict) and list(net.params) == ["W1", "b1"]
    net.params["b1"] = np.array([1.0, 2.0, 3.0])
    net.params["W1"][1, 2] = 5.0
    assert type(net.params["W1"]) is np.ndarray and net.loss(np.ones((1, 2))).tolist() == [[3, 4, 9]]
    net.step(1.0)
    assert net.params["W1"].tolist() == [[0, 0, 0], [0, 0, 4]]


@pytest.mark.parametrize(
    "how", [copy.deepcopy, copy.copy, dict, lambda params: params.copy()], ids=["deep", "shallow", "dict", "copy"]
)
def test_a_copy_of_an_attribute_dictionary_is_a_dictionary_here(module, how):
    net = module.Net()
    kept = how(net.params)
    assert type(kept) is dict
    net.params["W1"] = np.zeros((2, 3))
    kept["more"] = 1
    assert kept["W1"].tolist() == [[0, 1, 2], [3, 4, 5]] and "more" not in net.params


def test_a_deep_copy_does_not_follow_what_the_student_does(module):
    """As `before = copy.deepcopy(net.params)` ahead of a step, to see what the step changed."""
    net = module.Net()
    before = copy.deepcopy(net.params)
    net.step(1.0)
    net.params["W1"][0, 0] = 50.0
    assert before["W1"].tolist() == [[0, 1, 2], [3, 4, 5]]


def test_whole_parameters_can_be_given_to_a_function(module):
    net, other = module.Net(), module.Net()
    other.params = net.params
    net.step(1.0)
    assert other.params["W1"].tolist() == [[-1, 0, 1], [2, 3, 4]]
    (told,), _ = module.nothing(net.params)
    assert told["W1"].tolist() == [[-1, 0, 1], [2, 3, 4]]


# Rule 4: a proxy computes, compares and contains nothing


@pytest.mark.parametrize(
    "use",
    [
        lambda x: x + 1,
        lambda x: 1 + x,
        lambda x: x - x,
        lambda x: -x,
        lambda x: abs(x),
        lambda x: x * 2,
        lambda x: x @ x,
        lambda x: x < 1,
        lambda x: x >= x,
        lambda x: np.ones(2) + x,
        lambda x: np.float64(2) * x,
        lambda x: np.abs(x),
        lambda x: len(x),
        lambda x: list(x),
        lambda x: 1 in x,
        lambda x: float(x),
        lambda x: int(x),
        lambda x: bool(x),
        lambda x: not x,
        lambda x: [10][x],
        lambda x: np.ones(3) < x,
        lambda x: np.isfinite(x),
        lambda x: np.allclose(x, 1.0),
        lambda x: np.array([1.0, 2.0]) @ x,
        lambda x: sorted([x, x]),
        lambda x: max(x, 1),
        lambda x: sum([x, x]),
        lambda x: round(x),
        lambda x: {**x},
        lambda x: reversed(x),
        lambda x: np.float64(x),
        lambda x: np.asarray(x, dtype=float),
        lambda x: x.__enter__(),
        lambda x: divmod(x, 2),
        lambda x: complex(x),
        lambda x: np.add(x, 1),
        lambda x: np.maximum(x, 0),
    ],
)
def test_an_object_that_answers_to_everything_computes_nothing_here(module, use):
    for thing in (module.lie("anything"), module.Net(), module.Net, module.momentum):
        with pytest.raises((TypeError, AttributeError, ValueError)):
            use(thing)


def test_an_object_that_equals_everything_equals_nothing_but_itself(module):
    thing, other = module.lie("anything"), module.lie("anything")
    assert operator.eq(thing, thing) and not operator.ne(thing, thing)
    for value in (other, 0, 1.0, None, True, "x", (1, 2), np.float64(1), module.Net()):
        assert not operator.eq(thing, value) and not operator.eq(value, thing) and operator.ne(thing, value)
    assert not np.any(np.array([1.0, 2.0]) == thing) and not np.array_equal(thing, np.array([1.0, 2.0]))
    assert thing not in [1, 2] and not isinstance(thing, (np.ndarray, float, list, dict))


def test_the_kits_own_checks_refuse_such_an_object(module):
    thing = module.lie("anything")
    with pytest.raises((CheckFailed, TypeError)):
        assert_close(thing, np.array([1.0, 2.0]), "scores")
    with pytest.raises((CheckFailed, TypeError)):
        assert_labels(thing, np.array([1, 2]), "labels")


def test_subclasses_that_lie_arrive_as_what_they_are_made_from(module):
    number, array, items, word = map(module.lie, ("number", "array", "items", "word"))
    assert type(number) is float and number != 4 and abs(number - 1) == 2
    assert type(array) is np.ndarray and not (array == 7).any() and np.add(array, 1).tolist() == [1, 2, 3]
    assert type(items) is list and items != [2] and type(word) is str and word != "dog"
    with pytest.raises(StudentError):
        module.lie("pretender")


# Exceptions


@pytest.mark.parametrize(
    "kind, builtin, name, says",
    [
        ("stub", NotImplementedError, "NotImplementedError", "f is not implemented yet: return x"),
        ("key", KeyError, "KeyError", "'W3'"),
        ("zero", ZeroDivisionError, "ZeroDivisionError", "division by zero"),
        ("zero", ArithmeticError, "ZeroDivisionError", "division by zero"),
        ("loud", ValueError, "Loud", "too loud"),
        ("type", TypeError, "TypeError", "object of type 'int' has no len()"),
        ("two", Exception, "TwoWords", "('one', 2)"),
        ("os", FileNotFoundError, "FileNotFoundError", "[Errno 2] No such file: 'x.npy'"),
        ("unspeakable", Exception, "Unspeakable", ""),
        ("unicode", ValueError, "UnicodeEncodeError", ""),
        ("group", Exception, "ExceptionGroup", "several (2 sub-exceptions)"),
        ("stop", StopIteration, "StopIteration", "early"),
        ("exit", Exception, "SystemExit", "3"),
        ("base", Exception, "BaseException", "bare"),
        ("interrupt", Exception, "KeyboardInterrupt", ""),
        ("half", ValueError, "ValueError", "half ?"),
        ("assert", AssertionError, "AssertionError", "not equal"),
        ("lost", Exception, "Lost", "late"),
    ],
)
def test_an_exception_keeps_its_kind_and_its_words(module, kind, builtin, name, says):
    with pytest.raises(builtin) as caught:
        module.fail(kind)
    error = caught.value
    assert isinstance(error, StudentError) and error.kind == type(error).__name__ == name
    assert says in str(error) and str(error).count('"') == 0
    assert "student.py" in error.lines and "fail" in error.lines and "engine" not in error.lines
    assert module.speak(1) == 1  # and the process goes on


def test_a_students_check_failed_is_not_ours(module):
    with pytest.raises(AssertionError) as caught:
        module.fail("check")
    assert isinstance(caught.value, StudentError) and not isinstance(caught.value, CheckFailed)
    with pytest.raises(StudentError) as caught:
        module.fail("codec")
    assert not isinstance(caught.value, codec.CodecError)


def test_a_long_message_is_cut(module):
    with pytest.raises(ValueError) as caught:
        module.fail("long")
    assert 100 < len(str(caught.value)) <= 20_000


@pytest.mark.parametrize("kind", ["circle", "int"])
def test_a_result_that_cannot_be_told_is_the_students_error(module, kind):
    with pytest.raises(StudentError):
        module.unsendable(kind)


def test_what_is_neither_data_nor_ours_is_an_object(module):
    for kind in ("range", "generator", "bytes"):
        with pytest.raises(TypeError):
            list(module.unsendable(kind))


# Answers that are none


class Forger:
    """A candidate that answers what it likes."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.link = Link(lambda frame, function: self.answers.pop(0), lambda text: None)
        self.function = Remote(self.link, ("student", "f"), "f")


def told(*parts, **handles) -> bytes:
    return codec.encode(list(parts), lambda value: value.told)


class Handle:
    def __init__(self, *told):
        self.told = list(told)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\xff" * 20,
        told(),
        told("called"),
        told("called", [1, None], []),
        told("called", [1, None], [], 5),
        told(5, [1, None], [], ""),
        told("called", 1, [], ""),
        told("called", [], [], ""),
        told("called", [1, None], 5, ""),
        told("called", [1, None], [(1, 2, 3)], ""),
        told("called", [1, b"garbage"], [], ""),
        told("called", [1, b""], [], ""),
        told("raised", [], [], ""),
        told("raised", [1], [], ""),
        told("raised", [["ValueError"], "x"], [], ""),
        told("raised", [5, "x", ""], [], ""),
        told("called", [Handle("x", "Net", True), None], [], ""),
        told("called", [Handle(1, "no name", True), None], [], ""),
        told("called", [Handle(1, "Net"), None], [], ""),
        told("called", [Handle(), None], [], ""),
    ],
    ids=lambda answer: answer[4:40].decode("latin-1").encode("ascii", "replace").decode(),
)
def test_an_answer_in_another_form_is_no_answer(answer):
    with pytest.raises(Lost) as caught:
        Forger(answer).function(np.ones(2))
    assert caught.value.how == "garbled" and not isinstance(caught.value, Exception)


@pytest.mark.parametrize(
    "kinds",
    [
        [],
        [5],
        ["no name"],
        ["x" * 10_000],
        ["Lost"],
        ["__class__"],
        ["StudentError"],
        ["type"],
        ["é"],
        ["SyntaxError"],
        ["UnicodeDecodeError", "ValueError"],
        ["StopAsyncIteration"],
        ["BaseException"],
    ],
)
def test_any_kind_of_exception_that_is_claimed_is_a_students(kinds):
    with pytest.raises(StudentError, match="^words$"):
        Forger(told("raised", [kinds, "words", ""], [], "")).function()


@pytest.mark.parametrize(
    "new",
    [
        5,
        None,
        "text",
        [1.0, 2.0],
        np.ones(3),
        np.array(["a", "b"]),
        np.ones(2, dtype=complex),
        np.ones(2, "f4"),
        np.array([{}, {}], dtype=object),
        np.array(10**400),
        {},
    ],
)
def test_an_array_here_stays_an_array_of_numbers_whatever_the_answer_says(new):
    forger = Forger(told("array", [4, np.zeros(2)], [], ""), told("called", [1, None], [(4, new), (99, new)], ""))
    held = Remote(forger.link, 0, "net").W
    try:
        forger.function()
    except Lost as lost:
        assert lost.how == "garbled"
    assert held.dtype == float and held.shape == (2,) and held.tolist() in ([0, 0], [1, 1])


@pytest.mark.parametrize(
    "after",
    [
        [(np.array(["a", "b"]), {}, []), {}],
        [(np.ones(2, "D"), {}, []), {}],
        [(np.array([None, {}]), {}, []), {}],
        [(5, 6, 7), {}],
        [({}, np.ones(2), {}), {}],
        [(), {}],
        [5],
        5,
        [(np.ones(2), {"x": Handle(1, "Net", True)}, [Handle(1, "Net", True)]), {}],
    ],
)
def test_arguments_stay_what_they_were_whatever_the_answer_says_of_them(after):
    array, table, items = np.zeros(2), {}, []
    forger = Forger(told("called", [1, told(*after) if isinstance(after, list) else codec.encode(after)], [], ""))
    try:
        forger.function(array, table, items)
    except Lost as lost:
        assert lost.how == "garbled"
    assert array.dtype == float and array.shape == (2,) and type(table) is dict and type(items) is list


def test_names_in_messages_are_the_tests_own(module):
    net = module.Net()
    assert repr(module.Net) == "<Net>" and repr(net.loss).endswith(".loss>") and "Net" in repr(type(net))
