from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.builders import station
from tests.fakes.certificates import new_key
from tests.fakes.links import Hall
from tests.fakes.signing_requests import request_pem
from tests.fakes.stores import opened_store
from voltward.adapters.sql.store import SqlStore
from voltward.crypto.keys import key_fingerprint
from voltward.crypto.requests.key_blocklist import KeyBlocklist
from voltward.crypto.requests.signing_requests import SigningRequest, read_signing_request
from voltward.domain.authority import Binding
from voltward.domain.station import StationId
from voltward.gateway.links.request_desk import RequestVerdict
from voltward.gateway.links.request_judge import RequestExaminer
from voltward.ocpp.certificate_facts import CsrFacts
from voltward.ports.lifecycles import IssuedCertificate
from voltward.usecases.admission.admission_registry import StationEntry
from voltward.usecases.issuance.request_ground import RequestRules

OPERATOR = "Example CPO"
PEM = request_pem("SN-CP001", OPERATOR)

_LISTED_KEY = new_key()
LISTED = KeyBlocklist(frozenset({key_fingerprint(_LISTED_KEY.public_key())}))


class Bench:
    def __init__(self, hall: Hall, store: SqlStore) -> None:
        self.hall, self.store = hall, store
        rules = RequestRules(hall.duties.door_rules, (OPERATOR,), Binding(), LISTED)
        self.examiner = RequestExaminer(store, rules, hall.made.clock)

    async def examine(self, csr: str) -> RequestVerdict:
        return await self.examiner.examine(CsrFacts(csr), await self.hall.judge())

    async def issued(self, to: str, *, reason: str = "") -> None:
        """A certificate with the request's key stands in the store."""
        request = read_signing_request(PEM)
        assert isinstance(request, SigningRequest)
        now = self.hall.made.clock.now()
        certificate = IssuedCertificate(
            fingerprint=b"f" * 32,
            station=StationId(to),
            order="order",
            issuer="ab",
            serial=1,
            common_name="SN",
            not_before=now,
            not_after=now + timedelta(days=365),
            key=request.seen.key_fingerprint,
            chain=(b"leaf",),
            issued_at=now,
            revoked_at=now if reason else None,
            reason=reason,
        )
        async with self.store.begin() as work:
            await work.stations.save(station(to))
            await work.issued.save(certificate)
            await work.commit()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    hall = Hall()
    hall.enter(serial="SN-CP001")
    async with opened_store(tmp_path) as store:
        made = Bench(hall, store)
        yield made
        made.examiner.close()
    hall.made.close()


async def test_a_request_in_order_is_granted(bench: Bench) -> None:
    verdict = await bench.examine(PEM)

    assert (verdict.granted, verdict.reason) == (True, "")
    assert verdict.facts["granted"] is True
    assert not {"subject", "connection"} & verdict.facts.keys()  # whose line it is, the link says


@pytest.mark.parametrize(
    ("csr", "control"), [("rubbish", "CSR-01"), (request_pem("SN-2", OPERATOR), "CSR-09")]
)
async def test_one_that_is_not_is_refused_with_its_control(bench: Bench, csr: str, control: str) -> None:
    verdict = await bench.examine(csr)

    assert not verdict.granted
    assert (verdict.facts["control"], bool(verdict.reason)) == (control, True)


async def test_a_key_of_another_station_or_of_a_revoked_certificate_is_refused(bench: Bench) -> None:
    await bench.issued("CP002")
    assert "CP002" in (await bench.examine(PEM)).reason


async def test_a_key_whose_certificate_was_revoked_is_refused(bench: Bench) -> None:
    await bench.issued("CP001", reason="keyCompromise")
    assert "revoked" in (await bench.examine(PEM)).reason


@pytest.mark.parametrize("reason", ["superseded", "cessationOfOperation"])
async def test_a_station_that_keeps_its_key_is_not_refused_for_a_certificate_that_was_given_up(
    bench: Bench, reason: str
) -> None:
    await bench.issued("CP001", reason=reason)
    assert (await bench.examine(PEM)).granted


async def test_a_key_that_is_known_to_others_is_refused(bench: Bench) -> None:
    verdict = await bench.examine(request_pem("SN-CP001", OPERATOR, key=_LISTED_KEY))

    assert (verdict.granted, "known to others" in verdict.reason) == (False, True)


async def test_only_stations_that_are_registered_come_so_far(bench: Bench) -> None:
    assert isinstance((await bench.hall.judge()).entry, StationEntry)
