"""The one error of both TLS engines, and how OpenSSL's error queue becomes a short word."""

from __future__ import annotations

from collections.abc import Sequence

from voltward.domain.errors import StationFault

_ALERT = 21
_ENCRYPTED = 23
# An encrypted alert of TLS 1.3: level, description, the inner type, a 16-byte tag. No handshake message is
# as short as that.
_ENCRYPTED_ALERT_LENGTH = 2 + 1 + 16
_RECORD_HEADER = 5


class TlsFailure(StationFault):
    """The TLS connection cannot go on; what the engine still wants to say is in `take_output()`.

    `reason` is OpenSSL's own short and stable wording (`no shared cipher`); `alert_sent` says whether the
    output ends with an alert for the peer; `certificate` is the DER form of the leaf that the peer had
    offered, as far as it came.
    """

    def __init__(self, reason: str, *, alert_sent: bool, certificate: bytes | None = None) -> None:
        super().__init__(f"TLS failed: {reason}")
        self.reason = reason
        self.alert_sent = alert_sent
        self.certificate = certificate


def name_reason(entries: Sequence[tuple[str, str, str]]) -> str:
    """The reason that the TLS layer gave; where it gave none, the last one of the layers below it.

    `entries` are (library, function, reason), oldest first: a broken signature is named by the provider and
    the digest layer too, in words that change between releases.
    """
    named = [(library, reason) for library, _, reason in entries if reason]
    for library, reason in named:
        if library == "SSL routines":
            return reason
    return named[-1][1] if named else "unknown"


def ends_with_alert(output: bytes) -> bool:
    """Whether the last of these TLS records is an alert, plain or encrypted."""
    kind, length, at = 0, 0, 0
    while at + _RECORD_HEADER <= len(output):
        kind, length = output[at], int.from_bytes(output[at + 3 : at + 5], "big")
        at += _RECORD_HEADER + length
    return kind == _ALERT or (kind == _ENCRYPTED and length == _ENCRYPTED_ALERT_LENGTH)
