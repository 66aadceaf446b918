from __future__ import annotations

from datetime import timedelta

import pytest

from tests.fakes.builders import authority, certificate_credential, station
from tests.fakes.clock import NOON
from tests.fakes.stores import put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.credential import ClientCertificate
from voltward.domain.revocation_list import ForeignList, ListHead, ListRule, OnStale
from voltward.ports.revocation_lists import ListLook
from voltward.usecases.views.assess_lists import (
    ListFinding,
    ListState,
    PublishedList,
    assess_other_lists,
    assess_own_list,
)

HOUR = timedelta(hours=1)
PARTNER = authority("Partner CA", revocation_list=ListRule("/lists/partner.crl"))


def own(left: timedelta | None, *, is_carried: bool = False) -> ListFinding:
    head = ListHead("id", 1, NOON - 7 * 24 * HOUR, NOON + left, 0) if left is not None else None
    return assess_own_list(PublishedList("stations-ca-ecdsa", head, is_carried), NOON)


@pytest.mark.parametrize(
    ("left", "is_carried", "state", "told_to"),
    [
        (73 * HOUR, False, ListState.GOOD, ""),
        (71 * HOUR, False, ListState.ENDING, "worker and the signer"),
        (-HOUR, False, ListState.OVER, "worker and the signer"),
        (None, False, ListState.MISSING, "worker and the signer"),
        (73 * HOUR, True, ListState.ENDING, "root-crl"),
        (31 * 24 * HOUR, True, ListState.GOOD, ""),
        (-HOUR, True, ListState.OVER, "root-crl"),
        (None, True, ListState.MISSING, ""),  # nobody ever carried one over, and nobody may need it
    ],
)
def test_a_list_of_ours_is_told_ahead_of_its_end(
    left: timedelta | None, is_carried: bool, state: ListState, told_to: str
) -> None:
    found = own(left, is_carried=is_carried)

    assert (found.state, found.is_ours, found.is_worrying) == (state, True, bool(told_to))
    assert told_to in found.mend


async def assessed(
    store: SqlStore, left: timedelta | None, on_stale: OnStale = OnStale.ADMIT, failures: int = 0
) -> ListFinding:
    rule = ListRule("/lists/partner.crl", on_stale)
    await put(store, authority("Partner CA", revocation_list=rule))
    problem = "cannot be had: nobody is there." if failures else ""
    async with store.begin() as work:
        if left is not None:
            head = ListHead(PARTNER.id, 1, NOON - 48 * HOUR, NOON + left, 0)
            await work.foreign_lists.put(ForeignList(head, b""))
        await work.foreign_lists.look(ListLook(PARTNER.id, rule.source, NOON, NOON + HOUR, failures, problem))
        await work.commit()
    (found,) = await assess_other_lists(store, NOON)
    return found


async def test_a_list_of_others_says_what_its_age_means_for_how_many(store: SqlStore) -> None:
    proof = ClientCertificate(b"f" * 32, "SN-CP001", bytes.fromhex(PARTNER.id))
    await put(store, station(), certificate_credential(proof=proof))

    over = await assessed(store, -HOUR)
    assert (over.state, over.is_ours, over.is_worrying) == (ListState.OVER, False, True)
    assert over.meaning == (
        "what was revoked since 2026-11-20 12:00 is not known here; its stations (1) are admitted."
    )


async def test_whose_stations_are_refused_and_why_there_is_no_list_is_said(store: SqlStore) -> None:
    missing = await assessed(store, None, OnStale.REFUSE, failures=3)

    assert (missing.state, missing.is_worrying) == (ListState.MISSING, True)
    assert "are refused (CERT-19)" in missing.meaning
    assert "The list cannot be had: nobody is there." in missing.mend


@pytest.mark.parametrize(("failures", "is_worrying"), [(0, False), (1, True)])
async def test_a_good_one_worries_nobody_unless_it_cannot_be_renewed(
    store: SqlStore, failures: int, is_worrying: bool
) -> None:
    good = await assessed(store, 25 * HOUR, failures=failures)
    assert (good.state, good.is_worrying) == (ListState.GOOD, is_worrying)


async def test_authorities_that_go_by_no_list_are_none_of_them(store: SqlStore) -> None:
    await put(store, authority("Partner CA"))

    assert await assess_other_lists(store, NOON) == []
