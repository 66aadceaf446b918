from __future__ import annotations

from datetime import UTC, datetime

from voltward.cli.station.acquaintance_words import acquaintance_facts, acquaintance_lines
from voltward.domain.acquaintance import Acquaintance, Habits, Manner, MannerSeen, Wanting
from voltward.domain.enforcement import Answer
from voltward.domain.station import StationId

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TLS = Manner(
    3, "certificate", "ocpp2.0.1", "192.0.2.7", "TLSv1.3", "TLS_AES_128_GCM_SHA256", "x25519", "a.example"
)
PLAIN = Manner(0, "none", "ocpp1.6", "10.0.0.7")
KNOWN = Acquaintance(
    StationId("CP001"),
    NOON,
    NOON,
    None,
    None,
    (MannerSeen(PLAIN, NOON, NOON, 1), MannerSeen(TLS, NOON, NOON, 5)),
)


def test_the_newest_manner_stands_first() -> None:
    lines = list(acquaintance_lines(KNOWN))

    times = "last 2026-11-20 12:00, first 2026-11-20 12:00"
    suite = "TLSv1.3 TLS_AES_128_GCM_SHA256, x25519, to a.example"
    assert lines == [
        f"connection: profile 3 with certificate, ocpp2.0.1, from 192.0.2.7, {suite}; 5 handshakes, {times}",
        f"connection: profile 0 with none, ocpp1.6, from 10.0.0.7, plain; 1 handshake, {times}",
    ]


def test_what_was_not_observed_is_not_told() -> None:
    known = Acquaintance(StationId("CP001"), NOON, habits=Habits(NOON, clock_skew=3.2))

    assert list(acquaintance_lines(known)) == ["clock: 3 s ahead of ours"]


def test_what_is_wanting_is_told_until_it_is_mended() -> None:
    wanting = Wanting(NOON, Answer.QUARANTINE, "AUTH-03", "short")
    known = Acquaintance(StationId("CP001"), NOON, None, wanting)

    assert list(acquaintance_lines(known)) == ["not ready: AUTH-03 at 2026-11-20 12:00 (quarantine): short"]
    facts = acquaintance_facts(known)
    assert facts is not None
    assert (facts["ready"], facts["connections"]) == (False, [])
    assert acquaintance_facts(None) is None
