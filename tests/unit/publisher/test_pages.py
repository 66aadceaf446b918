from __future__ import annotations

import base64
from pathlib import Path
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from tests.fakes.publications import Published, publishing
from tests.fakes.signers import SignerSite, hierarchy

CA = hierarchy().ecdsa.stations.certificate
ROOT = hierarchy().named()["root-ecdsa"].certificate


def asked() -> bytes:
    """About the authority itself, which its root issued."""
    builder = ocsp.OCSPRequestBuilder().add_certificate(CA, ROOT, hashes.SHA256())
    return builder.build().public_bytes(Encoding.DER)


def get(path: str, *headers: str, method: str = "GET") -> bytes:
    return "\r\n".join((f"{method} {path} HTTP/1.1", "Host: pki", *headers, "", "")).encode()


def post(body: bytes, kind: str = "application/ocsp-request", path: str = "/ocsp") -> bytes:
    return get(path, f"Content-Type: {kind}", f"Content-Length: {len(body)}", method="POST") + body


async def test_lists_and_certificates_are_files_that_may_be_kept(tmp_path: Path) -> None:
    async with publishing(SignerSite(tmp_path).make()) as published:
        head, body = await published.fetch(get("/crl/stations-ca-ecdsa.crl"))
        tag = next(line for line in head.decode().split("\r\n") if line.startswith("ETag: "))
        same, nothing = await published.fetch(
            get("/crl/stations-ca-ecdsa.crl", tag.replace("ETag", "If-None-Match"))
        )
        shown, empty = await published.fetch(get("/crl/stations-ca-ecdsa.crl", method="HEAD"))
        kind, certificate = await published.fetch(get("/certs/stations-ca-ecdsa.cer"))

    listed = x509.load_der_x509_crl(body)
    assert listed.is_signature_valid(CA.public_key())  # type: ignore[arg-type]
    number = listed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    assert tag.endswith(f'-{number}"')  # nobody makes a digest of megabytes for each asker
    assert b"Content-Type: application/pkix-crl" in head
    assert b"max-age=3600" in head
    assert (same.split(b"\r\n")[0], nothing) == (b"HTTP/1.1 304 Not Modified", b"")
    assert (shown, empty) == (head, b"")
    assert certificate == CA.public_bytes(Encoding.DER)
    assert b"application/pkix-cert" in kind


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (get("/crl/nobody.crl"), 404),
        (get("/crl/stations-ca-ecdsa.cer"), 404),
        (get("/crl/../signer/ledger.log"), 404),
        (get("/"), 404),
        (get("/crl/root-ecdsa.crl", method="DELETE"), 405),
        (get("/ocsp", method="PUT"), 405),
        (post(bytes(5000)), 413),
        (get("/ocsp", "Transfer-Encoding: chunked", method="POST"), 400),
        (b"nonsense\r\n\r\n", 400),
    ],
)
async def test_nothing_else_is_here(tmp_path: Path, request_: bytes, status: int) -> None:
    async with publishing(SignerSite(tmp_path).make()) as published:
        head, _ = await published.fetch(request_)

    assert head.startswith(f"HTTP/1.1 {status} ".encode())


async def answer(published: Published, request: bytes) -> tuple[str, ocsp.OCSPResponse]:
    head, body = await published.fetch(request)
    assert b"Content-Type: application/ocsp-response" in head
    return head.decode(), ocsp.load_der_ocsp_response(body)


async def test_a_question_may_come_by_post_or_in_the_path(tmp_path: Path) -> None:
    text = base64.b64encode(asked()).decode()
    async with publishing(SignerSite(tmp_path).make()) as published:
        head, by_post = await answer(published, post(asked()))
        for path in (f"/ocsp/{quote(text, safe='')}", f"/ocsp/{text}"):
            _, by_get = await answer(published, get(path))
            assert by_get.public_bytes(Encoding.DER) == by_post.public_bytes(Encoding.DER)

    assert by_post.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
    assert by_post.serial_number == CA.serial_number
    assert all(name in head for name in ("ETag: ", "Last-Modified: ", "Expires: ", "max-age="))


@pytest.mark.parametrize(
    "request_",
    [post(b"no question"), post(asked(), "text/plain"), get("/ocsp/%%%"), get("/ocsp"), post(b"")],
)
async def test_what_is_no_question_is_told_so(tmp_path: Path, request_: bytes) -> None:
    async with publishing(SignerSite(tmp_path).make()) as published:
        head, told = await answer(published, request_)

    assert told.response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST
    assert "no-store" in head
