from __future__ import annotations

import pytest

from tests.fakes.deployments import Site
from tests.fakes.signers import csr_of, order_of
from voltward.bootstrap.authority.signer import open_desk, signer_at_hand, signing_terms, socket_place
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.ports.authority import Issued


async def test_without_a_signer_process_a_command_signs_by_itself(site: Site) -> None:
    async with signer_at_hand(site.settings()) as signer:
        outcome = await signer.issue(order_of(csr_of()))
        told = {one.name: one.issued for one in await signer.authorities()}

    assert isinstance(outcome, Issued)
    assert len(outcome.chain) == 3
    assert told["stations-ca-ecdsa"] == 1


async def test_a_command_does_not_sign_beside_somebody_else(site: Site) -> None:
    desk = open_desk(site.settings())
    with pytest.raises(OperatorFault, match="another process"):
        async with signer_at_hand(site.settings()):
            pass
    desk.close()


async def test_where_the_room_is_not_the_signer_is_missed(site: Site) -> None:
    (site.folder / "signer").rename(site.folder.parent / "away")

    with pytest.raises(OutsideFault, match="signer is not there"):
        async with signer_at_hand(site.settings()):
            pass


async def test_a_ledger_that_was_cut_is_not_gone_on_from(site: Site) -> None:
    async with signer_at_hand(site.settings()) as signer:
        await signer.issue(order_of(csr_of()))
    (site.folder / "signer" / "ledger.log").unlink()

    with pytest.raises(OutsideFault, match="ledger is gone"):
        open_desk(site.settings())


async def test_an_authority_that_comes_is_seen_without_a_start(site: Site) -> None:
    public = site.folder / "public"
    content = (public / "stations-ca-ecdsa.pem").read_bytes()
    (public / "stations-ca-ecdsa.pem").unlink()
    async with signer_at_hand(site.settings()) as signer:
        before = {one.name for one in await signer.authorities()}
        (public / "stations-ca-ecdsa.pem").write_bytes(content)
        after = {one.name for one in await signer.authorities()}
        (public / "stations-ca-ecdsa.pem").write_bytes(b"half of a certif")
        damaged = {one.name for one in await signer.authorities()}

    assert after - before == {"stations-ca-ecdsa"}
    assert damaged == after


def test_settings_become_terms_and_users_numbers(site: Site) -> None:
    settings = site.settings("certificates.lifetime=90 d", "certificates.crl_url=http://x/{authority}.crl")
    assert signing_terms(settings).station_lifetime.days == 90
    assert (
        signing_terms(settings).pointers_of("stations-ca-rsa").revocation_list
        == "http://x/stations-ca-rsa.crl"
    )

    assert socket_place(site.settings("signer.users=['root']")).users == {0}
    assert socket_place(site.settings("signer.readers=['root']")).readers == {0}
    for key in ("signer.users", "signer.readers"):
        with pytest.raises(OperatorFault, match="no user 'nobody-at-all'") as caught:
            socket_place(site.settings(f"{key}=['nobody-at-all']"))
        assert caught.value.subject == key
