"""Frames over a socket: a length, then that many bytes. Every wait has an end."""

import select
import socket
import time

MAX_FRAME = 256 * 2**20
_LENGTH, _AHEAD = 8, 65536


class Closed(Exception):
    """The other side is gone."""


class Late(Exception):
    """Nothing, or not all of it, came in time."""


class TooLarge(Exception):
    """The other side announces a frame beyond what is taken in."""


class Channel:
    """One end of a stream socket that carries frames. A `receive` after a late one goes on where that stopped.

    To read takes two calls of the system where a frame is short: one that waits, one that takes all there is.
    """

    def __init__(self, end: socket.socket, max_frame: int = MAX_FRAME):
        self.socket, self.max_frame = end, max_frame
        self._length: int | None = None          # of the frame that is being received
        self._found = bytearray()                # what came of it, or of what comes next
        self.socket.setblocking(False)

    def fileno(self) -> int:
        return self.socket.fileno()

    @property
    def has_some(self) -> bool:
        """Something was taken in that nobody has received."""
        return bool(self._found)

    def send(self, frame: bytes, timeout: float | None = None) -> None:
        """Send a frame. Raises Closed, or Late if the other side does not take it in."""
        until = None if timeout is None else time.monotonic() + timeout
        rest = memoryview(len(frame).to_bytes(_LENGTH, "little") + frame if len(frame) < 65536
                          else len(frame).to_bytes(_LENGTH, "little"))
        for part in (rest,) if len(frame) < 65536 else (rest, memoryview(frame)):
            while part:
                try:
                    part = part[self.socket.send(part) :]
                except BlockingIOError:
                    self._wait(until, to_write=True)
                except (BrokenPipeError, ConnectionError, OSError):
                    raise Closed("the other process is gone") from None

    def receive(self, timeout: float | None = None) -> bytes:
        """The next frame. Raises Closed, Late or TooLarge."""
        until = None if timeout is None else time.monotonic() + timeout
        if self._length is None:
            length = int.from_bytes(self._exactly(_LENGTH, until), "little")
            if length > self.max_frame:
                raise TooLarge(f"a frame of {length:,} bytes was announced; {self.max_frame:,} is the most")
            self._length = length
        frame = self._exactly(self._length, until)
        self._length = None
        return frame

    def close(self) -> None:
        self.socket.close()

    def _exactly(self, count: int, until: float | None) -> bytes:
        """The next `count` bytes, taken in as they come: memory grows with what came, not with what was announced."""
        while len(self._found) < count:
            self._wait(until, to_write=False)
            try:
                part = self.socket.recv(min(max(count - len(self._found), _AHEAD), 2**20))
            except BlockingIOError:
                continue
            except OSError:
                raise Closed("the other process is gone") from None
            if not part:
                raise Closed("the other process is gone")
            self._found += part
        found = bytes(memoryview(self._found)[:count])
        del self._found[:count]
        return found

    def _wait(self, until: float | None, to_write: bool) -> None:
        left = None if until is None else max(0.0, until - time.monotonic())
        ready = select.poll()                    # select() takes no descriptor beyond 1023
        ready.register(self.socket, select.POLLOUT if to_write else select.POLLIN)
        if not ready.poll(None if left is None else 1000 * left):
            raise Late("no answer in time")
