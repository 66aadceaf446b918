"""A station with its credentials and exceptions: what the door asks about, in one value."""

from __future__ import annotations

from dataclasses import dataclass

from voltward.domain.credential import (
    Argon2Hash,
    ClientCertificate,
    Credential,
    CredentialState,
    Password,
)
from voltward.domain.finding import ControlException
from voltward.domain.station import Station


@dataclass(frozen=True, slots=True)
class StationEntry:
    """A station with everything that the door asks about it."""

    station: Station
    credentials: tuple[Credential, ...] = ()
    exceptions: tuple[ControlException, ...] = ()
    has_lifecycle: bool = False  # one of its life-cycles is open: how it comes in is told to it
    has_asks: bool = False  # something waits in the store to be asked on its link

    @property
    def has_proven_credential(self) -> bool:
        """Was this hardware ever in with a production credential? (the lanes of ruling 12)"""
        since = self.station.recommissioned_at
        return any(
            c.proven_at is not None and c.purpose == "production" and (since is None or c.proven_at > since)
            for c in self.credentials
        )

    @property
    def has_slow_password(self) -> bool:
        """Whether it takes a slow hash to compare what it may come with."""
        return any(
            isinstance(c.proof, Password) and isinstance(c.proof.verifier, Argon2Hash)
            for c in self.credentials
            if c.state is not CredentialState.RETIRED
        )

    @property
    def sharing_digests(self) -> frozenset[bytes]:
        """Of its passwords that still open something."""
        return frozenset(
            c.sharing_digest
            for c in self.credentials
            if c.sharing_digest and c.state is not CredentialState.RETIRED
        )

    def certificate(self, fingerprint: bytes) -> Credential | None:
        """This station's credential with that fingerprint, the newest one first."""
        for credential in reversed(self.credentials):
            if (
                isinstance(credential.proof, ClientCertificate)
                and credential.proof.fingerprint == fingerprint
            ):
                return credential
        return None
