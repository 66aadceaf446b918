"""What one unit of work has read ahead, and what it has made of it since.

It may be believed to the end of the transaction: in one that writes, nobody else does; one that reads sees
one state. Each answer stands under what is asked for; what does not stand here was not read ahead.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from voltward.domain.ask import Ask
from voltward.domain.authority import DeniedCertificate
from voltward.domain.credential import ClientCertificate, Credential
from voltward.domain.finding import ControlException
from voltward.domain.station import Station, StationId
from voltward.ports.lifecycles import FormTried, IssuedCertificate, Lifecycle

ModelKey = tuple[str, str]  # vendor and name, as they are stored


@dataclass(slots=True)
class Memory:
    """Lists are in the order in which the stores give them. None: read, and there is none."""

    stations: dict[StationId, Station | None] = field(default_factory=dict[StationId, Station | None])
    exceptions: dict[StationId, list[ControlException]] = field(
        default_factory=dict[StationId, list[ControlException]]
    )
    credentials: dict[StationId, list[Credential]] = field(default_factory=dict[StationId, list[Credential]])
    certificates: dict[bytes, list[Credential]] = field(default_factory=dict[bytes, list[Credential]])
    denials: dict[bytes, DeniedCertificate | None] = field(
        default_factory=dict[bytes, DeniedCertificate | None]
    )
    lifecycles: dict[str, Lifecycle | None] = field(default_factory=dict[str, Lifecycle | None])
    under_way: dict[StationId, list[str]] = field(default_factory=dict[StationId, list[str]])  # their ids
    silent: set[str] = field(default_factory=set[str])  # life-cycles that began here, and asked nothing yet
    asks: dict[StationId, list[Ask]] = field(default_factory=dict[StationId, list[Ask]])
    asks_by_name: dict[str, Ask] = field(default_factory=dict[str, Ask])
    issued: dict[bytes, IssuedCertificate | None] = field(
        default_factory=dict[bytes, IssuedCertificate | None]
    )
    issued_for: dict[str, IssuedCertificate | None] = field(
        default_factory=dict[str, IssuedCertificate | None]
    )
    issued_by_key: dict[bytes, list[bytes]] = field(default_factory=dict[bytes, list[bytes]])  # fingerprints
    forms: dict[ModelKey, list[FormTried]] = field(default_factory=dict[ModelKey, list[FormTried]])

    def keep_credential(self, credential: Credential) -> None:
        """As it was read or saved: in the place of what was known of it."""
        held = self.credentials.get(credential.station)
        if held is not None:
            _put(held, credential)
            held.sort(key=lambda one: (one.generation, one.id))
        proof = credential.proof
        same = self.certificates.get(proof.fingerprint) if isinstance(proof, ClientCertificate) else None
        if same is not None:
            _put(same, credential)
            same.sort(key=lambda one: (one.station.tenant, one.station.identity, one.generation, one.id))

    def keep_lifecycle(self, lifecycle: Lifecycle) -> None:
        """One that has ended is not under way any more, and not woken."""
        over = lifecycle.ended_at is not None
        self.lifecycles[lifecycle.id] = replace(lifecycle, wake_at=None) if over else lifecycle
        of_station = self.under_way.get(lifecycle.station) if lifecycle.station is not None else None
        if of_station is None:
            return
        if over:
            of_station[:] = [name for name in of_station if name != lifecycle.id]
        elif lifecycle.id not in of_station:
            of_station.append(lifecycle.id)
            of_station.sort(key=self._begun)

    def _begun(self, name: str) -> tuple[datetime, str]:
        lifecycle = self.lifecycles[name]
        assert lifecycle is not None, "what is under way was read or saved"
        return lifecycle.started_at, name

    def keep_issued(self, certificate: IssuedCertificate) -> None:
        """Found by all that it can be asked for by."""
        self.issued[certificate.fingerprint] = certificate
        self.issued_for[certificate.order] = certificate
        same = self.issued_by_key.get(certificate.key)
        if same is not None and certificate.fingerprint not in same:
            same.append(certificate.fingerprint)

    def keep_ask(self, ask: Ask) -> None:
        """Where those of its station are known; one that is there already stays as it is."""
        self.silent.discard(ask.lifecycle)
        known = self.asks.get(ask.station)
        if known is not None and ask.id not in self.asks_by_name:
            self.asks_by_name[ask.id] = ask
            known.append(ask)
            known.sort(key=lambda one: (one.created_at, one.id))

    def drop_ask(self, ask: Ask) -> None:
        """It is taken away."""
        del self.asks_by_name[ask.id]
        self.asks[ask.station].remove(ask)


def _put(rows: list[Credential], row: Credential) -> None:
    for place, known in enumerate(rows):
        if known.id == row.id:
            rows[place] = row
            return
    rows.append(row)
