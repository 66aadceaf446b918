from __future__ import annotations

from dataclasses import replace

import pytest

from tests.conformance.stations import certificate, certificate_station, with_
from tests.fakes.builders import certificate_credential, station
from tests.fakes.clock import NOON
from voltward.domain.authority import Binding, BindingRule, TrustedFor
from voltward.domain.credential import ClientCertificate
from voltward.domain.station import Standing, StationId
from voltward.gateway.door.local_controllers import silent_controller, speaker_for
from voltward.rulebook.observation import ChainSeen
from voltward.usecases.admission.admission_registry import AdmissionRegistry, StationEntry

CHAIN = certificate_station().chain
assert CHAIN is not None
LEAF = CHAIN.leaf.fingerprint
CP1, LC1 = StationId("CP1"), StationId("LC1")


def registry(*, on_record: bool = True, standing: Standing = Standing.ACTIVE) -> AdmissionRegistry:
    """LC1 speaks for CP1 and CP2; its serial is the one in the certificate."""
    made = AdmissionRegistry()
    proof = ClientCertificate(LEAF, "SN-0007", b"\x01" * 32)
    held = (replace(certificate_credential("LC1"), proof=proof),) if on_record else ()
    controller = station("LC1", serial="SN-0007", behind=("CP1", "CP2"), standing=standing)
    made.put_station(StationEntry(controller, held))
    for identity in ("CP1", "CP2", "CP3"):
        made.put_station(StationEntry(station(identity)))
    return made


def speaker(made: AdmissionRegistry, identity: str, chain: ChainSeen | None = CHAIN) -> str | None:
    found = speaker_for(made.lookup(StationId(identity), NOON), chain, made)
    return found.station.id.identity if found is not None else None


@pytest.mark.parametrize("on_record", [True, False])
def test_a_controller_speaks_for_the_stations_in_its_list(on_record: bool) -> None:
    made = registry(on_record=on_record)

    assert [speaker(made, identity) for identity in ("CP1", "CP2", "CP3", "LC1", "CP9")] == [
        "LC1", "LC1", None, None, None,
    ]  # fmt: skip
    assert speaker(made, "CP1", None) is None


@pytest.mark.parametrize("standing", [Standing.RETIRED, Standing.QUARANTINED])
def test_one_that_is_held_or_retired_speaks_for_nobody(standing: Standing) -> None:
    assert speaker(registry(standing=standing), "CP1") is None


def test_a_certificate_that_is_another_s_on_record_never_speaks() -> None:
    made = registry(on_record=False)
    thief = replace(certificate_credential("CP3"), proof=ClientCertificate(LEAF, "SN-0007", b"\x01" * 32))
    made.put_station(StationEntry(station("CP3"), (thief,)))

    assert speaker(made, "CP1") is None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("authority", None),
        ("authority.trusted_for", TrustedFor.MANUFACTURERS),
        ("authority.binding", Binding(BindingRule.FINGERPRINT)),
        ("leaf", certificate(common_names=("SN-0007", "SN-0008"))),
        ("leaf", certificate(common_names=("SN-CP1",))),
    ],
)
def test_unless_it_is_on_record_its_authority_has_to_name_the_controller(path: str, value: object) -> None:
    assert CHAIN is not None
    assert speaker(registry(on_record=False), "CP1", with_(CHAIN, path, value)) is None


def test_where_it_does_not_speak_it_is_named() -> None:
    made = registry()

    assert silent_controller(LEAF, CP1, made) == "LC1"
    assert silent_controller(LEAF, LC1, made) == ""
    assert silent_controller(b"\x09" * 32, CP1, made) == ""


def test_a_list_that_is_taken_away_takes_its_stations_along() -> None:
    made = registry()
    made.put_station(StationEntry(station("LC1", behind=("CP2",))))
    assert [made.controller_of(StationId(name)) is not None for name in ("CP1", "CP2")] == [False, True]

    made.drop_station(LC1)
    assert made.controller_of(StationId("CP2")) is None
    assert not made.is_controller(LC1)
