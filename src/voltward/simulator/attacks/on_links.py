"""Attempts on a link: a second one for a live identity; requests and frames too large or out of shape."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from voltward.domain.secret import Secret
from voltward.simulator.attacks.evidence import UNAUTHORIZED, door_answers, judged
from voltward.simulator.attacks.hostile_frames import FrameShape, hostile_frame
from voltward.simulator.attacks.raw_exchange import exchange
from voltward.simulator.attacks.target import PATIENCE, Sight, Target, Victim
from voltward.simulator.dial import Login, PasswordLogin
from voltward.simulator.frames import CALL_ERROR, CALL_RESULT, Frame, read_frame, write_call
from voltward.simulator.link import Connected, HttpRefused, Link, Outcome, open_link, words
from voltward.simulator.messages.messages import Saying, Telling
from voltward.simulator.messages.tables import TABLES

_ANSWER_SECONDS: Final = 4.0
_HEAD_OCTETS: Final = 64 * 1024
_ANNOUNCED: Final = 64 * 1024 * 1024
_LOGINS: Final = 6  # the previous link of the insider may still be ending
_LOGIN_PAUSE: Final = 0.5  # seconds

_PROTOCOL_ERROR: Final = frozenset({1002})
_TOO_BIG: Final = frozenset({1009})
_BAD_MESSAGE: Final = frozenset({1002, 1003, 1007, 1008, *range(4000, 5000)})

Proof = Callable[[], Awaitable[bool]]


async def second_with_the_right_password(target: Target) -> Sight:
    """The stolen right password, while the real station is alive: 409 (ruling 11), and its link goes on."""
    return await _second(target, target.live.login, frozenset({409}))


async def second_with_a_wrong_password(target: Target) -> Sight:
    """Whoever cannot prove who he is has no effect on the live link (CWE-613)."""
    return await _second(target, PasswordLogin(Secret(b"wrong-password-0000")), UNAUTHORIZED)


async def with_an_oversize_head(target: Target) -> Sight:
    """A request head of 64 KiB over TLS."""
    path = target.endpoint.path_of(target.resting.identity)
    head = (
        f"GET {path} HTTP/1.1\r\nHost: {target.endpoint.authority}\r\nX-Filler: {'x' * _HEAD_OCTETS}\r\n\r\n"
    )
    heard = await exchange(
        target.endpoint,
        head.encode("ascii"),
        source=target.source,
        seconds=PATIENCE,
        enough=lambda octets: b"\r\n" in octets,
        with_tls=target.endpoint.tls is not None,
    )
    if heard.failure is not None:
        return Sight(heard.failure, held=False)
    first = heard.octets.partition(b"\r\n")[0]
    if first.startswith(b"HTTP/1.1 "):
        return Sight(first.decode("ascii", "replace"), held=first.startswith(b"HTTP/1.1 4"))
    closed = heard.ended and await door_answers(target)
    return Sight("closed without an answer" if heard.ended else "no answer in time", held=closed)


async def with_an_oversize_frame(target: Target) -> Sight:
    """A frame that announces 64 MiB, from a station that is logged in: closed with 1009 before it arrives."""
    shape = FrameShape(announced=_ANNOUNCED)
    return await _with_frame(target, hostile_frame(b"x" * 4096, shape), _TOO_BIG)


async def with_an_unmasked_frame(target: Target) -> Sight:
    """A client's frame without a mask (RFC 6455 5.1)."""
    frame = hostile_frame(_heartbeat("unmasked"), FrameShape(is_masked=False))
    return await _with_frame(target, frame, _PROTOCOL_ERROR)


async def with_reserved_bits(target: Target) -> Sight:
    """A bit of an extension that nobody agreed on (RFC 6455 5.2)."""
    frame = hostile_frame(_heartbeat("reserved-bit"), FrameShape(reserved=2))
    return await _with_frame(target, frame, _PROTOCOL_ERROR)


async def with_a_reserved_opcode(target: Target) -> Sight:
    """A kind of frame that does not exist (RFC 6455 5.2)."""
    frame = hostile_frame(_heartbeat("opcode"), FrameShape(opcode=0x3))
    return await _with_frame(target, frame, _PROTOCOL_ERROR)


async def with_invalid_text(target: Target) -> Sight:
    """A text message that is not UTF-8 (ruling 16)."""
    return await _with_message(target, b'[2,"text","DataTransfer",{"vendorId":"\xff\xfe"}]')


async def with_broken_json(target: Target) -> Sight:
    """Half a message (ruling 16)."""
    return await _with_message(target, b'[2,"broken","Heartbeat",{')


async def with_duplicate_keys(target: Target) -> Sight:
    """A message that two parsers read differently (ruling 16)."""
    return await _with_message(target, b'[2,"twice","DataTransfer",{"vendorId":"a","vendorId":"b"}]')


async def with_deep_json(target: Target) -> Sight:
    """A message that no recursive parser survives (ruling 16)."""
    nested = b"[" * 5000 + b"]" * 5000
    return await _with_message(target, b'[2,"deep","DataTransfer",{"vendorId":"a","data":' + nested + b"}]")


# -- a second link


async def _second(target: Target, login: Login, statuses: frozenset[int]) -> Sight:
    async with _alive(target) as still_answers:
        if isinstance(still_answers, str):
            return Sight(still_answers, held=False)
        outcome = await open_link(target.dial(target.live, login), seconds=PATIENCE)
        sight = await judged(outcome, statuses)
        goes_on = await still_answers()
    link = "its link goes on" if goes_on else "its link is dead"
    return Sight(f"{sight.words}; the real station: {link}", held=sight.held and goes_on)


@asynccontextmanager
async def _alive(target: Target) -> AsyncIterator[Proof | str]:
    """The victim connected, with a way to prove it; or words why that could not be had."""
    if target.live.still_answers is not None:
        yield target.live.still_answers
        return
    outcome = await open_link(
        target.dial(target.live, target.live.login, source="127.0.0.1"), seconds=PATIENCE
    )
    if not isinstance(outcome, Connected):
        yield f"the real station could not connect: {words(outcome)}"
        return
    link = outcome.link
    try:
        if await _boots(link, target.live):
            yield lambda: _is_answered(link, "still-there")
        else:
            yield "the boot of the real station was not answered"
    finally:
        await link.close()


async def _boots(link: Link, victim: Victim) -> bool:
    action, payload_of = TABLES[victim.dialect].phrases[Saying.BOOT]
    payload = payload_of(Telling("1970-01-01T00:00:00Z", victim.serial, restarted=False))
    await link.send(write_call("boot", action, payload))
    return await _answer_to(link, "boot") is not None


async def _is_answered(link: Link, message_id: str) -> bool:
    await link.send(_heartbeat(message_id))
    answer = await _answer_to(link, message_id)
    return answer is not None and answer.kind == CALL_RESULT


async def _answer_to(link: Link, message_id: str) -> Frame | None:
    """The answer with this id; what else arrives is passed over."""
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            while (raw := await link.receive(_ANSWER_SECONDS)) is not None:
                frame = read_frame(raw)
                if frame is not None and frame.message_id == message_id:
                    return frame
    except TimeoutError:
        pass
    return None


# -- from a link of the attacker's own


async def _with_message(target: Target, message: bytes) -> Sight:
    return await _with_frame(target, hostile_frame(message, FrameShape()), _BAD_MESSAGE, may_answer=True)


async def _with_frame(
    target: Target, frame: bytes, codes: frozenset[int], *, may_answer: bool = False
) -> Sight:
    """Log in honestly, send the frame; held on a close code of these (or, if it may, a CALLERROR)."""
    outcome = await _log_in(target)
    if not isinstance(outcome, Connected):
        return Sight(f"the attacker's own station: {words(outcome)}", held=False)
    link = outcome.link
    try:
        link.send_raw(frame)
        return await _reaction(link, codes, may_answer=may_answer)
    finally:
        await link.close()


async def _log_in(target: Target) -> Outcome:
    tries = 1
    while True:
        outcome = await target.attempt(target.insider, target.insider.login)
        is_taken = isinstance(outcome, HttpRefused) and outcome.status == 409
        if not is_taken or tries == _LOGINS:
            return outcome
        tries += 1
        await asyncio.sleep(_LOGIN_PAUSE)


async def _reaction(link: Link, codes: frozenset[int], *, may_answer: bool) -> Sight:
    try:
        async with asyncio.timeout(_ANSWER_SECONDS):
            while (raw := await link.receive(_ANSWER_SECONDS)) is not None:
                frame = read_frame(raw)
                if frame is None or frame.kind not in (CALL_RESULT, CALL_ERROR):
                    continue  # a call of the CSMS, not the answer to what was sent
                seen = (
                    f"CALLERROR {frame.error}" if frame.kind == CALL_ERROR else "answered as if it were sound"
                )
                return Sight(seen, held=may_answer and frame.kind == CALL_ERROR)
    except TimeoutError:
        return Sight("no reaction", held=False)
    closing = link.closing
    code = closing.code if closing is not None else 1006
    return Sight(f"closed with {code}", held=code in codes)


def _heartbeat(message_id: str) -> bytes:
    return write_call(message_id, "Heartbeat", {})
