"""WebSocket frames of an open connection, for both roles: bytes in, events out; payloads in, bytes out.

Whole data frames, ping, pong and close are read here. Fragments, and frames that an extension has touched, go
to websockets' own parser, one frame at a time (ruling 21). RFC 6455 is kept as that library keeps it, with
these differences: a length must be in its shortest form; a message has at most `MAX_FRAGMENTS` fragments; a
control frame longer than 125 bytes is 1002, never 1009, and one between fragments is not counted against the
message. A fault is raised as soon as the header shows it, before the payload is kept.

Text is *not* checked for UTF-8: the JSON reader does that, strictly, for whole and for assembled messages
alike (ruling 16). Only the reason of a close frame is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from struct import Struct

from websockets.exceptions import ProtocolError
from websockets.extensions import Extension
from websockets.frames import Close as ClosePayload
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import CLIENT, SERVER, Protocol
from websockets.speedups import apply_mask

MAX_FRAGMENTS = 1_024
MAX_CONTROL = 125  # bytes of payload in ping, pong and close; RFC 6455 5.5

_SMALLEST = 8  # bytes that the header of a whole text may take

_FIN_TEXT, _FIN_BINARY = 0x81, 0x82
_FIN_CLOSE, _FIN_PING, _FIN_PONG = 0x88, 0x89, 0x8A
_WHOLE = frozenset((_FIN_TEXT, _FIN_BINARY, _FIN_CLOSE, _FIN_PING, _FIN_PONG))
_RSV1 = 0x40

_SHORT = Struct("!BB")
_MEDIUM = Struct("!BBH")
_LONG = Struct("!BBQ")


@dataclass(frozen=True, slots=True)
class Text:
    """A whole text message; UTF-8 is not checked."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Binary:
    """A whole binary message. OCPP has none."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Ping:
    """To be answered with `pong(payload)`."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Pong:
    """The answer to a ping of ours, or a sign of life that nobody asked for."""

    payload: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """The peer closes; answer with `close(code, reason)` unless that was sent. 1005: it gave no code."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class ProtocolFault:
    """The peer broke the protocol: send `close(close_code, reason)` and end the connection."""

    close_code: int
    reason: str


Event = Text | Binary | Ping | Pong | Close | ProtocolFault


class _Broken(Exception):
    """Inside this module: what is to become a ProtocolFault."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.fault = ProtocolFault(int(code), reason)


class FrameCodec:
    """One connection after its upgrade. After a Close or a ProtocolFault nothing more is read.

    `max_message` bounds one message in bytes, assembled and decompressed; what is kept of an unfinished
    frame is bounded by it too. `masking_key` gives 4 unpredictable bytes, for the client's role alone.
    `extensions` are the agreed ones, from `wire.upgrade`.
    """

    __slots__ = (
        "_assembled",
        "_core",
        "_extensions",
        "_finished",
        "_held",
        "_masking_key",
        "_max_message",
        "_message",
        "_parts",
        "_peer_masks",
        "_wanted",
    )

    def __init__(
        self,
        *,
        is_server: bool,
        max_message: int,
        masking_key: Callable[[], bytes] | None = None,
        extensions: Sequence[Extension] = (),
    ) -> None:
        if is_server is not (masking_key is None):
            raise ValueError(
                "a client masks its frames and a server does not: masking_key goes with the role"
            )
        self._peer_masks = 0x80 if is_server else 0
        self._masking_key = masking_key
        self._max_message = max_message
        self._extensions = tuple(extensions)
        # What few connections need is there while it is needed.
        self._held: bytearray | None = None  # the beginning of a frame that is not complete
        self._wanted = 0  # bytes that `_held` must reach before it is looked at again
        self._core: Protocol | None = None
        self._message: type[Text | Binary] | None = None  # of the fragmented message under way
        self._parts: list[bytes] | None = None
        self._assembled = 0
        self._finished = False

    # -- reading

    def whole_text(self, data: bytes) -> bytes | None:
        """The payload if `data` is one whole text frame and nothing else.

        None for everything else, right or wrong: then `receive` has to read it.
        """
        size = len(data)
        if size < _SMALLEST or data[0] != _FIN_TEXT or self._held or self._message or self._finished:
            return None
        length, start = data[1] ^ self._peer_masks, 2
        if length == 126:
            length, start = data[2] << 8 | data[3], 4
            if length <= MAX_CONTROL:
                return None
        elif length > MAX_CONTROL:
            return None
        if self._peer_masks:
            start += 4
        if start + length != size or length > self._max_message:
            return None
        return apply_mask(data[start:], data[start - 4 : start]) if self._peer_masks else data[start:]

    def receive(self, data: bytes | memoryview) -> list[Event]:
        """Read what has arrived; the events in their order. `data` is not kept."""
        events: list[Event] = []
        if self._finished:
            return events
        held = self._held
        if held is not None:
            held += data
            if len(held) < self._wanted:
                return events
            chunk, self._held = bytes(held), None
        else:
            chunk = bytes(data)  # slices of bytes cost half as much as slices of a view
        at, end = 0, len(chunk)
        try:
            while at < end:
                start, stop = self._bounds(chunk, at, end)
                if stop > end:
                    self._held = bytearray(chunk[at:])
                    self._wanted = stop - at
                    break
                event = self._take(chunk, at, start, stop)
                at = stop
                if event is not None:
                    events.append(event)
                    if self._finished:
                        break
        except _Broken as broken:
            self._finish()
            events.append(broken.fault)
        return events

    def _bounds(self, data: bytes, at: int, end: int) -> tuple[int, int]:
        """Where the payload starts and the frame stops; of a header that is cut, where the header stops."""
        if end - at < 2:
            return end, at + 2
        first = data[at]
        # Masked by a client and only by a client: what is left after this is the length.
        length = data[at + 1] ^ self._peer_masks
        if length > 127:
            raise _Broken(CloseCode.PROTOCOL_ERROR, "incorrect masking")
        start = at + 2
        if length > MAX_CONTROL:
            start = at + (4 if length == 126 else 10)
            if start > end:
                return end, start
            length = _long_length(data, at, start)
            if first & 0x08:
                raise _Broken(CloseCode.PROTOCOL_ERROR, "control frame too long")
        if first not in _WHOLE:
            self._check_unusual(first)
        if length > self._max_message - self._assembled and first & 0x08 == 0:
            raise _Broken(CloseCode.MESSAGE_TOO_BIG, "message too big")
        if self._peer_masks:
            start += 4
        return start, start + length

    def _check_unusual(self, first: int) -> None:
        """Let fragments pass, and what the extensions may have written; nothing else."""
        opcode = first & 0x0F
        if opcode & 0x07 > 2:
            raise _Broken(CloseCode.PROTOCOL_ERROR, "invalid opcode")
        reserved = 0x30 if self._extensions and opcode < 8 else 0x70
        if first & reserved:
            raise _Broken(CloseCode.PROTOCOL_ERROR, "reserved bits must be 0")
        if opcode >= 8:
            raise _Broken(CloseCode.PROTOCOL_ERROR, "fragmented control frame")

    def _take(self, data: bytes, at: int, start: int, stop: int) -> Event | None:
        first = data[at]
        if first not in _WHOLE or (self._message is not None and first < 0x88):
            return self._pass_to_core(data[at:stop])
        if self._peer_masks:
            payload = apply_mask(data[start:stop], data[start - 4 : start])
        else:
            payload = data[start:stop]
        if first == _FIN_TEXT:
            return Text(payload)
        if first == _FIN_PING:
            return Ping(payload)
        if first == _FIN_PONG:
            return Pong(payload)
        if first == _FIN_BINARY:
            return Binary(payload)
        return self._read_close(payload)

    def _read_close(self, payload: bytes) -> Close:
        try:
            close = ClosePayload.parse(payload)
        except UnicodeDecodeError as error:
            raise _Broken(CloseCode.INVALID_DATA, "close reason is not UTF-8") from error
        except ProtocolError as error:
            raise _Broken(CloseCode.PROTOCOL_ERROR, str(error)) from error
        if self._message is not None:
            raise _Broken(CloseCode.PROTOCOL_ERROR, "incomplete fragmented message")
        self._finish()
        return Close(int(close.code), close.reason)

    def _pass_to_core(self, frame: bytes) -> Text | Binary | None:
        """One frame through websockets' parser; the message, when this frame was its last."""
        core = self._core
        if core is None:
            core = self._core = Protocol(SERVER if self._peer_masks else CLIENT, max_size=self._max_message)
            core.extensions = list(self._extensions)
        core.receive_data(frame)
        if core.parser_exc is not None:
            sent = core.close_sent
            assert sent is not None  # the parser fails with a close frame, which is not sent from here
            raise _Broken(int(sent.code), sent.reason)
        parsed = core.events_received()[0]
        assert isinstance(parsed, Frame)
        if parsed.opcode is not Opcode.CONT:
            self._message = Text if parsed.opcode is Opcode.TEXT else Binary
        return self._assemble(bytes(parsed.data), is_last=parsed.fin)

    def _assemble(self, part: bytes, *, is_last: bool) -> Text | Binary | None:
        parts = self._parts = self._parts or []
        parts.append(part)
        self._assembled += len(part)
        if len(parts) > MAX_FRAGMENTS:
            raise _Broken(CloseCode.POLICY_VIOLATION, "too many fragments")
        if not is_last:
            return None
        kind = self._message or Text
        message = kind(b"".join(parts))
        self._forget_message()
        return message

    def _forget_message(self) -> None:
        self._message = None
        self._parts = None
        self._assembled = 0

    def _finish(self) -> None:
        self._finished = True
        self._held = None
        self._core = None
        self._forget_message()

    # -- writing

    def text(self, payload: bytes) -> bytes:
        """The frame of a text message; `payload` is UTF-8."""
        return self._frame(_FIN_TEXT, payload)

    def ping(self, payload: bytes = b"") -> bytes:
        """A ping, up to 125 bytes."""
        return self._control(_FIN_PING, payload)

    def pong(self, payload: bytes = b"") -> bytes:
        """The answer to a ping with the same payload."""
        return self._control(_FIN_PONG, payload)

    def close(self, code: int = CloseCode.NORMAL_CLOSURE, reason: str = "") -> bytes:
        """A close frame; the reason is cut to fit. 1005 makes one without a code: the echo of such a one."""
        if code == CloseCode.NO_STATUS_RCVD:
            return self._control(_FIN_CLOSE, b"")
        fitting = reason.encode()[: MAX_CONTROL - 2].decode(errors="ignore")
        return self._control(_FIN_CLOSE, ClosePayload(code, fitting).serialize())

    def _control(self, first: int, payload: bytes) -> bytes:
        if len(payload) > MAX_CONTROL:
            raise ValueError("a control frame holds at most 125 bytes")
        return self._frame(first, payload)

    def _frame(self, first: int, payload: bytes) -> bytes:
        if self._extensions and first < 0x88:
            first, payload = self._extend(first, payload)
        length = len(payload)
        masked = 0 if self._masking_key is None else 0x80
        if length <= MAX_CONTROL:
            header = _SHORT.pack(first, masked | length)
        elif length < 65_536:
            header = _MEDIUM.pack(first, masked | 126, length)
        else:
            header = _LONG.pack(first, masked | 127, length)
        if self._masking_key is None:
            return header + payload
        key = self._masking_key()
        return b"".join((header, key, apply_mask(payload, key)))

    def _extend(self, first: int, payload: bytes) -> tuple[int, bytes]:
        frame = Frame(Opcode(first & 0x0F), payload)
        for extension in self._extensions:
            frame = extension.encode(frame)
        return first | (_RSV1 if frame.rsv1 else 0), bytes(frame.data)


def _long_length(data: bytes, at: int, start: int) -> int:
    if start == at + 4:
        length, shortest = data[at + 2] << 8 | data[at + 3], MAX_CONTROL + 1
    else:
        length, shortest = int.from_bytes(data[at + 2 : start], "big"), 65_536
    if length < shortest:
        raise _Broken(CloseCode.PROTOCOL_ERROR, "length is not in its shortest form")
    return length
