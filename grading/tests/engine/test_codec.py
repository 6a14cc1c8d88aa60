"""What crosses between two processes that do not trust each other: data, whole, and nothing but data."""

import random
import socket
import threading
import time
import tracemalloc
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from grading.engine import codec
from grading.engine.channel import Channel, Closed, Late, TooLarge
from grading.engine.codec import CodecError, decode, encode

PLAIN = {type(None), bool, int, float, complex, str, bytes, list, tuple, dict, set, np.ndarray}
DTYPES = [np.dtype(code) for code in "?bBhHiIlLqQefdgFDG"]


def same(one, other) -> bool:
    """Equal in value, type and shape, with NaN equal to NaN; arrays in native byte order."""
    if isinstance(one, (np.ndarray, np.generic)) and isinstance(other, (np.ndarray, np.generic)):
        if one.dtype.kind in "OU":
            return one.shape == other.shape and all(
                map(same, np.asarray(one).reshape(-1).tolist(), other.reshape(-1).tolist())
            )
        return (
            isinstance(other, type(one))
            and one.shape == other.shape
            and one.dtype.newbyteorder("=") == other.dtype
            and np.array_equal(one, other, equal_nan=one.dtype.kind in "fc")
        )
    if type(one) is not type(other):
        return False
    if type(one) in (list, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if type(one) is dict:
        return same(list(one.items()), list(other.items()))
    return one == other or one != one and other != other


def arrays():
    dtypes = st.sampled_from(DTYPES).flatmap(lambda dtype: st.sampled_from([dtype, dtype.newbyteorder(">")]))
    shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
    return hnp.arrays(dtypes, shapes).flatmap(
        lambda array: st.sampled_from(
            [array, array.T, array[..., ::2] if array.ndim else array, np.asfortranarray(array)]
        )
    )


def scalars():
    return st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(),
        st.binary(),
        st.complex_numbers(),
        st.integers(-(2**300), 2**300),
        st.sampled_from(DTYPES).flatmap(hnp.from_dtype),
    )


def values():
    keys = st.one_of(st.text(max_size=5), st.integers(), st.booleans(), st.tuples(st.integers(), st.text(max_size=3)))
    return st.recursive(
        st.one_of(scalars(), arrays()),
        lambda inner: st.one_of(
            st.lists(inner, max_size=4),
            st.lists(inner, max_size=3).map(tuple),
            st.dictionaries(keys, inner, max_size=4),
        ),
        max_leaves=12,
    )


# What comes back is what was sent


@settings(deadline=None, max_examples=300)
@given(values())
def test_nested_data_comes_back_as_it_was(value):
    assert same(value, decode(encode(value)))


@settings(deadline=None, max_examples=150)
@given(values())
def test_what_came_and_is_sent_back_is_the_same_frame(value):
    frame = encode(value)
    assert encode(decode(frame)) == frame


@pytest.mark.parametrize(
    "array",
    [
        np.array(2.5),
        np.zeros((0, 3)),
        np.zeros((3, 0, 2)),
        np.arange(24).reshape(2, 3, 4)[::-1, :, ::2],
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(5, dtype=">i2"),
        np.broadcast_to(np.float32(7), (3, 2)),
    ],
    ids=lambda array: f"{array.dtype.str}{array.shape}",
)
def test_an_array_of_any_layout_comes_back_new_and_writable(array):
    found = decode(encode(array))
    assert same(array, found) and found.flags.writeable and found.flags.c_contiguous
    found[...] = 1
    assert found.size == 0 or not np.shares_memory(found, array)


def test_equal_arrays_in_another_layout_or_byte_order_give_equal_frames():
    array = np.arange(12.0).reshape(3, 4)
    for other in (
        array.copy(),
        np.asfortranarray(array),
        array.astype(">f8"),
        np.arange(24.0).reshape(3, 8)[:, ::2] / 2,
    ):
        assert encode([1, {"W": other}]) == encode([1, {"W": array}])


def test_arrays_of_objects_and_of_texts_come_back_with_what_is_in_them():
    found = decode(encode(np.array([{"a": np.ones(2)}, None, "x", (1, 2)], dtype=object).reshape(2, 2)))
    assert found.shape == (2, 2) and found[0, 0]["a"].tolist() == [1, 1] and found[1, 1] == (1, 2)
    assert decode(encode(np.array(["plane", "car"]))).tolist() == ["plane", "car"]
    assert decode(encode(np.array(None))).item() is None
    assert decode(encode(np.array([], dtype=object))).shape == (0,)


@pytest.mark.parametrize(
    "array",
    [np.array([b"x"]), np.array(["2020"], "M8[D]"), np.zeros(2, [("a", "f8")]), np.datetime64("2020"), np.void(b"12")],
    ids=lambda array: str(array.dtype),
)
def test_an_array_of_other_things_than_numbers_is_refused_in_words(array):
    with pytest.raises(CodecError, match="holds no numbers"):
        encode(array)
    assert decode(encode([array], lambda value: [len(value)] if np.ndim(value) else [0]), list) == [[np.size(
        array) if np.ndim(array) else 0]]                # ... unless there is a handle for it


def test_subclasses_become_the_plain_type_that_they_are_made_from():
    class Number(float):
        def __eq__(self, other):
            return True

        __hash__ = None

    class Word(str):
        pass

    class Weights(np.ndarray):
        def __array_finalize__(self, other):
            self.extra = 1

    pair = namedtuple("pair", "a b")
    for value, plain in (
        (Number(2.5), 2.5),
        (Word("x"), "x"),
        (pair(1, 2), (1, 2)),
        (OrderedDict(a=1), {"a": 1}),
        (defaultdict(list, a=[1]), {"a": [1]}),
        (Counter("aab"), {"a": 2, "b": 1}),
        (deque([1, 2]), [1, 2]),
        (np.arange(3.0).view(Weights), np.arange(3.0)),
        (np.ma.array([1, 2]), np.array([1, 2])),
        (np.str_("x"), "x"),
        (frozenset({1}), {1}),
    ):
        found = decode(encode(value))
        assert type(found) is type(plain) and same(plain, found)


def test_long_bytes_are_not_bound_by_what_a_header_may_be():
    packed = encode([(np.ones(3_000_000),), {"x": bytes(5000)}])
    assert decode(encode(["call", (1, packed), {"k": [b"", b"x" * 4096, b"y" * 4097]}])) == [
        "call",
        (1, packed),
        {"k": [b"", b"x" * 4096, b"y" * 4097]},
    ]


def test_a_half_of_a_surrogate_pair_becomes_a_question_mark():
    assert decode(encode({"caf\u00e9 \ud800": "\udfff"})) == {"caf\u00e9 ?": "?"}


# What is no data


@pytest.mark.parametrize(
    "value",
    [object(), len, int, range(3), iter([]), bytearray(b"x"), ..., lambda: 0, socket],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_data_goes_as_a_handle_or_not_at_all(value):
    with pytest.raises(CodecError, match="it is no data"):
        encode(value)
    told = []
    frame = encode([value], lambda one: told.append(one) or [7, "name"])
    assert told == [value] and decode(frame, lambda one: ("made of", one)) == [("made of", [7, "name"])]
    with pytest.raises(CodecError):
        decode(frame)


def test_a_text_that_is_made_of_itself_is_refused():
    class Itself(str):
        def __str__(self):
            return self

    with pytest.raises(codec.CodecError, match="contains itself"):
        encode(Itself("a"))


def test_what_contains_itself_or_is_too_deep_or_too_much_is_refused():
    circle, ring = [], {}
    circle.append(circle)
    ring["me"] = ring
    tree = np.empty(1, dtype=object)
    tree[0] = tree
    deep, wide = [], [[0] * 1000] * 2100
    for _ in range(codec.MAX_DEPTH + 1):
        deep = [deep]
    for value in (circle, ring, tree, deep, wide, 2**20_000):
        with pytest.raises(CodecError):
            encode(value)


def test_whatever_is_taken_in_can_be_sent_back_as_a_part_of_more():
    """Else a submission could make a test fail for a reason that looks like the kit's own."""
    deepest = None
    for depth in range(codec.MAX_DEPTH):
        value = 2**codec.MAX_BITS - 1
        for _ in range(depth):
            value = [value]
        try:
            deepest = decode(encode(value))
        except CodecError:
            break
    assert deepest and encode(["call", ([deepest], {"config": {"velocity": deepest}})])
    largest = int("9" * 4000)
    with pytest.raises(CodecError):
        decode(framed([["i", str(largest)], []]))


# Hostile frames


def framed(told, *buffers: bytes) -> bytes:
    header = told if isinstance(told, bytes) else msgspec.msgpack.encode(told)
    return b"".join((len(header).to_bytes(4, "little"), header, *buffers))


def only_plain(value) -> bool:
    if isinstance(value, np.generic):
        return value.dtype in DTYPES
    if type(value) not in PLAIN:
        return False
    if type(value) is np.ndarray:
        return value.dtype in DTYPES or value.dtype == object and all(map(only_plain, value.reshape(-1).tolist()))
    if type(value) is dict:
        return all(map(only_plain, value)) and all(map(only_plain, value.values()))
    return all(map(only_plain, value)) if type(value) in (list, tuple, set) else True


def read(frame: bytes) -> bool:
    """Whether a frame is taken in; anything but data or CodecError ends the test."""
    try:
        found = decode(frame)
    except CodecError:
        return False
    assert only_plain(found)
    return True


HUGE = 2**32 - 1


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\0",
        b"\xff" * 4,
        b"\xff" * 400,
        framed(b""),
        framed([]),
        framed([1, 2, 3]),
        framed({"a": 1, "b": 2}),
        framed([0, 5]),
        framed([0, [-1]]),
        framed([0, [2**63]]),
        framed([0, ["1"]]),
        framed([0, [True]], b"x"),
        framed([0, []], b"too much"),
        framed(b"\x92\xdd\xff\xff\xff\xff"),
        framed(b"\x92\xdf\xff\xff\xff\xff"),
        framed(b"\x92\xc6\xff\xff\xff\xff"),
        framed(b"\x92\xdb\xff\xff\xff\xff"),
        framed(b"\x92\xc9\xff\xff\xff\xff\x01"),
        framed(b"\x91" * 100_000),
        framed(b"\xdd" * 10_000),
        framed([["a", "O", [1], 0], [8]], b"\0" * 8),
        framed([["a", "V8", [1], 0], [8]], b"\0" * 8),
        framed([["a", "Z", [1], 0], [8]], b"\0" * 8),
        framed([["a", 5, [1], 0], [8]], b"\0" * 8),
        framed([["a", ["d"], [1], 0], [8]], b"\0" * 8),
        framed([["a", "d,d", [1], 0], [16]], b"\0" * 16),
        framed([["a", "d", [HUGE] * 4, 0], [8]], b"\0" * 8),
        framed([["a", "d", [2**62, 4], 0], [0]]),
        framed([["a", "d", [0, *[2**39] * 31], 0], [0]]),
        framed([["a", "d", [0] * 100, 0], [0]]),
        framed([["a", "d", [-1], 0], [8]], b"\0" * 8),
        framed([["a", "d", [1.0], 0], [8]], b"\0" * 8),
        framed([["a", "d", [True], 0], [8]], b"\0" * 8),
        framed([["a", "d", "1", 0], [8]], b"\0" * 8),
        framed([["a", "d", [1], 9], [8]], b"\0" * 8),
        framed([["a", "d", [1], 2**63 - 1], [8]], b"\0" * 8),
        framed([["a", "d", [1], None], [8]], b"\0" * 8),
        framed([["a", "d", [1], 0, 0], [8]], b"\0" * 8),
        framed([["a", "d", [1], 0], [7]], b"\0" * 7),
        framed([["o", [HUGE], 1], []]),
        framed([["o", 3, 1], []]),
        framed([["o"], []]),
        framed([["b", 0], []]),
        framed([["b", "x"], [1]], b"x"),
        framed([["b"], [1]], b"x"),
        framed([["l", ["b", 0], ["b", 0]], [1]], b"x"),
        framed([["n", "d", b""], []]),
        framed([["n", "d", "text"], []]),
        framed([["n", "O", b"\0" * 8], []]),
        framed([["n"], []]),
        framed([["i", "9" * 10_000], []]),
        framed([["i", 5], []]),
        framed([["i"], []]),
        framed([["c", [], 1], []]),
        framed([["d", 1], []]),
        framed([["d", ["l"], 1], []]),
        framed([["s", ["l"]], []]),
        framed([["s", ["a", "d", [1], 0]], [8]], b"\0" * 8),
        framed([["h", [1]], []]),
        framed([["x"], []]),
        framed([[], []]),
        framed([[["l"]], []]),
        framed([{"a": 1}, []]),
        framed([msgspec.msgpack.Ext(1, b"x"), []]),
        framed(b"\x92\xd6\xff\x00\x00\x00\x01\x90"),
    ],
    ids=lambda frame: frame[4:24].hex() or "empty",
)
def test_a_frame_that_lies_is_refused(frame):
    assert read(frame) is False


def test_one_buffer_does_not_make_many_arrays():
    """A megabyte told a hundred times would be a hundred megabytes."""
    assert not read(framed([["l", *[["a", "B", [10**6], 0]] * 100], [10**6]], bytes(10**6)))


def test_a_frame_of_very_many_parts_is_refused_early():
    for told in (["l", *[0] * 1_100_000], ["l", *[["l"]] * 1_100_000]):
        assert not read(framed([told, []]))


def test_keys_whose_hashes_collide_take_little_time():
    """Their number is what counts; with twice as many as are let in, no dictionary is made at all."""
    keys = [["i", str(n * (2**61 - 1))] for n in range(codec.READ_KEYS)]
    for told in (
        ["d", *[part for key in keys for part in (key, 0)]],
        ["s", *keys],
        ["l", *[["d", key, 0] for key in keys]],
        ["d", ["t", *keys], 0],
    ):
        assert not read(framed([[*told, *told[1:]], []]))


def mutations(frame: bytes, others: list[bytes], chance: random.Random) -> bytes:
    frame = bytearray(frame)
    for _ in range(chance.choice((1, 1, 2, 5))):
        at = chance.randrange(len(frame)) if frame else 0
        how = chance.randrange(6)
        if how == 0 and frame:
            frame[at] ^= 1 << chance.randrange(8)
        elif how == 1 and frame:
            frame[at] = chance.choice((0, 1, 0x7F, 0x80, 0xC1, 0xDD, 0xDF, 0xFF))
        elif how == 2:
            del frame[at:]
        elif how == 3:
            other = chance.choice(others)
            start = chance.randrange(len(other))
            frame[at : at + chance.randrange(8)] = other[start : start + chance.randrange(40)]
        elif how == 4:
            del frame[at : at + chance.randrange(1, 5)]
        else:
            frame[at:at] = bytes(chance.randrange(256) for _ in range(chance.randrange(1, 5)))
    if chance.random() < 0.7 and len(frame) > 4:  # with the right length, more of it is read
        header = int.from_bytes(frame[:4], "little")
        if header > len(frame):
            frame[:4] = (len(frame) - 4).to_bytes(4, "little")
    return bytes(frame)


def test_25_000_damaged_frames_are_data_or_refused_with_little_memory():
    chance = random.Random(7)
    values = [
        [1, "a", None, True, -2.5, b"xy"],
        {"W1": np.arange(6.0).reshape(2, 3), "b1": np.zeros(3, "f4")},
        (np.array(3), np.float32(2), np.longdouble(1) / 3, 1 + 2j, 2**100, {1, 2}),
        np.array(["x", {"y": [()]}], dtype=object),
        [[[[[]]]]] * 5,
        {(1, "a"): {"b": [np.zeros((0, 4), bool)]}},
        ["called", [0.5, np.ones((3, 2), "D")], None, "printed\n"],
    ]
    frames = [encode(value) for value in values]
    assert all(map(read, frames))
    taken = 0
    tracemalloc.start()
    try:
        for number in range(25_000):
            taken += read(mutations(frames[number % len(frames)], frames, chance))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert 0 < taken < 25_000 and most < 20_000_000


@settings(deadline=None, max_examples=200)
@given(
    st.recursive(
        st.one_of(
            st.integers(-(2**63), 2**64 - 1),
            st.text(max_size=3),
            st.binary(max_size=9),
            st.none(),
            st.floats(),
            st.sampled_from("adlnstohci?Bd"),
        ),
        lambda inner: st.lists(inner, max_size=5),
        max_leaves=20,
    ),
    st.lists(st.integers(0, 20), max_size=3),
    st.binary(max_size=40),
)
def test_any_well_formed_header_is_data_or_refused(tree, sizes, rest):
    read(framed([tree, sizes], rest))


def test_numbers_of_any_bytes_can_be_shown_and_compared():
    chance = random.Random(1)
    for dtype in DTYPES:
        found = decode(
            framed([["a", dtype.char, [40], 0], [40 * dtype.itemsize]], chance.randbytes(40 * dtype.itemsize))
        )
        with np.errstate(all="ignore"):
            assert repr(found) and (found == found).shape == (40,)


# Frames over a socket


@pytest.fixture
def ends():
    pair = socket.socketpair()
    channels = [Channel(end) for end in pair]
    yield channels
    for channel in channels:
        channel.close()


def sending(channel: Channel, *frames: bytes) -> threading.Thread:
    def send():
        for frame in frames:
            channel.send(frame, 30)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


@pytest.mark.parametrize("size", [0, 1, 7, 8, 65_535, 65_536, 65_537, 5_000_000])
def test_a_frame_of_any_size_arrives_whole_and_apart_from_the_next(ends, size):
    one, other = ends
    frame = random.Random(size).randbytes(size)
    thread = sending(one, frame, b"next", b"")
    assert [other.receive(30), other.receive(30), other.receive(30)] == [frame, b"next", b""]
    thread.join()


def test_frames_go_both_ways(ends):
    one, other = ends
    one.send(b"there")
    other.send(b"and back")
    assert (other.receive(30), one.receive(30)) == (b"there", b"and back")


def test_nothing_in_time_is_late_and_so_is_half_a_frame(ends):
    one, other = ends
    with pytest.raises(Late):
        other.receive(0.01)
    one.socket.sendall((100).to_bytes(8, "little") + b"only this")
    with pytest.raises(Late):
        other.receive(0.01)


def test_a_frame_of_which_half_was_late_can_be_received_afterwards(ends):
    one, other = ends
    for part in (b"\5\0\0", bytes(5) + b"ab", b"c"):
        one.socket.sendall(part)
        with pytest.raises(Late):
            other.receive(0.01)
    one.socket.sendall(b"de")
    one.send(b"next")
    assert (other.receive(30), other.receive(30)) == (b"abcde", b"next")


def test_who_does_not_take_frames_in_is_late(ends):
    with pytest.raises(Late):
        ends[0].send(bytes(50_000_000), 0.05)


@pytest.mark.parametrize("sent", [b"", b"\5\0", (100).to_bytes(8, "little") + b"only this"])
def test_an_end_in_between_is_closed(ends, sent):
    one, other = ends
    one.socket.sendall(sent)
    one.close()
    with pytest.raises(Closed):
        other.receive(30)


def test_sending_to_nobody_is_closed(ends):
    one, other = ends
    other.close()
    with pytest.raises(Closed):
        for _ in range(100):
            one.send(bytes(1_000_000), 5)


def test_a_frame_that_announces_too_much_is_refused_before_memory_is_taken(ends):
    one, other = ends
    for length in (other.max_frame + 1, 2**63, 2**64 - 1):
        one.socket.sendall(length.to_bytes(8, "little"))
        with pytest.raises(TooLarge):
            other.receive(30)


def test_memory_grows_with_what_came_and_not_with_what_was_announced(ends):
    one, other = ends
    one.socket.sendall(other.max_frame.to_bytes(8, "little") + b"little")
    tracemalloc.start()
    try:
        with pytest.raises(Late):
            other.receive(0.01)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_many_descriptors_do_not_matter():
    """select() cannot wait for a descriptor beyond 1023, which a class of many jobs may reach."""
    held = (
        [socket.socket() for _ in range(1100)] if _allowed(1300) else pytest.skip("no more than 1,024 descriptors here")
    )
    try:
        one, other = map(Channel, socket.socketpair())
        assert one.fileno() > 1023
        with pytest.raises(Late):
            other.receive(0.01)
        one.send(b"x")
        assert other.receive(30) == b"x"
    finally:
        for each in (*held, one.socket, other.socket):
            each.close()


def _allowed(descriptors: int) -> bool:
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < descriptors <= hard or hard == resource.RLIM_INFINITY:
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, descriptors), hard))
        return True
    return soft >= descriptors


def test_a_frame_drips_in_byte_by_byte_until_the_time_is_over(ends):
    """Each byte must not start the time anew."""
    one, other = ends
    stop = threading.Event()

    def drip():
        one.socket.setblocking(True)
        one.socket.sendall((10_000).to_bytes(8, "little"))
        while not stop.wait(0.005):
            one.socket.sendall(b"x")

    thread = threading.Thread(target=drip)
    thread.start()
    started = time.monotonic()
    try:
        with pytest.raises(Late):
            other.receive(0.1)
    finally:
        stop.set()
        thread.join()
    assert time.monotonic() - started < 20  # 50 s of dripping were announced
