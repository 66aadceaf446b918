from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.fakes.chance import CountedTokens
from tests.fakes.clock import NOON
from tests.fakes.pooled_keys import PooledKeys
from voltward.crypto.issuing.own_requests import read_own_request, requested_hosts
from voltward.usecases.deployment.authority_papers import drawn_papers
from voltward.usecases.deployment.deployment_plan import DeploymentPlan

PLAN = DeploymentPlan(
    Path("unused"), "Example CPO", ("csms.example", "192.0.2.7"), "ws://127.0.0.1:9/ocpp", "you@example.org"
)
ISSUING = {"csms-ca-ecdsa", "csms-ca-rsa", "stations-ca-ecdsa", "stations-ca-rsa"}


class KeptKeys(PooledKeys):
    """As a token would."""

    keeps_its_keys = True


def test_a_deployment_of_its_own_has_roots_chains_and_all_keys() -> None:
    papers = drawn_papers(PLAN, NOON, CountedTokens(), PooledKeys())

    assert set(papers.keys) == ISSUING | {"root-ecdsa", "root-rsa", "firmware-ca"}
    assert {f"{name}.pem" for name in papers.keys} | {"roots.pem"} == set(papers.public)
    assert papers.roots == ("roots.pem", "root-ecdsa.pem", "root-rsa.pem")
    assert {server.form for server in papers.servers.values()} == {"pem"}
    assert len(papers.stations) == 2


def test_one_below_others_has_requests_and_no_root() -> None:
    papers = drawn_papers(replace(PLAN, below_others=True), NOON, CountedTokens(), PooledKeys())

    assert set(papers.keys) == ISSUING | {"firmware-ca"}
    assert set(papers.public) == {f"{name}.csr" for name in ISSUING} | {"firmware-ca.pem"}
    assert (papers.roots, papers.stations) == ((), ())
    for server in papers.servers.values():
        assert server.form == "csr"
        assert requested_hosts(read_own_request(server.content)) == PLAN.hosts


def test_keys_that_a_token_keeps_go_into_no_room() -> None:
    papers = drawn_papers(PLAN, NOON, CountedTokens(), KeptKeys())

    assert papers.keys == {}
    assert len(papers.public) == 8
