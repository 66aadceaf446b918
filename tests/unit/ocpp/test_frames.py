"""Frames: what is read, what is refused and why, and that nothing else ever happens."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from voltward.domain.errors import StationFault
from voltward.ocpp import frames
from voltward.ocpp.error_code import ErrorCode
from voltward.ocpp.frame_limits import FrameLimits
from voltward.ocpp.frames import (
    Call,
    CallError,
    CallResult,
    CallResultError,
    FrameFault,
    FrameReason,
    Send,
    parse_frame,
)

THREE_TYPES = FrameLimits()
FIVE_TYPES = FrameLimits(message_types=frozenset({2, 3, 4, 5, 6}))


def refused(raw: bytes, limits: FrameLimits = THREE_TYPES) -> FrameFault:
    with pytest.raises(FrameFault) as caught:
        parse_frame(raw, limits)
    return caught.value


def test_a_call_is_read_and_keeps_its_octets() -> None:
    raw = b' [2, "id-1","Heartbeat",{ "x" : [1.50, null]}]\n'

    assert parse_frame(raw, THREE_TYPES) == Call("id-1", "Heartbeat", {"x": [1.5, None]}, raw)


def test_answers_are_read() -> None:
    assert parse_frame(b'[3,"a",{"s":1}]', THREE_TYPES) == CallResult("a", {"s": 1}, b'[3,"a",{"s":1}]')
    error = b'[4,"a","GenericError","why",{}]'
    assert parse_frame(error, THREE_TYPES) == CallError("a", "GenericError", "why", {}, error)


def test_the_types_that_only_one_dialect_has_are_read_where_it_speaks() -> None:
    disputed, sent = b'[5,"a","FormatViolation","",{}]', b'[6,"a","NotifyPeriodicEventStream",{"id":1}]'

    assert isinstance(parse_frame(disputed, FIVE_TYPES), CallResultError)
    assert parse_frame(sent, FIVE_TYPES) == Send("a", "NotifyPeriodicEventStream", {"id": 1}, sent)
    assert refused(disputed).reason is FrameReason.MESSAGE_TYPE
    assert refused(sent).reason is FrameReason.MESSAGE_TYPE


CASES = {
    b"": "not-json",
    b"[": "not-json",
    b"hello": "not-json",
    b'[2,"a","Heartbeat",{}]x': "not-json",
    b'[2,"a","Heartbeat",{}][]': "not-json",
    b'[2,"a","Heartbeat",{"a":"\n"}]': "not-json",
    b'\xef\xbb\xbf[2,"a","Heartbeat",{}]': "not-json",
    b'[2,"a","Heartbeat",{"a":01}]': "not-json",
    b"{}": "not-an-array",
    b'"2"': "not-an-array",
    b"7": "not-an-array",
    b"[]": "message-type",
    b'["2","a","Heartbeat",{}]': "message-type",
    b'[2.0,"a","Heartbeat",{}]': "message-type",
    b'[true,"a","Heartbeat",{}]': "message-type",
    b'[7,"a","Heartbeat",{}]': "message-type",
    b'[-2,"a","Heartbeat",{}]': "message-type",
    b'[2,"a","Heartbeat"]': "element-count",
    b'[2,"a","Heartbeat",{},{}]': "element-count",
    b'[3,"a",{},{}]': "element-count",
    b'[4,"a","GenericError",""]': "element-count",
    b'[2,"","Heartbeat",{}]': "message-id",
    b'[2,17,"Heartbeat",{}]': "message-id",
    b'[2,null,"Heartbeat",{}]': "message-id",
    b'[3,"' + b"i" * 37 + b'",{}]': "message-id",
    b'[2,"a","",{}]': "action",
    b'[2,"a",5,{}]': "action",
    b'[2,"a","' + b"A" * 65 + b'",{}]': "action",
    b'[2,"a","Heartbeat",null]': "element-type",
    b'[2,"a","Heartbeat",[]]': "element-type",
    b'[3,"a","Accepted"]': "element-type",
    b'[4,"a",5,"",{}]': "element-type",
    b'[4,"a","GenericError",null,{}]': "element-type",
    b'[4,"a","GenericError","",null]': "element-type",
    b'[2,"a","X",{"k":1,"k":2}]': "duplicate-key",
    b'[2,"a","X",{"o":[{"k":1,"\\u006b":2}]}]': "duplicate-key",
    b'[2,"a","X",{"v":NaN}]': "not-a-number",
    b'[2,"a","X",{"v":[Infinity]}]': "not-a-number",
    b'[2,"a","X",{"v":-Infinity}]': "not-a-number",
    b'[2,"a","X",{"v":1e400}]': "huge-number",
    b'[2,"a","X",{"v":' + b"9" * 41 + b"}]": "huge-number",
    b'[2,"a","X",{"v":18446744073709551616}]': "huge-number",
    b'[2,"a","X",{"v":-9223372036854775809}]': "huge-number",
    b'[2,"a","X",{"v":0.' + b"1" * 50 + b"}]": "huge-number",
    b'[2,"a","X",{"v":"\\ud800"}]': "lone-surrogate",
    b'[2,"a","X",{"\\uDC00":1}]': "lone-surrogate",
    b'[2,"a","X",{"v":"\xff"}]': "not-utf8",
    b'[2,"a","X",{"v":"\xed\xa0\x80"}]': "not-utf8",
    b'[2,"a","X",{"v":"\xc0\xaf"}]': "not-utf8",
}


@pytest.mark.parametrize(("raw", "reason"), CASES.items(), ids=[str(n) for n in range(len(CASES))])
def test_what_could_be_read_in_two_ways_is_refused_with_a_stable_reason(raw: bytes, reason: str) -> None:
    assert refused(raw).reason == reason


@pytest.mark.parametrize(
    "raw",
    [
        b'[2,"a","X",{"v":"\\ud83d\\ude00"}]',
        b'[2,"a","X",{"v":"\\\\ud800"}]',
        b'[2,"a","X",{"v":18446744073709551615}]',
        b'[2,"a","X",{"v":-9223372036854775808}]',
        b'[2,"a","X",{"v":1.7976931348623157e308}]',
        b'[2,"' + b"i" * 36 + b'","' + b"A" * 64 + b'",{}]',
        '[2,"ä","X",{"ü":"€"}]'.encode(),
        b'[2,"-1","X",{"a":{"k":1},"b":{"k":1}}]',
    ],
)
def test_what_is_unusual_and_plain_passes(raw: bytes) -> None:
    assert parse_frame(raw, THREE_TYPES).raw == raw


def nested(levels: int) -> bytes:
    """A frame of this depth in all: its own array, the payload, and arrays in it."""
    return b'[2,"a","X",{"v":' + b"[" * (levels - 2) + b"]" * (levels - 2) + b"}]"


def test_depth_counts_nesting_and_not_brackets() -> None:
    limits = FrameLimits(max_depth=8)
    wide = b'[2,"a","X",{"v":[' + b",".join([b'{"w":[]}'] * 500) + b"]}]"
    quoted = b'[2,"a","X",{"v":"' + b"[{" * 50 + b'\\"' + b"[{" * 50 + b'"}]'

    assert parse_frame(nested(8), limits).raw == nested(8)
    assert parse_frame(wide, limits).raw == wide
    assert parse_frame(quoted, limits).raw == quoted
    assert refused(nested(9), limits).reason is FrameReason.TOO_DEEP


@pytest.mark.parametrize("mixed", [b"[{", b"{["])
def test_depth_counts_arrays_and_objects_alike(mixed: bytes) -> None:
    inner = (
        (b'[{"k":' if mixed == b"[{" else b'{"k":[') * 10 + b"0" + (b"}]" if mixed == b"[{" else b"]}") * 10
    )
    raw = b'[2,"a","X",{"v":' + inner + b"}]"

    assert parse_frame(raw, FrameLimits(max_depth=22)).raw == raw
    assert refused(raw, FrameLimits(max_depth=21)).reason is FrameReason.TOO_DEEP


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b"[[{}],", b'"\\"' * 3, b'["\\"'])
def test_a_mebibyte_of_openings_is_refused_and_not_recursed_into(opening: bytes) -> None:
    raw = (opening * (1 + (1 << 20) // len(opening)))[: 1 << 20]

    assert refused(raw).reason in {FrameReason.TOO_DEEP, FrameReason.NOT_JSON}


def test_a_frame_and_an_action_have_their_largest_sizes() -> None:
    limits = FrameLimits(max_bytes=64, bytes_by_action={"Heartbeat": 30})
    pad = b'[2,"a","%b",{"v":"%b"}]'

    assert parse_frame(pad % (b"DataTransfer", b"x" * 30), limits)
    assert refused(pad % (b"DataTransfer", b"x" * 60), limits).reason is FrameReason.TOO_LARGE
    assert refused(pad % (b"Heartbeat", b"x" * 30), limits).reason is FrameReason.TOO_LARGE_FOR_ACTION


def test_a_fault_tells_type_and_id_where_the_beginning_is_plain() -> None:
    fault = refused(b'[2, "id-7", "X", {"k":1,"k":2}]')

    assert isinstance(fault, StationFault)
    assert (fault.message_type, fault.message_id, fault.code) == (2, "id-7", ErrorCode.FORMAT_VIOLATION)


def test_a_fault_about_an_unreadable_beginning_has_neither() -> None:
    fault = refused(b"[2,{},1]")

    assert (fault.message_type, fault.message_id, fault.code) == (None, None, ErrorCode.RPC_FRAMEWORK)


def test_an_unknown_message_type_has_an_error_code_of_its_own() -> None:
    assert refused(b'[9,"a","X",{}]').code is ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED


def test_what_is_built_is_what_is_read() -> None:
    payload = {"text": "€ \u2028", "number": 1.5, "list": [None, True]}

    assert parse_frame(frames.call("a", "X", payload), FIVE_TYPES).payload == payload  # pyright: ignore[reportAttributeAccessIssue]
    assert isinstance(parse_frame(frames.send("a", "X", payload), FIVE_TYPES), Send)
    assert isinstance(parse_frame(frames.call_result("a", payload), FIVE_TYPES), CallResult)
    error = parse_frame(frames.call_error("a", "SecurityError", "no"), FIVE_TYPES)
    assert isinstance(error, CallError)
    assert (error.code, error.description, error.details) == ("SecurityError", "no", {})
    assert isinstance(
        parse_frame(frames.call_result_error("a", "FormatViolation"), FIVE_TYPES), CallResultError
    )


@given(st.binary(max_size=80))
@example(b'[2,"a","X",{"\\ud800\\ud800":0}]')
def test_whatever_comes_is_a_frame_or_a_fault(raw: bytes) -> None:
    assert outcome_of(raw) in (raw, *FrameReason)


def outcome_of(raw: bytes) -> bytes | FrameReason:
    try:
        return parse_frame(raw, FIVE_TYPES).raw
    except FrameFault as fault:
        return fault.reason


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 53), 1 << 53) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=5), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip
PAYLOADS = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=5), JSON_VALUES, max_size=4
)


@given(PAYLOADS, st.booleans())
def test_any_payload_of_a_reference_encoder_is_read_as_it_was_meant(
    payload: dict[str, Any], ascii_only: bool
) -> None:
    raw = json.dumps([2, "a", "X", payload], ensure_ascii=ascii_only).encode()
    frame = parse_frame(raw, THREE_TYPES)

    assert isinstance(frame, Call)
    assert frame.payload == payload
    assert parse_frame(frames.call("a", "X", frame.payload), THREE_TYPES).payload == payload  # pyright: ignore[reportAttributeAccessIssue]


@given(JSON_VALUES, st.integers(2, 6))
def test_the_depth_that_is_measured_is_the_depth_that_is_there(value: object, limit: int) -> None:
    raw = json.dumps([2, "a", "X", {"v": value}]).encode()

    if depth_of(value) + 2 <= limit:
        assert parse_frame(raw, FrameLimits(max_depth=limit)).raw == raw
    else:
        assert refused(raw, FrameLimits(max_depth=limit)).reason is FrameReason.TOO_DEEP


def depth_of(value: object) -> int:
    match value:
        case dict():
            return 1 + max(map(depth_of, value.values()), default=0)
        case list():
            return 1 + max(map(depth_of, value), default=0)
        case _:
            return 0


# Pieces that are right, nearly right or wrong, written tightly: the quick reader must take none too many.
LITERALS = st.one_of(
    st.integers().map(str),
    st.integers(-(1 << 65), 1 << 65).map(str),
    st.floats().map(repr),
    st.sampled_from(
        [str(1 << 64), str((1 << 64) - 1), str(-(1 << 63)), str(-(1 << 63) - 1), "9" * 19, "-" + "9" * 19]
    ),
    st.sampled_from(
        ["-0", "-0.0", "1e5", "1E5", "1e400", "01", "1.", "NaN", "null", "true", "100.0", "2e-07"]
    ),
    st.text(max_size=4).map(lambda text: json.dumps(text, ensure_ascii=False)),
    st.text(max_size=4).map(json.dumps),
    st.sampled_from(['"\\/"', '"\\ud800"', '"\x7f"', '"\x01"', '"a', '"00000000000000000000"', '":-1"']),
)
KEYS = st.sampled_from(['"a"', '"b"', '"\\u0061"', '"é"'])
TIGHT_TEXTS = st.recursive(
    LITERALS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: "[" + ",".join(parts) + "]"),
        st.lists(st.tuples(KEYS, inner), max_size=3).map(
            lambda members: "{" + ",".join(f"{key}:{value}" for key, value in members) + "}"
        ),
    ),
    max_leaves=6,
).map(lambda text: text.encode("utf-8", "surrogatepass"))


@given(TIGHT_TEXTS)
@example(b'{"a":1,"a":1}')
@example(b'{"a":1,"\\u0061":1}')
@example(b"[-9223372036854775809]")
@example(b"[18446744073709551616]")
@example(b"-9223372036854775809")
@example(b"18446744073709551616")
def test_the_quick_reader_takes_nothing_that_the_strict_one_refuses_or_reads_differently(raw: bytes) -> None:
    quick = frames._canonical(raw)

    if quick is not None:
        assert repr(quick) == repr(frames._strictly_read(raw))


def test_the_quick_reader_takes_what_an_encoder_usually_writes() -> None:
    payload = {
        "v": [0, -1, 12345.6, 1 << 60, True, None, 'ü"\\\n'],
        "w": {"x": "bench-0000000000000000000000002"},
    }
    raw = json.dumps([2, "a", "X", payload], ensure_ascii=False, separators=(",", ":")).encode()

    assert frames._canonical(raw) == [2, "a", "X", payload]
