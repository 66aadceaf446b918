"""Whose word about its certificates counts: a link of which it is known who holds it.

A door that is softened by policy or observes lets in who proved nothing. Such a link may do business, but a
certificate in its station's name is never asked for, taken or given on it: whoever holds one is that station
from then on.
"""

from __future__ import annotations

from typing import Final

from voltward.domain.enforcement import Answer, Decision
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station_entry import StationEntry

#: What may have failed although it is the station: its credential is what needs work, or it is about the
#: transport. Whatever is not named here leaves a doubt.
NO_DOUBT: Final = frozenset(
    {
        "AUTH-03", "AUTH-05", "AUTH-08", "AUTH-10", "AUTH-11",  # a password that is weak, old, or the first
        "CERT-03", "CERT-06", "CERT-11", "CERT-13",  # expired (A00.FR.429), of its factory, superseded
        "ID-05", "PROF-01", "PROF-02", "WS-01", "WS-02",
        "TLS-02", "TLS-03", "TLS-04", "TLS-06", "TLS-07",
    }
)  # fmt: skip


def is_vouched(decision: Decision, entry: StationEntry | None) -> bool:
    """Whether the holder of the link is the station that it says it is."""
    if entry is None or decision.answer is Answer.REFUSE or decision.kept:
        return False
    return all(verdict.control in NO_DOUBT for verdict in decision.failed)


def is_over_tls(profile: SecurityProfile | None) -> bool:
    """Certificates are a matter of links with TLS (field note 35)."""
    return profile is not None and profile >= SecurityProfile.TLS_BASIC
