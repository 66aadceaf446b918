from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.clock import NOON
from tests.fakes.signers import SignerSite, authority_id, hierarchy
from voltward.adapters.pki.signer.signer_client import SignerClient, in_process, over_socket
from voltward.crypto.revocation.revocation_lists import LIFETIME
from voltward.domain.errors import OutsideFault
from voltward.ports.authority import Revocation, RevocationReason
from voltward.usecases.revocation.keep_lists import ListKeeper

STATIONS = authority_id(hierarchy().ecdsa.stations.certificate)


async def test_lists_are_kept_and_move_when_something_was_revoked_or_half_of_their_time_is_over(
    tmp_path: Path,
) -> None:
    site, files = SignerSite(tmp_path).make(), dict[str, bytes]()
    desk = site.desk()
    signer = SignerClient(in_process(desk))

    async def keep(name: str, der: bytes) -> None:
        files[name] = der

    keeper = ListKeeper(signer, keep)

    assert set(await keeper.refresh(NOON)) == set(files) == set(hierarchy().named())
    assert await keeper.refresh(NOON) == []

    await signer.revoke(Revocation(STATIONS, 7, NOON, RevocationReason.KEY_COMPROMISE))
    assert await keeper.refresh(NOON) == ["stations-ca-ecdsa"]
    published = keeper.published["stations-ca-ecdsa"]
    assert published.list is not None
    assert (published.list.entries, files["stations-ca-ecdsa"]) == (1, published.list.der)

    site.clock.leap(LIFETIME.total_seconds() / 2 + 1)
    assert set(await keeper.refresh(site.clock.now())) == set(files)
    renewed = keeper.published["stations-ca-ecdsa"].list
    assert renewed is not None
    assert renewed.next_update > published.list.next_update > NOON + timedelta(days=1)
    desk.close()


async def test_a_signer_that_is_away_leaves_what_was_known(tmp_path: Path) -> None:
    keeper = ListKeeper(SignerClient(over_socket(tmp_path / "signer.sock")))

    with pytest.raises(OutsideFault):
        await keeper.refresh(NOON)
    assert keeper.published == {}
