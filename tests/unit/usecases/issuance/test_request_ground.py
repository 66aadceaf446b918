from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fakes.builders import certificate_credential, exception, issued_certificate, station
from tests.fakes.certificates import new_key
from tests.fakes.clock import NOON
from tests.fakes.renewals import CP001, RULES, station_csr
from tests.fakes.stores import put
from voltward.adapters.sql.store import SqlStore
from voltward.crypto.issuing.issued_certificates import requested_key
from voltward.crypto.requests.key_blocklist import KeyBlocklist
from voltward.crypto.requests.signing_requests import read_signing_request
from voltward.ports.lifecycles import IssuedCertificate
from voltward.usecases.issuance.request_ground import judge_submitted


async def judged(store: SqlStore, csr: bytes | str, *issued: IssuedCertificate) -> str:
    async with store.begin() as work:
        for each in issued:
            await work.issued.save(each)
        await work.commit()
    async with store.read() as reading:
        return await judge_submitted(reading, station(), read_signing_request(csr), RULES, NOON)


@pytest.fixture
async def stored(store: SqlStore) -> SqlStore:
    await put(store, station(), certificate_credential(proven_at=NOON))
    return store


async def test_a_request_in_order_is_granted(stored: SqlStore) -> None:
    assert await judged(stored, station_csr()) == ""


async def test_one_that_is_sent_again_and_one_with_the_present_key_are_granted(stored: SqlStore) -> None:
    key = new_key()
    csr = station_csr(key)
    again = issued_certificate(fingerprint=b"\x02" * 32, order="o2", key=requested_key(csr))

    assert await judged(stored, csr, issued_certificate(key=requested_key(csr)), again) == ""


async def test_what_refuses_is_named_with_its_control(stored: SqlStore) -> None:
    assert (await judged(stored, "no request")).startswith("CSR-")


async def test_a_key_of_another_station_or_of_a_revoked_certificate_refuses(stored: SqlStore) -> None:
    key, other = new_key(), new_key()
    theirs = issued_certificate("CP002", key=requested_key(station_csr(key)))
    stolen = issued_certificate(key=requested_key(station_csr(other)), revoked_at=NOON, reason="stolen")

    assert "CP002" in await judged(stored, station_csr(key), theirs, stolen)
    assert "stolen" in await judged(stored, station_csr(other))


async def test_a_key_that_is_known_to_others_refuses(stored: SqlStore) -> None:
    key = new_key()
    rules = replace(RULES, blocklist=KeyBlocklist(frozenset({requested_key(station_csr(key))})))

    async with stored.read() as reading:
        listed = await judge_submitted(
            reading, station(), read_signing_request(station_csr(key)), rules, NOON
        )
    assert "known to others" in listed


async def test_a_serial_that_is_a_name_of_ours_refuses(stored: SqlStore) -> None:
    rules = replace(RULES, own_hosts=("sn-cp001",))

    async with stored.read() as reading:
        refused = await judge_submitted(reading, station(), read_signing_request(station_csr()), rules, NOON)
    assert "this server" in refused


async def test_a_dated_exception_of_the_station_counts(stored: SqlStore) -> None:
    csr = station_csr(common_name="SN-CP002")
    refused = await judged(stored, csr)
    async with stored.begin() as work:
        await work.exceptions.save(CP001, exception(refused.partition(":")[0] or "CSR-08"))
        await work.commit()

    assert await judged(stored, csr) == ""
