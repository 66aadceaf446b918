"""What the signer must never forget: what each order got, what was revoked, which numbers were used.

The records are on disk before anything leaves (`ledger_file`); what is asked of them is kept in memory: an
order takes about 200 octets there, its certificate none.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

import msgspec

from voltward.adapters.pki.signer.ledger_file import LedgerFile
from voltward.adapters.pki.signer.ledger_records import (
    CertificateIssued,
    CertificateRevoked,
    LedgerRecord,
    ListNumbered,
    StateChanged,
    read_record_octets,
    record_octets,
)
from voltward.adapters.sealed_log import Frame
from voltward.crypto.chance import TokenSource
from voltward.domain.errors import OutsideFault
from voltward.ports.vault import KeyRoom


@dataclass(slots=True)
class _IssuerRecords:
    """What one authority has done."""

    issued: dict[str, Frame] = field(default_factory=dict[str, Frame])  # by serial
    revoked: dict[str, CertificateRevoked] = field(default_factory=dict[str, CertificateRevoked])
    number: int = 0  # of its newest revocation list


class Ledger:
    """Made by `open`."""

    def __init__(self, file: LedgerFile) -> None:
        self._file = file
        self._orders: dict[str, Frame] = {}
        self._issuers: dict[str, _IssuerRecords] = {}
        self._revocations: list[CertificateRevoked] = []
        self._states: dict[str, str] = {}

    @classmethod
    def open(cls, folder: Path, room: KeyRoom, entropy: TokenSource) -> Self:
        """Read all of it. Faults as `LedgerFile` has them; OutsideFault for a record of a later version."""
        file = LedgerFile.open(folder, room, entropy)
        ledger = cls(file)
        try:
            for frame, content in file.contents():
                ledger._learn(frame, ledger._read(content))
        except BaseException:
            file.close()
            raise
        return ledger

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def append(self, records: Sequence[LedgerRecord]) -> None:
        """Add records for good, with one flush for all of them. OutsideFault: none of them may be told."""
        if not records:
            return
        frames = self._file.append([record_octets(record) for record in records])
        for frame, record in zip(frames, records, strict=True):
            self._learn(frame, record)

    @property
    def records(self) -> int:
        """How many there are."""
        return self._file.records

    @property
    def is_broken(self) -> bool:
        """It could not be written: nothing more may be told until it was opened again."""
        return self._file.is_broken

    @property
    def states(self) -> Mapping[str, str]:
        """States of authorities, by name, where one was ever changed."""
        return self._states

    def issued_for(self, order: str) -> CertificateIssued | None:
        """What this order got."""
        frame = self._orders.get(order)
        return self._issued(frame) if frame is not None else None

    def issued_as(self, issuer: str, serial: str) -> CertificateIssued | None:
        """The certificate with this serial number of an authority."""
        frame = self._of(issuer).issued.get(serial)
        return self._issued(frame) if frame is not None else None

    def has_issued(self, issuer: str, serial: str) -> bool:
        """Without looking at the disk."""
        return serial in self._of(issuer).issued

    def revocation_of(self, issuer: str, serial: str) -> CertificateRevoked | None:
        """The first one, where it was revoked."""
        return self._of(issuer).revoked.get(serial)

    def revoked_by(self, issuer: str) -> Iterator[CertificateRevoked]:
        """All of an authority's."""
        yield from self._of(issuer).revoked.values()

    def revocations(self, after: int, limit: int) -> Sequence[CertificateRevoked]:
        """All that were ever made, in their order, from number `after` on."""
        return self._revocations[after : after + limit]

    def counts(self, issuer: str) -> tuple[int, int]:
        """How many certificates an authority has issued and revoked."""
        known = self._of(issuer)
        return len(known.issued), len(known.revoked)

    def newest_number(self, issuer: str) -> int:
        """Of an authority's revocation lists; 0: there was none."""
        return self._of(issuer).number

    def _issued(self, frame: Frame) -> CertificateIssued:
        record = self._read(self._file.content(frame))
        assert isinstance(record, CertificateIssued)
        return record

    def _of(self, issuer: str) -> _IssuerRecords:
        return self._issuers.get(issuer) or self._issuers.setdefault(issuer, _IssuerRecords())

    def _learn(self, frame: Frame, record: LedgerRecord) -> None:
        match record:
            case CertificateIssued():
                self._orders[record.order] = frame
                self._of(record.issuer).issued[record.serial] = frame
            case CertificateRevoked():
                self._of(record.issuer).revoked.setdefault(record.serial, record)
                self._revocations.append(record)
            case ListNumbered():
                known = self._of(record.issuer)
                known.number = max(known.number, record.number)
            case StateChanged():
                self._states[record.name] = record.state

    def _read(self, content: bytes) -> LedgerRecord:
        try:
            return read_record_octets(content)
        except msgspec.DecodeError as error:
            raise OutsideFault(
                "the signer's ledger holds what this version does not know.",
                mend="Run the version of Voltward that wrote it, or a later one.",
                subject=str(self._file.path),
            ) from error
