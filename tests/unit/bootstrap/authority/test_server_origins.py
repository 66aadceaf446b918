from __future__ import annotations

from tests.fakes.deployments import Site
from voltward.bootstrap.authority.server_origins import note_origin, origin_of
from voltward.bootstrap.rooms import open_room
from voltward.ports.vault import RoomName


async def test_who_signed_is_known_until_somebody_brings_another(site: Site) -> None:
    room = open_room(site.settings(), RoomName.GATEWAY)
    secrets = set(room.names())

    note_origin(room, "public-ecdsa", "public")
    assert (origin_of(room, "public-ecdsa"), origin_of(room, "server-ecdsa")) == ("public", "")
    note_origin(room, "public-ecdsa", "")
    note_origin(room, "public-ecdsa", "")
    assert origin_of(room, "public-ecdsa") == ""
    assert set(room.names()) == secrets
