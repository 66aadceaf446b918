from __future__ import annotations

from dataclasses import replace

from tests.fakes.builders import certificate_credential, password_credential, slow_credential, station
from tests.fakes.clock import NOON
from voltward.domain.credential import ClientCertificate, CredentialState, Purpose
from voltward.domain.station_entry import StationEntry

PROOF = certificate_credential().proof
LEAF = PROOF.fingerprint if isinstance(PROOF, ClientCertificate) else b""


def test_the_newest_row_of_a_certificate_is_found() -> None:
    old, new = certificate_credential(generation=1), certificate_credential(generation=2)

    assert StationEntry(station(), (old, new)).certificate(LEAF) == new
    assert StationEntry(station(), (password_credential(),)).certificate(LEAF) is None


def test_only_a_production_credential_proves_a_station() -> None:
    proven = password_credential(proven_at=NOON)

    assert StationEntry(station(), (proven,)).has_proven_credential
    assert not StationEntry(station(), (password_credential(),)).has_proven_credential
    commissioning = replace(proven, purpose=Purpose.COMMISSIONING)
    assert not StationEntry(station(), (commissioning,)).has_proven_credential


def test_a_slow_password_counts_while_it_may_still_be_compared() -> None:
    fast = StationEntry(station(), (password_credential(), certificate_credential()))
    retired = slow_credential(state=CredentialState.RETIRED)

    assert StationEntry(station(), (password_credential(), slow_credential())).has_slow_password
    assert not fast.has_slow_password
    assert not StationEntry(station(), (retired,)).has_slow_password
