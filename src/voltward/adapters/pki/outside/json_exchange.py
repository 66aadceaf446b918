"""Authorities that take a request as JSON, and answer with a certificate or a reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec

from voltward.adapters.pki.outside.http_exchange import Answered, Asked, Place, exchange, unwilling
from voltward.crypto.reading.certificates import UnreadableCertificate
from voltward.ports.authority import Declined, Issued, OrderOutcome
from voltward.wire.tls_client import ClientContext

_Kind = TypeVar("_Kind")
_SIGNED: Final = frozenset({200, 201})
_NEVER: Final = frozenset({400, 422})  # it says that the request itself is wrong


@dataclass(frozen=True, slots=True)
class JsonDesk:
    """One authority's door for JSON."""

    place: Place
    context: ClientContext

    async def post(self, path: str, body: object, headers: Mapping[str, str] | None = None) -> Answered:
        """Ask; OutsideFault where nobody answers."""
        said = {"Content-Type": "application/json", "Accept": "application/json", **(headers or {})}
        return await exchange(self.place, self.context, Asked("POST", path, said, msgspec.json.encode(body)))

    def outcome(self, answered: Answered, heap: HeapReader) -> OrderOutcome:
        """What an answer to an order comes to; a 200 without a certificate is never asked for again."""
        if answered.status in _NEVER:
            return Declined(answered.words())
        if answered.status not in _SIGNED:
            raise unwilling(self.place, answered)
        try:
            found = heap(answered.body)
        except (msgspec.MsgspecError, UnreadableCertificate, ValueError):
            found = ()
        if not found:
            return Declined(f"it answered {answered.status}, and with no certificate that could be read.")
        return Issued(found)


def read_json(octets: bytes, kind: type[_Kind]) -> _Kind:
    """What somebody outside says as JSON. MsgspecError, and nothing else, for what does not say that."""
    try:
        return msgspec.json.decode(octets, type=kind)
    except (UnicodeDecodeError, RecursionError) as error:  # the latter for what is nested without an end
        raise msgspec.DecodeError(f"this is no JSON ({type(error).__name__})") from error


# From the body of an answer; MsgspecError, UnreadableCertificate or ValueError for one without a certificate.
HeapReader = Callable[[bytes], tuple[bytes, ...]]
