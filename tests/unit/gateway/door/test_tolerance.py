from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.arrivals import arrival
from tests.fakes.clock import NOON
from voltward.domain.odd_path import OddPath
from voltward.domain.quirk import Quirk, QuirkGrant
from voltward.domain.station import StationId
from voltward.gateway.door.tolerance import meant, tolerate, tolerated_password
from voltward.ocpp import DIALECTS
from voltward.rulebook.observation import PasswordOutcome, PasswordSeen


def granted(quirk: Quirk, **parameters: str | float) -> dict[Quirk, QuirkGrant]:
    return {quirk: QuirkGrant(quirk, NOON + timedelta(days=1), "ann", "old firmware", parameters)}


def test_an_oddity_that_is_granted_is_used_and_another_one_stays() -> None:
    odd = replace(arrival(), oddities=(Quirk.TRAILING_SLASH, Quirk.EXTRA_SLASH))
    borne = tolerate(odd, granted(Quirk.EXTRA_SLASH))

    assert borne.quirks == (Quirk.EXTRA_SLASH,)
    assert borne.oddities == (Quirk.TRAILING_SLASH,)


@pytest.mark.parametrize(
    ("above", "is_borne"), [("site7", True), ("/site7/", True), ("site8", False), ("", False)]
)
def test_a_nested_path_is_borne_for_the_segments_that_were_granted(above: str, is_borne: bool) -> None:
    odd = replace(
        arrival(),
        oddities=(Quirk.NESTED_PATH,),
        odd=OddPath("CP001", (Quirk.NESTED_PATH,), "site7"),
    )

    assert (tolerate(odd, granted(Quirk.NESTED_PATH, above=above)).oddities == ()) is is_borne


@pytest.mark.parametrize(("user", "is_borne"), [("admin", True), (":admin", False), ("root", False)])
def test_an_alias_is_one_word_and_no_other(user: str, is_borne: bool) -> None:
    knock = arrival(password=b"a:secret", user=user)
    borne = tolerate(knock, granted(Quirk.USER_ALIAS, user="admin"))

    assert borne.login.user_matches is is_borne
    assert (Quirk.USER_ALIAS in borne.quirks) is is_borne
    if is_borne:
        assert borne.login.password is not None
        assert borne.login.password.reveal() == b"a:secret"


def test_a_station_that_names_no_subprotocol_speaks_what_was_granted() -> None:
    silent = replace(arrival(protocols=()), speakable=DIALECTS)
    borne = tolerate(silent, granted(Quirk.NO_SUBPROTOCOL, speaks="ocpp1.6"))
    elsewhere = tolerate(replace(silent, speakable={}), granted(Quirk.NO_SUBPROTOCOL, speaks="ocpp1.6"))

    assert [dialect.subprotocol for dialect in borne.dialects] == ["ocpp1.6"]
    assert borne.quirks == (Quirk.NO_SUBPROTOCOL,)
    assert elsewhere.dialects == ()


def test_a_station_that_names_one_is_taken_at_its_word() -> None:
    borne = tolerate(arrival(protocols=("ocpp2.0.1",)), granted(Quirk.NO_SUBPROTOCOL, speaks="ocpp1.6"))

    assert [dialect.subprotocol for dialect in borne.dialects] == ["ocpp2.0.1"]
    assert borne.quirks == ()


def test_a_station_that_is_meant_may_name_itself_as_it_is_registered() -> None:
    knock = arrival("cp001", password=b"secret", user="CP001")
    read = meant(knock, StationId("CP001"), (Quirk.LETTER_CASE,))

    assert (read.identity, read.login.user_matches, read.oddities) == ("CP001", True, (Quirk.LETTER_CASE,))


MATCHED = PasswordSeen(PasswordOutcome.MATCHED, length=20, minimum=16)


def test_a_short_password_is_borne_down_to_the_granted_length() -> None:
    short, grants = replace(MATCHED, length=8), granted(Quirk.SHORT_PASSWORD, octets=8)

    assert tolerated_password(short, grants) == (replace(short, minimum=8), (Quirk.SHORT_PASSWORD,))
    for other in (replace(short, length=7), MATCHED, replace(short, outcome=PasswordOutcome.WRONG)):
        assert tolerated_password(other, grants) == (other, ())


@pytest.mark.parametrize(
    ("weak", "quirk"),
    [
        (replace(MATCHED, shared=True), Quirk.SHARED_PASSWORD),
        (replace(MATCHED, default_of="a maker's"), Quirk.SHIPPED_PASSWORD),
    ],
)
def test_a_weak_password_is_borne_by_the_quirk_of_its_weakness_alone(
    weak: PasswordSeen, quirk: Quirk
) -> None:
    other = ({Quirk.SHARED_PASSWORD, Quirk.SHIPPED_PASSWORD} - {quirk}).pop()

    assert tolerated_password(weak, granted(quirk)) == (MATCHED, (quirk,))
    assert tolerated_password(weak, granted(other)) == (weak, ())
