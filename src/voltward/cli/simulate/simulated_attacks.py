"""What `voltward simulate --attack` needs: a target made of the stations that it was told about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from voltward.cli.simulate.simulated_stations import is_this_machine
from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret
from voltward.simulator.attacks.table import attacks_for
from voltward.simulator.attacks.target import LOOPBACK_SOURCES, Attack, Loot, Target, Victim
from voltward.simulator.certificates import SimulatedAuthority, Subject, Validity, self_signed
from voltward.simulator.dial import CertificateLogin, PasswordLogin
from voltward.simulator.fleet import Member

ALL: Final = "all"
_ANY_ADDRESS: Final = "0.0.0.0"  # noqa: S104 - to come from, not to listen on

_LOGIN: Final = "a right credential: --password-file, --passwords or --certificate"
_PASSWORDS: Final = "two stations with right passwords: --count 2 --passwords FILE"
_CERTIFICATE: Final = "the certificate that is to be tried: --certificate FILE --key FILE"

#: What an attack has to be told; those that are not here need nothing but the identity.
_NEEDS: Final[Mapping[str, str]] = {
    "another-stations-password": _PASSWORDS,
    "two-authorizations": _PASSWORDS,
    "another-stations-certificate": _CERTIFICATE,
    "expired-certificate": _CERTIFICATE,
    "revoked-certificate": _CERTIFICATE,
    "guessing": _LOGIN,
    "second-connection": _LOGIN,
    "second-connection-wrong-password": _LOGIN,
    "oversize-frame": _LOGIN,
    "unmasked-frame": _LOGIN,
    "reserved-bits": _LOGIN,
    "reserved-opcode": _LOGIN,
    "invalid-utf-8": _LOGIN,
    "broken-json": _LOGIN,
    "duplicate-keys": _LOGIN,
    "deep-json": _LOGIN,
}


def make_target(members: Sequence[Member], now: datetime) -> Target:
    """The first station is the victim; the last, if there are several, is the attacker's own."""
    first = members[0]
    victim, insider = _victim(first), _victim(members[-1])
    return Target(
        endpoint=first.endpoint,
        live=victim,
        resting=victim,
        certified=victim,
        insider=insider,
        loot=_loot(first, now),
        sources=LOOPBACK_SOURCES if is_this_machine(first.endpoint.host) else (_ANY_ADDRESS,),
    )


def choose_attacks(names: Sequence[str], target: Target) -> tuple[list[Attack], dict[str, str]]:
    """The attacks to carry out, and those of `all` that are left out, with what they lack.

    OperatorFault for one that does not exist, or that was named and cannot be carried out.
    """
    known = {attack.name: attack for attack in attacks_for(target)}
    unknown = [name for name in names if name not in known and name != ALL]
    if unknown:
        raise OperatorFault(
            f"there is no attack {unknown[0]!r} for this endpoint.",
            mend="`voltward simulate --list` shows all of them.",
        )
    chosen = list(known) if ALL in names else list(names)
    lacking = {name: lack for name in chosen if (lack := _lacks(name, target)) is not None}
    for name, lack in lacking.items():
        if name in names:
            raise OperatorFault(f"the attack {name} needs {lack}.", mend="Add it.")
    return [known[name] for name in chosen if name not in lacking], lacking


def _lacks(name: str, target: Target) -> str | None:
    need = _NEEDS.get(name)
    victim, insider = target.live, target.insider
    has = {
        None: True,
        _LOGIN: victim.login is not None,
        _PASSWORDS: victim.identity != insider.identity and isinstance(insider.login, PasswordLogin),
        _CERTIFICATE: isinstance(victim.login, CertificateLogin),
    }
    return None if has[need] else need


def _victim(member: Member) -> Victim:
    return Victim(member.identity, member.dialect, member.serial, member.login)


def _loot(victim: Member, now: datetime) -> Loot:
    """What can be made is made; a certificate that was handed in is the one that is tried."""
    subject, validity = Subject(victim.serial, "Nobody"), Validity.current(now)
    stranger = SimulatedAuthority.create("Nobody's Root", now)
    own = self_signed(subject, validity).login
    tried = victim.login if isinstance(victim.login, CertificateLogin) else own
    return Loot(
        other_station=tried,
        expired=tried,
        self_signed=own,
        revoked=tried,
        unknown_authority=stranger.issue(subject, validity).login,
        lower_profile=PasswordLogin(Secret(b"any-password-will-do-for-this")),
    )
