from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.routes import made_rule
from voltward.domain.errors import OperatorFault
from voltward.domain.route import Identified
from voltward.domain.route_table import RouteRule, RouteTable, bare_host

TOKEN, OTHER = b"0123456789abcdef", b"fedcba9876543210"


def names(table: RouteTable) -> list[str]:
    return [rule.name for rule in table]


def leads(table: RouteTable, target: str, host: str = "csms.example") -> tuple[str | None, str | None]:
    way = table.find(host, target)
    return (way.rule.name if way.rule is not None else None, way.found.identity)


def test_the_narrowest_comes_first_in_whatever_order_they_are_written() -> None:
    rules = [
        made_rule("any", "/{station}"),
        made_rule("token", "/{token}/{station}", token=TOKEN),
        made_rule("fixed", "/ocpp/{station}"),
        made_rule("host", "/{station}", hosts=("a.example",)),
    ]

    for order in permutations(rules):
        assert names(RouteTable(order)) == ["host", "fixed", "token", "any"]


def test_a_host_is_asked_before_a_path() -> None:
    table = RouteTable([made_rule("a", hosts=("a.example",)), made_rule("all")])

    assert leads(table, "/ocpp/CP001", "a.example") == ("a", "CP001")
    assert leads(table, "/ocpp/CP001", "b.example") == ("all", "CP001")


def test_whoever_does_not_fit_the_path_of_its_host_goes_on() -> None:
    table = RouteTable([made_rule("a", "/a/{station}", hosts=("a.example",)), made_rule("all")])

    assert leads(table, "/ocpp/CP001", "a.example") == ("all", "CP001")


def test_the_token_leads_to_its_own_route_and_a_wrong_one_nowhere() -> None:
    table = RouteTable(
        [
            made_rule("a", "/{token}/{station}", "a", token=TOKEN),
            made_rule("b", "/{token}/{station}", "b", token=OTHER),
        ]
    )

    assert leads(table, f"/{TOKEN.decode()}/CP001") == ("a", "CP001")
    assert leads(table, f"/{OTHER.decode()}/CP001") == ("b", "CP001")
    for wrong in ("", "x", TOKEN.decode()[:-1], TOKEN.decode() + "0", "{token}", "%30" + TOKEN.decode()[1:]):
        assert leads(table, f"/{wrong}/CP001") == (None, None)


def test_an_identity_that_cannot_be_read_stays_with_its_route() -> None:
    way = RouteTable([made_rule("a", "/a/{station}"), made_rule("b", "/{station}/x")]).find("", "/a/%zz")

    assert way.rule is not None
    assert (way.rule.name, way.found) == ("a", Identified(None, "bad-encoding"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (made_rule("a"), made_rule("b")),
        (made_rule("a", hosts=("x", "y")), made_rule("b", hosts=("y", "z"))),
        (
            made_rule("a", "/{token}/{station}", token=TOKEN),
            made_rule("b", "/{token}/{station}", token=TOKEN),
        ),
    ],
)
def test_two_routes_that_one_request_could_take_are_a_fault(one: RouteRule, other: RouteRule) -> None:
    with pytest.raises(OperatorFault, match="'a' and 'b' cannot be told apart"):
        RouteTable([one, other])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (made_rule("a"), made_rule("b", "/b/{station}")),
        (made_rule("a", hosts=("x",)), made_rule("b", hosts=("y",))),
        (made_rule("a", hosts=("x",)), made_rule("b")),
    ],
)
def test_a_host_or_a_path_tells_routes_apart(one: RouteRule, other: RouteRule) -> None:
    assert names(RouteTable([other, one])) == ["a", "b"]


@pytest.mark.parametrize(
    "token", [b"", b"short", b"a" * 15, b"a" * 129, b"0123456789abcde/", b"0123456789abcde\xff"]
)
def test_a_token_can_stand_in_a_path_and_cannot_be_guessed(token: bytes) -> None:
    with pytest.raises(OperatorFault, match="token"):
        made_rule(path="/{token}/{station}", token=token)


@pytest.mark.parametrize(("path", "token"), [("/{token}/{station}", None), ("/{station}", TOKEN)])
def test_a_token_and_its_place_come_together(path: str, token: bytes | None) -> None:
    with pytest.raises(OperatorFault, match="token"):
        made_rule(path=path, token=token)


@pytest.mark.parametrize("host", ["", "a b", "https://a", "a/b", "a:443", "*.a", "a..b", "é"])
def test_what_is_no_host_is_refused(host: str) -> None:
    with pytest.raises(OperatorFault, match="is no host"):
        made_rule(hosts=(host,))


@pytest.mark.parametrize(
    ("header", "host"),
    [
        ("CSMS.example", "csms.example"),
        ("csms.example:8443", "csms.example"),
        ("csms.example.:8443", "csms.example"),
        ("192.0.2.1:80", "192.0.2.1"),
        ("[2001:DB8::1]:8443", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("", ""),
    ],
)
def test_a_host_is_told_by_its_bare_name(header: str, host: str) -> None:
    assert bare_host(header) == host


_paths = (
    st.lists(st.sampled_from(["a", "b", "{token}"]), max_size=2)
    .flatmap(lambda fixed: st.permutations([*dict.fromkeys(fixed), "{station}"]))
    .map(lambda segments: "/" + "/".join(segments))
)
_hosts = st.lists(st.sampled_from(["x", "y"]), max_size=2, unique=True).map(tuple)
_targets = st.lists(st.sampled_from(["a", "b", "CP001", TOKEN.decode()]), max_size=4).map("/".join)


_rules = st.lists(st.tuples(_paths, _hosts), max_size=5).map(
    lambda written: [
        made_rule(f"r{n}", path, hosts=hosts, token=TOKEN if "{token}" in path else None)
        for n, (path, hosts) in enumerate(written)
    ]
)


@given(_rules.flatmap(lambda rules: st.tuples(st.just(rules), st.permutations(rules))), _targets)
def test_where_a_request_leads_does_not_depend_on_the_order_of_writing(
    rules: tuple[list[RouteRule], list[RouteRule]], target: str
) -> None:
    try:
        table, other = (RouteTable(written) for written in rules)
    except OperatorFault:
        return

    for host in ("x", "y", "z"):
        assert leads(table, f"/{target}", host) == leads(other, f"/{target}", host)
