"""The checks by name: pure functions (observation, parameters) -> result. Nothing registers itself.

Beside each name stand the parameters that it reads; the catalogue refuses a control that gives others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Generic, NamedTuple, TypeVar

from voltward.rulebook.checks import (
    authentication,
    certificates,
    device,
    identity,
    lists,
    ownership,
    profile,
    signing,
    transport,
)
from voltward.rulebook.checks.result import Result
from voltward.rulebook.control import Moment, Parameters
from voltward.rulebook.observation import BootObservation, ConnectionObservation
from voltward.rulebook.signing_observation import SigningRequestObservation

ConnectionCheck = Callable[[ConnectionObservation, Parameters], Result]
BootCheck = Callable[[BootObservation, Parameters], Result]
SigningCheck = Callable[[SigningRequestObservation, Parameters], Result]
Check = TypeVar("Check", ConnectionCheck, SigningCheck)


class Entry(NamedTuple, Generic[Check]):
    """A check and the names of the parameters that it reads, all of them needed."""

    function: Check
    reads: frozenset[str] = frozenset()


CONNECTION_CHECKS: Mapping[str, Entry[ConnectionCheck]] = {
    "identity.path_identity": Entry(identity.path_identity),
    "identity.letter_case": Entry(identity.letter_case),
    "identity.registered": Entry(identity.registered),
    "identity.written_plainly": Entry(identity.written_plainly),
    "identity.basic_user": Entry(identity.basic_user),
    "device.not_retired": Entry(device.not_retired),
    "device.not_held": Entry(device.not_held),
    "device.connection_upgrade": Entry(device.connection_upgrade),
    "device.spoken_subprotocol": Entry(device.spoken_subprotocol),
    "transport.encrypted": Entry(transport.encrypted),
    "transport.minimum_tls_version": Entry(transport.minimum_tls_version, frozenset({"minimum"})),
    "transport.listed_suite": Entry(transport.listed_suite, frozenset({"suites_12", "suites_13"})),
    "transport.no_compression": Entry(transport.no_compression),
    "transport.no_resumption": Entry(transport.no_resumption),
    "transport.forward_secrecy": Entry(transport.forward_secrecy, frozenset({"static_rsa"})),
    "profile.served_here": Entry(profile.served_here),
    "profile.not_below_floor": Entry(profile.not_below_floor),
    "profile.the_registered_one": Entry(profile.the_registered_one),
    "authentication.credential_presented": Entry(authentication.credential_presented),
    "authentication.well_formed_header": Entry(authentication.well_formed_header),
    "authentication.password_verified": Entry(authentication.password_verified),
    "authentication.password_right": Entry(authentication.password_right),
    "authentication.password_usable": Entry(authentication.password_usable),
    "authentication.password_not_superseded": Entry(authentication.password_not_superseded),
    "authentication.password_length": Entry(authentication.password_length),
    "authentication.no_default": Entry(authentication.no_default),
    "authentication.own_password": Entry(authentication.own_password),
    "authentication.commissioning_ended": Entry(authentication.commissioning_ended),
    "authentication.production_password": Entry(authentication.production_password),
    "certificates.presented": Entry(certificates.presented),
    "certificates.trusted_path": Entry(certificates.trusted_path),
    "certificates.within_validity": Entry(certificates.within_validity),
    "certificates.leaf_is_no_authority": Entry(certificates.leaf_is_no_authority),
    "certificates.key_strength": Entry(certificates.key_strength, frozenset({"minimum_bits"})),
    "certificates.signature_hash": Entry(
        certificates.signature_hash, frozenset({"hashes", "hash_of_their_own"})
    ),
    "certificates.name_is_no_host": Entry(certificates.name_is_no_host),
    "lists.not_listed": Entry(lists.not_listed),
    "lists.fresh_list": Entry(lists.fresh_list),
    "ownership.not_denied": Entry(ownership.not_denied),
    "ownership.in_controllers_list": Entry(ownership.in_controllers_list),
    "ownership.bound_to_station": Entry(ownership.bound_to_station),
    "ownership.organisation": Entry(ownership.organisation),
    "ownership.one_station": Entry(ownership.one_station),
    "ownership.credential_usable": Entry(ownership.credential_usable),
    "ownership.not_superseded": Entry(ownership.not_superseded),
    "ownership.factory_ended": Entry(ownership.factory_ended),
    "ownership.production_certificate": Entry(ownership.production_certificate),
    "ownership.denied_beside_password": Entry(ownership.denied_beside_password),
}

BOOT_CHECKS: Mapping[str, BootCheck] = {
    "device.boot_serial": device.boot_serial,
}

SIGNING_CHECKS: Mapping[str, Entry[SigningCheck]] = {
    "signing.readable": Entry(signing.readable),
    "signing.possession_proven": Entry(signing.possession_proven),
    "signing.least_strength": Entry(signing.least_strength, frozenset({"minimum_bits"})),
    "signing.accepted_key": Entry(signing.accepted_key, frozenset({"largest_rsa", "curves"})),
    "signing.no_weakness": Entry(signing.no_weakness),
    "signing.own_key": Entry(signing.own_key),
    "signing.new_key": Entry(signing.new_key),
    "signing.signature_hash": Entry(signing.signature_hash, frozenset({"hashes"})),
    "signing.organisation": Entry(signing.organisation),
    "signing.names_the_station": Entry(signing.names_the_station),
    "signing.name_is_no_host": Entry(signing.name_is_no_host),
    "signing.no_authority": Entry(signing.no_authority),
    "signing.nothing_beyond": Entry(signing.nothing_beyond, frozenset({"in_profile"})),
    "signing.written_plainly": Entry(signing.written_plainly),
}

PARAMETERS_BY_CHECK: Mapping[tuple[Moment, str], frozenset[str]] = {
    **{(Moment.CONNECTION, name): entry.reads for name, entry in CONNECTION_CHECKS.items()},
    **{(Moment.BOOT, name): frozenset() for name in BOOT_CHECKS},
    **{(Moment.CERTIFICATE, name): entry.reads for name, entry in SIGNING_CHECKS.items()},
}
