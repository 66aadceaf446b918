from __future__ import annotations

from tests.unit.simulator.certificate_play import root, stranger
from tests.unit.simulator.station_play import T0
from voltward.simulator.memory.hash_data import hash_data
from voltward.simulator.memory.trust_store import Anchor, Refusal, StoreTerms, TrustStore
from voltward.simulator.memory.uses import AnchorUse

TERMS = StoreTerms(capacity=3, additional_check=False)
CHECKED = StoreTerms(capacity=3, additional_check=True)
CSMS = AnchorUse.CSMS


def checked() -> TrustStore:
    return TrustStore([Anchor(CSMS, root().certificate), Anchor(AnchorUse.MO, stranger().certificate)])


def test_the_same_root_may_serve_two_uses() -> None:
    store = TrustStore()
    kept = [store.install(use, root().certificate, TERMS, T0) for use in (CSMS, AnchorUse.V2G, CSMS)]

    assert kept == [None, None, None]
    assert [anchor.use for anchor in store.anchors] == [CSMS, AnchorUse.V2G]


def test_the_additional_check_is_for_the_csms_alone() -> None:
    store = checked()

    assert store.install(AnchorUse.V2G, stranger().certificate, CHECKED, T0) is None
    assert store.install(CSMS, stranger().certificate, StoreTerms(9, additional_check=True), T0) is (
        Refusal.UNSIGNED
    )


def test_until_the_new_root_has_worked_it_is_the_old_one_that_signs() -> None:
    store = checked()
    first, second = root().succeed("First", T0), root().succeed("Second", T0)
    of_the_first = first.succeed("Third", T0)
    terms = StoreTerms(9, additional_check=True)
    store.install(CSMS, first.certificate, terms, T0)

    assert store.install(CSMS, of_the_first.certificate, terms, T0) is Refusal.UNSIGNED
    assert store.install(CSMS, second.certificate, terms, T0) is None
    assert store.roots(CSMS) == (second.certificate,)
    assert store.roots(CSMS, fallback=True) == (root().certificate,)


def test_the_fallback_goes_when_the_new_root_has_worked_and_not_when_itself_did() -> None:
    store = checked()
    new = root().succeed("Next", T0)
    store.install(CSMS, new.certificate, CHECKED, T0)
    store.worked(fallback=True)
    assert store.roots(CSMS, fallback=True) == (root().certificate,)
    store.worked(fallback=False)
    assert store.roots(CSMS, fallback=True) == ()


def test_a_deleted_root_gives_its_place_back_to_the_fallback() -> None:
    store = checked()
    new = root().succeed("Next", T0)
    store.install(CSMS, new.certificate, CHECKED, T0)
    anchor = store.find(hash_data(new.certificate, root().certificate, "SHA384"))
    assert anchor is not None
    store.delete(anchor)

    assert store.roots(CSMS) == (root().certificate,)
