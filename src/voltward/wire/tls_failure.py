"""The one error of both TLS engines, and how OpenSSL's error queue becomes a short word."""

from __future__ import annotations

from collections.abc import Sequence

from voltward.domain.errors import StationFault

# What a peer's alert means where it refuses our own certificate (RFC 8446 6.2), by OpenSSL's wording of it.
_REFUSALS = {
    "bad certificate": "it cannot use our certificate",
    "unsupported certificate": "it does not take certificates of this kind",
    "certificate revoked": "it takes our certificate for revoked",
    "certificate expired": "by its clock our certificate is out of its time: it may stand at the day of "
    "its firmware",
    "certificate unknown": "it refuses our certificate, and does not say why",
    "unknown ca": "it does not know the authority that our certificate leads to",
}
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


def refusal_of_ours(reason: str) -> str:
    """Why a peer refused our certificate, in words; empty if the failure was another one."""
    _, is_alert, named = reason.partition(" alert ")
    return _REFUSALS.get(named, "") if is_alert else ""


def ends_with_alert(output: bytes) -> bool:
    """Whether the last of these TLS records is an alert, plain or encrypted."""
    kind, length, at = 0, 0, 0
    while at + _RECORD_HEADER <= len(output):
        kind, length = output[at], int.from_bytes(output[at + 3 : at + 5], "big")
        at += _RECORD_HEADER + length
    return kind == _ALERT or (kind == _ENCRYPTED and length == _ENCRYPTED_ALERT_LENGTH)
