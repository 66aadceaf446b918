"""Requests that `openssl req` writes are read: every kind of key, of signature and of form that it knows."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from voltward.crypto.requests.signing_requests import SigningRequest, read_signing_request

OPENSSL = {
    "EC": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "EC P-521 with SHA-512": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-521", "-sha512"],
    "RSA": ["-newkey", "rsa:2048"],
    "RSA with PSS": [
        "-newkey",
        "rsa:2048",
        "-sigopt",
        "rsa_padding_mode:pss",
        "-sigopt",
        "rsa_pss_saltlen:32",
    ],
    "RSA with SHA-1": ["-newkey", "rsa:2048", "-sha1"],
    "extensions": [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-addext",
        "subjectAltName=DNS:a.example",
    ],
    "the old label": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-newhdr"],
    "text before": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-text"],
    "DER": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-outform", "DER"],
    "explicit curve": [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-pkeyopt",
        "ec_param_enc:explicit",
    ],
}


@pytest.mark.parametrize("variant", OPENSSL)
def test_what_openssl_writes_is_read(variant: str, tmp_path: Path) -> None:
    out = tmp_path / "request"
    command = [
        "openssl",
        "req",
        "-new",
        "-nodes",
        "-keyout",
        "/dev/null",
        "-subj",
        "/O=Example CPO/CN=SN-1",
        "-utf8",
    ]
    subprocess.run(
        [*command, *OPENSSL[variant], "-out", str(out)], check=True, capture_output=True, timeout=30
    )
    found = read_signing_request(out.read_bytes())

    assert isinstance(found, SigningRequest)
    assert (found.seen.common_names, found.seen.organisations) == (("SN-1",), ("Example CPO",))
    assert found.seen.proves_possession
    assert found.seen.signature_hash == {"RSA with SHA-1": "sha1", "EC P-521 with SHA-512": "sha512"}.get(
        variant, "sha256"
    )
    # Its key stands in the certificate with a named curve, however the request wrote it (RFC 5480, 2.1.1).
    assert found.seen.key.curve in {None, "prime256v1", "secp521r1"}
