from __future__ import annotations

import pytest
from cryptography import x509

from tests.unit.simulator.certificate_play import issuing, root
from voltward.simulator.memory.hash_data import ALGORITHMS, HashData, hash_data

# The vector of the requirements catalogue, section 4.2.
ROOT = x509.load_pem_x509_certificate(b"""-----BEGIN CERTIFICATE-----
MIIBnTCCAUOgAwIBAgICD/8wCgYIKoZIzj0EAwIwLTEUMBIGA1UECgwLRXhhbXBs
ZSBDU08xFTATBgNVBAMMDEV4YW1wbGUgUm9vdDAeFw0yNjExMjIwNTE0MzhaFw0z
NjExMTkwNTE0MzhaMC0xFDASBgNVBAoMC0V4YW1wbGUgQ1NPMRUwEwYDVQQDDAxF
eGFtcGxlIFJvb3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASk8R4JybE8NY9+
wyCI8/qKmnQPl8WK68vzdvcMMmMewS4+QmYqlpYtT/nQ738u3dAMREcrsNyLpYFW
PnVr1K0Fo1MwUTAdBgNVHQ4EFgQUzTDcZ3lGXXaqTtfXNUulDXaMugIwHwYDVR0j
BBgwFoAUzTDcZ3lGXXaqTtfXNUulDXaMugIwDwYDVR0TAQH/BAUwAwEB/zAKBggq
hkjOPQQDAgNIADBFAiBnZ4zVYuf0wogNF4EARTFX67CJwv6Is+zOFdHe1z/kdAIh
AKMklTYofLKZVQx+EGG3/kfo4d2yq6XKzQugqxeYBV5O
-----END CERTIFICATE-----
""")


def test_a_certificate_is_named_as_in_the_vector() -> None:
    assert hash_data(ROOT, ROOT, "SHA256") == HashData(
        "SHA256",
        "2b87093f06b4ebd64bb321e5abe116e0c1efd9c9da8c872cb8f7df2bf90b60ec",
        "a9b7b1a6546c68916ba86bea0258b97de3126e618c6fa10526a920c41525459e",
        "fff",
    )


@pytest.mark.parametrize("algorithm", sorted(ALGORITHMS))
def test_the_hashes_are_of_the_issuer(algorithm: str) -> None:
    of_the_issuer = hash_data(root().certificate, root().certificate, algorithm)
    name = hash_data(issuing().certificate, root().certificate, algorithm)

    assert (name.issuer_name, name.issuer_key) == (of_the_issuer.issuer_name, of_the_issuer.issuer_key)
    assert not name.names(of_the_issuer)


def test_letters_case_and_leading_zeros_do_not_matter() -> None:
    name = hash_data(ROOT, ROOT, "SHA512")
    other = HashData(name.algorithm, name.issuer_name.upper(), name.issuer_key.upper(), "00FFF")

    assert name.names(other)
