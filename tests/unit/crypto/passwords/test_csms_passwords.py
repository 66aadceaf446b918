from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.crypto.passwords.csms_passwords import LONGEST, CsmsPasswordBox
from voltward.crypto.sealing import BrokenSeal
from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret
from voltward.domain.station import StationId

BOX = CsmsPasswordBox(Secret(b"k" * 32))
CP1, NORTH = StationId("CP001"), StationId("CP001", "north")
NONCE = b"n" * 12


@given(st.binary(min_size=1, max_size=LONGEST))
def test_what_was_sealed_for_a_station_opens_for_it(password: bytes) -> None:
    assert BOX.opened(CP1, BOX.sealed(CP1, Secret(password), NONCE)) == Secret(password)


def test_it_opens_for_no_other_station_tenant_or_key() -> None:
    sealed = BOX.sealed(CP1, Secret(b"secret"), NONCE)

    assert b"secret" not in sealed
    for box, station in ((BOX, NORTH), (BOX, StationId("CP002")), (CsmsPasswordBox(Secret(b"x" * 32)), CP1)):
        with pytest.raises(BrokenSeal):
            box.opened(station, sealed)


@given(st.integers(min_value=0, max_value=40), st.integers(min_value=1, max_value=255))
def test_a_single_changed_bit_breaks_it(at: int, change: int) -> None:
    sealed = bytearray(BOX.sealed(CP1, Secret(b"secret"), NONCE))
    sealed[at % len(sealed)] ^= change

    with pytest.raises(BrokenSeal):
        BOX.opened(CP1, bytes(sealed))


@pytest.mark.parametrize("password", [b"", b"x" * (LONGEST + 1)])
def test_what_no_header_can_carry_is_refused(password: bytes) -> None:
    with pytest.raises(OperatorFault, match="1 to 256 octets") as caught:
        BOX.sealed(NORTH, Secret(password), NONCE)
    assert caught.value.subject == "north/CP001"
