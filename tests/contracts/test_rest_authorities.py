"""Enrolment over REST against servers of the documented shapes; the suite of all authorities has their rows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.fakes.certificates import Authority
from tests.fakes.rest_authorities import RestWays, ejbca, step_ca, vault
from tests.fakes.signers import csr_of, order_of
from voltward.adapters.pki.outside.http_exchange import Login
from voltward.adapters.pki.outside.order_memory import FileOrderMemory
from voltward.adapters.pki.outside.outside_authority import Enrolment, OutsideAuthority
from voltward.domain.errors import OutsideFault
from voltward.domain.secret import Secret
from voltward.ports.authority import Declined, Issued, OrderOutcome

CSR = csr_of(common_name="SN-0001")
KINDS = (step_ca, vault, ejbca)
Make = Callable[[Authority, RestWays], AbstractAsyncContextManager[Enrolment]]


async def outcome_of(make: Make, folder: Path, ways: RestWays, times: int = 1) -> OrderOutcome:
    async with make(Authority.create("Corporate"), ways) as enrolment:
        authority = OutsideAuthority("corporate", enrolment, FileOrderMemory(folder / "a" / "b"), 20.0)
        outcomes = [await authority.issue(order_of(CSR)) for _ in range(times)]
    return outcomes[-1]


@pytest.mark.parametrize("make", KINDS)
async def test_an_order_that_was_answered_is_not_given_again(make: Make, tmp_path: Path) -> None:
    ways = RestWays()

    assert isinstance(await outcome_of(make, tmp_path, ways, times=2), Issued)
    assert len(ways.signed) == 1


@pytest.mark.parametrize("make", KINDS)
async def test_a_refusal_of_the_request_is_for_good_and_in_its_words(make: Make, tmp_path: Path) -> None:
    ways = RestWays([("400 Bad Request", b"the key is too short")])

    assert await outcome_of(make, tmp_path, ways) == Declined("400 the key is too short")


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize("status", ["503 Sealed", "403 No", "404 Nowhere", "429 Slow down"])
async def test_what_may_pass_is_a_fault_of_the_outside(make: Make, status: str, tmp_path: Path) -> None:
    with pytest.raises(OutsideFault, match=status[:3]):
        await outcome_of(make, tmp_path, RestWays([(status, b"")]))


@pytest.mark.parametrize("make", KINDS)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"<html>",
        b'{"certChain":["\xff"]}',
        b'{"more":' + b"[" * 100_000,
        b'{"certChain":[]}',
        b'{"certificate":"AAAA"}',
        b'{"data":{"certificate":"-----BEGIN CERTIFICATE-----AAAA-----END CERTIFICATE-----"}}',
    ],
)
async def test_an_answer_without_a_certificate_is_declined(make: Make, body: bytes, tmp_path: Path) -> None:
    outcome = await outcome_of(make, tmp_path, RestWays([("201 Created", body)]))

    assert isinstance(outcome, Declined)
    assert "no certificate" in outcome.words


async def test_each_token_for_a_provisioner_is_good_once(tmp_path: Path) -> None:
    ways = RestWays([("503 Busy", b"")])
    async with step_ca(Authority.create("Corporate"), ways) as enrolment:
        with pytest.raises(OutsideFault, match="503"):
            await enrolment.enrol(order_of(CSR))
        with pytest.raises(OutsideFault, match="401"):  # the clock of this test stands
            await enrolment.enrol(order_of(CSR))
        assert isinstance(await enrolment.enrol(order_of(CSR, "order-2")), Issued)


async def test_a_wrong_secret_of_a_role_asks_for_no_certificate(tmp_path: Path) -> None:
    ways = RestWays()
    async with vault(Authority.create("Corporate"), ways) as enrolment:
        guessed = replace(enrolment, login=Login("voltward", Secret(b"guessed")))
        with pytest.raises(OutsideFault, match="invalid role or secret"):
            await guessed.enrol(order_of(CSR))

    assert ways.asked == ["POST /v1/auth/approle/login"]


async def test_a_profile_that_waits_for_approval_is_declined(tmp_path: Path) -> None:
    ways = RestWays([("202 Accepted", b'{"message":"waiting for approval","request_id":7}')])

    outcome = await outcome_of(ejbca, tmp_path, ways)

    assert isinstance(outcome, Declined)
    assert "approval" in outcome.words
