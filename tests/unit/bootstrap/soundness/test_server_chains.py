from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509

from tests.fakes.certificates import Authority, Issued, Validity
from tests.fakes.deployments import Site, made_site
from voltward.bootstrap.rooms import open_room
from voltward.bootstrap.soundness.remarks import Note, Problem, Remark, Severity
from voltward.bootstrap.soundness.server_chains import (
    check_dates,
    check_host_names,
    check_hosts_of_routes,
    check_links,
    check_names,
    check_server_chains,
    check_strength,
    check_together,
)
from voltward.crypto.issuing.server_certificates import ServerChainSeen, read_server_certificates
from voltward.domain.errors import OutsideFault
from voltward.gateway.channel.served_chains import ServedChains
from voltward.ports.vault import RoomName

ROOT = Authority.create("Root", key="rsa")
ISSUING = Authority.create("Issuing", parent=ROOT)
NOW = datetime.now(UTC)  # noqa: TID251 - the certificates of the fakes live around the real time
HOST = "csms.example"


def seen(issued: Issued) -> ServerChainSeen:
    return read_server_certificates(issued.chain_pem)


def names(*hosts: str, addresses: tuple[str, ...] = (), common_name: str = HOST) -> ServerChainSeen:
    listed: list[x509.GeneralName] = [x509.DNSName(host) for host in hosts]
    listed += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
    extensions = [(x509.SubjectAlternativeName(listed), False)] if listed else []
    return seen(ISSUING.issue(common_name, extensions=extensions))


def only(remarks: list[Remark]) -> Remark:
    (remark,) = remarks
    return remark


async def checked(site: Site, now: datetime = NOW, *overrides: str) -> list[Remark]:
    settings = site.settings(*overrides)
    return list(check_server_chains(settings, open_room(settings, RoomName.GATEWAY), now))


async def test_what_init_made_is_sound_and_says_how_to_dial(site: Site) -> None:
    remark = only(await checked(site))

    assert remark == Note("stations dial wss://csms.example:0/ocpp/{station}, or what forwards to it.")


async def test_how_to_dial_is_said_for_each_route_and_for_its_own_host(site: Site) -> None:
    route = f'route.b={{host=["B.example", "{HOST}"], path="/b/{{station}}", csms={{url="ws://127.0.0.1/"}}}}'

    problem, usual, other = await checked(site, NOW, route)

    assert isinstance(problem, Problem)
    assert problem.what == "the route b is for B.example, and no server certificate bears that name."
    assert "wss://csms.example:0/ocpp/{station}" in usual.what
    assert "wss://B.example:0/b/{station}" in other.what


@pytest.mark.parametrize(
    ("borne", "found"), [("a.example", 0), ("*.example", 0), ("b.example", 1), ("*.a.example", 1)]
)
def test_the_host_of_a_route_is_borne_by_a_certificate(site: Site, borne: str, found: int) -> None:
    settings = site.settings('route.a={host=["A.example"], csms={url="ws://127.0.0.1/"}}')

    chains = {name: names(borne) for name in settings.gateway.chains}

    assert len(list(check_hosts_of_routes(settings, chains))) == found


def test_the_host_of_a_route_is_looked_for_where_its_stations_look(site: Site) -> None:
    settings = site.settings(
        'route.a={host=["a.example"], csms={url="ws://127.0.0.1/"}}',
        'gateway.chains=["usual"]',
        'gateway.host_chains={"a.example"=["other"]}',
    )

    bears = {"usual": names(HOST), "other": names("a.example")}
    assert list(check_hosts_of_routes(settings, bears)) == []
    lacks = {"usual": names("a.example"), "other": names(HOST)}
    assert "a.example" in only(list(check_hosts_of_routes(settings, lacks))).what


def test_a_chain_of_a_host_name_bears_it() -> None:
    served = ServedChains(("usual",), {"a.example": ("fits", "wild", "other")})
    chains = {"fits": names("A.example"), "wild": names("*.example"), "other": names(HOST)}

    assert (
        "other is served to stations that ask for a.example"
        in only(list(check_host_names(served, chains))).what
    )


async def test_chains_of_host_names_are_looked_at_like_the_others(site: Site) -> None:
    other = 'gateway.host_chains={"b.example"=["server-rsa"]}'

    problems = [remark.what for remark in await checked(site, NOW, other) if isinstance(remark, Problem)]

    assert len(problems) == 2
    assert "ECDSA key" in problems[0]
    assert "does not bear that name" in problems[1]


async def test_a_chain_that_ran_out_is_an_error_for_each_family(site: Site) -> None:
    problems = [r for r in await checked(site, NOW + timedelta(days=4000)) if isinstance(r, Problem)]

    assert len(problems) == 2
    assert all(problem.severity is Severity.ERROR for problem in problems)


async def test_a_chain_whose_key_is_another_is_a_fault(site: Site) -> None:
    pem = site.folder / "gateway/server-ecdsa.pem"
    pem.write_bytes(ISSUING.issue(HOST).chain_pem)

    with pytest.raises(OutsideFault, match="does not belong to the key"):
        await checked(site)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_a_trial_on_this_machine_is_no_problem(
    tmp_path_factory: pytest.TempPathFactory, host: str
) -> None:
    site = await made_site(tmp_path_factory.mktemp("trial") / "deployment", host)

    remarks = await checked(site)

    assert all(isinstance(remark, Note) for remark in remarks)
    assert any("only stations on this machine" in remark.what for remark in remarks)


# -- one by one


def test_a_chain_that_ends_soon_is_a_warning_with_the_days() -> None:
    chain = seen(ISSUING.issue(HOST, validity=Validity.days(-1, 20)))

    problem = only(list(check_dates("server-ecdsa", chain, NOW)))

    assert isinstance(problem, Problem)
    assert problem.severity is Severity.WARNING
    assert "ends in 19 days" in problem.what or "ends in 20 days" in problem.what


def test_a_chain_that_is_not_valid_yet_is_an_error() -> None:
    chain = seen(ISSUING.issue(HOST, validity=Validity.days(1, 400)))

    problem = only(list(check_dates("server-ecdsa", chain, NOW)))

    assert isinstance(problem, Problem)
    assert ("clock" in problem.mend, problem.severity) == (True, Severity.ERROR)


def test_a_chain_in_its_middle_years_is_no_finding() -> None:
    chain = seen(ISSUING.issue(HOST, validity=Validity.days(-300, 300)))

    assert list(check_dates("server-ecdsa", chain, NOW)) == []


@pytest.mark.parametrize(
    ("chain", "words", "severity"),
    [
        (names(), "no alternative names", Severity.ERROR),
        (names("*.example", common_name="*.example"), "wildcard", Severity.WARNING),
        (names(addresses=("192.0.2.7",), common_name="192.0.2.7"), "host name only", Severity.WARNING),
        (names("other.example"), "common name", Severity.WARNING),
    ],
)
def test_names_that_stations_refuse_are_told(chain: ServerChainSeen, words: str, severity: Severity) -> None:
    problem = only(list(check_names("server-ecdsa", chain)))

    assert isinstance(problem, Problem)
    assert (words in problem.what, problem.severity) == (True, severity)


def test_a_host_name_beside_an_address_is_no_finding() -> None:
    assert list(check_names("server-ecdsa", names(HOST, addresses=("192.0.2.7",)))) == []


def test_a_weak_key_is_an_error() -> None:
    problem = only(list(check_strength("server-rsa", seen(ROOT.issue(HOST, key="rsa1024")))))

    assert isinstance(problem, Problem)
    assert problem.severity is Severity.ERROR


def test_a_missing_intermediate_is_a_warning_and_a_root_too_many_a_note() -> None:
    alone = read_server_certificates(ISSUING.issue(HOST).certificate_pem)
    with_root = read_server_certificates(ISSUING.issue(HOST).chain_pem + ROOT.certificate_pem)

    problem = only(list(check_links("server-ecdsa", alone, ["CN=Root"])))
    note = only(list(check_links("server-ecdsa", with_root, ["CN=Root"])))

    assert isinstance(problem, Problem)
    assert "CN=Issuing" in problem.what
    assert isinstance(note, Note)


def test_where_the_roots_are_not_known_a_short_chain_may_be_right() -> None:
    alone = read_server_certificates(ISSUING.issue(HOST).certificate_pem)
    direct = read_server_certificates(ROOT.issue(HOST).certificate_pem)

    assert list(check_links("server-ecdsa", alone, [])) == []
    assert list(check_links("server-rsa", direct, ["CN=Root"])) == []


def test_both_families_are_wanted_with_the_same_names() -> None:
    ec = seen(ISSUING.issue(HOST, host_names=(HOST,)))
    rsa = seen(ROOT.issue(HOST, key="rsa", host_names=(HOST,)))
    other = seen(ROOT.issue(HOST, key="rsa", host_names=("b.example",)))

    assert list(check_together({"server-ecdsa": ec, "server-rsa": rsa})) == []
    for chains, words in (
        ({"server-ecdsa": ec}, "RSA"),
        ({"server-rsa": rsa}, "ECDSA"),
        ({"server-ecdsa": ec, "server-rsa": other}, "same names"),
    ):
        problem = only(list(check_together(chains)))
        assert words in problem.what


async def test_without_published_roots_chains_are_looked_at_all_the_same(site: Site) -> None:
    (site.folder / "public/roots.pem").unlink()

    assert all(isinstance(remark, Note) for remark in await checked(site))
