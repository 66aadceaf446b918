from __future__ import annotations

from dataclasses import replace

from tests.fakes.builders import certificate_credential, password_credential, station
from tests.fakes.clock import NOON
from voltward.domain.credential import ClientCertificate, Purpose
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
