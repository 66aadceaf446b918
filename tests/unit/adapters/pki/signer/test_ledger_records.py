from __future__ import annotations

import msgspec
import pytest

from tests.fakes.clock import NOON
from voltward.adapters.pki.signer.ledger_records import (
    CertificateIssued,
    CertificateRevoked,
    LedgerRecord,
    ListNumbered,
    StateChanged,
    read_record_octets,
    record_octets,
)


@pytest.mark.parametrize(
    "record",
    [
        CertificateIssued("order", "issuer", "ff" * 16, b"certificate", NOON),
        CertificateRevoked("issuer", "ff", NOON, "superseded", None),
        ListNumbered("issuer", 7),
        StateChanged("root-ecdsa", "retired", NOON),
    ],
)
def test_a_record_is_read_as_it_was_written(record: LedgerRecord) -> None:
    assert read_record_octets(record_octets(record)) == record


def test_a_kind_that_is_not_known_is_none() -> None:
    with pytest.raises(msgspec.DecodeError):
        read_record_octets(msgspec.msgpack.encode(["later", 1]))
