from __future__ import annotations

import pytest

from tests.unit.cli.conftest import Shell


@pytest.fixture
def registered(shell: Shell) -> Shell:
    """CP001 of profile 3, before its first certificate; CP002 of profile 2."""
    shell.done("station", "add", "CP001", "--profile", "3", "--serial", "SN-1", "--group", "north")
    shell.done("station", "add", "CP002")
    return shell


def test_a_renewal_is_ordered_by_station_and_by_group(registered: Shell) -> None:
    (begun,) = registered.done("cert", "renew", "CP002", "--json").json
    assert (begun["station"], begun["phase"]) == ("CP002", "reading its settings")
    assert registered.done("cert", "renew", "--group", "north").out.startswith("CP001: reading its settings")
    south = ("--group", "south", "--set", "group.south.deflate=true")
    assert registered.done("cert", "renew", *south).out == "No station is concerned.\n"


def test_what_is_to_be_renewed_has_to_be_said_once(registered: Shell) -> None:
    assert "whose certificate?" in registered("cert", "renew", "--json").fault["error"]
    assert (
        "whose certificate?" in registered("cert", "renew", "CP001", "--group", "g", "--json").fault["error"]
    )
    assert "is no time" in registered("cert", "renew", "--expiring", "soon", "--json").fault["error"]


def test_nothing_was_issued_yet(registered: Shell) -> None:
    assert "No certificate was issued" in registered.done("cert", "list").out
    assert registered.done("cert", "list", "--station", "CP001", "--json").json == []
    assert registered.done("cert", "renew", "--expiring", "60d").out == "No station is concerned.\n"


def test_the_calendar_tells_of_authorities_and_server_certificates(registered: Shell) -> None:
    days = registered.done("cert", "calendar", "--json").json

    assert any(day["what"].startswith("authority ") for day in days)
    assert any(day["what"].startswith("server certificate ") for day in days)
    assert "server certificate" in registered.done("cert", "calendar").out


def test_the_calendar_is_drawn(registered: Shell) -> None:
    file = registered.folder / "calendar.svg"
    assert str(file) in registered.done("cert", "calendar", "--svg", str(file)).out

    assert file.read_text().startswith("<svg ")
    assert registered("cert", "calendar", "--svg", str(registered.folder)).status == 3
