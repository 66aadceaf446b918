from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

import pytest

from tests.fakes.links import CsmsEnd, Hall, settle
from tests.fakes.relays import frame
from voltward.gateway.csms.channel import CsmsChannel, Loss

EVENT = {"type": "SettingSystemTime", "timestamp": "2026-11-22T12:00:00Z"}


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    made = Hall()
    yield made
    made.made.close()


async def test_a_boot_with_the_certificates_serial_goes_on_and_another_ends_the_link(hall: Hall) -> None:
    link = await hall.link("ocpp2.0.1")
    good = frame(2, "1", "BootNotification", {"chargingStation": {"serialNumber": "SN-CP001"}})
    bad = frame(2, "2", "BootNotification", {"chargingStation": {"serialNumber": "SN-OTHER"}})

    link.link.text(good)
    link.link.text(bad)

    assert link.csms.sent == [good]
    assert link.station.ending is not None
    assert (link.station.ending[0], link.link.serial) == (1008, "SN-OTHER")


async def test_a_security_event_is_on_disk_before_the_csms_hears_of_it(hall: Hall) -> None:
    link = await hall.link("ocpp2.0.1")
    event = frame(2, "1", "SecurityEventNotification", EVENT)

    link.link.text(event)
    assert (link.csms.sent, hall.kinds) == ([], [])
    await settle()

    assert (link.csms.sent, hall.kinds) == ([event], ["security_event_reported"])


async def test_a_security_event_that_was_on_its_way_when_the_csms_was_lost_waits_for_the_next(
    hall: Hall,
) -> None:
    link = await hall.link("ocpp2.0.1")
    event = frame(2, "1", "SecurityEventNotification", EVENT)
    link.link.text(event)
    assert link.csms.owner is not None
    link.csms.owner.csms_ended(Loss("closed"))
    await settle()

    back = CsmsEnd("ocpp2.0.1")
    link.link.rejoin(cast("CsmsChannel", back))

    assert back.sent == [event]
