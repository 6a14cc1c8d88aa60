"""The bytes of CIFAR-10's own files."""

import struct


def pickled(batch):
    """The dict `batch` pickled as Python 2 did for CIFAR-10: str as byte strings (BINSTRING), protocol 2.

    Python 3's pickle writes neither that nor numpy's old module names, and its bytes vary with the numpy version.
    Knows dict, list, str in ASCII, int from 0 to 2**31 - 1 and a 2-d uint8 array.
    """
    return b"\x80\x02" + _opcodes(batch) + b"."


def _opcodes(value):
    if isinstance(value, dict):
        return b"}(" + b"".join(_opcodes(part) for pair in value.items() for part in pair) + b"u"
    if isinstance(value, list):
        return b"](" + b"".join(map(_opcodes, value)) + b"e"
    if isinstance(value, str):
        return b"U" + struct.pack("<B", len(value)) + value.encode("ascii")
    if isinstance(value, int):
        return b"K" + struct.pack("<B", value) if value < 256 else b"J" + struct.pack("<i", value)
    empty = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    shape = b"".join(map(_opcodes, value.shape)) + b"\x86"
    dtype = b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNN" + 2 * b"J\xff\xff\xff\xff" + b"K\x00tb"
    data = b"T" + struct.pack("<i", value.nbytes) + value.tobytes()
    return empty + b"(K\x01" + shape + dtype + b"\x89" + data + b"tb"
