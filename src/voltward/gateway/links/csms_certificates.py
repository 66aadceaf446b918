"""What the CSMS behind us says to stations about the certificates of their link (rulings 19, 20, 27).

Where they are ours to see to, it gives no certificate and asks for no request; roots that it installs or
removes must leave the station a way back to us. Certificates of other PKIs pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final, Protocol

from voltward.domain.call_purpose import CallPurpose
from voltward.domain.events import FactValue
from voltward.domain.station_fact import AnchorMoved
from voltward.gateway.door.judging import Judgement
from voltward.gateway.relay.owner import Heard
from voltward.gateway.settings import GroupSettings
from voltward.gateway.upkeep.facts import FactWriter
from voltward.ocpp.certificate_calls import CertificateCall, read_certificate_call
from voltward.ocpp.certificate_facts import Matter
from voltward.ocpp.dialect import Dialect
from voltward.ocpp.frames import Call, CallError, CallResult
from voltward.ocpp.relay_answers import FORWARD, Answer, CallAnswer
from voltward.ports.clock import Clock
from voltward.usecases.trust.judge_anchor import (
    INSTALLING,
    REMOVING,
    AnchorRefusal,
    OurAnchors,
    judge_installation,
    judge_removal,
)

OWNED: Final = "MSG-07"
WATCHED: Final = (
    CallPurpose.CERTIFICATE,
    CallPurpose.TRIGGER,
    CallPurpose.ANCHOR,
    CallPurpose.ANCHOR_REMOVAL,
    CallPurpose.TUNNEL,
)
_ABOUT_ANCHORS: Final = (CallPurpose.ANCHOR, CallPurpose.ANCHOR_REMOVAL)
_CONTROL_OF: Final = {CallPurpose.ANCHOR: INSTALLING, CallPurpose.ANCHOR_REMOVAL: REMOVING}
_REFUSED: Final = "NotEnabled"
_UNREADABLE: Final = "the gateway cannot tell for sure what it says"


@dataclass(slots=True)
class AnchorsHolder:
    """What stations know us by now; a reload replaces it."""

    current: OurAnchors


class ToldLink(Protocol):
    """The link whose CSMS calls."""

    judgement: Judgement
    dialect: Dialect

    def happened(self, kind: str, /, **facts: FactValue) -> None:
        """Report an event."""


class CsmsCertificates:
    """One for all links. `is_off` tells whether a control is taken away."""

    def __init__(self, facts: FactWriter, clock: Clock, is_off: Callable[[Judgement, str], bool]) -> None:
        self.anchors = AnchorsHolder(OurAnchors())
        self._facts = facts
        self._clock = clock
        self._is_off = is_off

    def look(self, link: ToldLink, group: GroupSettings, call: Call) -> CallAnswer | Heard:
        """What becomes of such a call of the CSMS."""
        about = read_certificate_call(link.dialect, call) if group.certificates != "pass" else None
        if about is None:
            return FORWARD
        refusal = self._refusal(about)
        if refusal is not None and not self._is_off(link.judgement, refusal.control):
            is_ours = group.certificates == "own"
            kind = "certificate_message_refused" if is_ours else "certificate_message_passed"
            link.happened(
                kind,
                control=refusal.control,
                action=about.action,
                reason=refusal.reason,
                mend=refusal.mend,
            )
            if is_ours:
                return Answer(about.refusal(_REFUSED, refusal.reason), ())
        if about.purpose in _ABOUT_ANCHORS and link.judgement.entry is not None:
            return Heard(partial(self._anchor_moved, link, about))
        return FORWARD

    def _refusal(self, about: CertificateCall) -> AnchorRefusal | None:
        matter = about.matter
        if matter is Matter.OTHER:
            return None
        if matter is Matter.UNREADABLE:
            control = _CONTROL_OF.get(about.purpose, OWNED)
            return AnchorRefusal(control, _UNREADABLE, "Let the CSMS send it in the standard's own words.")
        if about.purpose is CallPurpose.ANCHOR:
            anchor = about.anchor()
            assert anchor is not None
            return judge_installation(anchor.certificate, self.anchors.current, self._clock.now())
        if about.purpose is CallPurpose.ANCHOR_REMOVAL:
            named = about.removed()
            assert named is not None
            return judge_removal(named, self.anchors.current)
        return AnchorRefusal(
            OWNED,
            "certificates of this station's link are given by the gateway",
            'Leave them to Voltward, or set certificates = "pass" for the group.',
        )

    def _anchor_moved(self, link: ToldLink, about: CertificateCall, answer: CallResult | CallError) -> None:
        if about.was_accepted(answer):
            anchor = about.anchor() if about.purpose is CallPurpose.ANCHOR else None
            use = anchor.use if anchor is not None else None
            self._facts.tell(AnchorMoved(link.judgement.station, self._clock.now(), use))
