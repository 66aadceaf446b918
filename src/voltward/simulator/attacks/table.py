"""The table of attacks, and how they are carried out.

Every row is played against a sound door in the demo and the journeys, and against a deliberately weak one
in the tests: an attack that cannot fail says nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Final

from voltward.simulator.attacks import on_credentials as credentials
from voltward.simulator.attacks import on_links as links
from voltward.simulator.attacks import on_tls as tls
from voltward.simulator.attacks.target import Attack, AttackResult, Sight, Target

ATTACK_SECONDS: Final = 60.0
ON_THE_PLAIN_LISTENER: Final = "plain-listener"

#: In this order, one after the other, no attack meets a delay that an earlier one earned.
ATTACKS: Final = (
    Attack(
        "name-or-password",
        "find out which identities exist",
        "an unknown identity looks like a wrong password",
        credentials.by_telling_names_from_passwords,
    ),
    Attack(
        "identifier-only", "get in with the identity alone", "HTTP 401", credentials.with_the_identity_alone
    ),
    Attack("wrong-password", "get in with a guess", "HTTP 401", credentials.with_a_wrong_password),
    Attack(
        "another-stations-password",
        "use the attacker's own right password at another station's path",
        "HTTP 401",
        credentials.with_the_password_of_another,
    ),
    Attack(
        "two-authorizations",
        "send a wrong login and somebody else's right one together",
        "HTTP 400 or 401",
        credentials.with_two_authorizations,
    ),
    Attack(
        "another-stations-certificate",
        "use another station's good certificate",
        "HTTP 401",
        credentials.with_the_certificate_of_another,
    ),
    Attack(
        "expired-certificate",
        "use the station's certificate after its end",
        "HTTP 401, or an alert that says so",
        credentials.with_an_expired_certificate,
    ),
    Attack(
        "self-signed-certificate",
        "use a certificate that vouches for itself",
        "HTTP 401, or an alert that says so",
        credentials.with_a_self_signed_certificate,
    ),
    Attack(
        "revoked-certificate",
        "use a certificate that was withdrawn",
        "HTTP 401, or an alert that says so",
        credentials.with_a_revoked_certificate,
    ),
    Attack(
        "unknown-authority",
        "use a certificate of an authority that nobody trusts",
        "HTTP 401, or an alert that says so",
        credentials.with_an_unknown_authority,
    ),
    Attack(
        "forged-certificate-headers",
        "claim a verified certificate in HTTP headers",
        "HTTP 401",
        credentials.with_forged_headers,
    ),
    Attack(
        "lower-profile",
        "come with a password as a station that has to show a certificate",
        "HTTP 401",
        credentials.with_a_lower_profile,
    ),
    Attack(
        ON_THE_PLAIN_LISTENER,
        "come without TLS as a station of profile 2",
        "HTTP 401",
        tls.on_the_plain_listener,
    ),
    Attack(
        "guessing",
        "guess from many addresses, and lock the real station out with it",
        "every guess refused, the real station in at once",
        credentials.by_guessing,
    ),
    Attack("no-tls", "speak plain HTTP to the TLS port", "HTTP 4xx or closed at once", tls.without_tls),
    Attack("tls-1.1", "offer nothing newer than TLS 1.1", "TLS alert protocol_version", tls.with_tls_1_1),
    Attack(
        "weak-suites",
        "offer only broken, anonymous and export suites",
        "TLS alert handshake_failure",
        tls.with_weak_suites,
    ),
    Attack(
        "renegotiation",
        "begin a second handshake inside the first",
        "TLS alert no_renegotiation",
        tls.with_a_renegotiation,
    ),
    Attack(
        "second-connection",
        "take a live station's place with its right password",
        "HTTP 409, and the station's link goes on",
        links.second_with_the_right_password,
    ),
    Attack(
        "second-connection-wrong-password",
        "disturb a live station without its password",
        "HTTP 401, and the station's link goes on",
        links.second_with_a_wrong_password,
    ),
    Attack(
        "oversize-head", "send a request head of 64 KiB", "HTTP 4xx or closed", links.with_an_oversize_head
    ),
    Attack("oversize-frame", "announce a frame of 64 MiB", "closed with 1009", links.with_an_oversize_frame),
    Attack("unmasked-frame", "send a frame without a mask", "closed with 1002", links.with_an_unmasked_frame),
    Attack(
        "reserved-bits", "use an extension nobody agreed on", "closed with 1002", links.with_reserved_bits
    ),
    Attack(
        "reserved-opcode", "send a frame of no known kind", "closed with 1002", links.with_a_reserved_opcode
    ),
    Attack("invalid-utf-8", "send text that is no text", "closed, or CALLERROR", links.with_invalid_text),
    Attack("broken-json", "send half a message", "closed, or CALLERROR", links.with_broken_json),
    Attack(
        "duplicate-keys",
        "send a message that two parsers read differently",
        "closed, or CALLERROR",
        links.with_duplicate_keys,
    ),
    Attack("deep-json", "send a message nested 5000 deep", "closed, or CALLERROR", links.with_deep_json),
)


def attacks_for(target: Target) -> tuple[Attack, ...]:
    """The attacks that make sense: without a plain listener there is nothing to try there."""
    return tuple(
        attack for attack in ATTACKS if attack.name != ON_THE_PLAIN_LISTENER or target.plain is not None
    )


async def carry_out(attack: Attack, target: Target) -> AttackResult:
    """Carry out one attack; one that does not end in time has not held."""
    clock = asyncio.get_running_loop().time
    started = clock()
    try:
        async with asyncio.timeout(ATTACK_SECONDS):
            sight = await attack.run(target)
    except TimeoutError:
        sight = Sight(f"not done within {ATTACK_SECONDS:g} s", held=False)
    return AttackResult(attack.name, attack.expected, sight.words, sight.held, clock() - started)


async def carry_out_all(
    attacks: Iterable[Attack], target: Target, progress: Callable[[AttackResult], None] = lambda _: None
) -> tuple[AttackResult, ...]:
    """One after the other, each from addresses of its own."""
    results: list[AttackResult] = []
    for turn, attack in enumerate(attacks):
        result = await carry_out(attack, target.from_elsewhere(turn))
        progress(result)
        results.append(result)
    return tuple(results)
