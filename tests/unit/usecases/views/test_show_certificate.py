from __future__ import annotations

import pytest

from tests.fakes.builders import authority, certificate_credential, issued_certificate, station
from tests.fakes.certificates import Authority
from tests.fakes.clock import NOON
from tests.fakes.stores import put
from voltward.adapters.sql.store import SqlStore
from voltward.domain.authority import DeniedCertificate
from voltward.domain.errors import OperatorFault
from voltward.usecases.views.show_certificate import show_certificate

CA = authority(certificate_pem=Authority.create("Test CA").certificate_pem)
ISSUED = issued_certificate(issuer=CA.id, serial=0xAB01)
STRANGE = b"\x07" * 32


@pytest.fixture
async def stored(store: SqlStore) -> SqlStore:
    await put(store, station(), CA, certificate_credential(proven_at=NOON))
    async with store.begin() as work:
        await work.issued.save(ISSUED)
        await work.denials.add(DeniedCertificate(STRANGE, "stolen", NOON))
        await work.commit()
    return store


@pytest.mark.parametrize(
    "named",
    [
        ISSUED.fingerprint.hex(),
        ISSUED.fingerprint.hex(":").upper(),
        ISSUED.fingerprint.hex()[:9],
        "AB:01",
        "ab01",
    ],
)
async def test_one_of_ours_is_found_by_either_name(stored: SqlStore, named: str) -> None:
    (shown,) = await show_certificate(stored, named, NOON)

    assert shown.line is not None
    assert (shown.line.issued.serial, shown.line.is_used, shown.denied) == (0xAB01, True, None)
    assert [each.station for each in shown.credentials] == [station().id]


async def test_one_of_others_is_known_by_what_it_stands_in(stored: SqlStore) -> None:
    (shown,) = await show_certificate(stored, STRANGE.hex(), NOON)

    assert (shown.line, shown.credentials) == (None, ())
    assert shown.denied is not None
    assert shown.denied.reason == "stolen"


@pytest.mark.parametrize("named", ["", ":", "zz", "-1", "a" * 65, "cd", "00" * 32])
async def test_what_names_none_is_told(stored: SqlStore, named: str) -> None:
    with pytest.raises(OperatorFault):
        await show_certificate(stored, named, NOON)
