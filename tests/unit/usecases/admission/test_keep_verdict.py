"""Who is let in while the breaker holds, and who is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.fakes.arrivals import BOOK, arrival, trusted
from tests.fakes.builders import certificate_credential, denied_certificate, password_credential, station
from tests.fakes.certificates import Authority as MadeAuthority
from tests.fakes.clock import NOON
from voltward.crypto.reading.certificates import CertificateReader, fingerprint
from voltward.domain.credential import ClientCertificate, Credential, CredentialState, Purpose
from voltward.domain.enforcement import Answer
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Lane, Standing, Station
from voltward.gateway.door.observe import observe
from voltward.rulebook.evaluate import Evaluator
from voltward.usecases.admission.admission_registry import AdmissionRegistry, StationEntry
from voltward.usecases.admission.admit_station import DoorRules, admit_station
from voltward.usecases.admission.keep_verdict import Refusal, is_known_by_proof, keep_verdict

ROOT = MadeAuthority.create("Station CA")
LEAF = ROOT.issue("SN-CP001", "Example CPO")
P3 = SecurityProfile.TLS_CERTIFICATE
RULES = DoorRules(BOOK, Evaluator(BOOK), {})
YESTERDAY, WEEK = NOON - timedelta(days=1), NOON - timedelta(days=7)


def held(**changes: Any) -> Credential:
    """The certificate that the station came in with, proven long ago, and in by right yesterday."""
    proof = ClientCertificate(fingerprint(LEAF.der), "SN-CP001", fingerprint(ROOT.der))
    ordinary = certificate_credential(proof=proof, proven_at=NOON - timedelta(days=90), last_in=YESTERDAY)
    return replace(ordinary, **changes)


def record(**changes: Any) -> Station:
    return station(**{"profile": P3, "floor": P3, **changes})


def refusal(credential: Credential | None = None, kept: Station | None = None, **knock: Any) -> Refusal:
    """Refused because its anchor is not trusted any more."""
    registry = AdmissionRegistry()
    credential = credential or held()
    entry = StationEntry(kept or record(), (credential,))
    registry.put_station(entry)
    if knock.pop("denied", False):
        registry.set_denials([denied_certificate(fingerprint=fingerprint(LEAF.der))])
    if knock.pop("trusts", False):
        registry.set_authorities([trusted(ROOT)])
    came = arrival(**{"leaf": LEAF, "at": NOON, **knock})
    seen = observe(came, registry, CertificateReader(), ("Example CPO",), None)
    decision = admit_station(seen, entry, RULES, NOON)
    on_record = entry.certificate(seen.chain.leaf.fingerprint) if seen.chain is not None else None
    return Refusal(decision, seen, entry, on_record)


def test_the_very_one_that_was_in_before_is_known_and_keeps_its_verdict() -> None:
    refused = refusal()

    decision = keep_verdict(refused, BOOK.leaning, RULES, NOON)

    assert (refused.decision.answer, refused.control) == (Answer.REFUSE, "CERT-02")
    assert is_known_by_proof(refused, WEEK)
    assert (decision.answer, decision.lane, decision.kept) == (Answer.ADMIT, None, True)
    assert (decision.deciding, decision.failed) == (refused.decision.deciding, refused.decision.failed)


OTHER = ROOT.issue("SN-CP001", "Example CPO")
STRANGERS: dict[str, Callable[[], Refusal]] = {
    "another certificate of the same name": lambda: refusal(leaf=OTHER),
    "no certificate": lambda: refusal(leaf=None),
    "a certificate that was never proven": lambda: refusal(held(proven_at=None)),
    "one that was not in for long": lambda: refusal(held(last_in=NOON - timedelta(days=8))),
    "one that was never in again since its proof": lambda: refusal(held(last_in=None)),
    "a retired credential": lambda: refusal(held(state=CredentialState.RETIRED)),
    "a superseded one": lambda: refusal(held(state=CredentialState.SUPERSEDED)),
    "one of a manufacturer": lambda: refusal(held(purpose=Purpose.COMMISSIONING)),
    "one that is denied by hand": lambda: refusal(denied=True),
    "a retired station": lambda: refusal(kept=record(standing=Standing.RETIRED)),
    "a quarantined one": lambda: refusal(kept=record(standing=Standing.QUARANTINED)),
    "one that an order put into a lane": lambda: refusal(kept=record(quarantine_lane=Lane.REPAIR)),
    "one with new hardware since": lambda: refusal(kept=record(recommissioned_at=YESTERDAY)),
    "an unknown identity": lambda: replace(refusal(), entry=None, credential=None),
    "a credential of somebody else": lambda: replace(refusal(), credential=held(station=station("CP2").id)),
    "a password": lambda: replace(refusal(), credential=password_credential(proven_at=YESTERDAY)),
}  # fmt: skip


@pytest.mark.parametrize("who", STRANGERS)
def test_nobody_else_is_known(who: str) -> None:
    assert not is_known_by_proof(STRANGERS[who](), WEEK)


def test_a_proof_of_this_week_counts_like_an_entrance() -> None:
    assert is_known_by_proof(refusal(held(proven_at=YESTERDAY, last_in=None)), WEEK)


def test_what_else_is_wrong_refuses_all_the_same() -> None:
    refused = refusal(kept=record(standing=Standing.RETIRED))

    assert keep_verdict(refused, BOOK.leaning, RULES, NOON) is refused.decision


def test_only_what_leans_on_our_own_state_is_spared() -> None:
    certificates = {"CERT-02", "CERT-03", "CERT-05", "CERT-06", "CERT-08", "CERT-09", "CERT-12", "CERT-19"}

    assert BOOK.leaning == certificates
