"""Answers to probes as text, for the way from process to process."""

import base64
from typing import Any

import msgspec

Answers = dict[str, list]                # aspect -> what was told


def packed(answers: Any) -> str:
    """Since JSON carries no bytes."""
    return base64.b64encode(msgspec.msgpack.encode(answers)).decode()


def unpacked(packed: str) -> Any:
    return msgspec.msgpack.decode(base64.b64decode(packed))
