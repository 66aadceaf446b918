"""The URI of one station at its CSMS (ruling 22): what all stations share of it is read once."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from urllib.parse import quote

from websockets.uri import WebSocketURI

from voltward.domain.route import PLACE, csms_url
from voltward.wire.upgrade_client import parse_websocket_url


def station_uri(template: str, identity: str) -> WebSocketURI:
    """As `parse_websocket_url` reads `csms_url`; OperatorFault as there."""
    shared = _shared(template)
    if shared is None:
        return parse_websocket_url(csms_url(template, identity))
    encoded = quote(identity, safe="")
    path, query = shared.path.replace(PLACE, encoded), shared.query.replace(PLACE, encoded)
    return replace(shared, path=path, query=query)


@lru_cache(maxsize=64)  # there are a few CSMSs
def _shared(template: str) -> WebSocketURI | None:
    """The URI with the station's place in path or query; None where it stands elsewhere."""
    uri = parse_websocket_url(template if PLACE in template else f"{template.rstrip('/')}/{PLACE}")
    return uri if PLACE not in uri.host else None
