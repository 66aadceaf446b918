from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.fakes.certificates import self_signed
from voltward.cli.station.station_orders import Indulgence, NewCredential, NewStation, RecordChange, change_of
from voltward.domain.errors import OperatorFault
from voltward.domain.finding import ControlException
from voltward.domain.secret import Secret
from voltward.domain.security_profile import Allowance, SecurityProfile
from voltward.domain.station import StationId
from voltward.usecases.fleet.change_station import StationChange

END = datetime(2099, 4, 1, tzinfo=UTC)


def test_an_ordinary_station_is_on_profile_2_with_a_password_of_ours() -> None:
    order = NewStation().order(StationId("CP001"))

    assert (order.station, order.profile) == (StationId("CP001"), SecurityProfile.TLS_BASIC)
    assert (order.password, order.certificate, order.group) == (None, None, "default")


def test_files_are_read_into_the_order(tmp_path: Path) -> None:
    leaf = self_signed()
    (tmp_path / "leaf.pem").write_bytes(leaf.certificate_pem)
    (tmp_path / "password").write_bytes(b"secret\n")

    for told in (NewStation, NewCredential):
        order = told(certificate=tmp_path / "leaf.pem", password_file=str(tmp_path / "password")).order(
            StationId("CP001")
        )
        assert (order.certificate, order.password) == (leaf.der, Secret(b"secret"))


def test_a_change_says_only_what_was_given() -> None:
    assert change_of(RecordChange(group="a"), Indulgence()) == StationChange(group="a")
    assert change_of(RecordChange(profile=3, floor=2), Indulgence()) == StationChange(
        profile=SecurityProfile.TLS_CERTIFICATE, floor=SecurityProfile.TLS_BASIC
    )


def test_one_end_owner_and_reason_hold_for_both_indulgences() -> None:
    both = Indulgence(allow_profile=1, except_="CERT-06", until="2099-03-31", owner="ann", reason="modem")

    change = change_of(RecordChange(), both)

    assert change.allowance == Allowance(SecurityProfile.UNSECURED_BASIC, END, "ann", "modem")
    assert change.exception == ControlException("CERT-06", END, "ann", "modem")


@pytest.mark.parametrize("lacks", ["until", "owner", "reason"])
@pytest.mark.parametrize(
    ("option", "given"), [("--except", {"except_": "CERT-06"}), ("--allow-profile", {"allow_profile": 1})]
)
def test_an_indulgence_has_an_end_an_owner_and_a_reason(lacks: str, option: str, given: dict) -> None:
    dated = {"until": "2099-03-31", "owner": "ann", "reason": "modem", lacks: None}

    with pytest.raises(OperatorFault, match=f"{option} needs an end, an owner and a reason"):
        change_of(RecordChange(), Indulgence(**given, **dated))


@pytest.mark.parametrize("told", [Indulgence(), Indulgence(until="2099-03-31", owner="ann", reason="x")])
def test_nothing_to_change_is_an_order_too_few(told: Indulgence) -> None:
    with pytest.raises(OperatorFault, match="nothing to change"):
        change_of(RecordChange(), told)
