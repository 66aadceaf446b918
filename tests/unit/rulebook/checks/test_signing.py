from __future__ import annotations

from dataclasses import replace

import pytest

from tests.conformance.stations import IDENTITY, asking_station, with_
from voltward.domain.authority import Binding, BindingRule
from voltward.domain.finding import Outcome
from voltward.rulebook.checks import signing
from voltward.rulebook.checks.result import NOT_APPLICABLE
from voltward.rulebook.observation import PublicKeySeen

ASKING = asking_station()
UNREAD = replace(ASKING, request=None, unreadable="it is a certificate")
BITS = {"minimum_bits": {"rsa": 2048, "ec": 224}}
KEYS = {"largest_rsa": 4096, "curves": ("prime256v1", "secp384r1")}
HASHES = {"hashes": ("sha256",)}
PROFILE = {"in_profile": ("keyUsage",)}


def test_what_could_not_be_read_fails_once_and_says_why() -> None:
    assert "it is a certificate" in signing.readable(UNREAD, {}).detail
    others = [
        signing.possession_proven(UNREAD, {}),
        signing.least_strength(UNREAD, BITS),
        signing.accepted_key(UNREAD, KEYS),
        signing.no_weakness(UNREAD, {}),
        signing.own_key(UNREAD, {}),
        signing.new_key(UNREAD, {}),
        signing.signature_hash(UNREAD, HASHES),
        signing.organisation(UNREAD, {}),
        signing.names_the_station(UNREAD, {}),
        signing.name_is_no_host(UNREAD, {}),
        signing.no_authority(UNREAD, {}),
        signing.nothing_beyond(UNREAD, PROFILE),
        signing.written_plainly(UNREAD, {}),
    ]

    assert all(result is NOT_APPLICABLE for result in others)


@pytest.mark.parametrize(
    ("key", "strong", "accepted"),
    [
        (PublicKeySeen("rsa", 2048), True, True),
        (PublicKeySeen("rsa", 2047), False, True),
        (PublicKeySeen("rsa", 4096), True, True),
        (PublicKeySeen("rsa", 4097), True, False),
        (PublicKeySeen("ec", 256, "prime256v1"), True, True),
        (PublicKeySeen("ec", 224, "secp224r1"), True, False),
        (PublicKeySeen("ec", 192, "prime192v1"), False, False),
        (PublicKeySeen("ed25519", 256), False, True),
    ],
)
def test_the_editions_bound_keys_below_and_our_list_above(
    key: PublicKeySeen, strong: bool, accepted: bool
) -> None:
    seen = with_(ASKING, "request.key", key)

    assert (signing.least_strength(seen, BITS).outcome is Outcome.PASS) is strong
    assert (signing.accepted_key(seen, KEYS).outcome is Outcome.PASS) is accepted


def test_every_weakness_is_told_in_words() -> None:
    seen = with_(ASKING, "request.weaknesses", ("roca", "small-exponent", "what-comes-later"))
    detail = signing.no_weakness(seen, {}).detail

    assert all(words in detail for words in ("CVE-2017-15361", "65537", "what-comes-later"))


@pytest.mark.parametrize(
    ("fact", "value", "words"),
    [
        ("known.listed", True, "list"),
        ("known.revoked", "lost", "revoked: lost"),
        ("known.revoked", "", "revoked: no reason"),
        ("known.other_station", "CP-8", "CP-8"),
    ],
)
def test_a_key_that_is_not_the_station_s_alone_fails(fact: str, value: object, words: str) -> None:
    result = signing.own_key(with_(ASKING, fact, value), {})

    assert result.outcome is Outcome.FAIL
    assert words in result.detail


def test_a_key_that_nobody_looked_up_is_no_pass() -> None:
    assert signing.own_key(replace(ASKING, known=None), {}).outcome is Outcome.NOT_OBSERVED
    assert signing.new_key(replace(ASKING, known=None), {}) is NOT_APPLICABLE


@pytest.mark.parametrize("names", [(), ("SN-0007", "SN-0007"), ("SN-0008",), ("sn-0007",), ("SN-0007 ",)])
def test_any_other_name_than_the_station_s_fails(names: tuple[str, ...]) -> None:
    assert signing.names_the_station(with_(ASKING, "request.common_names", names), {}).outcome is Outcome.FAIL


def test_without_a_serial_on_record_nobody_can_tell() -> None:
    unknown = replace(ASKING, serial=None)
    by_identity = replace(unknown, binding=Binding(BindingRule.IDENTITY_IN_COMMON_NAME))

    assert signing.names_the_station(unknown, {}).outcome is Outcome.NOT_OBSERVED
    assert signing.names_the_station(by_identity, {}).outcome is Outcome.FAIL
    named = with_(by_identity, "request.common_names", (IDENTITY,))
    assert signing.names_the_station(named, {}).outcome is Outcome.PASS


@pytest.mark.parametrize("organisations", [(), ("Example",), ("Example CPO Ltd",), ("example cpo",)])
def test_any_other_organisation_fails(organisations: tuple[str, ...]) -> None:
    seen = with_(ASKING, "request.organisations", organisations)

    assert signing.organisation(seen, {}).outcome is Outcome.FAIL


def test_one_of_several_organisations_is_enough() -> None:
    listed = replace(ASKING, organisations=("Example CPO", "Partner"))

    for organisations in (("Partner",), ("Unit 7", "Example CPO")):
        seen = with_(listed, "request.organisations", organisations)
        assert signing.organisation(seen, {}).outcome is Outcome.PASS


@pytest.mark.parametrize("name", ["csms.example", "CSMS.Example", "192.0.2.7", "wss://csms"])
def test_a_server_s_name_fails(name: str) -> None:
    assert signing.name_is_no_host(with_(ASKING, "request.common_names", (name,)), {}).outcome is Outcome.FAIL


def test_our_own_name_is_a_server_s_whatever_it_looks_like() -> None:
    seen = replace(with_(ASKING, "request.common_names", ("GATEWAY",)), own_hosts=("gateway",))

    assert "this server" in signing.name_is_no_host(seen, {}).detail


def test_what_the_profile_gives_anyway_is_not_beyond_it() -> None:
    seen = with_(ASKING, "request.asked_beyond", ("keyUsage",))
    more = with_(ASKING, "request.asked_beyond", ("keyUsage", "subjectAltName"))
    named = with_(more, "request.alternative_names", ("dns:csms.example",))

    assert signing.nothing_beyond(seen, PROFILE).outcome is Outcome.PASS
    assert "dns:csms.example" in signing.nothing_beyond(named, PROFILE).detail
    assert "keyUsage" not in signing.nothing_beyond(named, PROFILE).detail


def test_a_hash_that_nobody_knows_is_not_listed() -> None:
    seen = with_(with_(ASKING, "request.signature_hash", None), "request.signature", "1.3.101.112")

    assert "1.3.101.112" in signing.signature_hash(seen, HASHES).detail
