from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.fakes.arrivals import arrival
from tests.fakes.clock import NOON
from tests.fakes.links import LEAF, Hall, MadeLink, facts_put, made_duties
from tests.fakes.relays import frame
from tests.fakes.routes import made_route, made_rule
from voltward.crypto.passwords.csms_passwords import CsmsPasswordBox
from voltward.domain.credential import Purpose
from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Lane, Model, StationId
from voltward.domain.station_fact import CameBack, Connected, ModelTold, SerialTold
from voltward.gateway.csms.attestation import Attestation
from voltward.gateway.csms.channel import DialFailed
from voltward.gateway.csms.dial_gate import AWAY, NO_TURN, DialGate, DialPace
from voltward.gateway.csms.routes import Routes
from voltward.gateway.door.judging import Judgement
from voltward.gateway.settings import GroupSettings
from voltward.ocpp.boot import BootFacts

HEARTBEAT = frame(2, "1", "Heartbeat", {})


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    made = Hall()
    yield made
    made.made.close()


@pytest.mark.parametrize(
    ("record", "told"),
    [({}, []), ({"known_sources": ()}, [Connected])],
    ids=["as always", "from elsewhere"],
)
async def test_the_store_is_told_news_alone(hall: Hall, record: dict[str, Any], told: list[Callable]) -> None:
    hall.enter(**record)

    hall.duties.opened(await hall.judge())

    assert [type(fact) for fact in facts_put(hall.duties)] == told


async def test_a_group_may_let_boots_say_what_they_like(hall: Hall) -> None:
    hall.duties = made_duties(hall.made, {"default": GroupSettings(boot_serial="off")})
    link = await hall.link("ocpp2.0.1")
    boot = {"reason": "PowerUp", "chargingStation": {"serialNumber": "SN-9", "model": "m", "vendorName": "v"}}

    link.link.text(frame(2, "1", "BootNotification", boot))

    assert (len(link.csms.sent), link.station.ending) == (1, None)


@pytest.mark.parametrize(
    ("record", "purpose", "serial", "is_told"),
    [
        ({"serial": None, "recommissioned_at": NOON}, Purpose.COMMISSIONING, "SN-9", True),
        ({"serial": None, "recommissioned_at": NOON}, Purpose.PRODUCTION, "SN-9", False),
        ({"serial": None}, Purpose.COMMISSIONING, "SN-9", False),
        ({"recommissioned_at": NOON}, Purpose.COMMISSIONING, "SN-9", False),
        ({"serial": None, "recommissioned_at": NOON}, Purpose.COMMISSIONING, "9" * 51, False),
        ({"serial": None, "recommissioned_at": NOON}, Purpose.COMMISSIONING, "SN\x1b[2J", False),
    ],
)
async def test_a_serial_is_learnt_of_new_hardware_alone(
    hall: Hall, record: dict[str, Any], purpose: Purpose, serial: str, is_told: bool
) -> None:
    hall.enter(**record)
    judgement = await hall.judge()
    assert judgement.credential is not None
    judgement = replace(judgement, credential=replace(judgement.credential, purpose=purpose))

    hall.duties.boot_told(judgement, BootFacts(serial, None, None, None))

    assert [type(fact) for fact in facts_put(hall.duties)] == ([SerialTold] if is_told else [])


@pytest.mark.parametrize(
    ("claims", "lane", "told"),
    [
        (("Works", "W-1", "1.2"), None, [Model("Works", "W-1", "1.2")]),
        (("Works", "W-1", "1\x1b[2J"), None, [Model("Works", "W-1", None)]),
        (("Works", "W-0", "1.0"), None, []),  # as on record
        ((None, None, None), None, []),
        (("Works", "W-1", "1.2"), Lane.UNPROVEN, []),
    ],
)
async def test_a_model_is_learnt_of_whoever_has_proven_itself(
    hall: Hall, claims: tuple[str | None, ...], lane: Lane | None, told: list[Model]
) -> None:
    hall.enter(model=Model("Works", "W-0", "1.0"))
    judgement = await hall.judge()
    judgement = replace(judgement, decision=replace(judgement.decision, lane=lane))

    hall.duties.boot_told(judgement, BootFacts(None, *claims))

    assert [fact.model for fact in facts_put(hall.duties) if isinstance(fact, ModelTold)] == told


async def test_a_link_keeps_the_record_as_it_is_known_by_now_and_no_certificate(hall: Hall) -> None:
    judgement = await hall.judge()
    for _ in range(2):  # a fleet's models are a few: equal ones are one value
        hall.duties.boot_told(judgement, BootFacts(None, "Works", "W-1", "1.2"))

    kept = hall.duties.kept(judgement)

    entry = hall.made.registry.entry(judgement.station)
    assert entry is not None
    assert kept.entry is entry
    assert entry.station.model == Model("Works", "W-1", "1.2")
    assert (kept.arrival.tls, kept.decision, kept.credential) == (
        None,
        judgement.decision,
        judgement.credential,
    )
    assert hall.made.door.judge_again(kept).decision == judgement.decision


async def test_nothing_is_learnt_from_who_is_only_indulged(hall: Hall) -> None:
    hall.made.observe()
    hall.duties = made_duties(hall.made)
    hall.enter(known_sources=(), profile=SecurityProfile.TLS_BASIC, floor=SecurityProfile.TLS_BASIC)
    judgement = await hall.judge()  # a certificate, where a password is registered

    hall.duties.opened(judgement)
    hall.duties.proven(MadeLink(judgement, hall.duties).link)

    assert judgement.decision.is_indulged
    assert facts_put(hall.duties) == []


async def test_a_boot_that_does_not_fit_is_told_and_passes_while_observed(hall: Hall) -> None:
    hall.made.observe()
    hall.duties = made_duties(hall.made)
    link = await hall.link("ocpp2.0.1")
    boot = {"reason": "PowerUp", "chargingStation": {"serialNumber": "SN-9", "model": "m", "vendorName": "v"}}

    link.link.text(frame(2, "1", "BootNotification", boot))

    assert (len(link.csms.sent), link.station.ending) == (1, None)
    told = hall.made.journal.events[-1]
    assert (told.kind, told.facts["would"]) == ("boot_serial_mismatched", "refuse")


async def test_whoever_wants_to_know_is_told_whose_header_the_csms_took(hall: Hall) -> None:
    hall.made.observe()
    hall.duties = made_duties(hall.made, basic="pass")
    hall.enter(profile=SecurityProfile.TLS_BASIC, floor=SecurityProfile.TLS_BASIC)
    told: list[Judgement] = []
    hall.duties.on_vouched = told.append
    silent = await hall.judge()
    spoke = await hall.made.door.judge(arrival(password=b"unknown here", at=hall.made.clock.now()))

    assert not hall.duties.accepted_by_csms(silent)
    assert hall.duties.accepted_by_csms(spoke)
    assert told == [spoke]


async def test_a_route_that_a_reload_took_away_is_no_way_any_more(hall: Hall) -> None:
    judgement = await hall.judge()
    hall.duties.routes.current = Routes([made_route(made_rule("other"))])

    assert await hall.duties.dial(judgement, ("ocpp1.6",)) == DialFailed("its route is not there any more")


async def test_without_the_password_that_its_csms_wants_nobody_is_dialled(hall: Hall) -> None:
    attestation = Attestation({}, "stored", box=CsmsPasswordBox(Secret(b"k" * 32)))
    hall.duties.routes.current = Routes([replace(made_route(), attestation=attestation)])

    failed = await hall.duties.dial(await hall.judge(), ("ocpp1.6",))

    assert failed == DialFailed("no password for the CSMS is kept for this station.")


async def test_a_csms_bears_so_many_newcomers_and_no_more(hall: Hall) -> None:
    gate = DialGate(DialPace(per_second=1.0, burst=1, patience=0.5))
    hall.duties.routes.current = Routes([made_route(dials=gate)])
    judgement = await hall.judge()

    first = await hall.duties.dial(judgement, ("ocpp1.6",))
    second = await hall.duties.dial(judgement, ("ocpp1.6",))

    assert isinstance(first, DialFailed)
    assert not first.is_spared  # it was dialled: nobody is there
    assert second == DialFailed(NO_TURN, is_spared=True)
    assert 30 <= hall.duties.retry_after(judgement) < 90


async def test_a_csms_that_several_stations_do_not_reach_is_away_and_told_once(hall: Hall) -> None:
    judgement = await hall.judge()
    for name in ("CP001", "CP002", "CP003"):
        other = replace(judgement, arrival=replace(judgement.arrival, station=StationId(name)))
        await hall.duties.dial(other, ("ocpp1.6",))

    spared = await hall.duties.dial(judgement, ("ocpp1.6",))

    assert spared == DialFailed(AWAY, is_spared=True)
    assert hall.kinds == ["csms_away"]


async def test_a_gateway_that_leaves_holds_nobody(hall: Hall) -> None:
    judgement = await hall.judge()
    assert hall.duties.losses_of(judgement).terms.hold == 20.0

    hall.duties.is_leaving = True

    assert hall.duties.losses_of(judgement).terms.hold == 0.0


async def test_how_a_station_comes_in_is_told_to_its_life_cycle(hall: Hall) -> None:
    link = await hall.link()
    hall.duties.opened(link.link.judgement)
    assert [fact for fact in facts_put(hall.duties) if isinstance(fact, CameBack)] == []

    entry = hall.made.registry.entry(StationId("CP001"))
    assert entry is not None
    hall.made.registry.put_station(replace(entry, has_lifecycle=True))
    hall.duties.opened(await hall.judge())

    back = [fact for fact in facts_put(hall.duties) if isinstance(fact, CameBack)]
    third = SecurityProfile.TLS_CERTIFICATE
    assert back == [CameBack(StationId("CP001"), hall.made.clock.now(), LEAF.fingerprint, third)]
