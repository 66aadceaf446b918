"""The messages of the benchmark, one source for both ends: what a station calls, what the CSMS answers.

Valid OCPP 2.0.1. Call and result of a round trip are 300 bytes each; every call has an id of its own and
every answer can be foretold to the last byte, so both ends compare in full.
"""

from __future__ import annotations

SUBPROTOCOL = "ocpp2.0.1"
MESSAGE_BYTES = 300
ID_BYTES = 36  # What a UUID takes; most stations use one.

_ID_AT = len(b'[2,"')
_AFTER_ID = _ID_AT + ID_BYTES


def _padded(before: bytes, after: bytes) -> bytes:
    """`before` and `after` with as much between them as makes the whole message MESSAGE_BYTES long."""
    return before + b"x" * (MESSAGE_BYTES - _AFTER_ID - len(before) - len(after)) + after


_METER_VALUES = _padded(
    b'","MeterValues",{"evseId":1,"meterValue":[{"timestamp":"2026-11-22T06:00:00Z","sampledValue":'
    b'[{"value":12345.6,"measurand":"Energy.Active.Import.Register","unitOfMeasure":{"unit":"Wh"}}]}],'
    b'"customData":{"vendorId":"',
    b'"}}]',
)
_METER_VALUES_RESULT = _padded(b'",{"customData":{"vendorId":"', b'"}}]')
# What fills the answer up to its length; a peer that answers by itself has to say it too.
FILLING = _METER_VALUES_RESULT.split(b'"vendorId":"')[1].split(b'"')[0].decode()
_BOOT_RESULT = b'",{"currentTime":"2026-11-22T06:00:00Z","interval":3600,"status":"Accepted"}]'


def message_id(station_number: int, count: int) -> bytes:
    """An id of ID_BYTES that no other call of the fleet has."""
    return b"bench-%010d-%019d" % (station_number, count)


def meter_values(identifier: bytes) -> bytes:
    """The CALL of a round trip."""
    return b'[2,"' + identifier + _METER_VALUES


def meter_values_result(identifier: bytes) -> bytes:
    """The one right answer to `meter_values(identifier)`."""
    return b'[3,"' + identifier + _METER_VALUES_RESULT


def boot(identifier: bytes, serial: str) -> bytes:
    """The CALL with which a station opens a link that is to stay."""
    return (
        b'[2,"%b","BootNotification",{"reason":"PowerUp","chargingStation":'
        b'{"model":"Bench","vendorName":"Voltward","serialNumber":"%b"}}]'
    ) % (identifier, serial.encode())


def boot_result(identifier: bytes) -> bytes:
    """The one right answer to a boot."""
    return b'[3,"' + identifier + _BOOT_RESULT


HEARTBEAT_RESULT = b'",{"currentTime":"2026-11-22T06:00:00Z"}]'
COMMAND = b'[2,"bench-command","ClearCache",{}]'
COMMAND_RESULT = b'[3,"bench-command",{"status":"Accepted"}]'


def heartbeat(identifier: bytes) -> bytes:
    """The CALL after which the CSMS sends a command of its own, so that a link has been used both ways."""
    return b'[2,"' + identifier + b'","Heartbeat",{}]'


def heartbeat_result(identifier: bytes) -> bytes:
    """The one right answer to a heartbeat."""
    return b'[3,"' + identifier + HEARTBEAT_RESULT


def answer(call: bytes) -> bytes | None:
    """What the CSMS answers to a call of this module; None to anything else, or to a byte that changed."""
    identifier = call[_ID_AT:_AFTER_ID]
    if call[_AFTER_ID:] == _METER_VALUES and call[:_ID_AT] == b'[2,"':
        return meter_values_result(identifier)
    if call.startswith(b'","BootNotification",', _AFTER_ID):
        return boot_result(identifier)
    if call.startswith(b'","Heartbeat",', _AFTER_ID):
        return heartbeat_result(identifier)
    return None
