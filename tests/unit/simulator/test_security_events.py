from __future__ import annotations

from tests.unit.simulator.station_play import T0
from voltward.simulator.certificate_rules import EventKind
from voltward.simulator.messages.certificate_messages_v16 import RULES
from voltward.simulator.security_events import SecurityEvent, SecurityEvents


def test_an_event_is_told_until_it_has_arrived() -> None:
    events = SecurityEvents(RULES.events)
    later = T0.replace(hour=13)

    assert events.note([EventKind.INVALID_STATION_CERTIFICATE, EventKind.DISCARDED_RENEWED], T0) == 1
    told = SecurityEvent("InvalidChargePointCertificate", T0)
    assert [events.next(later), events.next(later)] == [told, told]
    events.arrived()
    assert events.next(later) == SecurityEvent("StartupOfTheDevice", later)
    events.arrived()
