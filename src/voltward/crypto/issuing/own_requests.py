"""Requests for certificates (PKCS #10) of our own: for servers, and for authorities below others."""

from __future__ import annotations

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from voltward.crypto.issuing.issuance import Subject, host_names
from voltward.crypto.keys import PrivateKey
from voltward.domain.errors import OperatorFault


def certificate_request(
    key: PrivateKey, subject: Subject, hosts: tuple[str, ...] = (), *, is_ca: bool = False
) -> bytes:
    """A request (DER) that says what for: a server's names, or an authority with none below it."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject.as_name())
    if hosts:
        builder = builder.add_extension(host_names(hosts), critical=False)
    if is_ca:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def read_own_request(pem: bytes) -> bytes:
    """A request (PEM) as DER; OperatorFault for what is none, or does not prove its key."""
    try:
        request = x509.load_pem_x509_csr(pem)
        proven = request.is_signature_valid
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise OperatorFault("this is no request for a certificate.", mend="Name a file NAME.csr.") from error
    if not proven:
        raise OperatorFault("this request does not prove its key.", mend="Have it made anew.")
    return request.public_bytes(Encoding.DER)


def requested_hosts(request: bytes) -> tuple[str, ...]:
    """Names and addresses that one of these requests is for; none where it says none."""
    try:
        names = (
            x509.load_der_x509_csr(request)
            .extensions.get_extension_for_class(x509.SubjectAlternativeName)
            .value
        )
    except x509.ExtensionNotFound:
        return ()
    addresses = names.get_values_for_type(x509.IPAddress)
    return (*names.get_values_for_type(x509.DNSName), *(str(address) for address in addresses))
