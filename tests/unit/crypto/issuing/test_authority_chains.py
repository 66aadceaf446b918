from __future__ import annotations

from tests.fakes.certificates import Authority
from tests.fakes.chance import CountedTokens
from tests.fakes.clock import NOON
from tests.fakes.signers import csr_of
from voltward.crypto.issuing.authority_chains import chain_for_request, is_root, split_crossed
from voltward.crypto.issuing.hierarchy import Family
from voltward.crypto.issuing.issuance import IssuingAuthority
from voltward.crypto.issuing.next_family import crossed_form, make_next_family

ROOT = Authority.create("Corporate root")
MIDDLE = Authority.create("Corporate issuing", parent=ROOT)
OURS = Authority.create("Stations CA", parent=MIDDLE)
REQUEST = csr_of(OURS.key)


def test_a_chain_is_put_together_whatever_the_order_of_its_certificates() -> None:
    stranger = Authority.create("Somebody").der

    found = chain_for_request(REQUEST, [ROOT.der, stranger, OURS.der, MIDDLE.der])

    assert found == (OURS.der, MIDDLE.der, ROOT.der)


def test_a_chain_ends_where_nothing_stands_above() -> None:
    assert chain_for_request(REQUEST, [OURS.der, ROOT.der]) == (OURS.der,)


def test_a_certificate_for_another_key_answers_nothing() -> None:
    assert chain_for_request(csr_of(), [OURS.der, MIDDLE.der, ROOT.der]) == ()
    assert chain_for_request(REQUEST, []) == ()


def test_a_root_is_what_signed_itself() -> None:
    assert is_root(ROOT.der)
    assert not is_root(MIDDLE.der)
    impostor = Authority.create("Corporate root", parent=ROOT)  # the same name above and below, another key
    assert not is_root(impostor.der)


def test_a_root_that_others_signed_too_is_told_from_the_chain_below_it() -> None:
    new = make_next_family(Family.ECDSA, "Example CPO", NOON, CountedTokens("new")).root
    by_old, by_stranger = (
        crossed_form(new, IssuingAuthority(one.certificate, one.key), NOON, CountedTokens())
        for one in (ROOT, Authority.create("Somebody"))
    )

    assert split_crossed([by_stranger, by_old, OURS.der, new.der], ROOT.der) == (
        [OURS.der, new.der],
        by_old,
    )
    assert split_crossed([OURS.der, MIDDLE.der], ROOT.der) == ([OURS.der, MIDDLE.der], b"")
