"""What an attack is aimed at, what the attacker has stolen, and what an attack comes to. Values only."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Final

from voltward.simulator.dial import CertificateLogin, Dial, Endpoint, Login, PasswordLogin
from voltward.simulator.link import Outcome, open_link

#: An answer to a failed login may be held back and the delay grows (ruling 10): wait long for it.
PATIENCE: Final = 12.0  # seconds
LOOPBACK_SOURCES: Final = tuple(f"127.0.0.{number}" for number in range(2, 42))


@dataclass(frozen=True, slots=True)
class Victim:
    """A registered station, and its right credential in the attacker's hands.

    `still_answers` makes a call through the station's own live link and says whether it was answered.
    None: nobody plays this station, and an attack that needs it alive plays it as well.
    """

    identity: str
    dialect: str
    serial: str
    login: Login
    still_answers: Callable[[], Awaitable[bool]] | None = None


@dataclass(frozen=True, slots=True)
class Loot:
    """Credentials to attack a certificate station with; only `other_station` is good, for another one."""

    other_station: CertificateLogin
    expired: CertificateLogin
    self_signed: CertificateLogin
    revoked: CertificateLogin
    unknown_authority: CertificateLogin
    lower_profile: PasswordLogin  # a password for a station that has to show a certificate


@dataclass(frozen=True, slots=True)
class Target:
    """The door, and the stations behind it that attacks make use of.

    `live` is connected (or played by the attack), `resting` is not and uses a password; `certified` uses
    a certificate; `insider` is the attacker's own, legitimate, password station, proven and not connected.
    `endpoint` is the TLS port, `plain` the listener of profile 1 where there is one.
    """

    endpoint: Endpoint
    live: Victim
    resting: Victim
    certified: Victim
    insider: Victim
    loot: Loot
    plain: Endpoint | None = None
    sources: tuple[str, ...] = LOOPBACK_SOURCES

    @property
    def source(self) -> str:
        """Where an attack comes from."""
        return self.sources[0]

    def from_elsewhere(self, steps: int) -> Target:
        """The same target, attacked from other addresses: one attack's penalties are not the next one's."""
        turn = steps % len(self.sources)
        return replace(self, sources=self.sources[turn:] + self.sources[:turn])

    def dial(self, victim: Victim, login: Login, *, source: str | None = None) -> Dial:
        """An attempt to connect as `victim` with `login`, in the victim's dialect."""
        return Dial(self.endpoint, victim.identity, login, (victim.dialect,), source=source or self.source)

    async def attempt(self, victim: Victim, login: Login) -> Outcome:
        """Make such an attempt, and wait long enough for the refusal."""
        return await open_link(self.dial(victim, login), seconds=PATIENCE)


@dataclass(frozen=True, slots=True)
class Sight:
    """What an attack saw. `held` only on positive evidence: silence and local errors prove nothing."""

    words: str
    held: bool


@dataclass(frozen=True, slots=True)
class Attack:
    """One named attempt: what it tries, what a sound door does, and the attempt itself."""

    name: str
    tries: str
    expected: str
    run: Callable[[Target], Awaitable[Sight]]


@dataclass(frozen=True, slots=True)
class AttackResult:
    """What came of an attack. `held`: the door did what a sound door does."""

    name: str
    expected: str
    seen: str
    held: bool
    seconds: float
