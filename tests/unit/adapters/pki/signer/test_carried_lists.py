from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.clock import NOON
from tests.fakes.signers import SignerSite, authority_id, hierarchy, list_of
from voltward.adapters.pki.signer.signer_client import SignerClient, in_process
from voltward.crypto.issuing.issuance import IssuingAuthority
from voltward.crypto.revocation.revocation_lists import RevokedSerial
from voltward.domain.errors import OperatorFault
from voltward.ports.signer import KeyPlace
from voltward.usecases.revocation.keep_lists import ListKeeper

NAME = "root-ecdsa"
ROOT: IssuingAuthority = hierarchy().named()[NAME]
ID = authority_id(ROOT.certificate)
FALLEN = RevokedSerial(7, NOON, "cACompromise")


@pytest.fixture
def site(tmp_path: Path) -> SignerSite:
    """The root's key is elsewhere."""
    made = SignerSite(tmp_path).make()
    (tmp_path / "signer" / f"{NAME}.sealed").unlink()
    return made


async def published(site: SignerSite, carried: bytes) -> bytes | None:
    """What is told of the root after a start, while this lies there."""
    (site.folder / "public" / f"{NAME}.crl").write_bytes(carried)
    desk = site.desk()
    try:
        keeper = ListKeeper(SignerClient(in_process(desk)))
        moved = await keeper.refresh(site.clock.now())
        again = await keeper.refresh(site.clock.now())
    finally:
        desk.close()
    told = keeper.published[NAME].list
    assert ((NAME in moved), again) == (told is not None, [])
    return told.der if told is not None else None


async def test_a_list_that_was_carried_over_is_told_like_our_own(site: SignerSite) -> None:
    made = list_of(ROOT, FALLEN, number=5)

    assert await published(site, made) == made
    newer = list_of(ROOT, FALLEN, number=6)
    assert await published(site, newer) == newer
    assert await published(site, made) is None  # an older one, put back by hand


@pytest.mark.parametrize("carried", [b"", b"no list", list_of(hierarchy().rsa.root)])
async def test_what_is_no_list_of_it_is_none(site: SignerSite, carried: bytes) -> None:
    assert await published(site, carried) is None


async def test_without_one_whoever_asks_hears_where_it_is_signed(site: SignerSite) -> None:
    desk = site.desk()
    with pytest.raises(OperatorFault, match="key of root-ecdsa is not here"):
        await SignerClient(in_process(desk)).revocation_list(ID)
    desk.close()


def test_an_authority_whose_key_is_here_signs_by_itself(tmp_path: Path) -> None:
    site = SignerSite(tmp_path).make()
    (tmp_path / "public" / f"{NAME}.crl").write_bytes(list_of(ROOT, number=5))

    shelved = site.shelf()[NAME]
    assert (shelved.key_place, shelved.carried) == (KeyPlace.ROOM, b"")
