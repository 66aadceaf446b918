"""Where stations reach us, group by group, as their network profiles are to say it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from voltward.domain.errors import OperatorFault
from voltward.lifecycles.upgrade_state import NetworkPlace
from voltward.settings import Settings

LONGEST_URL: Final = 512  # characters: what all versions take
_INTERFACE: Final = re.compile(r"(Wired|Wireless)[0-3]")


def station_places(settings: Settings) -> Callable[[str], NetworkPlace]:
    """The place for each group; OperatorFault where one could not be dialled on profile 2 or 3."""
    for group in ("", *settings.group):
        place = _place(settings, group)
        subject = f"[group.{group}]" if group else "[certificates]"
        if place.url and not _is_dialled(place.url):
            raise OperatorFault(
                f"{place.url!r} is no endpoint of stations.",
                mend="Write what they dial without their identity, as wss://csms.example:8443/ocpp.",
                subject=subject,
            )
        if not _INTERFACE.fullmatch(place.interface):
            raise OperatorFault(
                f"{place.interface!r} is no interface of a station.",
                mend="Write Wired0 to Wired3, or Wireless0 to Wireless3.",
                subject=subject,
            )
    return lambda group: _place(settings, group)


def _place(settings: Settings, group: str) -> NetworkPlace:
    usual, own = settings.certificates, settings.group_named(group)
    return NetworkPlace(own.endpoint or usual.endpoint, own.interface or usual.interface)


def _is_dialled(url: str) -> bool:
    try:
        parts = urlsplit(url)
        is_whole = parts.scheme == "wss" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    bare = not (parts.query or parts.fragment or parts.username or "{" in url)
    return is_whole and bare and url.isascii() and url.isprintable() and len(url) <= LONGEST_URL
