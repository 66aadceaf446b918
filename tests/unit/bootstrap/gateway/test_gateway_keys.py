from __future__ import annotations

from tests.fakes.clock import SeededEntropy
from tests.fakes.rooms import MemoryRoom
from voltward.bootstrap.gateway.gateway_keys import csms_password_box, token_signer
from voltward.domain.secret import Secret
from voltward.domain.station import StationId
from voltward.ports.vault import MADE_WHEN_NEEDED, GatewayKey

CP1 = StationId("CP001")
ENTROPY = SeededEntropy()


def test_a_missing_key_is_made_once_and_used_from_then_on() -> None:
    room = MemoryRoom()

    sealed = csms_password_box(room, ENTROPY).sealed(CP1, Secret(b"secret"), ENTROPY.token(12))

    assert csms_password_box(room, ENTROPY).opened(CP1, sealed) == Secret(b"secret")
    assert token_signer(room, ENTROPY).key_set == token_signer(room, ENTROPY).key_set
    assert set(room.names()) == MADE_WHEN_NEEDED


def test_a_key_that_is_there_is_left_as_it_is() -> None:
    room = MemoryRoom()
    room.put(GatewayKey.CSMS_TOKEN, Secret(b"k" * 32))

    token_signer(room, ENTROPY)

    assert room.get(GatewayKey.CSMS_TOKEN) == Secret(b"k" * 32)
