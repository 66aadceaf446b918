from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.certificates import CLIENT_AUTH, SERVER_AUTH, Authority, Issued, Validity, self_signed
from voltward.crypto.reading.chain_words import findings_below
from voltward.domain.errors import OperatorFault
from voltward.wire.offered_chain import NOTHING_OFFERED, ChainVerifier

ROOT = Authority.create("Root")
ISSUING = Authority.create("Issuing", parent=ROOT)
VERIFIER = ChainVerifier([ROOT.certificate_pem])


def offered(issued: Issued) -> tuple[bytes, ...]:
    return issued.der, *(link.public_bytes(Encoding.DER) for link in issued.intermediates)


def test_a_good_chain_leads_to_its_anchor() -> None:
    chain = offered(ISSUING.issue("SN-1", "Example CPO"))
    seen = VERIFIER.verify(chain)

    assert seen.peer_chain == chain
    assert seen.verified_chain == (*chain, ROOT.der)
    assert seen.chain_errors == ()


def test_an_intermediate_can_be_the_anchor() -> None:
    leaf = ISSUING.issue("SN-1")

    assert ChainVerifier([ISSUING.certificate_pem]).verify((leaf.der,)).verified_chain == (
        leaf.der,
        ISSUING.der,
    )


def test_of_two_authorities_of_one_name_the_one_that_signed_is_found() -> None:
    roots = [Authority.create("Reissued", organisation="Maker") for _ in range(3)]
    trusting = ChainVerifier([ROOT.certificate_pem, *(root.certificate_pem for root in roots[:2])])
    assert trusting.has_namesakes
    assert not VERIFIER.has_namesakes

    for root in roots[:2]:
        chain = offered(Authority.create("Below", parent=root).issue("SN-1"))
        assert trusting.verify(chain).verified_chain == (*chain, root.der)
    forged = trusting.verify(offered(roots[2].issue("SN-1")))

    assert (forged.verified_chain, [error.code for error in forged.chain_errors]) == ((), [7])


def test_nothing_offered_is_nothing_found() -> None:
    assert VERIFIER.verify(()) is NOTHING_OFFERED


@pytest.mark.parametrize("validity", [Validity.days(-30, -1), Validity.days(1, 30)])
def test_times_are_left_to_the_rulebook(validity: Validity) -> None:
    seen = VERIFIER.verify(offered(ISSUING.issue("SN-1", validity=validity)))

    assert seen.verified_chain[-1] == ROOT.der


def test_a_leaf_may_be_kept_to_any_use() -> None:
    """No extended key usage may be demanded of a leaf (A00.FR.514), here as in a handshake."""
    seen = VERIFIER.verify(offered(ROOT.issue("SN-1", extensions=[SERVER_AUTH])))

    assert seen.verified_chain[-1] == ROOT.der


def _stranger() -> tuple[bytes, ...]:
    return offered(Authority.create("Stranger").issue("SN-1"))


def _without_intermediate() -> tuple[bytes, ...]:
    return (ISSUING.issue("SN-1").der,)


def _broken_signature() -> tuple[bytes, ...]:
    good = ROOT.issue("SN-1").der
    return (good[:-1] + bytes([good[-1] ^ 1]),)


def _issued_by_a_leaf() -> tuple[bytes, ...]:
    leaf = ROOT.issue("SN-1")
    return Authority(leaf.certificate, leaf.key, ()).issue("SN-2").der, leaf.der


def _self_signed() -> tuple[bytes, ...]:
    return (self_signed("SN-1").der,)


def _of_an_issuer_for_servers() -> tuple[bytes, ...]:
    return offered(Authority.create("For servers", parent=ROOT, extensions=[SERVER_AUTH]).issue("SN-1"))


def _of_an_issuer_that_cannot_be_read() -> tuple[bytes, ...]:
    """OpenSSL reads its alternative name (x400Address), and the parser that looks for purposes does not."""
    name = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.17"), bytes.fromhex("3002a300"))
    return offered(Authority.create("Odd name", parent=ROOT, extensions=[(name, False)]).issue("SN-1"))


def _no_certificate() -> tuple[bytes, ...]:
    return (b"\x30\x03\x02\x01\x05",)


def _something_behind_it() -> tuple[bytes, ...]:
    return (ROOT.issue("SN-1").der + b"\0",)


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (_stranger, "unknown-authority"),
        (_without_intermediate, "unknown-authority"),
        (_broken_signature, "bad-signature"),
        (_issued_by_a_leaf, "not-a-ca"),
        (_self_signed, "self-signed"),
        (_of_an_issuer_for_servers, "wrong-purpose"),
        (_of_an_issuer_that_cannot_be_read, "wrong-purpose"),
        (_no_certificate, "x509-1"),
        (_something_behind_it, "x509-1"),
    ],
)
def test_what_is_wrong_has_the_word_of_a_handshake_and_verifies_nothing(
    make: Callable[[], tuple[bytes, ...]], word: str
) -> None:
    seen = VERIFIER.verify(make())

    assert seen.verified_chain == ()
    assert word in findings_below(seen.chain_errors, 8)


def test_an_expired_anchor_hides_no_broken_signature() -> None:
    old = Authority.create("Old root", validity=Validity.days(-30, -1))
    good = old.issue("SN-1").der
    broken = good[:-1] + bytes([good[-1] ^ 1])
    verifier = ChainVerifier([old.certificate_pem])

    assert verifier.verify((good,)).verified_chain == (good, old.der)
    assert verifier.verify((broken,)).verified_chain == ()


def test_an_issuer_for_clients_is_fine() -> None:
    issuing = Authority.create("For clients", parent=ROOT, extensions=[CLIENT_AUTH])

    assert VERIFIER.verify(offered(issuing.issue("SN-1"))).chain_errors == ()


def test_an_anchor_that_is_none_is_named() -> None:
    with pytest.raises(OperatorFault, match="trust anchor 2"):
        ChainVerifier([ROOT.certificate_pem, b"nothing"])


LEAF = ROOT.issue("SN-1").der


@given(st.integers(0, len(LEAF) - 1), st.integers(1, 255), st.lists(st.binary(max_size=60), max_size=3))
def test_changed_octets_are_never_verified_and_never_raise(place: int, flip: int, more: list[bytes]) -> None:
    changed = LEAF[:place] + bytes([LEAF[place] ^ flip]) + LEAF[place + 1 :]

    assert VERIFIER.verify((changed, *more)).verified_chain == ()
