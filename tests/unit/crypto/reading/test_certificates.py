from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.fakes.certificates import SERVER_AUTH, Issued, Validity, self_signed, signature_twin
from tests.fakes.certificates import Authority as Issuer
from tests.fakes.tls_peer import PeerChoice, TlsPeer, shake_hands
from voltward.crypto.reading.certificates import (
    LARGEST_CERTIFICATE,
    CertificateReader,
    UnreadableCertificate,
    chain_seen,
    fingerprint,
    read_certificate,
    read_with_key,
)
from voltward.domain.authority import Authority, TrustedFor
from voltward.domain.secret import Secret
from voltward.rulebook.observation import ChainSeen, PublicKeySeen
from voltward.wire.tls import TlsServerEngine
from voltward.wire.tls_context import ServerChain, build_server_context

ROOT = Issuer.create("Root")
STATIONS = Issuer.create("Stations CA", parent=ROOT)
RSA_STATIONS = Issuer.create("Old stations CA", key="rsa", parent=ROOT)
STRANGER = Issuer.create("Stations CA")  # the same name, another key
STATION = STATIONS.issue("SN-0001", "Example CPO")


@dataclass(frozen=True)
class Finding:
    depth: int
    code: int
    name: str = "whatever"


@dataclass(frozen=True)
class Presented:
    peer_chain: Sequence[bytes]
    verified_chain: Sequence[bytes] = ()
    chain_errors: Sequence[Finding] = ()


def trusted(*issuers: Issuer) -> dict[str, Authority]:
    found = {}
    for issuer in issuers:
        name = fingerprint(issuer.der).hex()
        found[name] = Authority(name, "an authority", issuer.certificate_pem, TrustedFor.STATIONS)
    return found


def seen(presented: Presented, *issuers: Issuer) -> ChainSeen:
    return chain_seen(CertificateReader(), presented, trusted(*issuers))


# -- one certificate


def test_the_facts_of_a_certificate_are_read() -> None:
    validity = Validity.days(-3, 7)
    issued = STATIONS.issue("SN-0001", "Example CPO", serial=0x0A1B2C, validity=validity)
    facts = read_certificate(issued.der)
    assert facts.fingerprint == issued.fingerprint
    assert facts.serial_number == "a1b2c"
    assert facts.common_names == ("SN-0001",)
    assert facts.organisations == ("Example CPO",)
    assert (facts.subject, facts.issuer) == ("CN=SN-0001,O=Example CPO", "CN=Stations CA")
    assert (facts.not_before, facts.not_after) == (validity.not_before, validity.not_after)
    assert facts.not_before.tzinfo is UTC
    assert not facts.is_ca
    assert facts.key == PublicKeySeen("ec", 256, "prime256v1")
    assert facts.signature_hash == "sha256"


def test_an_authority_is_told_from_a_leaf() -> None:
    assert read_certificate(STATIONS.der).is_ca
    assert read_certificate(STATIONS.issue(is_ca=True).der).is_ca


def test_all_common_names_are_told() -> None:
    """Somebody who hides a second name beside the first must not be judged by one of them."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, value) for value in ("SN-0001", "SN-0002")])
    validity = Validity.days()
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), 7, validity.not_before, validity.not_after
    )
    certificate = builder.sign(key, hashes.SHA256())
    assert set(read_certificate(Issued(certificate, key).der).common_names) == {"SN-0001", "SN-0002"}


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("rsa", PublicKeySeen("rsa", 2048)),
        ("rsa1024", PublicKeySeen("rsa", 1024)),
        ("secp224r1", PublicKeySeen("ec", 224, "secp224r1")),
        ("secp384r1", PublicKeySeen("ec", 384, "secp384r1")),
        ("brainpoolP256r1", PublicKeySeen("ec", 256, "brainpoolP256r1")),
    ],
)
def test_the_key_is_told_by_kind_size_and_curve(kind: str, expected: PublicKeySeen) -> None:
    assert read_certificate(STATIONS.issue(key=kind).der).key == expected


def test_a_certificate_is_read_with_the_fingerprint_of_its_key() -> None:
    public = STATION.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    assert read_with_key(STATION.der) == (read_certificate(STATION.der), hashlib.sha256(public).digest())


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (ed25519.Ed25519PrivateKey.generate(), PublicKeySeen("ed25519", 256)),
        (ed448.Ed448PrivateKey.generate(), PublicKeySeen("ed448", 456)),
    ],
)
def test_an_edwards_key_has_no_hash_of_its_own(
    key: ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey, expected: PublicKeySeen
) -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "SN-0001")])
    validity = Validity.days()
    builder = x509.CertificateBuilder(
        name, name, key.public_key(), 7, validity.not_before, validity.not_after
    )
    facts = read_certificate(builder.sign(key, None).public_bytes(Encoding.DER))
    assert (facts.key, facts.signature_hash) == (expected, None)


def test_a_broken_hash_is_told() -> None:
    assert read_certificate(RSA_STATIONS.issue(sha1=True).der).signature_hash == "sha1"


# -- rubbish


@pytest.mark.parametrize(
    "octets", [b"", b"\x30", b"\x30\x82\xff\xff", b"-----BEGIN CERTIFICATE-----", b"\0" * 500]
)
def test_what_is_no_certificate_is_a_fault_of_the_station(octets: bytes) -> None:
    with pytest.raises(UnreadableCertificate):
        read_certificate(octets)


def test_an_oversize_certificate_is_not_even_parsed() -> None:
    with pytest.raises(UnreadableCertificate, match=str(LARGEST_CERTIFICATE + 1)):
        read_certificate(STATION.der + b"\0" * (LARGEST_CERTIFICATE + 1 - len(STATION.der)))


MUTATED = [
    STATION.der,
    RSA_STATIONS.issue("SN-0002", "Example CPO", extensions=[SERVER_AUTH]).der,
    STATIONS.der,
]
CHANGES = st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255)), min_size=1, max_size=6)


@settings(max_examples=600, deadline=None)
@given(st.sampled_from(MUTATED), CHANGES, st.integers(0, 40))
@example(STATION.der, [(15, 0x80)], 0)  # a negative serial number
def test_mutated_octets_are_read_or_refused_and_nothing_else(
    der: bytes, changes: list[tuple[int, int]], cut: int
) -> None:
    octets = bytearray(der)
    for place, value in changes:
        octets[place % len(octets)] = value
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns about sloppy certificates, which stations have
        try:
            facts = read_certificate(bytes(octets[: len(octets) - cut]))
        except UnreadableCertificate:
            return
    assert facts.fingerprint == fingerprint(bytes(octets[: len(octets) - cut]))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_any_octets_as_a_leaf_make_a_chain_that_nobody_trusts(octets: bytes) -> None:
    chain = seen(Presented([octets], [octets, STATIONS.der]), STATIONS)
    assert chain.unreadable
    assert chain.authority is None
    assert chain.leaf.not_after < STATION.certificate.not_valid_before_utc
    assert chain.problems == ("unreadable",)


# -- the chain


def test_a_chain_leads_to_its_authority() -> None:
    chain = seen(Presented([STATION.der], [STATION.der, STATIONS.der, ROOT.der]), STATIONS)
    assert chain.authority == trusted(STATIONS)[fingerprint(STATIONS.der).hex()]
    assert [link.subject for link in chain.path] == ["CN=SN-0001,O=Example CPO", "CN=Stations CA"]
    assert chain.problems == ()


def test_the_authority_nearest_to_the_leaf_counts() -> None:
    presented = Presented([STATION.der], [STATION.der, STATIONS.der, ROOT.der])
    near, far = seen(presented, STATIONS, ROOT), seen(presented, ROOT)
    assert near.authority is not None
    assert near.authority.id == fingerprint(STATIONS.der).hex()
    assert far.authority is not None
    assert [link.subject for link in far.path] == ["CN=SN-0001,O=Example CPO", "CN=Stations CA", "CN=Root"]


def test_the_other_form_of_a_signature_is_told_with_the_leaf() -> None:
    twin = signature_twin(STATION.der)

    chain = seen(Presented([STATION.der], [STATION.der, STATIONS.der, ROOT.der]), ROOT)

    assert chain.twin == fingerprint(twin)


def test_the_other_form_of_a_certificate_on_record_goes_by_its_known_fingerprint() -> None:
    twin = signature_twin(STATION.der)
    reader = CertificateReader()
    on_record = {STATION.fingerprint}
    presented = Presented([twin], [twin, STATIONS.der, ROOT.der])

    for _ in range(2):
        chain = chain_seen(reader, presented, trusted(ROOT), on_record.__contains__)

        assert chain.authority is not None
        assert (chain.leaf.fingerprint, chain.twin) == (STATION.fingerprint, fingerprint(twin))


def test_a_leaf_of_an_rsa_authority_has_no_other_form() -> None:
    leaf = RSA_STATIONS.issue("SN-0002", "Example CPO")

    assert seen(Presented([leaf.der], [leaf.der, RSA_STATIONS.der, ROOT.der]), ROOT).twin is None


def test_an_authority_that_was_taken_off_the_list_is_unknown_at_once() -> None:
    """The engine's anchors are older than our list, and found nothing wrong."""
    chain = seen(Presented([STATION.der], [STATION.der, STATIONS.der]), STRANGER)
    assert chain.authority is None
    assert chain.problems == ("unknown-authority",)
    assert chain.path == (chain.leaf,)


def test_an_authority_is_not_its_own_station() -> None:
    chain = seen(Presented([STATIONS.der], [STATIONS.der]), STATIONS)
    assert chain.authority is None


def test_a_chain_that_is_not_the_leafs_leads_nowhere() -> None:
    other = STATIONS.issue("SN-0002")
    assert seen(Presented([STATION.der], [other.der, STATIONS.der]), STATIONS).authority is None


@pytest.mark.parametrize(
    ("finding", "word"),
    [
        (Finding(0, 7), "bad-signature"),
        (Finding(1, 79), "not-a-ca"),
        (Finding(1, 25), "path-too-long"),
        (Finding(0, 47), "name-constraint"),
        (Finding(0, 20), "unknown-authority"),
        (Finding(1, 26), "wrong-purpose"),
        (Finding(0, 4711), "x509-4711"),
    ],
)
def test_a_finding_on_the_path_breaks_the_trust(finding: Finding, word: str) -> None:
    chain = seen(Presented([STATION.der], [STATION.der, STATIONS.der], [finding]), STATIONS)
    assert chain.authority is None
    assert chain.problems == (word,)


@pytest.mark.parametrize("finding", [Finding(0, 10), Finding(1, 9), Finding(0, 26), Finding(2, 7)])
def test_times_the_leafs_purpose_and_what_is_above_the_authority_do_not(finding: Finding) -> None:
    chain = seen(Presented([STATION.der], [STATION.der, STATIONS.der, ROOT.der], [finding]), STATIONS)
    assert chain.authority is not None
    assert chain.problems == ()


def test_weakness_is_left_to_its_own_controls() -> None:
    presented = Presented([STATION.der], [STATION.der, STATIONS.der], [Finding(0, 66), Finding(0, 68)])
    chain = seen(presented, STATIONS)
    assert chain.authority is not None
    assert chain.problems == ()


def test_an_issuer_that_cannot_be_read_breaks_the_trust() -> None:
    rubbish = b"\x30\x82rubbish"
    authorities = {fingerprint(ROOT.der).hex(): trusted(ROOT)[fingerprint(ROOT.der).hex()]}
    chain = chain_seen(
        CertificateReader(), Presented([STATION.der], [STATION.der, rubbish, ROOT.der]), authorities
    )
    assert chain.authority is None
    assert chain.problems == ("unreadable-issuer",)


# -- what is remembered


def test_leaves_of_stations_on_record_are_remembered_and_no_others() -> None:
    reader = CertificateReader()
    mine, foreign = STATIONS.issue("SN-1"), STATIONS.issue("SN-2")
    on_record = {fingerprint(mine.der)}
    for leaf in (mine, foreign):
        first = reader.leaf(leaf.der, on_record.__contains__)
        again = reader.leaf(leaf.der, on_record.__contains__)
        assert again == first
        assert (again is first) is (leaf is mine)
    assert len(reader) == 1


def test_issuers_are_remembered_and_leaves_of_strangers_are_not() -> None:
    reader = CertificateReader()
    chains = [
        chain_seen(reader, Presented([leaf.der], [leaf.der, STATIONS.der]), trusted(STATIONS))
        for leaf in (STATIONS.issue("SN-1"), STATIONS.issue("SN-2"))
    ]
    assert len(reader) == 1
    assert chains[0].path[1] is chains[1].path[1]


def test_the_memory_is_bounded_and_keeps_what_is_used() -> None:
    reader = CertificateReader(capacity=2)
    first, second, third = (Issuer.create(name) for name in ("A", "B", "C"))
    kept = reader.issuer(first.der, fingerprint(first.der))
    reader.issuer(second.der, fingerprint(second.der))
    assert reader.issuer(first.der, fingerprint(first.der)) is kept
    reader.issuer(third.der, fingerprint(third.der))
    assert len(reader) == 2
    assert reader.issuer(first.der, fingerprint(first.der)) is kept


# -- with the engine's real findings

_SERVER = ROOT.issue("csms.example")
_CONTEXT = build_server_context(
    [ServerChain("server", _SERVER.chain_pem, Secret(_SERVER.key_pem))],
    [STATIONS.certificate_pem, RSA_STATIONS.certificate_pem],
)


def handshake(shows: Issued) -> ChainSeen:
    engine = TlsServerEngine(_CONTEXT)
    shake_hands(engine, TlsPeer(PeerChoice(shows=shows)))
    return chain_seen(CertificateReader(), engine.facts(), trusted(STATIONS, RSA_STATIONS))


@pytest.mark.parametrize(
    "shows",
    [
        STATION,
        RSA_STATIONS.issue("SN-0002", key="rsa"),
        STATIONS.issue("SN-0003", validity=Validity.days(-30, -1)),
        STATIONS.issue("SN-0004", validity=Validity.days(1, 30)),
        STATIONS.issue("SN-0005", extensions=[SERVER_AUTH]),
        RSA_STATIONS.issue("SN-0006", sha1=True),
        STATIONS.issue("SN-0007", key="rsa1024"),
    ],
)
def test_a_real_handshake_leads_to_the_authority(shows: Issued) -> None:
    chain = handshake(shows)
    assert chain.authority is not None
    assert chain.problems == ()


@pytest.mark.parametrize(
    ("shows", "word"),
    [
        (self_signed("SN-0001"), "self-signed"),
        (Issuer.create("Nobody's CA").issue("SN-0001"), "unknown-authority"),
        (STRANGER.issue("SN-0001"), "bad-signature"),
        (ROOT.issue("SN-0001"), "unknown-authority"),
    ],
)
def test_a_real_handshake_of_a_stranger_leads_nowhere(shows: Issued, word: str) -> None:
    chain = handshake(shows)
    assert chain.authority is None
    assert word in chain.problems


def test_a_leaf_cannot_issue_for_another_station() -> None:
    """SN-0001 signs a certificate for SN-0002 with its own key."""
    forged = Issuer(STATION.certificate, STATION.key, (STATION.certificate,)).issue("SN-0002")
    chain = handshake(forged)
    assert chain.authority is None
    assert "not-a-ca" in chain.problems
