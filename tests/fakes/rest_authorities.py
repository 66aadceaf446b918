"""Authorities with a REST interface, of the documented shape: step-ca, Vault's PKI engine, EJBCA.

Each refuses what the real one refuses: a wrong token, a wrong login, a client without a certificate.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from tests.fakes.certificates import Authority, Issued
from tests.fakes.chance import CountedTokens
from tests.fakes.clock import FakeClock
from tests.fakes.tls_desk import Request, tls_desk
from voltward.adapters.pki.outside.ejbca import ENROL, PATH, EjbcaEnrolment, EjbcaProfiles
from voltward.adapters.pki.outside.http_exchange import Login, Place
from voltward.adapters.pki.outside.json_exchange import JsonDesk
from voltward.adapters.pki.outside.step_ca import SIGN, StepCaEnrolment
from voltward.adapters.pki.outside.vault_pki import LOGIN, VaultEnrolment
from voltward.crypto.tokens.provisioner_tokens import ProvisionerKey
from voltward.domain.secret import Secret
from voltward.wire.tls_client import ClientChain, build_client_context

Answer = tuple[str, bytes]


@dataclass(slots=True)
class RestWays:
    """How it behaves: what it answers once instead of signing; and what it has done."""

    once: list[Answer] = field(default_factory=list[Answer])
    asked: list[str] = field(default_factory=list[str])
    signed: list[int] = field(default_factory=list[int])

    def sign(self, authority: Authority, csr: bytes) -> tuple[x509.Certificate, ...]:
        """Leaf and authority, for the names of the request."""
        request = x509.load_pem_x509_csr(csr)
        (name,) = request.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        der = request.public_bytes(Encoding.DER)
        chain = authority.sign_request(der, str(name.value), "Example CPO")
        leaf, above = (x509.load_der_x509_certificate(one) for one in chain)
        self.signed.append(leaf.serial_number)
        return leaf, above


@asynccontextmanager
async def step_ca(authority: Authority, ways: RestWays | None = None) -> AsyncIterator[StepCaEnrolment]:
    """Whoever shows a token of the provisioner gets a certificate for its subject."""
    ways, key = ways or RestWays(), ECKey.generate_key("P-256", {"kid": "provisioner-1"})
    used: set[str] = set()

    def desk(request: Request) -> Answer:
        ways.asked.append(f"{request.method} {request.path}")
        said = json.loads(request.body)
        try:
            token = jwt.decode(said["ott"], key, algorithms=["ES256"])
        except JoseError:
            return (
                "401 Unauthorized",
                b'{"status":401,"message":"The request lacked necessary authorization"}',
            )
        claims = token.claims
        subject = x509.load_pem_x509_csr(said["csr"].encode()).subject.rfc4514_string()
        is_fit = claims["iss"] == "voltward" and claims["aud"] == f"https://{request.headers['host']}{SIGN}"
        if not is_fit or claims["jti"] in used or token.header["kid"] != "provisioner-1":
            return (
                "401 Unauthorized",
                b'{"status":401,"message":"The request lacked necessary authorization"}',
            )
        used.add(claims["jti"])
        if subject != f"CN={claims['sub']}":
            return "403 Forbidden", b'{"status":403,"message":"The request was forbidden"}'
        if ways.once:
            return ways.once.pop(0)
        leaf, above = (_pem(one) for one in ways.sign(authority, said["csr"].encode()))
        return "201 Created", json.dumps({"crt": leaf, "ca": above, "certChain": [leaf, above]}).encode()

    async with tls_desk(authority, desk) as port:
        private = ProvisionerKey.read(Secret(json.dumps(key.as_dict(private=True)).encode()))
        yield StepCaEnrolment(_desk(authority, port, ""), "voltward", private, FakeClock())


@asynccontextmanager
async def vault(authority: Authority, ways: RestWays | None = None) -> AsyncIterator[VaultEnrolment]:
    """A role `stations` at the mount `pki`, for whoever logs in by AppRole."""
    ways = ways or RestWays()

    def desk(request: Request) -> Answer:
        ways.asked.append(f"{request.method} {request.path}")
        said = json.loads(request.body)
        if request.path == LOGIN:
            if said != {"role_id": "voltward", "secret_id": "correct horse"}:
                return "400 Bad Request", b'{"errors":["invalid role or secret ID"]}'
            return "200 OK", b'{"auth":{"client_token":"hvs.one","lease_duration":60}}'
        if request.headers.get("x-vault-token") != "hvs.one" or request.path != "/v1/pki/sign/stations":
            return "403 Forbidden", b'{"errors":["permission denied"]}'
        if ways.once:
            return ways.once.pop(0)
        leaf, above = (_pem(one) for one in ways.sign(authority, said["csr"].encode()))
        data = {"certificate": leaf, "issuing_ca": above, "ca_chain": [above], "serial_number": "1a:2b"}
        return "200 OK", json.dumps({"request_id": "1", "data": data, "warnings": None}).encode()

    async with tls_desk(authority, desk) as port:
        login = Login("voltward", Secret(b"correct horse"))
        yield VaultEnrolment(_desk(authority, port, "/v1/pki"), "stations", login)


@asynccontextmanager
async def ejbca(authority: Authority, ways: RestWays | None = None) -> AsyncIterator[EjbcaEnrolment]:
    """For whoever shows a certificate of the same authority; its profiles have the names below."""
    ways = ways or RestWays()

    def desk(request: Request) -> Answer:
        ways.asked.append(f"{request.method} {request.path}")
        said = json.loads(request.body)
        if ways.asked[-1] != f"POST {PATH}{ENROL}" or not said["username"] or not said["password"]:
            return "400 Bad Request", b'{"error_code":400,"error_message":"Invalid parameters"}'
        if (said["certificate_authority_name"], said["certificate_profile_name"]) != ("Issuing", "STATION"):
            return "404 Not Found", b'{"error_code":404,"error_message":"CA doesn\'t exist"}'
        if said["end_entity_profile_name"] != "STATIONS":
            return "404 Not Found", b'{"error_code":404,"error_message":"End entity profile doesn\'t exist"}'
        if ways.once:
            return ways.once.pop(0)
        leaf, above = (_base64(one) for one in ways.sign(authority, said["certificate_request"].encode()))
        told = {"certificate": leaf, "serial_number": "1A2B", "response_format": "DER"}
        return "201 Created", json.dumps({**told, "certificate_chain": [above]}).encode()

    async with tls_desk(authority, desk, authority) as port:
        profiles = EjbcaProfiles("Issuing", "STATION", "STATIONS")
        shown = authority.issue("voltward-ra")
        yield EjbcaEnrolment(_desk(authority, port, PATH, shown), profiles, CountedTokens())


def _desk(authority: Authority, port: int, path: str, shown: Issued | None = None) -> JsonDesk:
    anchors = authority.certificate_pem.decode("ascii")
    chain = ClientChain(shown.chain_pem, Secret(shown.key_pem)) if shown is not None else None
    return JsonDesk(Place("localhost", port, path, is_tls=True), build_client_context(anchors, chain))


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode("ascii")


def _base64(certificate: x509.Certificate) -> str:
    return b64encode(certificate.public_bytes(Encoding.DER)).decode("ascii")
