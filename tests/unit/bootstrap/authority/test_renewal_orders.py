from __future__ import annotations

import shutil
from datetime import timedelta

from tests.fakes.deployments import Site
from voltward.bootstrap.authority.renewal_orders import issuing, own_certificates, renewal_plan


async def test_the_plan_is_that_of_the_settings(site: Site) -> None:
    settings = site.settings("certificates.renewal.csr_patience=1 min", "operator.name=Volt")

    plan = renewal_plan(settings)
    assert (plan.organisation, plan.terms.csr_patience) == ("Volt", timedelta(minutes=1))


async def test_a_deployment_with_authorities_of_its_own_issues(site: Site) -> None:
    ours = issuing(site.settings())

    assert ours is not None
    assert len(ours.authorities) == 2
    shutil.rmtree(site.folder / "public")
    assert issuing(site.settings()) is None


async def test_what_the_listeners_show_and_our_authorities_are_found_and_what_is_missing_left_out(
    site: Site,
) -> None:
    found = own_certificates(site.settings('gateway.chains=["server-rsa", "none"]'))

    servers = {name for name in found if name.startswith("server")}
    assert servers == {"server certificate server-rsa"}
    assert any(name.startswith("authority stations") for name in found)
