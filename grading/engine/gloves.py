"""The gloves: a restricted process that handles hostile data, one thing after the other, for a parent that does not.

What it can do is a function of some other room, by its name: bytes in, bytes out, and a place for what it wants to keep
until it is asked for something else of the same submission. It is asked by the parent alone.
"""

import contextlib
import importlib
import socket

import msgspec

from grading.engine.channel import Channel, Closed

DONE, FAILED = b"done", b"failed"      # the first of an answer's two frames


class Order(msgspec.Struct):
    """- what: the function, such as grading.desk.handling.clean
    - asked: its first argument, made by the parent; the second are the next `parts` frames, which nobody has looked at
    """

    what: str
    asked: bytes
    parts: int


def serve(_: object, parent: socket.socket) -> None:
    """Answer the parent until it is gone."""
    line, kept = Channel(parent), {}
    with contextlib.suppress(Closed):
        while True:
            order = msgspec.msgpack.decode(line.receive(), type=Order)
            for frame in _done(order, [line.receive() for _ in range(order.parts)], kept):
                line.send(frame)


def _done(order: Order, parts: list[bytes], kept: dict) -> tuple[bytes, bytes]:
    try:
        module, _, name = order.what.rpartition(".")
        content = b"".join(parts)
        parts.clear()
        return DONE, getattr(importlib.import_module(module), name)(order.asked, content, kept)
    except BaseException as error:     # of hostile data: whatever it is, it is what came of that
        return FAILED, type(error).__name__.encode()
