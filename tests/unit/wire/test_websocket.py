from __future__ import annotations

import struct
import tracemalloc
import zlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from websockets.protocol import CLIENT, SERVER

from tests.fakes.codec_oracle import (
    KEY,
    LIMIT,
    agree,
    client,
    deflate,
    oracle_events,
    server,
    without_words,
    written,
)
from voltward.wire.websocket import (
    MAX_FRAGMENTS,
    Binary,
    Close,
    Event,
    FrameCodec,
    Ping,
    Pong,
    ProtocolFault,
    Text,
)


def raw(first: int, payload: bytes = b"", *, key: bytes = KEY, length: int | None = None) -> bytes:
    """A masked frame, written out by hand, with a length that may lie."""
    said = len(payload) if length is None else length
    if said < 126:
        header = bytes((first, 0x80 | said))
    elif said < 65_536:
        header = bytes((first, 0x80 | 126)) + struct.pack("!H", said)
    else:
        header = bytes((first, 0x80 | 127)) + struct.pack("!Q", said)
    return header + key + bytes(byte ^ key[n % 4] for n, byte in enumerate(payload))


# -- both roles


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 300, 65_535, 65_536, 200_000])
def test_what_one_role_writes_the_other_reads(size: int) -> None:
    payload = bytes(n * 7 % 256 for n in range(size))
    for sender, receiver in ((client(), server(1 << 20)), (server(), client(1 << 20))):
        assert receiver.receive(sender.text(payload)) == [Text(payload)]
        assert receiver.receive(memoryview(sender._frame(0x82, payload))) == [Binary(payload)]


def test_control_frames_pass_between_the_roles() -> None:
    for sender, receiver in ((client(), server()), (server(), client())):
        sent = sender.ping(b"a") + sender.pong() + sender.ping() + sender.close(4001, "replaced")
        assert receiver.receive(sent) == [Ping(b"a"), Pong(b""), Ping(b""), Close(4001, "replaced")]


def test_a_clients_frame_hides_its_payload() -> None:
    assert client().text(b"\x00\x00\x00\x00") == b"\x81\x84" + KEY + KEY
    assert server().text(b"ab") == b"\x81\x02ab"


def test_a_close_without_a_code_is_echoed_without_one() -> None:
    assert server().receive(client().close(1005)) == [Close(1005, "")]
    assert server().close(1005) == b"\x88\x00"


def test_a_long_reason_is_cut_between_characters() -> None:
    (event,) = client().receive(server().close(1008, "é" * 100))
    assert event == Close(1008, "é" * 61)


def test_our_own_mistakes_are_not_sent() -> None:
    with pytest.raises(ValueError, match="125 bytes"):
        server().ping(bytes(126))
    with pytest.raises(Exception, match="invalid status code"):
        server().close(1006)
    with pytest.raises(ValueError, match="goes with the role"):
        FrameCodec(is_server=False, max_message=1)
    with pytest.raises(ValueError, match="goes with the role"):
        FrameCodec(is_server=True, max_message=1, masking_key=lambda: KEY)


# -- what the peer may not do

FAULTS = [
    ("unmasked", b"\x81\x02ab", 1002, "incorrect masking"),
    ("opcode 3", raw(0x83), 1002, "invalid opcode"),
    ("opcode 11", raw(0x8B), 1002, "invalid opcode"),
    ("opcode 15, not final", raw(0x0F), 1002, "invalid opcode"),
    ("rsv1", raw(0xC1, b"a"), 1002, "reserved bits must be 0"),
    ("rsv3 on a ping", raw(0x99), 1002, "reserved bits must be 0"),
    ("fragmented ping", raw(0x09), 1002, "fragmented control frame"),
    ("long ping", raw(0x89, bytes(126)), 1002, "control frame too long"),
    ("very long close", raw(0x88, length=1 << 40), 1002, "control frame too long"),
    ("lone continuation", raw(0x80, b"a"), 1002, "unexpected continuation frame"),
    ("text among fragments", raw(0x01, b"a") + raw(0x81, b"b"), 1002, "expected a continuation frame"),
    ("start among fragments", raw(0x01, b"a") + raw(0x02, b"b"), 1002, "expected a continuation frame"),
    ("close among fragments", raw(0x01, b"a") + client().close(), 1002, "incomplete fragmented message"),
    ("16 bits for 125", b"\x81\xfe\x00\x7d", 1002, "length is not in its shortest form"),
    (
        "64 bits for 65535",
        b"\x81\xff" + struct.pack("!Q", 65_535),
        1002,
        "length is not in its shortest form",
    ),
    ("too big", raw(0x81, length=LIMIT + 1), 1009, "message too big"),
    ("far too big", raw(0x82, length=1 << 63), 1009, "message too big"),
    ("short close", raw(0x88, b"\x03"), 1002, "close frame too short"),
    ("close 1006", raw(0x88, struct.pack("!H", 1006)), 1002, "invalid status code"),
    ("close 999", raw(0x88, struct.pack("!H", 999)), 1002, "invalid status code"),
    ("close 5000", raw(0x88, struct.pack("!H", 5000)), 1002, "invalid status code"),
    ("close not UTF-8", raw(0x88, b"\x03\xe8\xff"), 1007, "close reason is not UTF-8"),
]


@pytest.mark.parametrize(
    ("sent", "code", "reason"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS]
)
def test_a_breach_is_a_fault_and_the_last_event(sent: bytes, code: int, reason: str) -> None:
    codec = server()
    assert codec.receive(sent + raw(0x81, b"more")) == [ProtocolFault(code, reason)]
    assert codec.receive(raw(0x81, b"more")) == []


def test_a_breach_in_a_header_is_seen_before_the_payload_comes() -> None:
    assert server().receive(raw(0x81, length=LIMIT + 1)[:4]) == [ProtocolFault(1009, "message too big")]
    assert server().receive(raw(0x83, length=100)[:2]) == [ProtocolFault(1002, "invalid opcode")]


def test_a_server_must_not_mask() -> None:
    assert client().receive(raw(0x81, b"ab")) == [ProtocolFault(1002, "incorrect masking")]


def test_nothing_is_read_after_a_close() -> None:
    codec = server()
    assert codec.receive(client().close() + raw(0x81, b"late") + b"\xff") == [Close(1000, "")]
    assert codec.receive(raw(0x81, b"later")) == []


def test_events_before_a_fault_are_kept() -> None:
    assert server().receive(raw(0x81, b"a") + b"\x00\x00") == [
        Text(b"a"),
        ProtocolFault(1002, "incorrect masking"),
    ]


def test_text_that_is_not_utf8_is_the_json_readers_affair() -> None:
    assert server().receive(raw(0x81, b"\xff")) == [Text(b"\xff")]
    assert server().receive(raw(0x01, b"\xff") + raw(0x80, b"\xfe")) == [Text(b"\xff\xfe")]


# -- fragments


def test_fragments_are_put_together_around_control_frames() -> None:
    codec = server()
    sent = raw(0x01, b"a") + raw(0x89, b"p") + raw(0x00, b"") + raw(0x8A) + raw(0x80, b"b") + raw(0x81, b"c")
    assert codec.receive(sent) == [Ping(b"p"), Pong(b""), Text(b"ab"), Text(b"c")]
    assert codec.receive(raw(0x02, b"a") + raw(0x80, b"b")) == [Binary(b"ab")]


def test_fragments_are_bounded_together() -> None:
    codec = server()
    half = bytes(LIMIT // 2)
    assert codec.receive(raw(0x01, half) + raw(0x00, half)) == []
    assert codec.receive(raw(0x89, b"ping")) == [Ping(b"ping")]
    assert codec.receive(raw(0x80, b"x")[:2]) == [ProtocolFault(1009, "message too big")]


def test_after_a_fragmented_message_the_next_may_be_as_long() -> None:
    codec = server()
    for _ in range(3):
        assert codec.receive(raw(0x01, bytes(LIMIT - 1)) + raw(0x80, b"x")) == [Text(bytes(LIMIT - 1) + b"x")]


def test_fragments_are_counted() -> None:
    codec = server()
    assert codec.receive(raw(0x01) + raw(0x00) * (MAX_FRAGMENTS - 1)) == []
    assert codec.receive(raw(0x80)) == [ProtocolFault(1008, "too many fragments")]
    assert server().receive(raw(0x01) + raw(0x00) * (MAX_FRAGMENTS - 2) + raw(0x80)) == [Text(b"")]


# -- compression


def test_both_roles_compress_when_it_was_agreed() -> None:
    payload = b'{"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}' * 10
    station = FrameCodec(is_server=False, max_message=LIMIT, masking_key=lambda: KEY, extensions=[deflate()])
    gateway = FrameCodec(is_server=True, max_message=LIMIT, extensions=[deflate()])
    for _ in range(2):
        sent, answer = station.text(payload), gateway.text(payload)
        assert len(sent) < len(payload) / 2 > len(answer)
        assert sent[0] == answer[0] == 0xC1
        assert gateway.receive(sent) == [Text(payload)]
        assert station.receive(answer) == [Text(payload)]
    assert gateway.receive(station.ping(b"x") + raw(0x81, b"plain")) == [Ping(b"x"), Text(b"plain")]


def test_compressed_fragments_are_put_together() -> None:
    squeezed = zlib.compress(b"hello world", wbits=-12)
    codec = FrameCodec(is_server=True, max_message=LIMIT, extensions=[deflate()])
    assert codec.receive(raw(0x41, squeezed[:3]) + raw(0x00, squeezed[3:]) + raw(0x80)) == [
        Text(b"hello world")
    ]


@pytest.mark.parametrize("fragments", [1, 20])
def test_a_bomb_is_stopped_while_it_unfolds(fragments: int) -> None:
    bomb = zlib.compressobj(wbits=-12)
    squeezed = bomb.compress(bytes(50_000_000)) + bomb.flush(zlib.Z_SYNC_FLUSH)
    limit = 100_000
    codec = FrameCodec(is_server=True, max_message=limit, extensions=[deflate()])
    step = -(-len(squeezed) // fragments)
    parts = [squeezed[at : at + step] for at in range(0, len(squeezed), step)]
    sent = [
        raw((0x41 if n == 0 else 0x00) | (0x80 if n == len(parts) - 1 else 0), part)
        for n, part in enumerate(parts)
    ]
    tracemalloc.start()
    try:
        events = codec.receive(b"".join(sent))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert [event.close_code for event in events if isinstance(event, ProtocolFault)] == [1009]
    assert peak < 1_000_000


def test_a_broken_stream_and_wrong_bits_are_faults() -> None:
    def codec() -> FrameCodec:
        return FrameCodec(is_server=True, max_message=LIMIT, extensions=[deflate()])

    assert codec().receive(raw(0xC1, b"\xff\xff\xff")) == [ProtocolFault(1002, "decompression failed")]
    assert codec().receive(raw(0xA1, b"a")) == [ProtocolFault(1002, "reserved bits must be 0")]
    assert codec().receive(raw(0xC9, b"a")) == [ProtocolFault(1002, "reserved bits must be 0")]


# -- pieces


def test_a_slow_sender_costs_no_more_than_its_message() -> None:
    payload = bytes(1 << 20)
    frame = raw(0x81, b"", length=len(payload)) + bytes(KEY * (len(payload) // 4))
    codec = server(1 << 20)
    tracemalloc.start()
    try:
        for at in range(0, len(payload), 512):
            assert codec.receive(frame[at : at + 512]) == []
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2.5 * (1 << 20)
    assert codec.receive(frame[len(payload) :]) == [Text(payload)]


@given(st.lists(st.binary(max_size=400), max_size=6), st.data())
@settings(deadline=None)
def test_cuts_between_chunks_do_not_matter(payloads: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(client().text(payload) for payload in payloads)
    codec, events, at = server(), list[Event](), 0
    while at < len(stream):
        step = data.draw(st.integers(1, 30) | st.integers(1, len(stream)))
        events += codec.receive(stream[at : at + step])
        at += step
    assert events == [Text(payload) for payload in payloads]


# -- the oracle: websockets' own core, one frame at a time

_PAYLOAD = st.binary(max_size=200) | st.sampled_from([bytes(125), bytes(126), bytes(LIMIT), bytes(LIMIT + 1)])
_CLOSE = st.builds(
    lambda code, reason: struct.pack("!H", code) + reason,
    st.sampled_from([0, 999, 1000, 1001, 1004, 1005, 1006, 1014, 1015, 2999, 3000, 4999, 5000, 65535]),
    st.sampled_from([b"", b"gone", "été".encode(), b"\xff"]),
)
_ORDINARY = st.tuples(st.sampled_from([0x81, 0x81, 0x82, 0x01, 0x02, 0x00, 0x80, 0x89, 0x8A]), _PAYLOAD)
_ODD = st.tuples(st.integers(0, 255), _PAYLOAD) | st.tuples(st.just(0x88), _CLOSE | st.binary(max_size=2))


@settings(max_examples=400, deadline=None)
@given(st.lists(_ORDINARY | _ODD, max_size=12), st.booleans(), st.lists(st.integers(1, 400), max_size=40))
@example([(0x01, bytes(LIMIT)), (0x89, b"x")], True, [])
@example([(0x01, b"a"), (0x88, b"")], True, [])
@example([(0xF1, bytes(LIMIT + 1))], True, [])
@example([(0x01, bytes(LIMIT)), (0x88, b"\x00\x00\xff")], False, [])
def test_the_codec_and_the_library_agree(
    frames: list[tuple[int, bytes]], is_server: bool, cuts: list[int]
) -> None:
    writer, reader = (client(), server()) if is_server else (server(), client())
    stream = [written(writer, first, payload) for first, payload in frames]
    theirs, first = oracle_events(SERVER if is_server else CLIENT, stream)

    whole, ours, at = b"".join(stream), list[Event](), 0
    for step in cuts:
        ours += reader.receive(whole[at : at + step])
        at += step
    ours = without_words(ours + reader.receive(whole[at:]))
    assert agree(ours, theirs, first)


_SQUEEZED = st.integers(1, 3 * LIMIT).map(lambda size: zlib.compress(bytes(size), wbits=-12))
_COMPRESSED = st.tuples(st.sampled_from([0xC1, 0xC2, 0x41, 0x00, 0x80]), _SQUEEZED | _PAYLOAD)


@settings(max_examples=250, deadline=None)
@given(st.lists(_COMPRESSED | _ORDINARY | _ODD, max_size=8))
@example([(0xC1, zlib.compress(bytes(300), wbits=-12) + bytes(300))])
def test_the_codec_and_the_library_agree_on_compressed_frames(frames: list[tuple[int, bytes]]) -> None:
    stream = [written(client(), first, payload) for first, payload in frames]
    theirs, first = oracle_events(SERVER, stream, compressed=True)
    codec = FrameCodec(is_server=True, max_message=LIMIT, extensions=[deflate()])
    ours = without_words(codec.receive(b"".join(stream)))
    assert agree(ours, theirs, first)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_give_events_and_no_error(noise: bytes, is_server: bool) -> None:
    codec = server() if is_server else client()
    events = codec.receive(noise)
    assert sum(isinstance(event, ProtocolFault | Close) for event in events) <= 1
    assert len(codec._held or b"") <= len(noise)
