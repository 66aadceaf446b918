from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from tests.fakes.clock import NOON
from tests.fakes.signers import SignerSite, authority_id, hierarchy
from voltward.adapters.pki.signer.ledger import Ledger
from voltward.adapters.pki.signer.ledger_records import CertificateRevoked
from voltward.adapters.pki.signer.list_writer import ListWriter
from voltward.crypto.revocation.revocation_lists import LIFETIME

CA = hierarchy().ecdsa.stations
ISSUER = authority_id(CA.certificate)


@pytest.fixture
def site(tmp_path: Path) -> SignerSite:
    return SignerSite(tmp_path).make()


@pytest.fixture
def ledger(site: SignerSite) -> Ledger:
    return site.ledger()


@pytest.fixture
def writer(site: SignerSite, ledger: Ledger) -> ListWriter:
    return ListWriter(ledger, site.clock)


def revoke(ledger: Ledger, *serials: int, until: int | None = None) -> None:
    end = NOON + timedelta(days=until) if until is not None else None
    ledger.append([CertificateRevoked(ISSUER, f"{one:x}", NOON, "superseded", end) for one in serials])


def numbers(der: bytes) -> list[int]:
    return [entry.serial_number for entry in x509.load_der_x509_crl(der)]


def test_a_list_in_force_is_finished_once(writer: ListWriter, ledger: Ledger) -> None:
    revoke(ledger, 7)
    begun = writer.list_in_force(ISSUER, CA)

    assert writer.list_in_force(ISSUER, CA) is begun
    assert begun.finish() is begun.finish()
    assert (begun.finish().number, begun.finish().entries) == (ledger.newest_number(ISSUER), 1)


def test_a_list_begun_later_and_finished_first_lacks_nothing(writer: ListWriter, ledger: Ledger) -> None:
    revoke(ledger, 7, 8)
    first = writer.list_in_force(ISSUER, CA)
    revoke(ledger, 9)
    second = writer.list_in_force(ISSUER, CA)

    assert second.number > first.number
    assert numbers(second.finish().der) == [7, 8, 9]
    assert set(numbers(first.finish().der)) >= {7, 8}


def test_a_certificate_that_is_long_over_leaves_the_list(
    writer: ListWriter, ledger: Ledger, site: SignerSite
) -> None:
    revoke(ledger, 7)
    revoke(ledger, 8, until=3)
    assert numbers(writer.list_in_force(ISSUER, CA).finish().der) == [7, 8]

    site.clock.leap((timedelta(days=3) + 4 * LIFETIME).total_seconds())

    assert numbers(writer.list_in_force(ISSUER, CA).finish().der) == [7]


def test_what_was_forgotten_is_written_anew_under_the_next_number(writer: ListWriter, ledger: Ledger) -> None:
    revoke(ledger, 7)
    before = writer.list_in_force(ISSUER, CA).finish()
    writer.forget()
    again = writer.list_in_force(ISSUER, CA).finish()

    assert (numbers(again.der), again.number) == ([7], before.number + 1)
