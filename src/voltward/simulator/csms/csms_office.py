"""The certificate side of the small CSMS: it asks for requests, signs them, and sees to roots on stations.

Like the CSMS it believes everybody: what is asked for is signed. Nothing here is an authority to copy.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from voltward.ports.clock import Clock
from voltward.simulator.certificates import SimulatedAuthority, Validity
from voltward.simulator.csms.csms import SmallCsms, StationAway
from voltward.simulator.frames import CALL_ERROR, Frame, Payload
from voltward.simulator.memory.hash_data import HashData
from voltward.simulator.memory.uses import AnchorUse
from voltward.simulator.messages.certificate_messages import read_hash_data, written_hash_data
from voltward.simulator.messages.certificate_messages_v2 import ANCHORS_21, ANCHORS_201
from voltward.simulator.messages.certificate_messages_v16 import ANCHORS

REQUEST_SECONDS: Final = 10.0
_KEPT_REQUESTS: Final = 16  # per station, the newest
_ECHOED: Final = ("certificateType", "requestId")  # (A02.FR.14, FR.25)


@dataclass(frozen=True, slots=True)
class _Words:
    """How a version asks for a request and names roots; `lists` where it asks for several kinds at once."""

    action: str
    message: str
    anchors: Mapping[str, AnchorUse]
    lists: bool

    def name(self, use: AnchorUse) -> str:
        return next(name for name, known in self.anchors.items() if known is use)


_V2: Final = ("TriggerMessage", "SignChargingStationCertificate")
_WORDS: Final[Mapping[str, _Words]] = {
    "ocpp1.6": _Words("ExtendedTriggerMessage", "SignChargePointCertificate", ANCHORS, lists=False),
    "ocpp2.0.1": _Words(*_V2, ANCHORS_201, lists=True),
    "ocpp2.1": _Words(*_V2, ANCHORS_21, lists=True),
}


class CertificateOffice:
    """Made for one CSMS, whose `observe` it takes over: it has to see the requests that come."""

    def __init__(self, csms: SmallCsms, authority: SimulatedAuthority, clock: Clock) -> None:
        self.authority = authority
        self._csms = csms
        self._clock = clock
        self._requests: dict[str, asyncio.Queue[Payload]] = {}
        csms.observe = self._see

    async def renew(
        self, identity: str, validity: Validity | None = None, *, with_root: bool = False
    ) -> tuple[str, str]:
        """The whole round: trigger, request, certificate. The answer to it, and the chain that was sent."""
        answer = await self.trigger(identity)
        if answer != "Accepted":
            return answer, ""
        request = await self.next_request(identity)
        return await self.sign(identity, request, validity, with_root=with_root)

    async def trigger(self, identity: str) -> str:
        """Have it ask for a certificate; its answer."""
        words = self._words(identity)
        return await self._ask(identity, words.action, {"requestedMessage": words.message})

    async def next_request(self, identity: str, *, seconds: float = REQUEST_SECONDS) -> Payload:
        """The next request that it made, or makes; StationAway when none comes."""
        try:
            async with asyncio.timeout(seconds):
                return await self._queue(identity).get()
        except TimeoutError as error:
            raise StationAway("it never asked for a certificate", subject=identity) from error

    async def sign(
        self, identity: str, request: Payload, validity: Validity | None = None, *, with_root: bool = False
    ) -> tuple[str, str]:
        """Answer a request with a certificate: what the station says to it, and the chain."""
        current = validity or Validity.current(self._clock.now())
        chain = self.authority.certify(request["csr"], current, with_root=with_root)
        echoed = {name: request[name] for name in _ECHOED if name in request}
        return await self._ask(identity, "CertificateSigned", {"certificateChain": chain, **echoed}), chain

    async def install(self, identity: str, use: AnchorUse, pem: str) -> str:
        """Have it trust a root; its answer."""
        payload = {"certificateType": self._words(identity).name(use), "certificate": pem}
        return await self._ask(identity, "InstallCertificate", payload)

    async def installed(self, identity: str, use: AnchorUse) -> tuple[HashData, ...]:
        """The roots of this use that it says it has."""
        words = self._words(identity)
        kind = [words.name(use)] if words.lists else words.name(use)
        frame = await self._csms.call(identity, "GetInstalledCertificateIds", {"certificateType": kind})
        answer = frame.payload or {}
        chains = answer.get("certificateHashDataChain", [])
        found = answer.get("certificateHashData", [entry["certificateHashData"] for entry in chains])
        return tuple(read_hash_data(data) for data in found)

    async def delete(self, identity: str, name: HashData) -> str:
        """Have it forget a certificate; its answer."""
        return await self._ask(
            identity, "DeleteCertificate", {"certificateHashData": written_hash_data(name)}
        )

    async def _ask(self, identity: str, action: str, payload: Payload) -> str:
        frame = await self._csms.call(identity, action, payload)
        return frame.error if frame.kind == CALL_ERROR else str((frame.payload or {}).get("status"))

    def _words(self, identity: str) -> _Words:
        log = self._csms.stations.get(identity)
        if log is None or log.subprotocol is None:
            raise StationAway("the station was never connected", subject=identity)
        return _WORDS[log.subprotocol]

    def _see(self, identity: str, frame: Frame) -> None:
        if frame.action != "SignCertificate" or frame.payload is None:
            return
        queue = self._queue(identity)
        if queue.full():
            queue.get_nowait()
        queue.put_nowait(frame.payload)

    def _queue(self, identity: str) -> asyncio.Queue[Payload]:
        return self._requests.setdefault(identity, asyncio.Queue(_KEPT_REQUESTS))
