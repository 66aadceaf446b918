"""The CSMS that the tests of the station model play, and the model in the states that they begin with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from voltward.simulator.anchor_desk import AnchorDesk
from voltward.simulator.certificate_desk import CertificateDesk
from voltward.simulator.csms.csms_answers import CSMS_ANSWERS, Desk
from voltward.simulator.faults import Fault
from voltward.simulator.frames import CALL, Frame, read_frame, write_call, write_error, write_result
from voltward.simulator.memory.station_memory import StationMemory
from voltward.simulator.messages.messages import Charge, MessageTable, Standing
from voltward.simulator.network_desk import NetworkDesk
from voltward.simulator.outputs import Output, Transmit
from voltward.simulator.station import StationModel

T0 = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
BOOTED = {"status": "Accepted", "currentTime": "2026-11-20T12:00:00Z", "interval": 60}


def model_of(dialect: str, *faults: Fault) -> StationModel:
    return StationModel("CP-1", dialect, "SN-1", frozenset(faults))


def frames(outputs: list[Output]) -> list[Frame]:
    read = [read_frame(output.frame) for output in outputs if isinstance(output, Transmit)]
    return [frame for frame in read if frame is not None]


def one(outputs: list[Output]) -> Frame:
    (frame,) = frames(outputs)
    return frame


def booted(dialect: str, *faults: Fault) -> StationModel:
    model = model_of(dialect, *faults)
    boot = frames(model.connected(T0))[-1]
    model.receive(write_result(boot.message_id, BOOTED), T0)
    return model


def play(model: StationModel, outputs: list[Output]) -> list[Frame]:
    """Answer all that the model says, as the small CSMS would, until it says nothing more."""
    said: list[Frame] = []
    waiting = frames(outputs)
    while waiting:
        frame = waiting.pop(0)
        said.append(frame)
        if frame.kind == CALL:
            answer = CSMS_ANSWERS[model.dialect].get(frame.action)
            desk = Desk("2026-11-20T12:00:00Z", 77, 60)
            payload = frame.payload or {}
            reply = (
                write_error(frame.message_id, "NotImplemented")
                if answer is None
                else write_result(frame.message_id, answer(payload, desk))
            )
            waiting += frames(model.receive(reply, T0))
    return said


def ask(model: StationModel, action: str, payload: dict[str, Any]) -> list[Output]:
    return model.receive(write_call("csms-1", action, payload), T0)


def standing(table: MessageTable, *, accepted: bool = True, charge: Charge | None = None) -> Standing:
    """What an answer of a station without faults looks at."""
    memory = StationMemory(settings=dict(table.settings))
    desk = CertificateDesk(memory, table.rules, "SN-1", frozenset())
    return Standing(
        accepted, charge, T0, desk, AnchorDesk(memory, table.rules, frozenset()), NetworkDesk(desk)
    )
