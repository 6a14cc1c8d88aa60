"""The candidate: the process in which a student's cells and modules run.

It does what two sides ask: the parent has cells run and gets their outputs; the examiner calls functions and reads
names. Nothing that it answers is believed to be more than what a student's code returned.
"""

import contextlib
import importlib
import importlib.util
import io
import os
import select
import socket
import sys
import traceback
from collections.abc import Iterable, MutableMapping
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from typing import Any

import msgspec
import numpy as np

from grading.engine import codec
from grading.engine.channel import Channel, Closed
from grading.engine.dressed import Dressed
from grading.engine.shell import Shell

MAX_PRINTED = 200_000          # characters that one call of a student's function may print


def serve(shell: Shell, parent: socket.socket, peer: socket.socket) -> None:
    """Answer the parent and the examiner until one of them is gone."""
    cells, calls = Channel(parent), Channel(peer)
    objects = Objects(shell)
    shell.put_off_imports()              # a student's, and none of a test's
    with contextlib.suppress(Closed):
        lay_down(msgspec.msgpack.decode(cells.receive(), type=dict[str, bytes]))
        while True:
            ready = [one for one in (cells, calls) if one.has_some] or select.select([cells, calls], [], [])[0]
            if cells in ready:
                cells.send(_run(shell, cells.receive()))
            else:
                calls.send(objects.answer(calls.receive()))


def lay_down(files: dict[str, bytes]) -> None:
    """Write the submission's modules beside the notebook, and let the package find them there."""
    for name, content in files.items():
        os.makedirs(os.path.dirname(name) or ".", exist_ok=True)
        with open(name, "wb") as file:
            file.write(content)
    os.makedirs("cs231n", exist_ok=True)
    sys.path.insert(0, os.getcwd())
    folders = sorted({"cs231n", *map(os.path.dirname, files)})
    for folder in ("", *folders):                # of no other one anything has changed that is remembered
        sys.path_importer_cache.pop(os.path.join(os.getcwd(), folder).rstrip("/"), None)
    for folder in folders:
        path, here = importlib.import_module(folder.replace("/", ".")).__path__, os.path.join(os.getcwd(), folder)
        if here not in path:
            path.insert(0, here)
    sys.meta_path.insert(0, _LaidDown(name for name in files if name.endswith(".py")))


class _LaidDown(MetaPathFinder):
    """Finds the submission's modules by name: a cell may have thrown the package out, to import it anew."""

    def __init__(self, names: Iterable[str]):
        self._places = {name.removesuffix(".py").replace("/", "."): os.path.join(os.getcwd(), name) for name in names}

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        place = self._places.get(fullname, "")
        return importlib.util.spec_from_file_location(fullname, place) if os.path.exists(place) else None


def _run(shell: Shell, frame: bytes) -> bytes:
    asked = msgspec.msgpack.decode(frame)
    shell.execution_count = asked["count"]
    with shell.numbers_put_back() if asked.get("aside") else contextlib.nullcontext():
        cell = shell.run(asked["source"], silent=asked["silent"], plain=asked["plain"])
    return msgspec.msgpack.encode({"outputs": cell.outputs, "error": cell.error is not None, "exit": cell.asked_exit})


class Printed(io.TextIOBase):
    """What a call prints, up to a limit."""

    def __init__(self):
        self.text = ""

    def write(self, text: str) -> int:
        if len(self.text) < MAX_PRINTED:
            self.text += text[: MAX_PRINTED - len(self.text)]
        return len(text)


class Objects:
    """The student's objects by number, and what the examiner may do with them."""

    def __init__(self, shell: Shell):
        self._shell = shell
        self._kept: list[Any] = []
        self._noted: dict[int, Any] = {}             # what the examiner gave a number, below 0, before it knew it
        self._numbers: dict[int, int] = {}           # id -> number; `_kept` keeps the ids from being used again
        self._live: dict[int, tuple[np.ndarray, bytes]] = {}   # arrays that the examiner holds, as it knows them
        self._dressed = Dressed(self._handle)

    def answer(self, frame: bytes) -> bytes:
        """[operation, arguments, arrays changed there, arrays let go, what to do before] -> [state, value, arrays
        changed here, what was printed]."""
        return self._answered(frame)[0]

    def _answered(self, frame: bytes) -> tuple[bytes, bool]:
        """(the answer, whether something was raised)."""
        printed = Printed()
        try:
            operation, arguments, changed, let_go, earlier = codec.decode(frame, self._object)
            for number in let_go:
                self._live.pop(number, None)
            for number, array in changed:
                self._live[number][0][...] = array
                self._live[number] = (self._live[number][0], array.tobytes())
            with contextlib.redirect_stdout(printed):
                for frame in earlier:
                    before, its_arguments = codec.decode(frame, self._object)
                    getattr(self, f"_{before}")(*its_arguments)
                state, *told = getattr(self, f"_{operation}")(*arguments)
            return codec.encode([state, told, self._changed(), printed.text], self._handle), False
        except BaseException as error:       # whatever it is, it is what came of the student's code
            return self._raised(error, printed.text), True

    # Operations

    def _each(self, frames: list[bytes]) -> tuple:
        """The answers to several questions, in their order, up to the first one that raises."""
        answers: list[bytes] = []
        for frame in frames:
            answer, has_raised = self._answered(frame)
            answers.append(answer)
            if has_raised:
                break
        return "done", answers

    def _note_attribute(self, number: int, target: Any, name: str) -> None:
        self._noted[number] = getattr(self._resolved(target), name)

    def _note_made(self, number: int, target: Any, packed: bytes) -> None:
        arguments, keywords = codec.decode(packed, self._object)
        self._noted[number] = self._resolved(target)(*arguments, **keywords)

    def _module(self, name: str) -> tuple:
        importlib.import_module(name)
        return "done", None

    def _name(self, name: str) -> tuple:
        namespace = self._shell.namespace
        return ("done", namespace[name]) if name in namespace else ("missing", None)

    def _nothing(self) -> tuple:
        return "done", None

    def _attribute(self, target: Any, name: str) -> tuple:
        return self._held(getattr(self._resolved(target), name))

    def _set_attribute(self, target: Any, name: str, value: Any) -> tuple:
        setattr(self._resolved(target), name, value)
        return "done", None

    def _item(self, target: Any, key: Any) -> tuple:
        return self._held(self._resolved(target)[key])

    def _set_item(self, target: Any, key: Any, value: Any) -> tuple:
        self._resolved(target)[key] = value
        return "done", None

    def _delete_item(self, target: Any, key: Any) -> tuple:
        del self._resolved(target)[key]
        return "done", None

    def _keys(self, target: Any) -> tuple:
        return "done", list(self._resolved(target))

    def _call(self, target: Any, packed: bytes) -> tuple:
        """Call it; what it did to its arguments is told too, since a caller beside it would see that."""
        function = self._resolved(target)
        arguments, keywords = self._dressed.call(function, *codec.decode(packed, self._object))
        returned = function(*arguments, **keywords)
        after = codec.encode([arguments, keywords], self._handle)
        self._dressed.note(returned)
        return "called", returned, None if after == packed else after

    def _define(self, texts: dict[str, str]) -> tuple:
        """Have these modules and no others, freshly written: the process that counts starts with none."""
        from cs231n._costs import spare

        spare()                                      # before a module takes np.vstack by its name
        lay_down({name.replace(".", "/") + ".py": text.encode() for name, text in texts.items()})
        for name in texts:
            sys.modules.pop(name, None)
        return "done", None

    def _count(self, target: Any, arguments: tuple) -> tuple:
        """How much of a call Python interprets."""
        from cs231n._counting import interpreted_events

        return "done", interpreted_events(self._resolved(target), arguments).places

    def _cost(self, target: Any, arguments: tuple) -> tuple:
        """What a call returns, if it is plain data: what it costs until that is told is read from outside."""
        from cs231n._costs import NotPlain, briefly, plain

        try:
            with briefly():
                return "done", plain(self._resolved(target)(*arguments))
        except NotPlain as error:
            return "refused", str(error)

    def _defined(self, target: Any) -> tuple:
        """Where the student's process says that a function is defined: (module, qualified name)."""
        import inspect

        function = inspect.unwrap(self._resolved(target))
        return "done", (str(getattr(function, "__module__", "")), str(getattr(function, "__qualname__", "")))

    # What crosses

    def _resolved(self, target: Any) -> Any:
        """An object, or the one at a path: (module or object, name, name, ...)."""
        if type(target) is int:
            return self._kept[target] if target >= 0 else self._noted[target]
        found = self._resolved(target[0]) if type(target[0]) is int else importlib.import_module(target[0])
        for name in target[1:]:
            found = getattr(found, name)
        return found

    def _held(self, value: Any) -> tuple:
        """A value that stays here: dictionaries as objects, arrays with a number, so that both sides see changes."""
        if isinstance(value, MutableMapping):            # an OrderedDict is one as well
            return "dictionary", self._number(value)
        if isinstance(value, np.ndarray) and value.dtype.kind in "biufc":
            number, array = self._number(value), np.asarray(value)
            self._live[number] = (array, array.tobytes())
            return "array", number, array
        return "done", value

    def _changed(self) -> list:
        """Arrays that the examiner holds and the student's code has changed since."""
        changed = []
        for number, (array, known) in self._live.items():
            now = array.tobytes()
            if now != known:
                self._live[number] = (array, now)
                changed.append((number, array))
        return changed

    def _number(self, value: Any) -> int:
        number = self._numbers.get(id(value))
        if number is None:
            number = self._numbers[id(value)] = len(self._kept)
            self._kept.append(value)
        return number

    def _handle(self, value: Any) -> list:
        return [self._number(value), type(value).__name__, callable(value)]

    def _object(self, told: list) -> Any:
        return self._resolved(tuple(told[0]) if type(told[0]) is list else told[0])

    def _raised(self, error: BaseException, printed: str) -> bytes:
        kinds = [kind.__name__ for kind in type(error).__mro__]
        try:
            message = _sendable((_shapes(error) or str(error))[:20_000])
        except BaseException as other:
            message = f"(its message cannot be told: {type(other).__name__})"
        try:
            frames = [frame for frame in traceback.extract_tb(error.__traceback__)
                      if "/grading/engine/" not in frame.filename]
            if isinstance(error, SyntaxError) and error.filename and error.lineno:
                frames.append(traceback.FrameSummary(error.filename, error.lineno, "<module>"))
            for frame in frames[-20:]:
                frame.filename = self._shell.shown(frame.filename)
            lines = _sendable("".join(traceback.format_list(frames[-20:]))[:20_000])
        except BaseException:
            lines = ""
        return codec.encode(["raised", [kinds, message, lines], [], printed])


def _shapes(error: BaseException) -> str:
    """What met in a line of the submission's, where numpy says that shapes do not fit; "" for what else was raised."""
    try:
        from cs231n import _explained

        return _explained.met(error)
    except Exception:
        return ""


def _sendable(text: str) -> str:
    """The text without what UTF-8 cannot carry."""
    return text.encode("utf-8", "replace").decode("utf-8")
