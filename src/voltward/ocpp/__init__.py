"""The OCPP versions: frames, dialects, command policy. Versions are named here and nowhere else.

`DIALECTS` maps the negotiated subprotocol to its dialect; nothing negotiated means nothing connected.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from voltward.ocpp.dialect import Dialect, choose
from voltward.ocpp.v16 import V16
from voltward.ocpp.v21 import V21
from voltward.ocpp.v201 import V201

DIALECTS: Mapping[str, Dialect] = MappingProxyType({d.subprotocol: d for d in (V21, V201, V16)})

__all__ = ["DIALECTS", "Dialect", "choose"]
