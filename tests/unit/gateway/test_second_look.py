from __future__ import annotations

from tests.fakes.builders import denied_certificate
from tests.fakes.links import LEAF, Hall, MadeLink
from voltward.gateway.links.connection_table import ConnectionTable
from voltward.gateway.links.link import StationLink
from voltward.gateway.second_look import SecondLook
from voltward.usecases.admission.follow_store import Moved


class Look:
    """A second look at one live link."""

    def __init__(self, hall: Hall, made: MadeLink) -> None:
        self.table: ConnectionTable[StationLink] = ConnectionTable()
        self.table.enter(made.link)
        self.contexts = 0
        self.look = SecondLook(hall.made.door, self.table, self._count)

    def _count(self) -> None:
        self.contexts += 1


async def test_who_showed_a_certificate_that_was_denied_goes_without_a_new_tls_context() -> None:
    hall = Hall()
    made = await hall.link()
    look = Look(hall, made)
    hall.made.registry.set_denials([denied_certificate(fingerprint=LEAF.fingerprint)])

    await look.look.after(Moved(denied=frozenset({LEAF.fingerprint})))

    assert made.station.ending is not None
    assert made.station.ending[0] == 4003
    assert look.contexts == 0


async def test_a_denial_costs_others_no_judgement() -> None:
    hall = Hall()
    made = await hall.link()
    before = made.link.judgement

    await Look(hall, made).look.after(Moved(denied=frozenset({b"of somebody else"})))

    assert made.link.judgement is before
    assert made.station.ending is None


async def test_a_station_that_moved_is_looked_at_and_no_other() -> None:
    hall = Hall()
    made, other = await hall.link(), await hall.link()
    before = other.link.judgement
    look = Look(hall, made)

    await look.look.after(Moved(stations={made.link.judgement.station}))

    assert made.link.judgement is not before
    assert other.link.judgement is before


async def test_where_trust_moved_all_are_judged_and_later_comers_get_a_new_context() -> None:
    hall = Hall()
    made = await hall.link()
    look = Look(hall, made)
    hall.made.registry.set_authorities([])

    await look.look.after(Moved(trust=True))

    assert look.contexts == 1
    assert made.station.ending is not None


async def test_where_only_the_servers_chains_moved_later_comers_are_shown_them_and_nobody_is_judged() -> None:
    hall = Hall()
    made = await hall.link()
    before = made.link.judgement
    look = Look(hall, made)

    await look.look.after(Moved(chains=True))

    assert look.contexts == 1
    assert made.link.judgement is before
