from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from tests.fakes.builders import certificate_credential, exception, password_credential, station
from tests.fakes.clock import NOON
from voltward.cli.words import (
    allowance_words,
    credential_facts,
    credential_words,
    exception_words,
    station_facts,
    station_row,
)
from voltward.domain.credential import PasswordForm
from voltward.domain.security_profile import Allowance, SecurityProfile
from voltward.domain.station import Lane, Standing
from voltward.usecases.admission.admission_registry import StationEntry

ALLOWANCE = Allowance(SecurityProfile.UNSECURED_BASIC, NOON + timedelta(days=1), "ann", "modem")


def test_a_record_as_facts_has_what_was_asked_for() -> None:
    assert station_facts(station()) == {
        "station": "CP001",
        "profile": 2,
        "floor": 2,
        "standing": "active",
        "group": "default",
        "site": None,
        "serial": "SN-CP001",
    }
    told = station_facts(station(allowance=ALLOWANCE), [password_credential()], [exception()])
    assert len(told["credentials"]) == len(told["exceptions"]) == 1  # type: ignore[arg-type]
    assert told["allowance"] == allowance_words(ALLOWANCE)


def test_an_order_to_quarantine_is_told_with_lane_and_note() -> None:
    told = station_facts(station(standing=Standing.QUARANTINED, quarantine_lane=Lane.REPAIR, note="odd"))

    assert (told["lane"], told["note"]) == ("repair", "odd")


def test_a_row_says_whether_the_station_is_proven() -> None:
    proven = StationEntry(station(serial=None), (password_credential(proven_at=NOON),))

    assert station_row(proven) == ("CP001", "2", "2", "active", "default", "-", "-", "proven")
    assert station_row(StationEntry(station()))[-1] == "not yet proven"


def test_a_credential_is_told_without_anything_of_the_secret() -> None:
    password, certificate = password_credential(), certificate_credential(proven_at=NOON)

    told = credential_facts(password)
    assert (told["kind"], told["octets"], told["form_seen"]) == ("password", 20, None)
    for digest in (password.sharing_digest, password.proof.verifier.digest):  # type: ignore[union-attr]
        assert digest.hex() not in json.dumps(told, default=str)
    assert credential_facts(certificate)["common_name"] == "SN-CP001"


def test_a_credential_in_one_line() -> None:
    seen = replace(password_credential(proven_at=NOON), last_form=PasswordForm.OCTETS)

    assert credential_words(seen) == (
        "password of 20 octets, generation 1, active, proven 2026-11-22 12:00, seen as octets"
    )
    assert credential_words(certificate_credential()).startswith("certificate ")
    assert "not yet proven" in credential_words(certificate_credential())


def test_indulgences_in_one_line() -> None:
    assert allowance_words(ALLOWANCE) == "profile 1 until 2026-11-23 12:00 UTC (ann: modem)"
    assert exception_words(exception("CERT-06")) == (
        "CERT-06 until 2026-12-22 (ann@example.org: waits for new firmware)"
    )
