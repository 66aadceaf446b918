from __future__ import annotations

import pytest

from tests.fakes.certificates import Authority
from tests.unit.simulator.certificate_play import DAY, issuing, root, stranger
from tests.unit.simulator.station_play import T0
from voltward.simulator.certificates import KeyKind, Subject, Validity
from voltward.simulator.memory.paths import is_authority, is_issued_by, is_named, path_to_a_root

STATION = Subject("SN-1", "Example")


@pytest.mark.parametrize("key", list(KeyKind))
def test_a_path_leads_from_the_leaf_to_the_root(key: KeyKind) -> None:
    issued = issuing().issue(STATION, Validity.current(T0), key=key)
    path = path_to_a_root(issued.leaf, issued.intermediates, [stranger().certificate, root().certificate], T0)

    assert path == (issued.leaf, issuing().certificate, root().certificate)


def test_there_is_no_path_without_a_link_a_root_or_the_right_time() -> None:
    issued = issuing().issue(STATION, Validity.current(T0))
    chain, roots = issued.intermediates, [root().certificate]

    assert path_to_a_root(issued.leaf, (), roots, T0) is None
    assert path_to_a_root(issued.leaf, chain, [stranger().certificate], T0) is None
    assert path_to_a_root(issued.leaf, chain, [], T0) is None
    assert path_to_a_root(issued.leaf, chain, roots, T0 - 30 * DAY) is None


def test_a_root_that_its_predecessor_signed_is_a_root() -> None:
    successor = root().succeed("Next", T0)
    issued = successor.issue(STATION, Validity.current(T0))

    assert path_to_a_root(issued.leaf, (), [successor.certificate], T0) is not None
    assert is_issued_by(successor.certificate, root().certificate)
    assert not is_issued_by(successor.certificate, successor.certificate)


def test_an_authority_says_that_it_is_one() -> None:
    assert is_authority(issuing().certificate)
    assert not is_authority(issuing().issue(STATION, Validity.current(T0)).leaf)


def test_a_server_goes_by_its_alternative_names_or_else_by_its_common_name() -> None:
    named = root().issue(
        Subject("old.example", "X"), Validity.current(T0), hosts=["csms.example", "127.0.0.1"]
    )
    plain = root().issue(Subject("csms.example", "X"), Validity.current(T0))
    wild = Authority.create("A").issue(common_name="x", host_names=["*.example"])

    assert is_named(named.leaf, "CSMS.example")
    assert is_named(named.leaf, "127.0.0.1")
    assert not is_named(named.leaf, "old.example")
    assert is_named(plain.leaf, "csms.example")
    assert not is_named(plain.leaf, "127.0.0.1")
    assert not is_named(wild.certificate, "csms.example")
