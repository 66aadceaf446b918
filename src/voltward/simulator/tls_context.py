"""TLS contexts for the simulator's links and its CSMS, and the names of the alerts that they run into.

Stdlib `ssl` on purpose: a peer that shared the gateway's engine would share its mistakes.
"""

from __future__ import annotations

import os
import ssl  # noqa: TID251 -- the peer of the gateway's engine, not a second engine
import tempfile
from pathlib import Path
from typing import Final

from voltward.simulator.dial import CertificateLogin, TlsOptions, TlsVersion

_VERSIONS: Final = {
    TlsVersion.TLS_1_2: ssl.TLSVersion.TLSv1_2,
    TlsVersion.TLS_1_3: ssl.TLSVersion.TLSv1_3,
}


def client_context(options: TlsOptions, certificate: CertificateLogin | None = None) -> ssl.SSLContext:
    """A context for one station's links."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = _VERSIONS[options.minimum]
    context.maximum_version = _VERSIONS[options.maximum]
    if options.ciphers is not None:
        context.set_ciphers(options.ciphers)
    context.check_hostname = options.verify and options.check_name and options.at is None
    if not options.verify or options.at is not None:
        context.verify_mode = ssl.CERT_NONE  # by another clock, `server_chain` judges afterwards
    elif options.ca_pem is None:
        context.load_default_certs()
    else:
        # A root that its predecessor signed is a root, though it is not self-signed (M05.FR.10).
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata=options.ca_pem)
    if certificate is not None:
        _load_certificate(context, certificate)
    return context


def server_context(identity: CertificateLogin, client_ca_pem: str | None = None) -> ssl.SSLContext:
    """A context for a CSMS that shows this certificate; with authorities, it wants one of theirs."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if client_ca_pem is not None:
        context.load_verify_locations(cadata=client_ca_pem)
        context.verify_mode = ssl.CERT_REQUIRED
    _load_certificate(context, identity)
    return context


def alert_name(error: BaseException | None) -> str | None:
    """The alert that the peer sent, or None when the failure was not an alert from it."""
    while error is not None:
        reason = getattr(error, "reason", None)
        if isinstance(error, ssl.SSLError) and isinstance(reason, str) and "_ALERT_" in reason:
            # OpenSSL writes TLSV1_ALERT_UNKNOWN_CA for what RFC 8446 calls unknown_ca.
            return reason.rpartition("_ALERT_")[2].lower()
        error = error.__cause__ or error.__context__
    return None


def _load_certificate(context: ssl.SSLContext, certificate: CertificateLogin) -> None:
    # Stdlib takes certificate and key from files only: private ones, gone before this returns.
    with tempfile.TemporaryDirectory(prefix="voltward-") as folder:
        chain, key = Path(folder, "chain.pem"), Path(folder, "key.pem")
        _write_private(chain, certificate.chain_pem)
        _write_private(key, certificate.key_pem.reveal())
        context.load_cert_chain(chain, key)


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
