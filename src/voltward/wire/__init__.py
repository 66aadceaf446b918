"""TLS engines and the WebSocket codec, sans I/O: bytes in, bytes and events out.

No socket, no asyncio and no clock here, and nothing about OCPP. The gateway, the simulator and the
auditor share these modules; each brings its own transport and its own deadlines (ruling 34).
"""
