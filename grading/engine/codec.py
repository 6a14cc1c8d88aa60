"""Data between two processes that do not trust each other: encoded, checked, and nothing but data.

A frame is a msgpack header, the value as a tree of tagged lists, followed by the bytes of its arrays. Nothing in a
frame names a type to import or code to run; dtypes come from a fixed table, since `np.dtype(text)` parses what it is
given. What is no data crosses as a handle, a number that means something to its owner alone.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

MAX_DEPTH, MAX_NODES = 64, 2_000_000        # of what is encoded
READ_DEPTH, READ_NODES = 48, 1_000_000      # of a frame: less, so that what came can be sent back, as a part of more
READ_KEYS = 10_000                          # parts of keys and sets: who makes them can make their hashes collide
MAX_BITS = 10_000                           # of an int
MAX_HEADER = 16 * 2**20
MAX_UNSEEN = 2**16                          # bytes of a header that is decoded before anybody looks what is in it
MAX_EMPTY = 2**20                           # rows of an array without an entry
_DTYPES = {code: np.dtype(code) for code in "?bBhHiIlLqQefdgFDG"}       # numbers of every width; no object, no void
_SIMPLE = frozenset((type(None), bool, float))                          # stand for themselves, whatever they are
_TOLD = _SIMPLE | {bytes, int, str}                                     # and these in a frame
_WIDE = np.finfo(np.longdouble).nmant == 63                             # x86's, with a bit before the point
_LONG = 4096                                                            # bytes beyond this follow the header
_LENGTH = 4                                                             # bytes that tell how long the header is
_ENDLESS = "the value is nested too deeply, contains itself, or has too many parts"
_encoder, _decoder = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder()
_parts = msgspec.msgpack.Decoder(list[msgspec.Raw])

Handle = Callable[[Any], "list | None"]     # value -> what stands for it (plain data), or None if it has no handle


class CodecError(ValueError):
    """A value that cannot be sent, or a frame that is not one."""


def encode(value: Any, handle: Handle | None = None) -> bytes:
    """A frame for `value`; what is no data is told by `handle(value)`. Equal values give equal frames.

    Raises CodecError for what cannot be told: cycles, too deep, no handle.
    """
    buffers: list[bytes | memoryview] = []
    tree = _Encoding(buffers, handle).tree(value, 0)
    header = _encoder.encode([tree, list(map(len, buffers))])
    return b"".join((len(header).to_bytes(_LENGTH, "little"), header, *buffers))


def decode(frame: bytes, handle: Callable[[list], Any] | None = None) -> Any:
    """The value of a frame, its arrays new and writable; `handle(told)` makes what stands for what was no data.

    Raises CodecError for anything that `encode` would not have made; never another exception.
    """
    try:
        length = int.from_bytes(frame[:_LENGTH], "little")
        start = _LENGTH + length
        if length > MAX_HEADER:
            raise CodecError("a frame has a header that is too long")
        header = memoryview(frame)[_LENGTH:start]
        tree, sizes = _decoder.decode(header) if length <= MAX_UNSEEN else _by_levels(header)
        buffers = []
        for size in sizes:
            if type(size) is not int or size < 0 or start + size > len(frame):
                raise CodecError("an array is longer than its frame")
            buffers.append(memoryview(frame)[start : start + size])
            start += size
        if start != len(frame):
            raise CodecError("a frame has bytes that belong to nothing")
        return _Decoding(buffers, handle).value(tree, 0)
    except CodecError:
        raise
    except (ValueError, TypeError, LookupError, OverflowError, MemoryError, RecursionError, AttributeError) as error:
        raise CodecError(f"not a frame: {type(error).__name__}: {error}") from None


class _Encoding:
    def __init__(self, buffers: list[memoryview], handle: Handle | None):
        self.buffers, self.handle, self.nodes = buffers, handle, 0

    def tree(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if kind is str:
            return value if value.isascii() else value.encode("utf-8", "replace").decode()   # no lone surrogates
        if kind is int:
            return value if -(2**63) <= value < 2**63 else ["i", str(_within(value))]
        if kind is list or kind is tuple:
            return ["l" if kind is list else "t", *self._trees(value, depth)]
        if kind is np.ndarray:
            return self._array(value, depth)
        if kind is dict:
            return ["d", *self._trees([part for pair in list(value.items()) for part in pair], depth)]
        if kind is bytes and len(value) > _LONG:
            self.buffers.append(value)
            return ["b", len(self.buffers) - 1]
        return value if kind is bytes or kind in _SIMPLE else self._other(value, depth)

    def _trees(self, values: Any, depth: int) -> list:
        """Of what a value at this depth consists of."""
        self.nodes += len(values)
        if depth >= MAX_DEPTH or self.nodes > MAX_NODES:
            raise CodecError(_ENDLESS)
        return [value if type(value) in _SIMPLE else self.tree(value, depth + 1) for value in values]

    def _other(self, value: Any, depth: int) -> Any:
        """What is not exactly one of the plain types: sent as the plain type it is made from, else as a handle."""
        if depth > MAX_DEPTH:                # what it is made from may be of its own type again
            raise CodecError(_ENDLESS)
        if isinstance(value, np.generic) and value.dtype.char in _DTYPES:
            return ["n", value.dtype.char, value.tobytes()]
        if isinstance(value, np.ndarray):
            return self._array(value, depth)
        if kind := next((kind for kind in (bool, int, float, str, bytes) if isinstance(value, kind)), None):
            return self.tree(kind(value), depth + 1)
        if isinstance(value, complex):
            return ["c", value.real, value.imag]
        if isinstance(value, tuple):
            return self.tree(tuple(value), depth + 1)
        if isinstance(value, (list, deque)):
            return self.tree(list(value), depth + 1)
        if isinstance(value, dict):
            return self.tree(dict(value), depth + 1)
        if isinstance(value, (set, frozenset)):
            return ["s", *self._trees(value, depth)]
        if hasattr(type(value), "__array__"):
            return self._array(value, depth)
        return self._handled(value, f"a value of type {type(value).__name__} cannot be sent: it is no data")

    def _handled(self, value: Any, refused: str) -> Any:
        told = self.handle(value) if self.handle else None
        if told is None:
            raise CodecError(refused)
        return ["h", told]

    def _array(self, value: Any, depth: int) -> Any:
        array = np.asarray(value)
        if array.dtype.char in _DTYPES:
            native = array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))
            self.buffers.append(native.tobytes() if native.nbytes <= _LONG or not native.flags.c_contiguous else
                                memoryview(native.reshape(-1).view(np.uint8)))
            return ["a", array.dtype.char, list(array.shape), len(self.buffers) - 1]
        if array.dtype.kind in "OU":
            return ["o", list(array.shape), *self._trees(array.reshape(-1).tolist(), depth)]
        return self._handled(value, f"an array of dtype {array.dtype} cannot be sent: it holds no numbers")


def _by_levels(header: memoryview) -> Any:
    """What is packed, lists within lists: a dictionary, which is none of ours, could take hours to build."""
    nodes = 0

    def part(packed: memoryview, depth: int) -> Any:
        nonlocal nodes
        if len(packed) <= MAX_UNSEEN // 64:
            return _decoder.decode(packed)
        kind, length = packed[0], {0xDC: 2, 0xDD: 4}.get(packed[0])
        if length or 0x90 <= kind <= 0x9F:
            nodes += int.from_bytes(packed[1 : 1 + length], "big") if length else kind & 0xF
            if nodes > 3 * READ_NODES or depth > READ_DEPTH + 2:        # tags are parts here as well
                raise CodecError("a frame is nested too deeply, or has too many parts")
            return [part(memoryview(one), depth + 1) for one in _parts.decode(packed)]
        if 0x80 <= kind <= 0x8F or kind in (0xDE, 0xDF):
            raise CodecError("a part of the frame is neither data nor tagged")
        return _decoder.decode(packed)

    return part(header, 0)


class _Decoding:
    def __init__(self, buffers: list[memoryview], handle: Callable[[list], Any] | None):
        self.buffers, self.handle, self.nodes, self.keys = buffers, handle, 0, 0

    def value(self, tree: Any, depth: int) -> Any:
        if type(tree) in _TOLD:
            return tree
        if type(tree) is not list or not tree:
            raise CodecError("a part of the frame is neither data nor tagged")
        tag, rest = tree[0], tree[1:]
        if tag == "t":
            return tuple(self._values(rest, depth))
        if tag == "a":
            return self._array(*rest)
        if tag == "l":
            return self._values(rest, depth)
        if tag == "d":
            keys = self._hashed(rest[::2], depth)
            return dict(zip(keys, self._values(rest[1::2], depth), strict=True))
        if tag == "b":
            return bytes(self._buffer(*rest))
        if tag == "n":
            code, data = rest
            return _sound(np.frombuffer(data, dtype=_DTYPES[_text(code)], count=1))[0]
        if tag == "i":
            return _within(int(_text(rest[0])))
        if tag == "c":
            return complex(*rest)
        if tag == "s":
            return set(self._hashed(rest, depth))
        if tag == "o":
            return self._objects(rest[0], self._values(rest[1:], depth))
        if tag == "h" and self.handle:
            return self.handle(rest[0])
        raise CodecError("a part of the frame has an unknown tag")

    def _values(self, trees: list, depth: int) -> list:
        """Of what a value at this depth consists of."""
        self.nodes += len(trees)
        if depth >= READ_DEPTH or self.nodes > READ_NODES:
            raise CodecError("a frame is nested too deeply, or has too many parts")
        return [tree if type(tree) in _TOLD else self.value(tree, depth + 1) for tree in trees]

    def _hashed(self, parts: list, depth: int) -> list:
        before = self.nodes
        found = self._values(parts, depth)
        self.keys += self.nodes - before
        if self.keys > READ_KEYS:
            raise CodecError("a frame has too many keys")
        return found

    def _array(self, code: str, shape: list, number: int) -> np.ndarray:
        data = np.frombuffer(self._buffer(number), dtype=_DTYPES[_text(code)])
        return _sound(data).reshape(_shape(shape, data.size)).copy()

    def _buffer(self, number: int) -> memoryview:
        """Each is there once: a frame makes no more arrays than it has bytes for."""
        found, self.buffers[number] = self.buffers[number], None
        if found is None:
            raise CodecError("two parts of a frame share their bytes")
        return found

    def _objects(self, shape: list, items: list) -> np.ndarray:
        array = np.empty(len(items), dtype=object)
        for place, item in enumerate(items):
            array[place] = item
        return array.reshape(_shape(shape, len(items)))


def _sound(data: np.ndarray) -> np.ndarray:
    """The same, without bits that stand for nothing: a number that is finite and compares as none equals what it likes.

    A library never makes these, but memory that nothing was written to may hold them.
    """
    kind = data.dtype.char
    if kind == "?":
        return data.view(np.uint8) != 0
    if kind in "gG" and _WIDE:
        parts = data.view(np.uint8).reshape(-1, 16)
        if (odd := (parts[:, 8] | parts[:, 9] & 0x7F).astype(bool) & (parts[:, 7] < 128)).any():
            data = data.copy()
            data.view(np.longdouble)[odd] = np.nan
    return data


def _within(value: int) -> int:
    if value.bit_length() > MAX_BITS:
        raise CodecError(f"an int of {value.bit_length():,} bits cannot be sent")
    return value


def _text(value: Any) -> str:
    if type(value) is not str:
        raise CodecError("a tag is no text")
    return value


def _shape(shape: Any, size: int) -> tuple[int, ...]:
    """The shape, if it is one of `size` entries; of none, one that nobody counts through for ever."""
    if type(shape) is not list or len(shape) > 32:
        raise CodecError("an array has no proper shape")
    entries = 1
    for n in shape:
        if type(n) is not int or not 0 <= n < 2**40:
            raise CodecError("an array has no proper shape")
        entries *= n
    if entries != size or not size and any(n > MAX_EMPTY for n in shape):
        raise CodecError("an array's shape and its bytes do not belong together")
    return tuple(shape)
