"""WebSocket frames and OCPP frames, against websockets and against `json`."""

from __future__ import annotations

import json

from websockets.protocol import CLIENT, SERVER

from tests.fakes.codec_oracle import agree, client, oracle_events, server, without_words, written
from tests.fuzz.bytes_plan import BytesPlan
from voltward.ocpp.frame_limits import FrameLimits
from voltward.ocpp.frames import FrameFault, parse_frame
from voltward.wire.websocket import Close, Event, ProtocolFault

LIMITS = FrameLimits(frozenset({2, 3, 4, 5, 6}), max_bytes=2000, max_depth=8)
_MOST_FRAMES = 12

FRAME_PLANS = (
    b"\x00\x03\x81\x05hello",
    b"\x01\x01\x81\x02hi",
    b"\x00\x02\x01\x02ab\x00\x01c\x80\x01d\x89\x00",
    b"\x01\x09\x88\x02\x03\xe8",
    b"\x00\x01\x88\x04\x03\xe8ok\x81\x01x",
)
STREAMS = (
    b"\x00" + bytes.fromhex("81853721 3dfa7f9f4d5158".replace(" ", "")),
    b"\x01\x81\x05hello",
    b"\x00\x89\x80\x00\x00\x00\x00",
    b"\x01\x88\x02\x03\xe8",
    b"\x00\x01\x82\x00\x00\x00\x00ab",
)
OCPP_FRAMES = (
    b'[2,"a","Heartbeat",{}]',
    b'[3,"a",{"currentTime":"2026-11-22T10:00:00Z","n":[1,-2,3.5e1,true,null]}]',
    b'[4,"a","InternalError","",{}]',
    b'[2, "a", "DataTransfer", {"a": "\\u00e9\\ud83d\\ude00", "b": 18446744073709551615}]',
    b'[6,"a","NotifyPeriodicEventStream",{"data":[{"t":0,"v":"1"}]}]',
)


def codec_against_library(data: bytes) -> None:
    """A row of frames with any first byte: the codec finds in them what websockets does."""
    plan = BytesPlan(data)
    is_server, cut = plan.number(2) == 0, 1 + plan.number(256)
    frames: list[tuple[int, bytes]] = []
    while not plan.is_over and len(frames) < _MOST_FRAMES:
        frames.append((plan.number(256), plan.piece(255)))
    writer, reader = (client(), server()) if is_server else (server(), client())
    stream = [written(writer, first, payload) for first, payload in frames]
    theirs, first = oracle_events(SERVER if is_server else CLIENT, stream)
    whole = b"".join(stream)
    ours: list[Event] = []
    for at in range(0, len(whole), cut):
        ours += reader.receive(whole[at : at + cut])
    assert agree(without_words(ours), theirs, first), (ours, theirs)


def codec_in_pieces(data: bytes) -> None:
    """Any octets: the same events whether they come at once or one by one, and nothing after the end."""
    is_server, stream = data[:1] != b"\x01", data[1:]
    whole, single = (server(), server()) if is_server else (client(), client())
    at_once = whole.receive(stream)
    one_by_one = [event for octet in stream for event in single.receive(bytes((octet,)))]
    assert without_words(at_once) == without_words(one_by_one)
    ends = [event for event in at_once if isinstance(event, ProtocolFault | Close)]
    assert len(ends) <= 1
    assert not ends or ends[0] is at_once[-1]
    assert len(whole._held or b"") <= len(stream)


def ocpp_frame(data: bytes) -> None:
    """What is read, `json` reads the same, without a key twice; what is not, has a reason."""
    try:
        frame = parse_frame(data, LIMITS)
    except FrameFault as fault:
        assert fault.reason
        return
    assert frame.raw == data
    elements = json.loads(data, object_pairs_hook=_each_once)
    fields = [getattr(frame, name) for name in frame.__struct_fields__ if name != "raw"]
    assert repr(elements[1:]) == repr(fields)


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)
