"""Is a request for a certificate in order: readable, with a good key of its own, in the name of who asks?

What is issued is written anew from the registry, so the names in a request are looked at for one reason: they
tell whether the station knows who it is, and whether it is the one that it says.
"""

from __future__ import annotations

from voltward.domain.authority import BindingRule
from voltward.rulebook.checks.host_names import looks_like_host
from voltward.rulebook.checks.result import NOT_APPLICABLE, PASSED, Result, failed, not_observed
from voltward.rulebook.control import Parameters
from voltward.rulebook.signing_observation import SigningRequestObservation

_WEAKNESSES = {
    "small-exponent": "its exponent is below 65537",
    "large-exponent": "its exponent has more than 64 bits",
    "roca": "it was made by a flawed chip (ROCA, CVE-2017-15361)",
    "small-factor": "a small prime divides its modulus",
    "close-primes": "its primes lie so close together that the modulus can be factored",
    "pattern": "its modulus holds a run of equal octets, as memory that was never filled",
}


def readable(seen: SigningRequestObservation, _: Parameters) -> Result:
    """It is a PKCS #10 request, in whatever wrapping."""
    return PASSED if seen.request is not None else failed(seen.unreadable or "the request cannot be read")


def possession_proven(seen: SigningRequestObservation, _: Parameters) -> Result:
    """The key that is to be certified has signed the request: whoever asks holds it."""
    if seen.request is None:
        return NOT_APPLICABLE
    if seen.request.proves_possession:
        return PASSED
    return failed(f"the signature ({seen.request.signature[:64]}) is not one of the key in the request")


def least_strength(seen: SigningRequestObservation, parameters: Parameters) -> Result:
    """The key has the strength that every edition asks for."""
    if seen.request is None:
        return NOT_APPLICABLE
    key, minimum_bits = seen.request.key, parameters["minimum_bits"]
    least = minimum_bits.get(key.kind)
    if least is None:
        return failed(f"the key is of the kind {key.kind}")
    return (
        PASSED
        if key.bits >= least
        else failed(f"the {key.kind} key has {key.bits} bits, the least is {least}")
    )


def accepted_key(seen: SigningRequestObservation, parameters: Parameters) -> Result:
    """The key is one that every peer of ours can work with: not too long, on a listed curve."""
    if seen.request is None:
        return NOT_APPLICABLE
    key = seen.request.key
    if key.kind == "ec":
        listed = key.curve in parameters["curves"]
        return PASSED if listed else failed(f"the curve {key.curve} is not listed")
    largest = parameters["largest_rsa"]
    return PASSED if key.bits <= largest else failed(f"the key has {key.bits} bits, the most is {largest}")


def no_weakness(seen: SigningRequestObservation, _: Parameters) -> Result:
    """The key shows none of the weaknesses that can be told from it alone."""
    if seen.request is None:
        return NOT_APPLICABLE
    if not seen.request.weaknesses:
        return PASSED
    return failed("; ".join(_WEAKNESSES.get(word, word) for word in seen.request.weaknesses))


def own_key(seen: SigningRequestObservation, _: Parameters) -> Result:
    """The key is nobody else's, was never revoked, and is known to nobody but the station."""
    if seen.request is None:
        return NOT_APPLICABLE
    known = seen.known
    if known is None:
        return not_observed("nobody has looked whose key it is")
    if known.revoked is not None:
        return failed(f"a certificate with this key was revoked: {known.revoked or 'no reason was given'}")
    if known.other_station:
        return failed(f"the station {known.other_station} has the same key")
    return failed("the key stands on a list of keys that are known to others") if known.listed else PASSED


def new_key(seen: SigningRequestObservation, _: Parameters) -> Result:
    """The key is not the one of the certificate that the station has today."""
    if seen.request is None or seen.known is None:
        return NOT_APPLICABLE
    return failed("the station asks with the key of its present certificate") if seen.known.in_use else PASSED


def signature_hash(seen: SigningRequestObservation, parameters: Parameters) -> Result:
    """The request is signed with a listed hash."""
    if seen.request is None:
        return NOT_APPLICABLE
    if seen.request.signature_hash in parameters["hashes"]:
        return PASSED
    return failed(f"the request is signed with {seen.request.signature[:64]}")


def organisation(seen: SigningRequestObservation, _: Parameters) -> Result:
    """One of the organisations in the request is the operator's, or one listed beside it."""
    if seen.request is None:
        return NOT_APPLICABLE
    if any(name in seen.organisations for name in seen.request.organisations):
        return PASSED
    found = ", ".join(repr(name[:64]) for name in seen.request.organisations[:3]) or "no organisation"
    expected = ", ".join(seen.organisations) or "none: none is set"
    return failed(f"the request says {found}, expected was one of {expected}")


def names_the_station(seen: SigningRequestObservation, _: Parameters) -> Result:
    """The common name is this station's, by the rule of the authority that would issue (ruling 7)."""
    if seen.request is None:
        return NOT_APPLICABLE
    names = seen.request.common_names
    if len(names) != 1:
        return failed(f"the request has {len(names)} common names instead of one")
    if seen.binding.rule is BindingRule.SERIAL_IN_COMMON_NAME and seen.serial is None:
        return not_observed(
            "no serial is on record for this station, so nothing says what it may call itself"
        )
    if seen.binding.names(names[0], identity=seen.identity, serial=seen.serial):
        return PASSED
    return failed(f"the request names {names[0][:64]!r}, which is not this station")


def name_is_no_host(seen: SigningRequestObservation, _: Parameters) -> Result:
    """No common name looks like a URL, a host name or an address, nor is one of ours."""
    if seen.request is None:
        return NOT_APPLICABLE
    own = {host.casefold() for host in seen.own_hosts}
    for name in seen.request.common_names:
        if name.casefold() in own:
            return failed("the common name is the name of this server")
        if looks_like_host(name):
            return failed(f"the common name {name[:64]!r} looks like the name of a server")
    return PASSED


def no_authority(seen: SigningRequestObservation, _: Parameters) -> Result:
    """It does not ask to become an authority."""
    if seen.request is None:
        return NOT_APPLICABLE
    return failed("it asks for CA:TRUE, which it does not get") if seen.request.asks_to_be_ca else PASSED


def nothing_beyond(seen: SigningRequestObservation, parameters: Parameters) -> Result:
    """It asks for nothing that the profile does not give anyway."""
    if seen.request is None:
        return NOT_APPLICABLE
    beyond = [name for name in seen.request.asked_beyond if name not in parameters["in_profile"]]
    if not beyond:
        return PASSED
    names = f" ({', '.join(seen.request.alternative_names[:4])})" if seen.request.alternative_names else ""
    return failed(f"it asks for what is not granted: {', '.join(beyond)[:200]}{names[:200]}")


def written_plainly(seen: SigningRequestObservation, _: Parameters) -> Result:
    """It is written as PKCS #10 in PEM has to be."""
    if seen.request is None:
        return NOT_APPLICABLE
    return failed("; ".join(seen.request.oddities)) if seen.request.oddities else PASSED
