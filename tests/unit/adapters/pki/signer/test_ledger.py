from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.chance import CountedTokens
from tests.fakes.clock import NOON
from tests.fakes.rooms import MemoryRoom
from voltward.adapters.pki.signer.ledger import Ledger
from voltward.adapters.pki.signer.ledger_file import LedgerFile
from voltward.adapters.pki.signer.ledger_records import (
    CertificateIssued,
    CertificateRevoked,
    ListNumbered,
    StateChanged,
)
from voltward.domain.errors import OutsideFault

CHANCE = CountedTokens("ledger")
ISSUED = CertificateIssued("order-1", "ca", "ff", b"certificate", NOON)
REVOKED = CertificateRevoked("ca", "ff", NOON, "keyCompromise", NOON + timedelta(days=1))


@pytest.fixture
def room() -> MemoryRoom:
    return MemoryRoom()


@pytest.fixture
def ledger(tmp_path: Path, room: MemoryRoom) -> Ledger:
    return Ledger.open(tmp_path, room, CHANCE)


def reopened(ledger: Ledger, folder: Path, room: MemoryRoom) -> Ledger:
    ledger.close()
    return Ledger.open(folder, room, CHANCE)


def test_it_knows_after_a_start_what_it_knew_before(ledger: Ledger, tmp_path: Path, room: MemoryRoom) -> None:
    ledger.append([ISSUED, REVOKED, ListNumbered("ca", 7), StateChanged("root-ecdsa", "retired", NOON)])

    for known in (ledger, reopened(ledger, tmp_path, room)):
        assert known.records == 4
        assert known.issued_for("order-1") == ISSUED
        assert known.issued_as("ca", "ff") == ISSUED
        assert known.has_issued("ca", "ff")
        assert known.revocation_of("ca", "ff") == REVOKED
        assert known.counts("ca") == (1, 1)
        assert known.newest_number("ca") == 7
        assert known.states == {"root-ecdsa": "retired"}


def test_what_never_was_is_nothing(ledger: Ledger) -> None:
    assert ledger.issued_for("order-1") is None
    assert ledger.issued_as("ca", "ff") is None
    assert ledger.revocation_of("ca", "ff") is None
    assert ledger.newest_number("ca") == 0
    ledger.append([])
    assert ledger.records == 0


def test_a_certificate_is_revoked_once_at_its_first_time(ledger: Ledger) -> None:
    later = CertificateRevoked("ca", "ff", NOON + timedelta(hours=1), "superseded", None)
    ledger.append([REVOKED, later])

    assert list(ledger.revoked_by("ca")) == [REVOKED]


def test_revocations_are_told_in_pages(ledger: Ledger) -> None:
    rows = [CertificateRevoked("ca", str(n), NOON, "superseded", None) for n in range(5)]
    ledger.append(rows)

    assert list(ledger.revocations(0, 2)) == rows[:2]
    assert list(ledger.revocations(4, 2)) == rows[4:]
    assert list(ledger.revocations(5, 2)) == []


def test_what_a_later_version_wrote_is_not_passed_over(tmp_path: Path, room: MemoryRoom) -> None:
    file = LedgerFile.open(tmp_path, room, CHANCE)
    list(file.contents())
    file.append([b"\x92\xa6unknown\x01"])
    file.close()

    with pytest.raises(OutsideFault, match="version"):
        Ledger.open(tmp_path, room, CHANCE)
