from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.builders import station
from tests.fakes.clock import NOON
from tests.fakes.stores import put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.acquaintance import Acquaintance, Manner, MannerSeen
from voltward.domain.station import Standing, StationId
from voltward.usecases.views.assess_tls import FRESH, Loss, Outlook, TlsQuestion, assess_tls, judge_manners

RSA = frozenset({"AES128-GCM-SHA256"})
CP1 = StationId("CP001")
PLAIN = Manner(1, "password (text)", "ocpp1.6", "192.0.2.7")
OLD = replace(PLAIN, tls="TLSv1.2", suite="ECDHE-RSA-AES128-GCM-SHA256")
STATIC = replace(OLD, suite="AES128-GCM-SHA256")
NEW = replace(PLAIN, tls="TLSv1.3", suite="TLS_AES_128_GCM_SHA256")


def seen(*manners: Manner, days_ago: int = 0) -> tuple[MannerSeen, ...]:
    """One after the other, an hour apart, the last one at noon."""
    end = NOON - timedelta(days=days_ago)
    times = [end - timedelta(hours=len(manners) - 1 - n) for n in range(len(manners))]
    return tuple(MannerSeen(manner, at, at, 2) for manner, at in zip(manners, times, strict=True))


@pytest.mark.parametrize(
    ("manners", "rsa", "tls12"),
    [
        ((), Outlook.NOT_OBSERVED, Outlook.NOT_OBSERVED),
        ((PLAIN,), Outlook.NOT_OBSERVED, Outlook.NOT_OBSERVED),
        ((STATIC,), Outlook.BREAKS, Outlook.BREAKS),
        ((PLAIN, STATIC), Outlook.BREAKS, Outlook.BREAKS),
        ((OLD,), Outlook.GOES_ON, Outlook.BREAKS),
        ((STATIC, OLD), Outlook.MAY_BREAK, Outlook.BREAKS),
        ((NEW, STATIC), Outlook.MAY_BREAK, Outlook.MAY_BREAK),
        ((STATIC, NEW), Outlook.MAY_BREAK, Outlook.MAY_BREAK),
        ((NEW,), Outlook.GOES_ON, Outlook.GOES_ON),
    ],
)
def test_what_was_negotiated_says_who_would_break(
    manners: tuple[Manner, ...], rsa: Outlook, tls12: Outlook
) -> None:
    told = [judge_manners(CP1, seen(*manners), loss, RSA, NOON).outlook for loss in Loss]

    assert told == [rsa, tls12]


def test_a_finding_says_how_much_was_seen_and_how_lately() -> None:
    fresh = judge_manners(CP1, seen(STATIC, NEW), Loss.TLS_RSA, RSA, NOON)
    stale = judge_manners(CP1, seen(NEW, days_ago=FRESH.days + 1), Loss.TLS_RSA, RSA, NOON)

    assert (fresh.tls, fresh.handshakes, fresh.is_fresh) == ("TLSv1.3", 4, True)
    assert (fresh.last_seen, fresh.last_needed) == (NOON, NOON - timedelta(hours=1))
    assert (stale.is_fresh, stale.last_needed) == (False, None)


async def test_the_fleet_is_asked_in_one_pass_about_every_loss(store: SqlStore) -> None:
    await put(
        store,
        station("A", group="field"),
        station("B"),
        station("C"),
        station("GONE", standing=Standing.RETIRED),
    )
    async with store.begin() as work:
        await work.acquaintances.put(
            [
                Acquaintance(StationId("A"), NOON, manners=seen(STATIC)),
                Acquaintance(StationId("B"), NOON, manners=seen(NEW, days_ago=90)),
                Acquaintance(StationId("GONE"), NOON, manners=seen(STATIC)),
                Acquaintance(StationId("STRANGER"), NOON, manners=seen(PLAIN, OLD)),
            ]
        )
        await work.commit()

    rsa, tls12 = await assess_tls(store, TlsQuestion(tuple(Loss), RSA), NOON)
    (field,) = await assess_tls(store, TlsQuestion((Loss.TLS_RSA,), RSA, "field", everyone=True), NOON)

    assert [(str(f.station), f.group, f.outlook) for f in rsa.findings] == [("A", "field", Outlook.BREAKS)]
    assert rsa.counts == {Outlook.BREAKS: 1, Outlook.GOES_ON: 2, Outlook.NOT_OBSERVED: 1}
    assert (rsa.stale, rsa.is_harmless) == (1, False)
    assert [str(f.station) for f in tls12.findings] == ["A", "STRANGER"]
    assert [str(f.station) for f in field.findings] == ["A"]


async def test_a_fleet_that_nobody_saw_is_harmless_and_says_that_it_was_not_observed(store: SqlStore) -> None:
    await put(store, station())

    (posture,) = await assess_tls(store, TlsQuestion((Loss.TLS_1_2,), RSA, everyone=True), NOON)

    assert posture.is_harmless
    assert posture.counts == {Outlook.NOT_OBSERVED: 1}
    assert posture.findings[0].as_facts()["outlook"] == "not observed"
