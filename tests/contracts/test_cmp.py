"""Enrolment over CMP against openssl's mock server; the suite of all authorities has its row, too."""

from __future__ import annotations

import pytest

from tests.fakes.certificates import Authority
from tests.fakes.clock import NOON
from tests.fakes.cmp_server import SECRET, cmp_enrolment, cmp_server
from tests.fakes.signers import csr_of, order_of
from voltward.adapters.pki.outside.cmp import error_words
from voltward.domain.errors import OutsideFault
from voltward.ports.authority import Declined, OrderOutcome, Revocation, RevocationReason

CSR = csr_of(common_name="SN-0001")
REFUSED = ("-pkistatus", "2", "-statusstring", "not your station", "-failure")


async def outcome_of(*ways: str, secret: str = SECRET, patience: float = 20.0) -> OrderOutcome:
    async with cmp_server(Authority.create("Corporate"), ways) as port:
        return await cmp_enrolment(port, secret, patience).enrol(order_of(CSR))


async def test_a_refusal_is_for_good_and_in_its_words() -> None:
    outcome = await outcome_of(*REFUSED, "2")

    assert isinstance(outcome, Declined)
    assert "badRequest" in outcome.words
    assert "not your station" in outcome.words


async def test_a_refusal_that_is_not_about_the_request_is_a_fault_of_the_outside() -> None:
    with pytest.raises(OutsideFault, match="systemUnavail"):
        await outcome_of(*REFUSED, "24")


async def test_a_wrong_secret_is_a_fault_of_the_outside() -> None:
    with pytest.raises(OutsideFault, match="wrong pbm value"):
        await outcome_of(secret="guessed")


async def test_an_authority_that_lets_wait_for_too_long_is_given_up() -> None:
    with pytest.raises(OutsideFault, match="total timeout"):
        await outcome_of("-poll_count", "3", "-check_after", "9", patience=1)


async def test_an_authority_that_is_not_there_is_a_fault_of_the_outside() -> None:
    async with cmp_server(Authority.create("Corporate")) as port:
        pass
    with pytest.raises(OutsideFault, match="connect"):
        await cmp_enrolment(port, patience=1).enrol(order_of(CSR))


async def test_what_it_never_issued_it_does_not_revoke() -> None:
    authority = Authority.create("Corporate")
    stranger = Authority.create("Corporate").issue("SN-9").der
    async with cmp_server(authority) as port:
        enrolment = cmp_enrolment(port)
        await enrolment.enrol(order_of(CSR))
        outcome = await enrolment.revoke(Revocation("ab", 7, NOON, RevocationReason.UNSPECIFIED, stranger))

    assert isinstance(outcome, Declined)


async def test_a_revocation_that_nobody_hears_is_a_fault_of_the_outside() -> None:
    async with cmp_server(Authority.create("Corporate")) as port:
        pass
    revocation = Revocation("ab", 7, NOON, RevocationReason.UNSPECIFIED, Authority.create("Corporate").der)
    with pytest.raises(OutsideFault, match="connect"):
        await cmp_enrolment(port, patience=1).revoke(revocation)


def test_errors_are_said_once_without_places_in_the_source() -> None:
    words = "a.c:1:CMP error: wrong\nCMP warning: so\nCMP error: wrong\nCMP error: the\x07 end\n"

    assert error_words(words) == "wrong; the  end"
    assert error_words("") == "no reason was given"
