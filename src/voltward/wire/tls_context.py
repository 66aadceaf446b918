"""What all connections of a listener share: server chains, trust anchors, suites, and how a chain is judged.

The judgement is an observation: a client certificate is asked for and never demanded, and whatever OpenSSL
finds wrong with it is written down while the handshake goes on (ruling 1). Who may come in is decided
elsewhere. A context is never changed while it is used: new trust or new chains are a new context.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from types import MappingProxyType
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from OpenSSL import SSL, crypto

from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.secret import Secret
from voltward.wire import libssl

_MINIMUM = {"TLSv1.2": SSL.TLS1_2_VERSION, "TLSv1.3": SSL.TLS1_3_VERSION}

_OPTIONS = (
    SSL.OP_NO_COMPRESSION
    | SSL.OP_NO_RENEGOTIATION
    | SSL.OP_NO_TICKET
    | SSL.OP_CIPHER_SERVER_PREFERENCE
    | SSL.OP_SINGLE_ECDH_USE
)

# SSL_MODE_NO_AUTO_CHAIN, which pyOpenSSL has no name for. Without it a leaf that came without
# intermediates is sent with whatever the store of *client* anchors can build for it.
_NO_AUTO_CHAIN = 0x8

# Longer chains than leaf, two intermediates and a root do not occur; each link costs a signature check.
_MAX_DEPTH = 6
_MAX_ERRORS = 16

# OpenSSL's numbers that pyOpenSSL has no name for and that a station's certificate can run into.
_UNNAMED_CODES = {
    66: "ee_key_too_small",
    67: "ca_key_too_small",
    68: "ca_md_too_weak",
    94: "ec_key_explicit_params",
}

_CODE_NAMES: Mapping[int, str] = MappingProxyType(
    {
        value: name.removeprefix("ERR_").lower()
        for name, value in vars(SSL.X509VerificationCodes).items()
        if name.startswith("ERR_")
    }
    | _UNNAMED_CODES
)

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class ServerChain:
    """A certificate of ours as PEM, leaf first and then its intermediates, and the leaf's key as PEM."""

    name: str
    certificate_pem: bytes
    private_key: Secret


@dataclass(frozen=True, slots=True)
class TlsPolicy:
    """What may be negotiated, by OpenSSL's names, each list in our order of preference."""

    minimum: str
    suites_12: tuple[str, ...]
    suites_13: tuple[str, ...]
    groups: tuple[str, ...]

    def without_static_rsa(self) -> TlsPolicy:
        """The same without the TLS_RSA suites: no forward secrecy, a named divergence (ruling 4)."""
        return replace(self, suites_12=tuple(suite for suite in self.suites_12 if suite.startswith("ECDHE-")))


# Last, but there: TLS 1.2 takes client certificates on listed curves alone, and A00.FR.504 allows these.
# P-224, which A00.FR.503 would allow, is not in this OpenSSL.
_BRAINPOOL = ("brainpoolP256r1", "brainpoolP384r1", "brainpoolP512r1")

# Requirements A00.FR.318 and A00.FR.421: both ECDHE-ECDSA and both TLS_RSA suites; ECDHE-RSA is our addition.
# The hybrid group costs 40 us, and only for a client that offers it: recorded passwords live for years.
OCPP_TLS = TlsPolicy(
    minimum="TLSv1.2",
    suites_12=(
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "AES128-GCM-SHA256",
        "AES256-GCM-SHA384",
    ),
    suites_13=("TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"),
    groups=("X25519MLKEM768", "X25519", "P-256", "P-384", "P-521", *_BRAINPOOL),
)


@dataclass(frozen=True, slots=True)
class ChainError:
    """One thing that OpenSSL found wrong: at which `depth` (0 is the leaf), its number and a stable name."""

    depth: int
    code: int
    name: str


class Opinion(Protocol):
    """What somebody else makes of a chain: as `TlsFacts` has it."""

    @property
    def verified_chain(self) -> tuple[bytes, ...]:
        """Empty where there are errors."""
        ...

    @property
    def chain_errors(self) -> tuple[ChainError, ...]:
        """What is wrong."""
        ...


@dataclass(frozen=True, slots=True)
class ServerContext:
    """A ready context; `host_names` are those that get another one (lower case, no final dot).

    `anchors`: the DER forms of the trust anchors, by where the store keeps them (`libssl.address`).
    `second_opinion`: asked about a chain (DER, leaf first) with a signature that was called bad. Only needed
    where anchors share a name (`offered_chain`).
    """

    native: SSL.Context
    anchors: Mapping[int, bytes] = field(default_factory=dict[int, bytes])
    host_names: Mapping[str, ServerContext] = field(default_factory=dict)
    second_opinion: Callable[[tuple[bytes, ...]], Opinion] | None = None

    def with_host_names(self, contexts: Mapping[str, ServerContext]) -> ServerContext:
        """This context, with others for the clients that ask for these names (RFC 6066 server_name).

        A host name chooses chains and trust anchors. Versions, suites and groups stay those of this context:
        OpenSSL has read them before it knows the name.
        """
        anchors = {at: der for each in (*contexts.values(), self) for at, der in each.anchors.items()}
        named = {canonical(name): context for name, context in contexts.items()}
        return replace(self, anchors=anchors, host_names=named)


class Handshake:
    """What the callbacks of one connection write down, and what they need to look up."""

    __slots__ = ("context", "errors", "leaf")

    def __init__(self, context: ServerContext) -> None:
        # Also keeps alive the context whose callbacks OpenSSL holds, after a host name has chosen another.
        self.context = context
        self.errors: tuple[ChainError, ...] = ()
        self.leaf: crypto.X509 | None = None


def build_server_context(
    chains: Sequence[ServerChain], anchors: Sequence[bytes], policy: TlsPolicy = OCPP_TLS
) -> ServerContext:
    """A context that serves `chains` (at most one per key type) and measures clients by `anchors` (PEM).

    An anchor may be an intermediate: the additional-root check of OCPP leaves cross-signed roots behind.
    No names of authorities are sent along: a station has one certificate and needs no choosing, the list
    costs small stations memory, and it would tell every prober who is trusted here. There is no resumption:
    every connection is validated in full (ruling 2). TLS 1.3 still sends two tickets that open nothing,
    because pyOpenSSL has no call for their number.

    Raises OperatorFault for what is wrong with a chain, an anchor or the policy, OutsideFault for the disk.
    """
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_options(_OPTIONS)
    context.set_session_cache_mode(SSL.SESS_CACHE_OFF)
    context.set_mode(_NO_AUTO_CHAIN | SSL.MODE_RELEASE_BUFFERS)
    _apply_policy(context, policy)
    _add_chains(context, chains)
    trusted = _trust(context, anchors)
    context.set_verify(SSL.VERIFY_PEER, _record_verification)
    context.set_verify_depth(_MAX_DEPTH)
    context.set_tlsext_servername_callback(_choose_by_host_name)
    return ServerContext(context, trusted)


def _apply_policy(context: SSL.Context, policy: TlsPolicy) -> None:
    if policy.minimum not in _MINIMUM:
        raise OperatorFault(
            f"the minimum TLS version {policy.minimum!r} is not possible here.",
            mend="Use TLSv1.2 or TLSv1.3.",
        )
    context.set_min_proto_version(_MINIMUM[policy.minimum])
    for suite in policy.suites_12:
        _set_suites(context.set_cipher_list, suite)  # alone: in a list, OpenSSL passes over unknown names
    _set_suites(context.set_cipher_list, ":".join(policy.suites_12))
    _set_suites(context.set_tls13_ciphersuites, ":".join(policy.suites_13))
    if not libssl.set_groups(context, ":".join(policy.groups)):
        raise OperatorFault(f"this OpenSSL does not know all of the groups {', '.join(policy.groups)}.")


def _set_suites(setter: Callable[[bytes], None], names: str) -> None:
    try:
        setter(names.encode("ascii"))
    except SSL.Error as error:
        raise OperatorFault(f"this OpenSSL does not serve the suite {names}.") from error


def _add_chains(context: SSL.Context, chains: Sequence[ServerChain]) -> None:
    if not chains:
        raise OperatorFault("a TLS listener needs a certificate.")
    owners: dict[str, str] = {}
    for chain in chains:
        certificates, key = _read_chain(chain)
        kind = "RSA" if isinstance(key, rsa.RSAPrivateKey) else "ECDSA"
        if kind in owners:
            raise OperatorFault(
                f"the certificates {owners[kind]} and {chain.name} both have {kind} keys.",
                mend="One listener serves one ECDSA and one RSA certificate; use host names for more.",
            )
        owners[kind] = chain.name
        _load_chain(context, certificates)
        context.use_privatekey(key)


def _read_chain(chain: ServerChain) -> tuple[list[x509.Certificate], PrivateKey]:
    try:
        certificates = x509.load_pem_x509_certificates(chain.certificate_pem)
    except ValueError as error:
        raise OperatorFault("the certificate is not readable PEM.", subject=chain.name) from error
    key = _read_key(chain)
    if key.public_key() != certificates[0].public_key():
        raise OperatorFault(
            "the private key does not belong to the first certificate of the chain.",
            mend="The leaf comes first, then its issuers.",
            subject=chain.name,
        )
    for issued, issuer in pairwise(certificates):
        try:
            issued.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature) as error:
            raise OperatorFault(
                "the chain is not in order: a certificate is not signed by the one after it.",
                mend="Put the leaf first, then each issuer, up to but without the root.",
                subject=chain.name,
            ) from error
    return certificates, key


def _read_key(chain: ServerChain) -> PrivateKey:
    try:
        key = load_pem_private_key(chain.private_key.reveal(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # `from None`: the parser's own words could quote the key.
        raise OperatorFault(
            "the private key cannot be read.", mend="Give it as PEM, unencrypted.", subject=chain.name
        ) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise OperatorFault("the private key is neither ECDSA nor RSA.", subject=chain.name)
    return key


def _load_chain(context: SSL.Context, certificates: Sequence[x509.Certificate]) -> None:
    """Give the leaf intermediates of its own, which OpenSSL does when it reads a file, and only then.

    `add_extra_chain_cert` would send the intermediates of both chains with either leaf. The file holds
    certificates alone, never a key, and is gone when this returns.
    """
    try:
        with tempfile.NamedTemporaryFile(prefix="voltward-chain-") as file:
            file.write(b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates))
            file.flush()
            context.use_certificate_chain_file(file.name)
    except OSError as error:
        raise OutsideFault(f"no temporary file for a certificate chain: {error}.") from error


def _trust(context: SSL.Context, anchors: Sequence[bytes]) -> dict[int, bytes]:
    trusted: dict[int, bytes] = {}
    store = context.get_cert_store()
    if store is None:
        raise MemoryError("OpenSSL made a context without a store")
    for number, pem in enumerate(anchors, 1):
        try:
            certificates = x509.load_pem_x509_certificates(pem)
        except ValueError as error:
            raise OperatorFault(f"trust anchor {number} is not readable PEM.") from error
        for certificate in certificates:
            anchor = crypto.X509.from_cryptography(certificate)
            store.add_cert(anchor)  # which keeps this very object
            trusted[libssl.address(anchor)] = certificate.public_bytes(Encoding.DER)
    store.set_flags(crypto.X509StoreFlags.PARTIAL_CHAIN)
    return trusted


def _record_verification(
    connection: SSL.Connection, certificate: crypto.X509, code: int, depth: int, ok: int
) -> bool:
    """Write down and go on: the door decides, with the certificate in hand (ruling 1)."""
    handshake: Handshake = connection.get_app_data()
    if depth == 0:
        handshake.leaf = certificate
    # A chain can be made to err at every link; what it errs in first is what matters.
    if not ok and len(handshake.errors) < _MAX_ERRORS:
        handshake.errors += (ChainError(depth, code, _CODE_NAMES.get(code, f"code_{code}")),)
    return True


def _choose_by_host_name(connection: SSL.Connection) -> None:
    handshake: Handshake = connection.get_app_data()
    if not handshake.context.host_names:
        return
    name = connection.get_servername()
    chosen = handshake.context.host_names.get(canonical(name.decode("ascii", "replace"))) if name else None
    if chosen is not None:
        connection.set_context(chosen.native)


def canonical(host_name: str) -> str:
    """A host name as it is compared: lower case, without a final dot."""
    return host_name.lower().removesuffix(".")
