"""Outputs as they arrive, in JSON or msgpack that anyone may have written: counted and typed before they are built."""

from contextlib import suppress
from types import ModuleType
from typing import Annotated

import msgspec
from msgspec import Meta

from grading.desk.outputs import KINDS, OUTPUTS

_BROKEN = (ValueError, RecursionError)         # msgspec's errors, and those of UTF-8


class _Output(msgspec.Struct):
    """What is read of an output; whatever else it holds is skipped without being built."""

    output_type: str
    name: str = ""
    text: str | list[str] = ""
    data: dict[str, msgspec.Raw] = {}
    metadata: msgspec.Raw = msgspec.Raw(b"")
    ename: str = ""
    evalue: str = ""
    traceback: list[str] = []
    execution_count: int | None = None


_Some = Annotated[list[msgspec.Raw], Meta(max_length=100 * OUTPUTS)]
_Sizes = dict[str, dict[str, int | float | str | bool | None]]


def read(raw: bytes, codec: ModuleType) -> list[dict]:
    """A cell's outputs as far as they are some.

    - codec: msgspec.json or msgspec.msgpack

    Raises ValueError for what is no list, or one that is too long.
    """
    found = []
    for one in codec.decode(raw, type=_Some)[:OUTPUTS + 1]:
        with suppress(*_BROKEN):
            found.append(_plain(codec.decode(one, type=_Output), codec))
    return found


def _plain(output: _Output, codec: ModuleType) -> dict:
    data, metadata = {}, {}
    for kind, value in output.data.items():
        data[kind] = ""
        if kind in KINDS:
            with suppress(*_BROKEN):
                data[kind] = codec.decode(value, type=str | list[str])
    with suppress(*_BROKEN):
        metadata = codec.decode(output.metadata, type=_Sizes)
    return {"output_type": output.output_type, "name": output.name, "text": output.text, "data": data,
            "metadata": metadata, "ename": output.ename, "evalue": output.evalue, "traceback": output.traceback,
            "execution_count": output.execution_count}
