"""Who keeps its last verdict while the breaker holds: who proves to be the very one that was in before.

Pure. A handshake with a client certificate proves the key, whatever its path leads to; so the certificate
that is on record for this station, and that came in by right lately, tells who is there even if our anchors,
our clock or our rules are wrong. Nothing else is believed for the breaker's sake: no password, no other
certificate, no station that an operator holds back.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from voltward.domain.credential import ClientCertificate, Credential, CredentialState, Purpose
from voltward.domain.enforcement import Answer, Decision, decide
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Lane, Standing, Station
from voltward.domain.station_entry import StationEntry
from voltward.rulebook.observation import ConnectionObservation
from voltward.usecases.admission.admit_station import DoorRules


@dataclass(frozen=True, slots=True)
class Refusal:
    """Somebody was refused: the decision and all that led to it."""

    decision: Decision
    seen: ConnectionObservation
    entry: StationEntry | None
    credential: Credential | None  # on record for what the station showed
    controller: StationEntry | None = None  # the Local Controller that spoke for the station

    @property
    def control(self) -> str:
        """What decided."""
        return self.decision.deciding.control if self.decision.deciding is not None else ""

    @property
    def holder(self) -> StationEntry | None:
        """Whose certificate it should be: the Local Controller's, or the station's own."""
        return self.controller or self.entry


def is_known_by_proof(refusal: Refusal, since: datetime) -> bool:
    """This station, with the certificate that it came in with by right since then, and nothing against it."""
    entry, holder, credential = refusal.entry, refusal.holder, refusal.credential
    if entry is None or holder is None or credential is None or credential.proven_at is None:
        return False
    if not (_is_in_service(entry.station) and _is_in_service(holder.station)):
        return False
    if credential.purpose is not Purpose.PRODUCTION or credential.state is not CredentialState.ACTIVE:
        return False
    renewed_at = holder.station.recommissioned_at
    if renewed_at is not None and credential.proven_at <= renewed_at:
        return False
    if credential.station != holder.station.id or not _shows(refusal.seen, credential):
        return False
    return max(credential.proven_at, credential.last_in or credential.proven_at) >= since


def keep_verdict(refusal: Refusal, spared: Collection[str], rules: DoorRules, now: datetime) -> Decision:
    """The decision without the controls in `spared`; the very same one if something else refuses as well.

    Whoever is kept has proven itself, so a quarantine for another reason is the repair lane.
    """
    assert refusal.entry is not None
    weighing = replace(rules.weighing(refusal.entry, Lane.REPAIR), vouched=refusal.seen.listener.vouched)
    rest = (verdict for verdict in refusal.decision.failed if verdict.control not in spared)
    left = decide(rest, weighing, now)
    if left.answer is Answer.REFUSE:
        return refusal.decision
    return replace(refusal.decision, answer=left.answer, lane=left.lane, kept=True)


def _is_in_service(station: Station) -> bool:
    return station.standing is Standing.ACTIVE and station.quarantine_lane is None


def _shows(seen: ConnectionObservation, credential: Credential) -> bool:
    """The certificate of this very handshake is the credential's, and nobody else's, and not denied."""
    chain, known, proof = seen.chain, seen.certificate, credential.proof
    if chain is None or known is None or not isinstance(proof, ClientCertificate):
        return False
    if (
        seen.profile_used is not SecurityProfile.TLS_CERTIFICATE
        or chain.leaf.fingerprint != proof.fingerprint
    ):
        return False
    return known.denied is None and known.other_station is None
