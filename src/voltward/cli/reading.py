"""What commands read from their arguments: dates, files of certificates, passwords."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from voltward.crypto.reading.pem import read_pem_bundle
from voltward.domain.errors import OperatorFault, OutsideFault, StationFault
from voltward.domain.quantities import parse_until
from voltward.domain.secret import Secret

_LARGEST = 1024 * 1024


def read_date(text: str) -> datetime:
    """`2027-03-31` (the whole day counts) or an ISO 8601 time, UTC unless it says otherwise; told in UTC."""
    try:
        return parse_until(text)
    except (ValueError, OverflowError) as error:
        raise OperatorFault(
            f"{text!r} is no date.", mend="Write 2027-03-31 or 2027-03-31T18:00+02:00."
        ) from error


def certificates_in(file: Path) -> list[bytes]:
    """The certificates of a PEM or DER file, as DER."""
    content = octets_of(file)
    try:
        found = read_pem_bundle(content)
    except StationFault as fault:
        raise OperatorFault(fault.what, mend="Name a PEM or DER file.", subject=str(file)) from fault
    if not found:
        raise OperatorFault(
            "there is no certificate in it.", mend="Name a PEM or DER file.", subject=str(file)
        )
    return found


def octets_of(file: Path) -> bytes:
    """What stands in a file; OutsideFault if it cannot be read."""
    try:
        return _octets(file)
    except OSError as error:
        raise OutsideFault(
            f"the file cannot be read: {error.strerror}.",
            mend="Check name, owner and mode.",
            subject=str(file),
        ) from error


def one_certificate(file: Path) -> bytes:
    """The first certificate of a file: the leaf, where a chain stands in it."""
    return certificates_in(file)[0]


def read_password(source: str) -> Secret:
    """A password from a file or, for `-`, from standard input; one line, its end stripped."""
    try:
        data = sys.stdin.buffer.read(_LARGEST) if source == "-" else _octets(Path(source))
    except OSError as error:
        raise OutsideFault(
            f"the password cannot be read: {error.strerror}.",
            mend="Check name, owner and mode.",
            subject=source,
        ) from error
    text = data.rstrip(b"\r\n")
    if not text or b"\n" in text:
        raise OperatorFault("this is not one line of password.", mend="Put it on one line.", subject=source)
    return Secret(text)


def _octets(file: Path) -> bytes:
    """One more than allowed tells that there are too many; nobody waits for the end of /dev/zero."""
    with file.open("rb") as stream:
        return stream.read(_LARGEST + 1)
