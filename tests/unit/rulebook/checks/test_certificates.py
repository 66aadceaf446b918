from __future__ import annotations

from dataclasses import replace

import pytest

from tests.conformance.stations import (
    DAY,
    NOW,
    P2,
    authority_certificate,
    certificate,
    certificate_station,
    chain_of,
    password_station,
    with_,
)
from voltward.domain.finding import Outcome
from voltward.rulebook.checks import certificates
from voltward.rulebook.checks.result import NOT_APPLICABLE
from voltward.rulebook.observation import ChainSeen, ConnectionObservation, PublicKeySeen

STATION = certificate_station()
BITS = {"minimum_bits": {"rsa": 2048, "ec": 224, "ed25519": 0}}
HASHES = {"hashes": ("sha256",), "hash_of_their_own": ("ed25519",)}


def _with_chain(chain: ChainSeen) -> ConnectionObservation:
    return replace(STATION, chain=chain)


def test_a_certificate_is_missed_where_no_password_is_permitted() -> None:
    bare = replace(STATION, chain=None, certificate=None)

    assert certificates.presented(bare, {}).outcome is Outcome.FAIL
    assert certificates.presented(with_(bare, "station.floor", P2), {}) is NOT_APPLICABLE
    assert certificates.presented(password_station(), {}) is NOT_APPLICABLE


def test_a_certificate_that_cannot_be_read_says_why() -> None:
    result = certificates.presented(with_(STATION, "chain.unreadable", "two versions of one extension"), {})

    assert result.outcome is Outcome.FAIL
    assert "two versions" in result.detail


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("chain.problems", ("bad-signature",)),
        ("chain.authority", None),
        ("chain.path", ()),
        ("chain.path", (authority_certificate(),)),  # the path is another certificate's
        ("chain.authority.retired_at", NOW),
    ],
)
def test_a_path_that_leads_nowhere_fails(path: str, value: object) -> None:
    assert certificates.trusted_path(with_(STATION, path, value), {}).outcome is Outcome.FAIL


def test_an_authority_that_will_retire_is_trusted_until_then() -> None:
    retiring = with_(STATION, "chain.authority.retired_at", NOW + DAY)

    assert certificates.trusted_path(retiring, {}).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("leaf", "above", "words"),
    [
        (certificate(not_after=NOW - DAY), authority_certificate(), "the certificate expired at 2026-11-19"),
        (certificate(not_before=NOW + DAY), authority_certificate(), "is valid from 2026-11-21"),
        (certificate(), authority_certificate(not_after=NOW - DAY), "the authority 'CN=Example Root"),
    ],
)
def test_time_is_judged_for_the_whole_path_and_says_whose(leaf: object, above: object, words: str) -> None:
    result = certificates.within_validity(_with_chain(chain_of(leaf, above)), {})  # type: ignore[arg-type]

    assert result.outcome is Outcome.FAIL
    assert words in result.detail


def test_a_leaf_that_leads_nowhere_is_judged_alone() -> None:
    chain = ChainSeen(certificate(not_after=NOW - DAY), (), None)

    assert certificates.within_validity(_with_chain(chain), {}).outcome is Outcome.FAIL


@pytest.mark.parametrize(
    ("key", "outcome"),
    [
        (PublicKeySeen("rsa", 2047), Outcome.FAIL),
        (PublicKeySeen("rsa", 2048), Outcome.PASS),
        (PublicKeySeen("ec", 192), Outcome.FAIL),
        (PublicKeySeen("ec", 224), Outcome.PASS),
        (PublicKeySeen("ed25519", 256), Outcome.PASS),
        (PublicKeySeen("gost", 512), Outcome.FAIL),
    ],
)
def test_keys_are_of_a_listed_kind_and_long_enough(key: PublicKeySeen, outcome: Outcome) -> None:
    assert certificates.key_strength(_with_chain(chain_of(certificate(key=key))), BITS).outcome is outcome
    above = authority_certificate(key=key)
    assert certificates.key_strength(_with_chain(chain_of(certificate(), above)), BITS).outcome is outcome


def test_a_signature_without_a_hash_needs_a_key_that_has_its_own() -> None:
    leaf = certificate(signature_hash=None)
    ed25519 = authority_certificate(key=PublicKeySeen("ed25519", 256))

    assert certificates.signature_hash(_with_chain(chain_of(leaf)), HASHES).outcome is Outcome.FAIL
    assert certificates.signature_hash(_with_chain(chain_of(leaf, ed25519)), HASHES).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("csms.example", Outcome.FAIL),
        ("CSMS.Example", Outcome.FAIL),
        ("192.0.2.7", Outcome.FAIL),
        ("SN-1.2", Outcome.PASS),
    ],
)
def test_the_name_of_a_server_is_no_name_of_a_station(name: str, outcome: Outcome) -> None:
    seen = with_(STATION, "chain.leaf.common_names", (name,))

    assert certificates.name_is_no_host(seen, {}).outcome is outcome


def test_without_a_certificate_there_is_nothing_to_judge() -> None:
    bare = password_station()
    results = [
        certificates.trusted_path(bare, {}),
        certificates.within_validity(bare, {}),
        certificates.leaf_is_no_authority(bare, {}),
        certificates.key_strength(bare, BITS),
        certificates.signature_hash(bare, HASHES),
        certificates.name_is_no_host(bare, {}),
    ]

    assert all(result is NOT_APPLICABLE for result in results)
