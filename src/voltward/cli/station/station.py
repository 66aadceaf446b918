"""`voltward station ...`: the registry. Each order is loaded when it is given."""

from __future__ import annotations

from typing import Final

from cyclopts import App

# (name, where it is in this package, what the list of all orders says)
_ORDERS: Final = (
    ("add", "station_add:add", "Register a station; prints its password once."),
    (
        "import",
        "station_import:import_",
        "Take a fleet over from CSV or JSON (`-`: standard input). Doing it again changes nothing.",
    ),
    (
        "list",
        "station_list:list_",
        "All stations: profile, floor, standing, proof; or those of a group, at a site, of a tenant.",
    ),
    ("show", "station_show:show", "One station's record, credentials and exceptions, and how it comes."),
    (
        "explain",
        "station_show:explain",
        "For whoever is on call: the last handshake, what decided, and what to do.",
    ),
    (
        "set",
        "station_change:set_",
        "Change a record: group, site, serial, profile, floor; a dated allowance; a dated exception.",
    ),
    (
        "credential",
        "station_add:credential",
        "Give a station another credential; a made password is told once. The old one opens the repair lane.",
    ),
    (
        "quirk",
        "station_quirk:quirk",
        "Let one station do something otherwise, until a date; or end that.",
    ),
    (
        "raise",
        "station_raise:raise_",
        "Lead stations to a higher security profile; what they have goes on until the new one is proven.",
    ),
    (
        "anchors",
        "station_anchors:anchors",
        "Which authorities stations trust, as they told it; `--read` asks them again.",
    ),
    (
        "quarantine",
        "station_change:quarantine",
        "Keep a station to security housekeeping; a live link follows within a second.",
    ),
    ("release", "station_change:release", "End a quarantine that was ordered."),
    (
        "retire",
        "station_change:retire",
        "Take a station out of service for good: its credentials end, its link is closed.",
    ),
    (
        "recommission",
        "station_recommission:recommission",
        "New hardware under an old identity: what the old one had is denied, a password is told once.",
    ),
    (
        "csms-password",
        "csms_password:csms_password",
        "The password that a station has at its CSMS: keep it sealed, or remove it.",
    ),
)

app = App(
    name="station",
    help="The registry: add, import, list, show, set, raise, quarantine, release, retire, recommission, "
    "explain.",
)
for _name, _place, _help in _ORDERS:
    app.command(f"voltward.cli.station.{_place}", name=_name, help=_help)
