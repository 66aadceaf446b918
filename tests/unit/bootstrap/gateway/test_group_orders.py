from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from tests.fakes.clock import NOON
from tests.fakes.deployments import Site
from voltward.bootstrap.gateway.group_orders import (
    observed_of,
    ordered_action,
    policies_of,
    read_group_orders,
)
from voltward.domain.enforcement import Action
from voltward.domain.errors import OperatorFault
from voltward.rulebook.catalogue import load_rulebook

BOOK = load_rulebook()
TOMORROW = f"{NOON + timedelta(days=1):%Y-%m-%d}"


@pytest.fixture
def plain(tmp_path: Path) -> Site:
    (tmp_path / "voltward.toml").write_text("")
    return Site(tmp_path)


# -- policies


def test_a_groups_words_become_actions(plain: Site) -> None:
    settings = plain.settings(
        'group.a.actions={"CERT-06"="record", "CERT-03"="quarantine", "TLS-07"="enforce"}'
    )

    policies = policies_of(settings, BOOK)

    assert dict(policies["a"].actions) == {
        "CERT-06": Action.RECORD,
        "CERT-03": Action.QUARANTINE,
        "TLS-07": BOOK.by_id["TLS-07"].default_action,
    }


@pytest.mark.parametrize(
    ("control", "word"), [("CERT-03", "record"), ("TLS-02", "quarantine"), ("AUTH-02", "record")]
)
def test_nothing_is_softened_beyond_what_its_control_bears(control: str, word: str) -> None:
    with pytest.raises(OperatorFault, match="cannot be softened") as caught:
        ordered_action("a", control, word, BOOK)
    assert caught.value.subject == "group.a.actions"


@pytest.mark.parametrize("control", [c.id for c in BOOK.controls])
def test_every_control_may_be_enforced_or_made_harder(control: str) -> None:
    assert ordered_action("a", control, "enforce", BOOK) is BOOK.by_id[control].default_action
    assert ordered_action("a", control, "refuse", BOOK) is Action.REFUSE


# -- observing


def observed(*more: str, until: str = TOMORROW) -> tuple[str, ...]:
    return ('group.old.mode="observe"', f"group.old.observe_until={until}", *more)


def test_a_group_is_observed_until_the_end_of_its_day_and_from_its_networks(plain: Site) -> None:
    settings = plain.settings(*observed('group.old.observe_sources=["10.20.0.0/16"]'))

    terms = observed_of(settings, NOON)["old"]

    assert terms.hold(NOON + timedelta(days=1, hours=11))
    assert not terms.hold(NOON + timedelta(days=1, hours=12))
    assert terms.networks == (ip_network("10.20.0.0/16"),)


def test_an_end_that_has_passed_is_no_fault_and_holds_nothing(plain: Site) -> None:
    terms = observed_of(plain.settings(*observed(until="2020-01-31")), NOON)["old"]

    assert not terms.hold(NOON)


@pytest.mark.parametrize(
    ("orders", "subject"),
    [
        (('group.old.mode="observe"',), "group.old.observe_until"),
        (observed(until="2099-12-31"), "group.old.observe_until"),
        (observed('group.old.observe_sources=["10.20.0.1/16"]'), "group.old.observe_sources"),
        (observed('gateway.observe_group="new"'), "gateway.observe_group"),
        (("gateway.observe_group=default",), "gateway.observe_group"),
    ],
)
def test_observing_that_has_no_good_end_or_no_such_group_is_refused(
    plain: Site, orders: tuple[str, ...], subject: str
) -> None:
    with pytest.raises(OperatorFault) as caught:
        observed_of(plain.settings(*orders), NOON)
    assert caught.value.subject == subject


def test_a_date_that_is_none_is_refused_where_the_settings_are_read(plain: Site) -> None:
    with pytest.raises(OperatorFault, match="observe_until"):
        plain.settings(*observed(until="soon"))


def test_a_reload_fills_the_same_tables_anew(plain: Site) -> None:
    orders = read_group_orders(plain.settings(*observed()), BOOK, NOON)
    tables = orders.groups, orders.policies, orders.observed

    orders.become(read_group_orders(plain.settings('group.new.boot_serial="off"'), BOOK, NOON))

    assert [list(table) for table in tables] == [["new"], ["new"], []]
