"""The desk: an order is signed once, whatever comes between signing and telling."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from cryptography import x509

from tests.fakes.clock import NOON
from tests.fakes.signers import SignerSite, authority_id, csr_of, hierarchy, order_of
from voltward.adapters.pki.signer.signer_messages import (
    Describe,
    Described,
    Done,
    Failed,
    GetList,
    GetRevocations,
    Issue,
    Refused,
    Revocations,
    Revoke,
    SetState,
    Signed,
    SignedList,
    Wrong,
)
from voltward.adapters.pki.signer.signing_desk import SigningDesk, told
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.ports.authority import CertificateKind, RevocationReason
from voltward.ports.signer import AuthorityState

CSR = csr_of()
CA = hierarchy().ecdsa.stations.certificate
STATIONS = authority_id(CA)


@pytest.fixture
def site(tmp_path: Path) -> SignerSite:
    return SignerSite(tmp_path).make()


@pytest.fixture
def desk(site: SignerSite) -> SigningDesk:
    return site.desk()


def issued(desk: SigningDesk, number: str = "order-1", csr: bytes = CSR) -> x509.Certificate:
    answer = cast("Signed", desk.perform([Issue(order_of(csr, number))])[0])
    return x509.load_der_x509_certificate(answer.chain[0])


def test_an_order_repeated_in_one_batch_is_signed_once(desk: SigningDesk) -> None:
    first, again = desk.perform([Issue(order_of(CSR)), Issue(order_of(CSR))])

    assert first == again


def test_an_order_is_for_one_key(desk: SigningDesk) -> None:
    issued(desk)

    (answer,) = desk.perform([Issue(order_of(csr_of()))])

    assert isinstance(answer, Refused)
    assert "another key" in answer.words


def test_nothing_is_told_that_is_not_in_the_ledger(site: SignerSite, desk: SigningDesk) -> None:
    desk.close()  # the disk is gone

    with pytest.raises(OutsideFault):
        desk.perform([Issue(order_of(CSR))])
    with pytest.raises(OutsideFault):
        desk.perform([Issue(order_of(CSR))])


def test_a_fault_is_told_with_whom_it_concerns_and_its_mend_apart() -> None:
    full = OutsideFault("the disk is full.", mend="Make room.", subject="/ledger.log")

    assert told(full) == Failed("/ledger.log: the disk is full.", "Make room.")
    assert told(OperatorFault("no such authority.")) == Wrong("no such authority.", "")


def test_one_that_cannot_be_signed_does_not_stop_the_others(site: SignerSite) -> None:
    for family in ("ecdsa", "rsa"):
        (site.folder / "signer" / f"csms-ca-{family}.sealed").unlink()
    server = order_of(CSR, "server", kind=CertificateKind.SERVER, hosts=("csms.example",))
    refused, signed = site.desk().perform([Issue(server), Issue(order_of(CSR))])

    assert isinstance(refused, Failed)
    assert isinstance(signed, Signed)


def test_only_active_authorities_sign(desk: SigningDesk) -> None:
    desk.perform([SetState("stations-ca-ecdsa", AuthorityState.RETIRED)])

    issued(desk).verify_directly_issued_by(hierarchy().rsa.stations.certificate)


def test_states_and_counts_are_told_after_a_start(site: SignerSite, desk: SigningDesk) -> None:
    serial = f"{issued(desk).serial_number:x}"
    desk.perform(
        [
            SetState("root-rsa", AuthorityState.RETIRED),
            Revoke(STATIONS, serial, NOON, RevocationReason.SUPERSEDED),
        ]
    )
    desk.close()

    told = cast("Described", site.desk().perform([Describe()])[0])

    by_name = {one.name: one for one in told.authorities}
    assert by_name["root-rsa"].state == "retired"
    assert by_name["stations-ca-ecdsa"].state == "active"
    assert (by_name["stations-ca-ecdsa"].issued, by_name["stations-ca-ecdsa"].revoked) == (1, 1)


def test_a_revocation_is_on_the_list_of_the_same_batch(desk: SigningDesk) -> None:
    _, made = desk.perform(
        [Revoke(STATIONS, "abc", NOON, RevocationReason.KEY_COMPROMISE), GetList(STATIONS)]
    )

    assert cast("SignedList", made).entries == 1


def test_revocations_are_told_with_their_certificates(desk: SigningDesk) -> None:
    leaf = issued(desk)
    serial = f"{leaf.serial_number:x}"
    desk.perform(
        [
            Revoke(STATIONS, serial, NOON, RevocationReason.SUPERSEDED),
            Revoke(STATIONS, "abc", NOON, RevocationReason.SUPERSEDED),
        ]
    )

    rows = cast("Revocations", desk.perform([GetRevocations(0, 10)])[0]).rows

    assert [row.serial for row in rows] == [serial, "abc"]
    assert x509.load_der_x509_certificate(rows[0].certificate) == leaf
    assert rows[1].certificate == b""


@pytest.mark.parametrize(
    "request_",
    [
        GetList("0" * 64),
        Revoke("0" * 64, "1", NOON, RevocationReason.SUPERSEDED),
        SetState("root-dsa", AuthorityState.ACTIVE),
    ],
)
def test_an_authority_that_is_not_here_is_the_askers_mistake(desk: SigningDesk, request_: GetList) -> None:
    (answer,) = desk.perform([request_])

    assert isinstance(answer, Wrong)


def test_a_list_of_an_authority_whose_key_is_elsewhere_is_signed_there(site: SignerSite) -> None:
    (site.folder / "signer" / "root-ecdsa.sealed").unlink()
    root = authority_id(hierarchy().ecdsa.root.certificate)

    (answer,) = site.desk().perform([GetList(root)])

    assert isinstance(answer, Wrong)
    assert "not here" in answer.what


def test_a_list_is_signed_again_when_something_moved_or_half_its_time_is_over(
    site: SignerSite, desk: SigningDesk
) -> None:
    def number() -> int:
        return cast("SignedList", desk.perform([GetList(STATIONS)])[0]).number

    first = number()
    assert number() == first
    site.clock.leap(timedelta(days=4).total_seconds())
    second = number()
    desk.perform([Revoke(STATIONS, "abc", NOON, RevocationReason.SUPERSEDED)])
    third = number()
    assert first < second < third


def test_numbers_of_lists_rise_though_the_ledger_was_put_back(site: SignerSite, desk: SigningDesk) -> None:
    before = {path.name: path.read_bytes() for path in (site.folder / "signer").iterdir()}
    newest = 0
    for hour in range(3):
        desk.perform([Revoke(STATIONS, f"{hour}", NOON, RevocationReason.SUPERSEDED)])
        newest = cast("SignedList", desk.perform([GetList(STATIONS)])[0]).number
        site.clock.leap(3600)
    desk.close()
    for name, octets in before.items():
        (site.folder / "signer" / name).write_bytes(octets)

    assert cast("SignedList", site.desk().perform([GetList(STATIONS)])[0]).number > newest


def test_a_revoked_certificate_leaves_the_list_weeks_after_its_end(
    site: SignerSite, desk: SigningDesk
) -> None:
    serial = f"{issued(desk).serial_number:x}"
    desk.perform(
        [
            Revoke(STATIONS, serial, NOON, RevocationReason.SUPERSEDED),
            Revoke(STATIONS, "abc", NOON, RevocationReason.SUPERSEDED),
        ]
    )

    def entries() -> int:
        return cast("SignedList", desk.perform([GetList(STATIONS)])[0]).entries

    assert entries() == 2
    site.clock.leap(timedelta(days=410).total_seconds())
    assert entries() == 2
    site.clock.leap(timedelta(days=30).total_seconds())
    assert entries() == 1  # the one that was not issued here stays: nobody knows its end


def test_one_that_is_to_come_is_told_to_wait_beforehand_and_nothing_else(desk: SigningDesk) -> None:
    to_come = "stations-ca-ecdsa.2"

    assert isinstance(desk.perform([SetState(to_come, AuthorityState.PREPARED)])[0], Done)
    for wrong in (
        SetState(to_come, AuthorityState.ACTIVE),
        SetState("../stations-ca", AuthorityState.PREPARED),
    ):
        assert isinstance(desk.perform([wrong])[0], Wrong)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (datetime(1, 1, 1, tzinfo=UTC), CA.not_valid_before_utc),
        (NOON - timedelta(days=1), NOON - timedelta(days=1)),
        (NOON + timedelta(days=1), NOON),
    ],
)
def test_a_revocation_lies_between_the_authoritys_begin_and_now(
    desk: SigningDesk, said: datetime, kept: datetime
) -> None:
    desk.perform([Revoke(STATIONS, "abc", said, RevocationReason.SUPERSEDED)])

    (row,) = cast("Revocations", desk.perform([GetRevocations(0, 10)])[0]).rows
    assert row.at == kept
