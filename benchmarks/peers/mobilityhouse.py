"""A CSMS on `websockets` and mobilityhouse's `ocpp`: ends TLS itself, asks for the station's certificate.

Run as `python -m benchmarks.peers.mobilityhouse JSON` with {port, chain, key, stations, filling}.
"""

from __future__ import annotations

import json
import ssl
import sys
from contextlib import suppress

import uvloop
from ocpp.routing import on
from ocpp.v201 import ChargePoint, call_result
from ocpp.v201.enums import RegistrationStatusEnumType
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol


class Station(ChargePoint):
    """One connected station."""

    filling = ""

    @on("BootNotification")
    def on_boot(self, **_: object) -> call_result.BootNotification:
        """Accepted, in the words that the load expects."""
        return call_result.BootNotification(
            current_time="2026-11-22T06:00:00Z", interval=3600, status=RegistrationStatusEnumType.accepted
        )

    @on("MeterValues")
    def on_meter_values(self, **_: object) -> call_result.MeterValues:
        """300 bytes, like the benchmark's own CSMS."""
        return call_result.MeterValues(custom_data={"vendor_id": self.filling})


async def talk(connection: ServerConnection) -> None:
    """One station, from its upgrade to its close."""
    assert connection.request is not None
    station = Station(connection.request.path.rpartition("/")[2], connection)
    with suppress(ConnectionClosed):
        await station.start()


async def run(wanted: dict[str, str]) -> None:
    """Serve until the process is ended."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(wanted["chain"], wanted["key"])
    context.load_verify_locations(wanted["stations"])
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_ecdh_curve("prime256v1")
    context.num_tickets = 0  # nothing is resumed: the full handshake is what is measured
    Station.filling = wanted["filling"]
    protocols = [Subprotocol("ocpp2.0.1")]
    port = int(wanted["port"])
    async with serve(
        talk, "127.0.0.1", port, ssl=context, subprotocols=protocols, compression=None, backlog=4096
    ) as server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(run(json.loads(sys.argv[1])))
