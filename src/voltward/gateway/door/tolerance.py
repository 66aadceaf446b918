"""What a station's quirks make of its arrival, once it is known whom the arrival can only mean. Pure.

An oddity that a grant covers is used up and named; one that no grant covers stays, and is refused by its
control. Called only where something is odd or granted: a plain arrival costs nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from voltward.domain.quirk import Grants, Quirk, QuirkGrant
from voltward.domain.station import StationId
from voltward.gateway.door.observe import Arrival
from voltward.ocpp.dialect import Dialect
from voltward.rulebook.observation import PasswordOutcome, PasswordSeen


def meant(arrival: Arrival, station: StationId, oddities: tuple[Quirk, ...]) -> Arrival:
    """The arrival as that of a registered station that it can only mean."""
    return replace(
        arrival,
        station=station,
        identity_problem="",
        oddities=(*arrival.oddities, *oddities),
        login=arrival.login.read_as(station.identity),
    )


def tolerate(arrival: Arrival, grants: Grants) -> Arrival:
    """What the grants cover is no oddity any more, but a quirk that was used."""
    used = [oddity for oddity in arrival.oddities if _covers(grants.get(oddity), arrival)]
    left = tuple(oddity for oddity in arrival.oddities if oddity not in used)
    login, spoken = arrival.login, arrival.spoken
    if (alias := grants.get(Quirk.USER_ALIAS)) is not None and not login.user_matches:
        login = login.read_as(alias.text("user"))
        if login.user_matches:
            used.append(Quirk.USER_ALIAS)
    if (assumed := grants.get(Quirk.NO_SUBPROTOCOL)) is not None and not arrival.offered:
        spoken = _spoken(arrival.speakable, assumed)
        used.append(Quirk.NO_SUBPROTOCOL)
    return replace(arrival, oddities=left, quirks=tuple(dict.fromkeys(used)), login=login, spoken=spoken)


def tolerated_password(seen: PasswordSeen, grants: Grants) -> tuple[PasswordSeen, tuple[Quirk, ...]]:
    """The password that matched as the grants let it be seen, and those of them that it needed."""
    used: list[Quirk] = []
    if not grants or seen.outcome is not PasswordOutcome.MATCHED:
        return seen, ()
    short = grants.get(Quirk.SHORT_PASSWORD)
    if short is not None and short.octets() <= seen.length < seen.minimum:
        seen = replace(seen, minimum=short.octets())
        used.append(Quirk.SHORT_PASSWORD)
    if seen.default_of and Quirk.SHIPPED_PASSWORD in grants:
        seen = replace(seen, default_of="")
        used.append(Quirk.SHIPPED_PASSWORD)
    if seen.shared and Quirk.SHARED_PASSWORD in grants:
        seen = replace(seen, shared=False)
        used.append(Quirk.SHARED_PASSWORD)
    return seen, tuple(used)


def _covers(grant: QuirkGrant | None, arrival: Arrival) -> bool:
    """A grant covers an oddity; that of a nested path only for the segments that it names."""
    if grant is None:
        return False
    if grant.quirk is not Quirk.NESTED_PATH:
        return True
    return arrival.odd is not None and grant.text("above").strip("/") == arrival.odd.above.strip("/")


def _spoken(speakable: Mapping[str, Dialect], grant: QuirkGrant) -> tuple[str, ...]:
    name = grant.text("speaks")
    return (name,) if name in speakable else ()
