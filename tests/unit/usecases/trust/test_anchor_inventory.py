from __future__ import annotations

import pytest

from tests.fakes.builders import station
from tests.fakes.certificates import Authority
from tests.fakes.clock import NOON
from tests.fakes.stores import put
from voltward.adapters.sql.store import SqlStore
from voltward.crypto.reading.certificate_hash import certificate_hash
from voltward.crypto.reading.certificates import fingerprint
from voltward.domain.intents import AnchorUse, CertificateHash, HashAlgorithm, InstalledCertificate
from voltward.domain.station import StationId
from voltward.usecases.trust.anchor_inventory import (
    Told,
    keep_anchors,
    read_inventory,
)

CP001 = StationId("CP001")
OLD, NEW, FOREIGN = (Authority.create(name) for name in ("Old root", "New root", "Somebody's root"))
KNOWN = (OLD.der, NEW.der)


def listed(*roots: Authority, algorithm: HashAlgorithm = HashAlgorithm.SHA256) -> list[InstalledCertificate]:
    return [
        InstalledCertificate(AnchorUse.CSMS, certificate_hash(one.der, one.der, algorithm)) for one in roots
    ]


async def keep(store: SqlStore, *roots: Authority) -> list[Told]:
    async with store.begin() as work:
        events = await keep_anchors(work, CP001, listed(*roots), KNOWN, NOON)
        await work.commit()
    return events


@pytest.fixture
async def registered(store: SqlStore) -> SqlStore:
    await put(store, station())
    return store


async def test_the_first_list_is_kept_with_what_is_known_of_each(registered: SqlStore) -> None:
    assert await keep(registered, OLD, FOREIGN) == [("anchors_read", {"held": 2})]

    inventory = await read_inventory(registered, CP001)
    assert [held.authority for held in inventory.held] == [fingerprint(OLD.der).hex(), ""]
    assert (inventory.read_at, inventory.problem) == (NOON, "")


async def test_what_came_and_what_went_is_told(registered: SqlStore) -> None:
    await keep(registered, OLD, FOREIGN)

    told = await keep(registered, NEW, FOREIGN)

    assert [(kind, facts["certificate"]) for kind, facts in told] == [
        ("anchor_gained", fingerprint(NEW.der).hex()),
        ("anchor_lost", fingerprint(OLD.der).hex()),
    ]
    assert await keep(registered, FOREIGN, NEW) == []


async def test_nobody_who_never_told_holds_anything(registered: SqlStore) -> None:
    inventory = await read_inventory(registered, CP001)

    assert (list(inventory.held), inventory.read_at) == ([], None)


async def test_a_certificate_is_kept_as_the_station_names_it(registered: SqlStore) -> None:
    named = listed(OLD, algorithm=HashAlgorithm.SHA512)
    async with registered.begin() as work:
        await keep_anchors(work, CP001, named, KNOWN, NOON)
        await work.commit()

    (held,) = (await read_inventory(registered, CP001)).held
    kept = CertificateHash(HashAlgorithm(held.algorithm), held.issuer_name, held.issuer_key, held.serial)
    assert kept == named[0].certificate
