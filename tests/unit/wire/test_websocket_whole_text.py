"""The quick way of the codec: what `whole_text` reads at once is what `receive` would read."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from voltward.wire.websocket import FrameCodec, Text

LIMIT = 500


def server() -> FrameCodec:
    return FrameCodec(is_server=True, max_message=LIMIT)


def client() -> FrameCodec:
    return FrameCodec(is_server=False, max_message=10 * LIMIT, masking_key=lambda: b"mask")


@given(
    st.binary(max_size=140),
    st.booleans(),
    st.sampled_from([0x81, 0x82, 0x01, 0x89, 0xC1]),
    st.binary(max_size=3),
)
def test_what_is_read_at_once_is_what_is_read_in_full(
    payload: bytes, is_server: bool, first: int, behind: bytes
) -> None:
    quick, full = (server(), server()) if is_server else (client(), client())
    sent = (client() if is_server else server()).text(payload)
    data = bytes([first]) + sent[1:] + behind

    text = quick.whole_text(data)

    assert text is None or full.receive(data) == [Text(text)]
    if first == 0x81 and not behind and len(data) >= 8:
        assert text == payload


@given(st.binary(min_size=8, max_size=12))
def test_rubbish_is_never_read_at_once_as_something_else(data: bytes) -> None:
    for role in (server, client):
        text = role().whole_text(b"\x81" + data)
        assert text is None or role().receive(b"\x81" + data) == [Text(text)]


def test_nothing_is_read_at_once_between_fragments_after_a_cut_or_after_a_close() -> None:
    whole = client().text(b"whole text")
    for before in (b"\x01" + client().text(b"part")[1:], whole[:5], client().close()):
        codec = server()
        codec.receive(before)
        assert codec.whole_text(whole) is None
    assert server().whole_text(client().text(bytes(LIMIT + 1))) is None
