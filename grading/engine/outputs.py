"""What a cell puts out, stored as nbclient stores it, with a limit on how much.

`Recorder` stands where a kernel's sockets would be: the streams write to it, and the session hands it the messages
of ipykernel's display hook and display publisher. What is beyond a limit is dropped while the cell runs, so an endless
loop of prints fills no memory.
"""

import io
import json
import re
import threading
import time
import traceback

from IPython.core.error import UsageError
from jupyter_client.session import Session

MOST_TEXT = 1_000_000           # characters of printed text that one cell keeps
MOST_DATA = 5_000_000           # bytes of its figures, results and tracebacks, as JSON
MOST_OUTPUTS = 2_000
MOST_MESSAGE = 100_000          # characters of an exception's message, and of one entry of its traceback
RESERVED = 4                    # of the outputs: for three notes that say what was cut, and the cell's own error
FLUSH_AFTER = 0.2               # seconds after which a kernel sends what was printed
STREAMS = ("stdout", "stderr")  # in the order in which a kernel flushes them
_JSON_TYPE = re.compile(r"application/(.*\+)?json\Z")


class Record:
    """The outputs of one cell while it runs, and how much of its allowance they use."""

    def __init__(self):
        self.outputs: list[dict] = []
        self.clear()

    def clear(self) -> None:
        self.outputs[:] = []
        self.text = self.data = 0
        self.cut: set[str] = set()          # the limits that were reached, and named to the reader
        self.error_shown = False

    def add(self, output: dict) -> bool:
        """Keep an output if there is room for it; if not, say so, once."""
        size = 0 if output["output_type"] == "stream" else size_of(output)
        if len(self.outputs) >= MOST_OUTPUTS - RESERVED:
            self.say_cut("stdout", f"{MOST_OUTPUTS:,} outputs")
        elif self.data + size > MOST_DATA:
            self.say_cut("stdout", f"{MOST_DATA:,} bytes of figures and results")
        else:
            self.data += size
            self.outputs.append(output)
            return True
        return False

    def print(self, name: str, text: str) -> None:
        """Add text to the last output if that is of the same stream, else as a new one."""
        if (self.outputs and self.outputs[-1].get("name") == name) or self.add(_stream(name)):
            self.outputs[-1]["text"].write(text)

    def say_cut(self, name: str, limit: str) -> None:
        if limit not in self.cut:
            self.cut.add(limit)
            self.outputs.append(_stream(name))
            self.outputs[-1]["text"].write(f"\n... output cut here: a cell keeps at most {limit} ...\n")

    def close(self) -> list[dict]:
        """The outputs as nbformat wants them; consecutive text of one stream is one output."""
        joined: list[dict] = []
        for output in self.outputs:
            if output["output_type"] == "stream":
                output["text"] = plain(output["text"].getvalue(), most=None)
                if joined and joined[-1].get("name") == output["name"]:
                    joined[-1]["text"] += output["text"]
                    continue
            joined.append(output)
        self.outputs = joined
        return joined


class Recorder:
    """Takes what a kernel publishes, for one cell after the other.

    As in a kernel, stdout and stderr have a buffer each; both are sent before anything is displayed, at the end of
    the cell, and when a buffer has waited for FLUSH_AFTER seconds.
    """

    def __init__(self):
        self._lock = threading.RLock()
        self._record: Record | None = None
        self._shown: dict[str, list[tuple[Record, dict]]] = {}      # display id -> the outputs that carry it
        self._waiting: dict[str, tuple[float, io.StringIO]] = {}    # stream -> since when, and what
        self._clear_next = False

    def open(self) -> None:
        """Begin a cell. What is published while none is open is dropped."""
        with self._lock:
            self._record, self._waiting, self._clear_next = Record(), {}, False

    def close(self, error: BaseException | None) -> list[dict]:
        """End the cell. Returns its outputs; an error that could not be shown as usual is shown plainly."""
        with self._lock:
            if self._record is None:
                return []
            for name in STREAMS:
                self.flush(name)
            record, self._record = self._record, None
            if error is not None and not record.error_shown and not _is_printed(error):
                record.outputs.append(_error(type(error).__name__, error, _format(error)))
            return record.close()

    def write(self, name: str, text: str) -> None:
        with self._lock:
            record = self._record
            if record is None or not text:
                return
            if self._clear_next:
                self._clear()
            room = MOST_TEXT - record.text
            if len(text) > room:
                text = text[:room]
            if text:
                now = time.monotonic()
                for late in [n for n, (since, _) in self._waiting.items() if now - since > FLUSH_AFTER]:
                    self.flush(late)
                if name not in self._waiting:
                    self._waiting[name] = now, io.StringIO()
                self._waiting[name][1].write(text)
                record.text += len(text)
            if len(text) == room:
                self.flush(name)
                record.say_cut(name, f"{MOST_TEXT:,} printed characters")

    def flush(self, name: str) -> None:
        with self._lock:
            _, buffer = self._waiting.pop(name, (0, None))
            if buffer is not None:
                self._record.print(name, buffer.getvalue())

    def publish(self, kind: str, content: dict) -> None:
        """Take in one message of a kernel."""
        with self._lock:
            if self._record is None:
                return
            for name in STREAMS:
                self.flush(name)
            if kind == "clear_output":
                if content.get("wait"):
                    self._clear_next = True
                else:
                    self._clear()
            elif kind == "error":
                self._record.error_shown = self._add(
                    _error(content["ename"], content["evalue"], content["traceback"]))
            elif kind in ("display_data", "update_display_data", "execute_result"):
                self._display(kind, content)

    def _display(self, kind: str, content: dict) -> None:
        display_id = (content.get("transient") or {}).get("display_id")
        new = {"metadata": content["metadata"] or {}, "data": _mime_bundle(content["data"])}
        for record, output in self._shown.get(display_id, ()):
            data = record.data + size_of(new) - size_of({key: output[key] for key in new})
            if data <= MOST_DATA:
                record.data = data
                output.update(new)
        if kind == "update_display_data":
            return
        output = {"output_type": kind} | new
        if kind == "execute_result":
            output["execution_count"] = content["execution_count"]
        if self._add(output) and display_id:
            self._shown.setdefault(display_id, []).append((self._record, output))

    def _add(self, output: dict) -> bool:
        if self._clear_next:
            self._clear()
        return self._record.add(output)

    def _clear(self) -> None:
        self._clear_next = False
        self._record.clear()
        for display_id, places in list(self._shown.items()):
            self._shown[display_id] = [place for place in places if place[0] is not self._record]
            if not self._shown[display_id]:
                del self._shown[display_id]


class OutStream(io.TextIOBase):
    """sys.stdout and sys.stderr of a cell; the class is named as in a kernel, because code asks for it."""

    encoding = "UTF-8"
    errors = None

    def __init__(self, name: str, recorder: Recorder):
        self.name = name
        self._recorder = recorder

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        self._recorder.write(self.name, text)
        return len(text)

    def flush(self) -> None:
        self._recorder.flush(self.name)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        return STREAMS.index(self.name) + 1

    def close(self) -> None:
        """Stays open: the next cell prints too."""


class LocalSession(Session):
    """A session whose messages go to the recorder, as the plain data that the other end would have unpacked."""

    def __init__(self, recorder: Recorder):
        super().__init__(key=b"")
        self._recorder = recorder

    def send(self, stream, msg_or_type, content=None, *args, **kwargs):
        kind = msg_or_type
        if isinstance(msg_or_type, dict):
            kind, content = msg_or_type["header"]["msg_type"], msg_or_type["content"]
        if kind != "error":                 # an error is made plain by _error, whatever its message holds
            content = json.loads(self.pack(content), parse_int=_integer)
        self._recorder.publish(kind, content)


def plain(value: object, most: int | None = MOST_MESSAGE) -> str:
    """Text that UTF-8 can hold, and no more of it than anyone reads."""
    try:
        text = str(value)
    except Exception:
        text = f"<{type(value).__name__} object that has no text>"
    return text[:most].encode("utf-8", "backslashreplace").decode()


def size_of(output: dict) -> int:
    return len(json.dumps(output))


def _stream(name: str) -> dict:
    return {"output_type": "stream", "name": name, "text": io.StringIO()}


def _error(name: object, message: object, lines: list[str]) -> dict:
    return {"output_type": "error", "ename": plain(name), "evalue": plain(message),
            "traceback": [plain(line) for line in lines]}


def _format(error: BaseException) -> list[str]:
    try:
        return "".join(traceback.format_exception(error)).splitlines()[-50:]
    except Exception:
        return [type(error).__name__]


def _is_printed(error: BaseException | None) -> bool:
    """Whether IPython prints this error to stderr instead of sending it."""
    while error is not None and not isinstance(error, (UsageError, BaseExceptionGroup)):
        error = error.__context__
    return error is not None


def _mime_bundle(data: dict) -> dict:
    """nbformat wants text for every type but JSON's."""
    return {kind: value if isinstance(value, str) or _JSON_TYPE.match(kind) else
            [plain(line) for line in value] if isinstance(value, list) else plain(value)
            for kind, value in data.items()}


def _integer(digits: str) -> int | float:
    """A number for any reader of JSON or msgpack: beyond 64 bits, a float."""
    return int(digits) if len(digits) < 19 else float(digits)
