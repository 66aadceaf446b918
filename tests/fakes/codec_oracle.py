"""websockets' own core as the oracle of our codec: the same frames, in the codec's words."""

from __future__ import annotations

from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Close as ClosePayload
from websockets.frames import Frame, Opcode
from websockets.protocol import Protocol, Side

from voltward.wire.websocket import Binary, Close, Event, FrameCodec, Ping, Pong, ProtocolFault, Text

KEY = b"\x01\x82\x43\xc4"
LIMIT = 500


def server(max_message: int = LIMIT) -> FrameCodec:
    return FrameCodec(is_server=True, max_message=max_message)


def client(max_message: int = LIMIT) -> FrameCodec:
    return FrameCodec(is_server=False, max_message=max_message, masking_key=lambda: KEY)


def deflate() -> PerMessageDeflate:
    return PerMessageDeflate(True, True, 12, 12)


def oracle_events(side: Side, frames: list[bytes], *, compressed: bool = False) -> tuple[list[Event], int]:
    """What the library makes of these frames, in the codec's words, and how the last one began."""
    core = Protocol(side, max_size=LIMIT)
    core.extensions = [deflate()] if compressed else []
    events: list[Event] = []
    kind: type[Text | Binary] = Text
    parts: list[bytes] = []
    for frame in frames:
        core.receive_data(frame)
        for parsed in core.events_received():
            assert isinstance(parsed, Frame)
            payload = bytes(parsed.data)
            match parsed.opcode:
                case Opcode.PING:
                    events.append(Ping(payload))
                case Opcode.PONG:
                    events.append(Pong(payload))
                case Opcode.CLOSE:
                    close = ClosePayload.parse(payload)
                    events.append(Close(int(close.code), close.reason))
                    return events, frame[0]
                case opcode:
                    if opcode is not Opcode.CONT:
                        kind, parts = (Text if opcode is Opcode.TEXT else Binary), []
                    parts.append(payload)
                    if parsed.fin:
                        events.append(kind(b"".join(parts)))
        if core.parser_exc is not None:
            assert core.close_sent is not None
            events.append(ProtocolFault(int(core.close_sent.code), ""))
            return events, frame[0]
    return events, 0


def without_words(events: list[Event]) -> list[Event]:
    return [
        ProtocolFault(event.close_code, "") if isinstance(event, ProtocolFault) else event for event in events
    ]


def written(role: FrameCodec, first: int, payload: bytes) -> bytes:
    """A frame with any first byte, by the codec's own writer."""
    return role._frame(first, payload)


def agree(ours: list[Event], theirs: list[Event], first: int) -> bool:
    """The same events, but for one thing: what the library says 1009 of.

    It counts control frames against the message, and looks at the length before the reserved bits; we let
    the one pass, or find what else is wrong with it, and call the other 1002. `first` is the byte that the
    last frame began with.
    """
    if ours == theirs:
        return True
    too_big = theirs[-1:] == [ProtocolFault(1009, "")]
    return (
        too_big and bool(first & 0x78) and ours[: len(theirs) - 1] == theirs[:-1] and len(ours) >= len(theirs)
    )
