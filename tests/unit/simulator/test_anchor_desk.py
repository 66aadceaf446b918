"""The roots that a station trusts, in dialogue with a CSMS that the test plays."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.unit.simulator.certificate_play import (
    ALL,
    DAY,
    Play,
    certify,
    issuing,
    pem_of,
    root,
    status,
    stranger,
)
from tests.unit.simulator.station_play import T0
from voltward.crypto.reading.pem import read_pem_bundle
from voltward.simulator.certificates import SimulatedAuthority, Subject, Validity
from voltward.simulator.faults import Fault

EVERY = pytest.mark.parametrize("dialect", ALL)
LATER = pytest.mark.parametrize("dialect", ALL[1:])


def csms_type(play: Play) -> str:
    return "CentralSystemRootCertificate" if play.model.dialect == "ocpp1.6" else "CSMSRootCertificate"


def install(play: Play, pem: str, kind: str | None = None) -> str | None:
    said = play.ask("InstallCertificate", {"certificateType": kind or csms_type(play), "certificate": pem})
    return said[0].error or status(said)


def listed(play: Play, kind: str | None = None) -> list[dict[str, Any]]:
    kind = kind or csms_type(play)
    asked = kind if play.model.dialect == "ocpp1.6" else [kind]
    answer = play.ask("GetInstalledCertificateIds", {"certificateType": asked})[0].payload or {}
    if play.model.dialect == "ocpp1.6":
        return answer.get("certificateHashData", [])
    return [entry["certificateHashData"] for entry in answer.get("certificateHashDataChain", [])]


def delete(play: Play, name: dict[str, Any]) -> str | None:
    return status(play.ask("DeleteCertificate", {"certificateHashData": name}))


def trusted(play: Play) -> str:
    tls = play.model.dress(play.dial, T0).endpoint.tls
    assert tls is not None
    return tls.ca_pem or ""


def link(play: Play, authority: SimulatedAuthority) -> None:
    """A link comes up whose server leads to this root."""
    play.model.dress(play.dial, T0)
    play.model.connected(T0, authority.certificate.public_bytes(Encoding.DER))


@EVERY
def test_a_root_is_installed_used_listed_and_deleted(dialect: str) -> None:
    play = Play.begin(dialect)
    before = listed(play)

    assert install(play, pem_of(stranger().certificate)) == "Accepted"
    assert install(play, pem_of(stranger().certificate)) == "Accepted"  # again: replaced (M05.FR.17)
    assert pem_of(stranger().certificate) in trusted(play)
    (new,) = [entry for entry in listed(play) if entry not in before]
    assert delete(play, {**new, "serialNumber": "00" + new["serialNumber"].upper()}) == "Accepted"
    assert listed(play) == before
    assert delete(play, new) == "NotFound"


@EVERY
@pytest.mark.parametrize("algorithm", ["SHA256", "SHA384", "SHA512"])
def test_its_hash_algorithm_is_its_own_choice(dialect: str, algorithm: str) -> None:
    play = Play.begin(dialect)
    play.model.memory.hash_algorithm = algorithm
    (name,) = listed(play)

    assert name["hashAlgorithm"] == algorithm
    assert len(name["issuerKeyHash"]) == int(algorithm[3:]) // 4


@EVERY
@pytest.mark.parametrize("flaw", ["leaf", "intermediate", "ended", "no text"])
def test_what_is_no_root_is_rejected_and_reported(dialect: str, flaw: str) -> None:
    play = Play.begin(dialect)
    pem = {
        "leaf": issuing().issue(Subject("x", "y"), Validity.current(T0)).certificate_pem.decode(),
        "intermediate": pem_of(issuing().certificate),
        "ended": pem_of(SimulatedAuthority.create("Old", T0 - 800 * DAY).certificate),
        "no text": "MII",
    }[flaw]
    said = play.ask("InstallCertificate", {"certificateType": csms_type(play), "certificate": pem})

    event = "InvalidCentralSystemCertificate" if dialect == "ocpp1.6" else "InvalidCsmsCertificate"
    assert status(said) == "Rejected"
    assert play.events(said) == [event]
    assert len(listed(play)) == 1


@EVERY
def test_a_full_store_takes_no_more(dialect: str) -> None:
    play = Play.begin(dialect)
    play.model.memory.capacity = 1

    assert install(play, pem_of(stranger().certificate)) == "Rejected"
    assert install(play, pem_of(root().certificate)) == "Accepted"  # that one is there


@LATER
def test_the_count_of_its_entries_is_kept(dialect: str) -> None:
    play = Play.begin(dialect)
    install(play, pem_of(stranger().certificate), "ManufacturerRootCertificate")

    assert play.model.settings["SecurityCtrlr.CertificateEntries"] == "2"


def test_an_older_station_keeps_the_root_of_its_link() -> None:
    play = Play.begin("ocpp1.6")
    (name,) = listed(play)
    install(play, pem_of(stranger().certificate))
    (other,) = [entry for entry in listed(play) if entry != name]

    assert delete(play, name) == "Failed"
    assert delete(play, other) == "Accepted"


@LATER
def test_a_newer_station_keeps_the_last_root_of_its_csms(dialect: str) -> None:
    play = Play.begin(dialect)
    (name,) = listed(play)
    only = delete(play, name)
    install(play, pem_of(stranger().certificate))

    assert (only, delete(play, name)) == ("Failed", "Accepted")
    assert pem_of(root().certificate) not in trusted(play)  # and it has locked itself out, if that was ours


@LATER
def test_its_own_certificate_cannot_be_deleted_and_one_for_vehicles_can(dialect: str) -> None:
    play = Play.begin(dialect)
    install(play, pem_of(root().certificate), "V2GRootCertificate")
    play.model.settings["ISO15118Ctrlr.SeccId"] = "DE-SECC-1"
    said = play.ask("TriggerMessage", {"requestedMessage": "SignV2GCertificate"})
    request = said[-1]
    play.answer(request, {"status": "Accepted"})

    assert (request.payload or {})["certificateType"] == "V2GCertificate"
    assert status(play.deliver(certify(request), certificateType="V2GCertificate")) == "Accepted"
    assert play.hung_up == []
    chain = play.ask("GetInstalledCertificateIds", {"certificateType": ["V2GCertificateChain"]})
    (entry,) = (chain[0].payload or {})["certificateHashDataChain"]
    assert len(entry["childCertificateHashData"]) == 1
    assert delete(play, entry["certificateHashData"]) == "Accepted"
    own = play.model.anchors.own_name()
    assert own is not None
    name = {
        "hashAlgorithm": own.algorithm,
        "issuerNameHash": own.issuer_name,
        "issuerKeyHash": own.issuer_key,
        "serialNumber": own.serial,
    }
    assert delete(play, name) == "Failed"


def additional(dialect: str) -> Play:
    """A station that takes a new CSMS root only from the old one."""
    play = Play.begin(dialect)
    keys = play.model.table.rules.keys
    play.model.settings[next(name for key, name in keys.items() if key == "root check")] = "true"
    return play


@EVERY
def test_with_the_additional_check_a_root_has_to_be_signed_by_the_one_before(dialect: str) -> None:
    play = additional(dialect)
    new = root().succeed("Next root", T0)

    assert install(play, pem_of(stranger().certificate)) == "Rejected"
    assert install(play, pem_of(new.certificate)) == "Accepted"
    assert trusted(play) == pem_of(new.certificate)
    link(play, new)
    assert len(listed(play)) == 1  # the old one is gone


@EVERY
def test_a_root_that_does_not_lead_to_the_server_gives_way_to_the_one_before(dialect: str) -> None:
    play = additional(dialect)
    new = root().succeed("Next root", T0)
    install(play, pem_of(new.certificate))
    tried: list[str] = []
    for _ in range(3):
        tried.append(trusted(play))
        play.model.distrusted()

    old = pem_of(root().certificate)
    assert tried == [pem_of(new.certificate), old, pem_of(new.certificate)]
    event = "InvalidCentralSystemCertificate" if dialect == "ocpp1.6" else "InvalidCsmsCertificate"
    play.model.disconnected()
    assert play.events(play.connect(T0)) == [event]  # one, however often it failed
    assert len(listed(play)) == 2  # it came up with the old one: both stay


@EVERY
@pytest.mark.parametrize(
    ("fault", "answer", "kept"),
    [
        (Fault.STORE_FULL, "Rejected", 1),
        (Fault.INSTALL_REJECTED, "Rejected", 1),
        (Fault.INSTALL_FAILED, "Failed", 1),
        (Fault.INSTALL_FORGOTTEN, "Accepted", 1),
        (Fault.INSTALL_UNKNOWN, "NotImplemented", 1),
        (Fault.INSTALL_UNSUPPORTED, "NotSupported", 1),
    ],
)
def test_a_root_may_not_get_in(dialect: str, fault: Fault, answer: str, kept: int) -> None:
    play = Play.begin(dialect, fault)

    assert install(play, pem_of(stranger().certificate)) == answer
    assert len(listed(play)) == kept


@pytest.mark.parametrize("dialect", ALL[1:])
def test_a_type_that_the_version_does_not_have_is_refused(dialect: str) -> None:
    answer = install(Play.begin(dialect), pem_of(stranger().certificate), "OEMRootCertificate")

    assert answer == ("Accepted" if dialect == "ocpp2.1" else "FormatViolation")


def test_it_knows_by_which_root_its_link_came_up() -> None:
    desk = Play.begin("ocpp2.0.1").model.anchors
    for other in (root(), stranger()):
        desk.worked(read_pem_bundle(other.root_pem)[0])
        assert [desk.is_by(one.root_pem.decode()) for one in (root(), stranger())] == [
            other is root(),
            other is stranger(),
        ]
