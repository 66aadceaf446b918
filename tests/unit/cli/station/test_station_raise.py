from __future__ import annotations

from tests.unit.cli.conftest import Shell


def test_a_station_of_profile_2_is_led_to_3_and_listed_where_it_stands(shell: Shell) -> None:
    shell.done("station", "add", "CP001")

    (begun,) = shell.done("station", "raise", "CP001", "--json").json

    assert (begun["station"], begun["kind"]) == ("CP001", "renewal")  # its first certificate comes before
    record = shell.done("station", "show", "CP001", "--json").json
    assert (record["profile"], record["floor"]) == (3, 2)
    assert shell.done("station", "raise", "CP001").out.startswith(
        "CP001: renewal: reading its settings since"
    )


def test_a_station_is_not_led_to_where_it_is(shell: Shell) -> None:
    shell.done("station", "add", "CP001")

    ran = shell("station", "raise", "CP001", "--profile", "2", "--json")

    assert (ran.status, "or higher already" in ran.fault["error"]) == (2, True)
