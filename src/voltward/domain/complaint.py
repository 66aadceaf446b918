"""What a station may report of the certificates and the TLS of its link, in no version's words.

A report is a claim. It comes when the station can say it, which may be long after it happened.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Complaint(StrEnum):
    """The names are what is stored; `COMPLAINT_WORDS` are for people."""

    ITS_CERTIFICATE = "its certificate"  # what it was given is not valid (A02.FR.07)
    OUR_CERTIFICATE = "our certificate"  # what we showed is not valid, or leads to no root that it trusts
    TLS_VERSION = "TLS version"
    CIPHER_SUITE = "cipher suite"
    RENEWED_DISCARDED = "renewed discarded"  # it could not connect with its new certificate (A02.FR.29)


COMPLAINT_WORDS: Final[Mapping[Complaint, str]] = {
    Complaint.ITS_CERTIFICATE: "it reports that the certificate it was given is invalid",
    Complaint.OUR_CERTIFICATE: "it reports that our certificate is invalid, or of no root that it trusts",
    Complaint.TLS_VERSION: "it reports that we speak no version of TLS that it may speak",
    Complaint.CIPHER_SUITE: "it reports that we offer no cipher suite that it may use",
    Complaint.RENEWED_DISCARDED: "it reports that it has discarded its new certificate",
}
