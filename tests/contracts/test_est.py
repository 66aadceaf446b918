"""Enrolment over EST against a server of the documented shape; the suite of all authorities has its row, too."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.fakes.certificates import Authority
from tests.fakes.clock import NOON
from tests.fakes.est_server import (
    PASSWORD,
    EstPlace,
    EstWays,
    est_enrolment,
    est_enrolment_showing,
    est_server,
)
from tests.fakes.signers import csr_of, order_of
from voltward.adapters.pki.outside.est import retry_at
from voltward.adapters.pki.outside.http_exchange import Answered
from voltward.adapters.pki.outside.order_memory import FileOrderMemory
from voltward.adapters.pki.outside.outside_authority import OutsideAuthority
from voltward.crypto.tokens.enrolment_forms import certificates_only
from voltward.domain.errors import OutsideFault
from voltward.ports.authority import Declined, Issued, OrderOutcome, Pending

CSR = csr_of(common_name="SN-0001")


def authority_at(
    place: EstPlace, folder: Path, password: str = PASSWORD, patience: float = 20.0
) -> OutsideAuthority:
    return OutsideAuthority(
        "corporate", est_enrolment(place, password), FileOrderMemory(folder / "a" / "b"), patience
    )


@asynccontextmanager
async def asked(folder: Path, ways: EstWays) -> AsyncIterator[tuple[EstPlace, OutsideAuthority]]:
    async with est_server(Authority.create("Corporate"), ways) as place:
        yield place, authority_at(place, folder)


async def outcome_of(folder: Path, ways: EstWays) -> tuple[OrderOutcome, EstPlace]:
    async with asked(folder, ways) as (place, authority):
        return await authority.issue(order_of(CSR)), place


async def test_an_authority_that_wants_time_is_asked_again_when_it_says(tmp_path: Path) -> None:
    ways = EstWays(once=[("202 Accepted\r\nRetry-After: 120", b"a person looks at it")])
    async with asked(tmp_path, ways) as (_, authority):
        first = await authority.issue(order_of(CSR))
        then = await authority.issue(order_of(CSR))

    assert first == Pending(NOON + timedelta(seconds=120), "202 a person looks at it")
    assert isinstance(then, Issued)


async def test_a_refusal_is_for_good_and_in_its_words(tmp_path: Path) -> None:
    outcome, _ = await outcome_of(tmp_path, EstWays(once=[("400 Bad Request", b"not your\nstation")]))

    assert outcome == Declined("400 not your station")


@pytest.mark.parametrize("status", ["500 Oh", "403 No", "302 Found\r\nLocation: https://elsewhere.example/"])
async def test_what_may_pass_is_a_fault_of_the_outside(tmp_path: Path, status: str) -> None:
    with pytest.raises(OutsideFault, match=status[:3]):
        await outcome_of(tmp_path, EstWays(once=[(status, b"")]))


async def test_a_length_beyond_all_lengths_is_a_fault_of_the_outside(tmp_path: Path) -> None:
    answer = "200 OK\r\nContent-Length: 99999999999999999999", b""

    with pytest.raises(OutsideFault, match="no HTTP"):
        await outcome_of(tmp_path, EstWays(once=[answer]))


NO_CERTIFICATES = bytes.fromhex("300b06092a864886f70d010701")  # PKCS #7, and plain data in it


def of_a_version_that_there_is_not() -> bytes:
    """A certificate of version 66, in the form of the protocol (DER)."""
    written = b64decode(certificates_only([Authority.create("Corporate").der]))
    return written.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020141"), 1)


@pytest.mark.parametrize(
    "answer",
    [b"no certificate", NO_CERTIFICATES, of_a_version_that_there_is_not()],
    ids=["words", "data", "version"],
)
async def test_an_answer_without_a_certificate_is_not_asked_for_again(tmp_path: Path, answer: bytes) -> None:
    outcome, _ = await outcome_of(tmp_path, EstWays(once=[("200 OK", b64encode(answer))]))

    assert isinstance(outcome, Declined)


async def test_a_certificate_for_another_name_is_declined_and_never_asked_for_twice(tmp_path: Path) -> None:
    async with asked(tmp_path, EstWays(wrong_name=True)) as (place, authority):
        outcomes = [await authority.issue(order_of(CSR)) for _ in range(2)]

    assert all(isinstance(one, Declined) and "somebody else" in one.words for one in outcomes)
    assert len(place.signed) == 1


async def test_a_request_that_names_another_station_never_leaves_the_house(tmp_path: Path) -> None:
    async with asked(tmp_path, EstWays()) as (place, authority):
        outcome = await authority.issue(order_of(csr_of(common_name="SN-0002")))

    assert isinstance(outcome, Declined)
    assert place.asked == []


async def test_a_wrong_password_asks_for_no_certificate(tmp_path: Path) -> None:
    async with est_server(Authority.create("Corporate")) as place:
        authority = authority_at(place, tmp_path, password="guessed")
        with pytest.raises(OutsideFault, match="401 who are you"):
            await authority.issue(order_of(CSR))

    assert place.asked == ["GET /.well-known/est/cacerts"]


async def test_a_server_of_another_authority_learns_neither_password_nor_request(tmp_path: Path) -> None:
    async with est_server(Authority.create("Corporate")) as place:
        other = Authority.create("Another").certificate_pem.decode("ascii")
        authority = authority_at(EstPlace(place.port, other, [], []), tmp_path)
        with pytest.raises(OutsideFault, match="certificate verify failed"):
            await authority.issue(order_of(CSR))

    assert place.asked == []


async def test_a_certificate_may_take_the_place_of_the_password(tmp_path: Path) -> None:
    clients = Authority.create("Registration authorities")
    async with est_server(Authority.create("Corporate"), EstWays(clients=clients)) as place:
        shown = est_enrolment_showing(place, clients.issue("voltward-ra"))
        authority = OutsideAuthority("corporate", shown, FileOrderMemory(tmp_path / "a" / "b"), 20.0)
        assert isinstance(await authority.issue(order_of(CSR)), Issued)

        strange = est_enrolment_showing(place, Authority.create("Others").issue("voltward-ra"))
        stranger = OutsideAuthority("corporate", strange, FileOrderMemory(tmp_path / "c" / "d"), 20.0)
        with pytest.raises(OutsideFault):
            await stranger.issue(order_of(CSR))

    assert len(place.signed) == 1


async def test_an_authority_that_is_silent_is_given_up(tmp_path: Path) -> None:
    async with est_server(Authority.create("Corporate"), EstWays(silent=True)) as place:
        with pytest.raises(OutsideFault, match="has not answered in"):
            await authority_at(place, tmp_path, patience=0.5).issue(order_of(CSR))


async def test_an_authority_that_is_not_there_is_a_fault_of_the_outside(tmp_path: Path) -> None:
    async with est_server(Authority.create("Corporate")) as place:
        authority = authority_at(place, tmp_path)
    with pytest.raises(OutsideFault, match="cannot be reached"):
        await authority.issue(order_of(CSR))


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("30", timedelta(seconds=30)),
        ("0", timedelta(seconds=5)),
        ("99999999", timedelta(days=1)),
        ("9" * 400, timedelta(minutes=1)),
        ("Thu, 01 Jan 1970 00:00:00 GMT", timedelta(seconds=5)),
        ("Thu, 01 Jan 1970 00:00:00", timedelta(minutes=1)),
        ("soon", timedelta(minutes=1)),
        ("", timedelta(minutes=1)),
    ],
)
def test_when_to_come_again_is_read_and_bounded(text: str, wait: timedelta) -> None:
    now = datetime(2026, 11, 1, tzinfo=UTC)

    assert retry_at(Answered(202, {"retry-after": text}, b""), now) == now + wait
