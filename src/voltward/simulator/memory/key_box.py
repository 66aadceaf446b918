"""The station's own certificates with their keys, and the keys that wait for a certificate.

By edition: up to 2.0.1 edition 3 a station uses the newest valid certificate, and 1.6 still does (FR.08 to
FR.10 of A02); the later ones use what was installed last, and drop the other after the first success.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from cryptography import x509

from voltward.simulator.certificates import IssuedCertificate, PrivateKey
from voltward.simulator.dial import CertificateLogin, TokenLogin
from voltward.simulator.memory.uses import CertificateUse
from voltward.simulator.token_place import KeyInToken

#: How many requests of one use a station keeps the keys of; the oldest falls out.
KEPT_REQUESTS: Final = 4


class Choice(StrEnum):
    """Which of several certificates the station shows."""

    LAST_INSTALLED = "installed last"
    NEWEST = "newest"  # of those that have begun, by their beginning
    LAST_TO_END = "last to end"


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate that the station holds the key of."""

    use: CertificateUse
    issued: IssuedCertificate

    @property
    def leaf(self) -> x509.Certificate:
        """Its own, without the issuers."""
        return self.issued.leaf

    @property
    def login(self) -> CertificateLogin | TokenLogin:
        """What the station shows."""
        key = self.issued.key
        return (
            TokenLogin(self.issued.chain_pem, key.place) if isinstance(key, KeyInToken) else self.issued.login
        )


@dataclass(frozen=True, slots=True)
class Pending:
    """A key that a certificate was asked for. `number` is the request's (2.1), None before."""

    use: CertificateUse
    key: PrivateKey
    number: int | None = None


@dataclass(slots=True)
class KeyBox:
    """`held` in the order in which it came; `in_use` is what the last link came up with."""

    held: list[Held] = field(default_factory=list[Held])
    pending: list[Pending] = field(default_factory=list[Pending])
    in_use: Held | None = None

    def for_the_link(self) -> list[Held]:
        """What may be shown to the CSMS."""
        return [one for one in self.held if one.use.is_for_the_link]

    def choose(self, choice: Choice, now: datetime) -> Held | None:
        """What to show now; of two that are equal, the one that came later.

        One that has ended is still tried: the CSMS may let it in (A00.FR.430).
        """
        links = self.for_the_link()
        if not links or choice is Choice.LAST_INSTALLED:
            return links[-1] if links else None
        begun = [one for one in links if one.leaf.not_valid_before_utc <= now] or links
        current = ([one for one in begun if one.leaf.not_valid_after_utc >= now] or begun)[::-1]
        if choice is Choice.LAST_TO_END:
            return max(current, key=lambda one: one.leaf.not_valid_after_utc)
        return max(current, key=lambda one: one.leaf.not_valid_before_utc)

    def ask(self, pending: Pending) -> None:
        """Keep the key of a request."""
        same = [one for one in self.pending if one.use is pending.use]
        if len(same) >= KEPT_REQUESTS:
            self.pending.remove(same[0])
        self.pending.append(pending)

    def match(self, leaf: x509.Certificate, use: CertificateUse | None) -> Pending | None:
        """The request that this certificate answers; `use` None where the CSMS named none."""
        public = leaf.public_key()
        newest_first = reversed(self.pending)
        return next(
            (one for one in newest_first if use in {None, one.use} and one.key.public_key() == public), None
        )

    def knows_number(self, number: int) -> bool:
        """Whether a request with this number waits for its certificate (2.1, A02.FR.26)."""
        return any(one.number == number for one in self.pending)

    def install(self, held: Held) -> None:
        """Take a certificate in; the other requests of its use are over."""
        self.pending = [one for one in self.pending if one.use is not held.use]
        if not held.use.is_for_the_link:
            self.held = [one for one in self.held if one.use is not held.use]
        self.held.append(held)

    def worked(self, held: Held, now: datetime, keeps_old: timedelta | None) -> None:
        """A link came up with it: the others go at once, or when they have been replaced for that long."""
        self.in_use = held
        begun = held.leaf.not_valid_before_utc
        if keeps_old is not None and now < begun + keeps_old:
            return
        self.held = [one for one in self.held if one is held or not one.use.is_for_the_link]

    def discard(self, held: Held) -> None:
        """Drop one that does not work."""
        self.held = [one for one in self.held if one is not held]
        if self.in_use is held:
            self.in_use = None
