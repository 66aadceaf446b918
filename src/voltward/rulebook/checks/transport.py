"""Over what does it come: TLS, its version, its suite, and nothing that weakens either.

The TLS engine enforces most of this and reads the same parameters; here the result is looked at again, so
that what we claim and what OpenSSL did cannot differ.
"""

from __future__ import annotations

from voltward.domain.security_profile import SecurityProfile
from voltward.rulebook.checks.result import NOT_APPLICABLE, PASSED, Result, failed, not_observed
from voltward.rulebook.control import Parameters
from voltward.rulebook.observation import ConnectionObservation

_VERSIONS = ("SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")  # OpenSSL's names, oldest first

_NO_TLS = not_observed("no TLS facts were handed in")
_UNTOLD = not_observed("the proxy that ended TLS does not tell")


def encrypted(seen: ConnectionObservation, _: Parameters) -> Result:
    """Only a station that is permitted profile 1 comes without TLS."""
    if seen.tls is not None:
        return PASSED
    if seen.station is None:
        return NOT_APPLICABLE
    if seen.station.permits(SecurityProfile.UNSECURED_BASIC, seen.at):
        return PASSED
    return failed(f"the station came without TLS and is registered for profile {seen.station.profile.value}")


def minimum_tls_version(seen: ConnectionObservation, parameters: Parameters) -> Result:
    """The negotiated version is `minimum` or newer; one that has no place in the order fails."""
    if seen.tls is None:
        return _NO_TLS
    version = seen.tls.version
    if version is None:
        return _UNTOLD
    if version in _VERSIONS and _VERSIONS.index(version) >= _VERSIONS.index(parameters["minimum"]):
        return PASSED
    return failed(f"{version} was negotiated, the least is {parameters['minimum']}")


def listed_suite(seen: ConnectionObservation, parameters: Parameters) -> Result:
    """The negotiated suite stands on the list."""
    if seen.tls is None:
        return _NO_TLS
    if seen.tls.suite is None:
        return _UNTOLD
    if seen.tls.suite in parameters["suites_12"] or seen.tls.suite in parameters["suites_13"]:
        return PASSED
    return failed(f"{seen.tls.suite} was negotiated, which is not listed")


def no_compression(seen: ConnectionObservation, _: Parameters) -> Result:
    """TLS does not compress."""
    if seen.tls is None:
        return _NO_TLS
    if seen.tls.compressed is None:
        return _UNTOLD
    return failed("TLS compression was negotiated") if seen.tls.compressed else PASSED


def no_resumption(seen: ConnectionObservation, _: Parameters) -> Result:
    """The handshake was a full one (ruling 2)."""
    if seen.tls is None:
        return _NO_TLS
    if seen.tls.resumed is None:
        return _UNTOLD
    return failed("an earlier TLS session was resumed") if seen.tls.resumed else PASSED


def forward_secrecy(seen: ConnectionObservation, parameters: Parameters) -> Result:
    """The suite is not one of the static-RSA ones that the standard makes us offer."""
    if seen.tls is None:
        return _NO_TLS
    if seen.tls.suite is None:
        return _UNTOLD
    if seen.tls.suite in parameters["static_rsa"]:
        return failed(f"{seen.tls.suite} was negotiated: recorded traffic can be read with the server's key")
    return PASSED
