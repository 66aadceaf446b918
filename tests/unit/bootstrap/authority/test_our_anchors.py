from __future__ import annotations

import pytest

from tests.fakes.certificates import Authority
from tests.fakes.deployments import Site
from voltward.bootstrap.authority.our_anchors import our_anchors
from voltward.domain.errors import OutsideFault
from voltward.usecases.deployment.make_deployment import ROOTS_FILE

ROOT = Authority.create("Root")
LEAF = ROOT.issue("csms.example")


def test_stations_know_us_by_our_chains_and_the_roots_above(site: Site) -> None:
    ours = our_anchors(site.settings(), [LEAF.chain_pem])

    assert ours.chains[0][0] == LEAF.der
    assert len(ours.roots) == 2


def test_a_deployment_with_chains_of_another_authority_has_no_roots_of_its_own(site: Site) -> None:
    settings = site.settings()
    settings.path(ROOTS_FILE).unlink()

    assert our_anchors(settings, [LEAF.chain_pem]).roots == ()


def test_roots_that_cannot_be_read_are_a_fault(site: Site) -> None:
    settings = site.settings()
    settings.path(ROOTS_FILE).write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")

    with pytest.raises(OutsideFault, match="roots"):
        our_anchors(settings, [])
