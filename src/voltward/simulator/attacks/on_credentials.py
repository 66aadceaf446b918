"""Attempts to get in as somebody else: without, with wrong, with foreign and with outworn credentials."""

from __future__ import annotations

import asyncio
import statistics
from dataclasses import dataclass, field, replace
from typing import Final

from voltward.domain.secret import Secret
from voltward.simulator.attacks.evidence import NOBODY, UNAUTHORIZED, judged
from voltward.simulator.attacks.target import PATIENCE, Sight, Target, Victim
from voltward.simulator.dial import CertificateLogin, PasswordLogin
from voltward.simulator.link import Connected, HttpRefused, Outcome, open_link, words

_WRONG: Final = PasswordLogin(Secret(b"wrong-password-0000"))
_FORGED_HEADERS: Final = (
    ("Client-Cert", ":MIIBqDCCAU6gAwIBAgIBBzAKBggqhkjOPQQDAjA6:"),  # RFC 9440
    ("X-Client-Cert", "-----BEGIN CERTIFICATE-----"),
    ("X-Forwarded-Client-Cert", "Subject=CN={serial}"),
    ("X-Forwarded-For", "127.0.0.1"),
    ("X-SSL-Client-Verify", "SUCCESS"),
    ("X-SSL-Client-S-DN", "CN={serial}"),
    ("SSL_CLIENT_VERIFY", "SUCCESS"),
    ("X-Voltward-Station", "{identity}"),
    ("X-Voltward-Profile", "3"),
)
_GUESSERS: Final = 8
_REFUSALS: Final = 4  # that have to be seen
_GUESSING_SECONDS: Final = 6.0
_AT_ONCE: Final = 2.0  # seconds that the real station may need to be back
_SAMPLES: Final = 3
_TOLERANCE: Final = 0.3  # seconds between the two medians: loopback, on a busy machine


async def with_the_identity_alone(target: Target) -> Sight:
    """Knowing the name gives nothing (CWE-306)."""
    return await judged(await target.attempt(target.resting, None), UNAUTHORIZED)


async def with_a_wrong_password(target: Target) -> Sight:
    """One guess."""
    return await judged(await target.attempt(target.resting, _WRONG), UNAUTHORIZED)


async def with_the_password_of_another(target: Target) -> Sight:
    """A right password, of the attacker's own station, at the victim's path."""
    login = target.insider.login
    assert isinstance(login, PasswordLogin), "the insider uses a password"
    foreign = replace(login, username=target.insider.identity)
    return await judged(await target.attempt(target.resting, foreign), UNAUTHORIZED)


async def with_two_authorizations(target: Target) -> Sight:
    """A wrong login and a right one of another station, hoping that two readers pick different ones."""
    login = target.insider.login
    assert isinstance(login, PasswordLogin), "the insider uses a password"
    second = login.header(target.insider.identity)
    dial = replace(target.dial(target.resting, _WRONG), headers=(second,))
    return await judged(await open_link(dial, seconds=PATIENCE), {400, 401})


async def with_the_certificate_of_another(target: Target) -> Sight:
    """A good certificate of another station (field note 27)."""
    return await _with_certificate(target, target.loot.other_station, frozenset({"bad_certificate"}))


async def with_an_expired_certificate(target: Target) -> Sight:
    """The victim's own, after its end."""
    return await _with_certificate(target, target.loot.expired, frozenset({"certificate_expired"}))


async def with_a_self_signed_certificate(target: Target) -> Sight:
    """The victim's name, vouched for by nobody."""
    alerts = frozenset({"unknown_ca", "bad_certificate"})
    return await _with_certificate(target, target.loot.self_signed, alerts)


async def with_a_revoked_certificate(target: Target) -> Sight:
    """The victim's own, withdrawn."""
    return await _with_certificate(target, target.loot.revoked, frozenset({"certificate_revoked"}))


async def with_an_unknown_authority(target: Target) -> Sight:
    """The victim's name, vouched for by a stranger."""
    alerts = frozenset({"unknown_ca", "bad_certificate"})
    return await _with_certificate(target, target.loot.unknown_authority, alerts)


async def with_a_lower_profile(target: Target) -> Sight:
    """A station that has to show a certificate comes with a password over TLS (A00.FR.002)."""
    return await judged(await target.attempt(target.certified, target.loot.lower_profile), UNAUTHORIZED)


async def with_forged_headers(target: Target) -> Sight:
    """What a TLS terminator would say of a certificate, said by the attacker."""
    names = {"serial": target.certified.serial, "identity": target.certified.identity}
    headers = tuple((name, value.format_map(names)) for name, value in _FORGED_HEADERS)
    dial = replace(target.dial(target.certified, None), headers=headers)
    return await judged(await open_link(dial, seconds=PATIENCE), UNAUTHORIZED)


async def by_guessing(target: Target) -> Sight:
    """A burst of guesses from many addresses; meanwhile the real station has to get in at once (CWE-307)."""
    burst = _Burst()
    async with asyncio.TaskGroup() as group:
        guessers = [group.create_task(_guess(target, number, burst)) for number in range(_GUESSERS)]
        await burst.under_way.wait()
        back = await _real_station_returns(target)
        for guesser in guessers:
            guesser.cancel()  # the answers still owed to them are long in coming, and tell nothing new
    held = burst.got_in == 0 and burst.refused >= _REFUSALS and back is None
    station = "the real station was in at once" if back is None else f"the real station: {back}"
    return Sight(f"{burst.refused} guesses refused, {burst.got_in} got in; {station}", held)


async def by_telling_names_from_passwords(target: Target) -> Sight:
    """Which identities exist must not show (ruling 8): compare an unknown name with a wrong password."""
    stranger = replace(target.resting, identity=NOBODY)
    unknown: list[Outcome] = []
    wrong: list[Outcome] = []
    for number in range(_SAMPLES):
        # From an address each, or the growing delay would tell them apart.
        unknown.append(await _from(target, 2 * number + 1, stranger))
        wrong.append(await _from(target, 2 * number + 2, target.resting))
    faces = {_face(outcome) for outcome in (*unknown, *wrong)}
    if len(faces) != 1 or not all(isinstance(outcome, HttpRefused) for outcome in (*unknown, *wrong)):
        return Sight(f"unknown: {words(unknown[0])}, wrong password: {words(wrong[0])}", held=False)
    gap = abs(_median(unknown) - _median(wrong))
    return Sight(
        f"both {words(wrong[0])}, same headers and body, {gap * 1000:.0f} ms apart", held=gap <= _TOLERANCE
    )


async def _with_certificate(target: Target, login: CertificateLogin, alerts: frozenset[str]) -> Sight:
    return await judged(await target.attempt(target.certified, login), UNAUTHORIZED, alerts)


@dataclass(slots=True)
class _Burst:
    """What the guessers share."""

    under_way: asyncio.Event = field(default_factory=asyncio.Event)
    guessers: int = _GUESSERS
    refused: int = 0
    got_in: int = 0


async def _guess(target: Target, number: int, burst: _Burst) -> None:
    source = target.sources[number % len(target.sources)]
    ends = asyncio.get_running_loop().time() + _GUESSING_SECONDS
    attempt = 0
    while asyncio.get_running_loop().time() < ends:
        attempt += 1
        guess = PasswordLogin(Secret(f"guess-{number:02}-{attempt:06}".encode()))
        outcome = await open_link(target.dial(target.resting, guess, source=source), seconds=PATIENCE)
        if isinstance(outcome, Connected):
            burst.got_in += 1
            await outcome.link.close()
        elif isinstance(outcome, HttpRefused) and outcome.status in {401, 429, 503}:
            burst.refused += 1
        else:
            break
        # The real station comes in the thick of it: some guesses have failed, the others are on their way.
        if burst.got_in or burst.refused >= _REFUSALS:
            burst.under_way.set()
    burst.guessers -= 1
    if not burst.guessers:
        burst.under_way.set()


async def _real_station_returns(target: Target) -> str | None:
    """None when it was let in at once; otherwise what happened."""
    dial = target.dial(target.resting, target.resting.login, source="127.0.0.1")
    outcome = await open_link(dial, seconds=PATIENCE)
    if not isinstance(outcome, Connected):
        return words(outcome)
    await outcome.link.close()
    return None if outcome.seconds <= _AT_ONCE else f"in after {outcome.seconds:.1f} s"


async def _from(target: Target, steps: int, victim: Victim) -> Outcome:
    elsewhere = target.from_elsewhere(steps)
    outcome = await elsewhere.attempt(victim, _WRONG)
    if isinstance(outcome, Connected):
        await outcome.link.close()
    return outcome


def _face(outcome: Outcome) -> object:
    """All that the attacker can see, but for the clock."""
    if not isinstance(outcome, HttpRefused):
        return words(outcome)
    headers = tuple((name, value) for name, value in outcome.headers if name.lower() != "date")
    return outcome.status, headers, outcome.body


def _median(outcomes: list[Outcome]) -> float:
    return statistics.median(outcome.seconds for outcome in outcomes)
