"""A request for a certificate before the store: is its key somebody else's, or one that was revoked?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from voltward.crypto.requests.csr_problems import CsrProblem
from voltward.crypto.requests.key_blocklist import NO_KEYS, KeyBlocklist
from voltward.crypto.requests.signing_requests import SigningRequest
from voltward.domain.authority import Binding
from voltward.domain.station import Station
from voltward.domain.station_entry import StationEntry
from voltward.ports.authority import RevocationReason
from voltward.ports.storage import Reading
from voltward.rulebook.signing_observation import KeyKnown
from voltward.usecases.admission.admit_station import DoorRules
from voltward.usecases.issuance.judge_signing_request import RequestGround, judge_signing_request
from voltward.usecases.lifecycles.renewed_credentials import used_certificate

_KEY_IS_GOOD: Final = frozenset(
    {RevocationReason.SUPERSEDED.value, RevocationReason.CESSATION_OF_OPERATION.value}
)


@dataclass(frozen=True, slots=True)
class RequestRules:
    """By what requests are judged: the rulebook with the groups' policies, and how we name stations.

    `organisations` are the operator's name and those beside it; `binding` is what our own CA follows;
    `blocklist` has the keys that are known to others; stations reach us under `own_hosts`.
    """

    door: DoorRules
    organisations: tuple[str, ...]
    binding: Binding
    blocklist: KeyBlocklist = NO_KEYS
    own_hosts: tuple[str, ...] = ()


async def judge_submitted(
    work: Reading,
    station: Station,
    request: SigningRequest | CsrProblem,
    rules: RequestRules,
    now: datetime,
) -> str:
    """Why nothing is signed, in words; empty: it may be."""
    exceptions = tuple(await work.exceptions.of(station.id))
    entry = StationEntry(station, tuple(await work.credentials.of(station.id)), exceptions)
    is_read = isinstance(request, SigningRequest)
    known = await key_known(work, entry, request, rules.blocklist, now) if is_read else None
    ground = RequestGround(entry, rules.binding, rules.organisations, known, rules.own_hosts)
    decision = judge_signing_request(request, ground, rules.door, now)
    if decision.granted:
        return ""
    deciding = decision.deciding
    return f"{deciding.control}: {deciding.sentence}" if deciding is not None else "it was not granted"


async def key_known(
    work: Reading, entry: StationEntry, request: SigningRequest, blocklist: KeyBlocklist, now: datetime
) -> KeyKnown:
    """Of the keys that we issued for, and of those on the list. A revoked one stays revoked for everybody.

    A certificate that was given up says nothing against its key (RFC 5280, 5.3.1: no cause to suspect it): a
    station that asks with one key for ever would be refused for ever.
    """
    same = await work.issued.by_key(request.seen.key_fingerprint)
    others = [each.station for each in same if each.station not in (None, entry.station.id)]
    used = used_certificate(entry.credentials, now)
    suspect = [each for each in same if each.revoked_at and each.reason not in _KEY_IS_GOOD]
    revoked = next((each.reason or "no reason was given" for each in suspect), None)
    return KeyKnown(
        listed=blocklist.lists(request.public_key),
        revoked=revoked,
        other_station=str(others[0]) if others else "",
        in_use=any(each.fingerprint == used for each in same),  # a request that is sent again is none
    )
