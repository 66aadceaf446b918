from __future__ import annotations

from tests.unit.cli.conftest import Shell


def test_a_password_is_told_once_with_its_end_and_what_comes_next(shell: Shell) -> None:
    shell.done("station", "add", "CP001", "--serial", "SN-1")
    ran = shell.done(
        "station", "recommission", "CP001", "--reason", "board swapped", "--new-serial", "SN-2", "--json"
    )
    assert (ran.json["serial"], ran.json["standing"], ran.json["retired"]) == ("SN-2", "commissioning", 1)
    assert len(ran.json["password"]) == 40
    assert "voltward station credential CP001" in ran.json["remarks"][0]
    shown = shell.done("station", "show", "CP001").out
    assert "commissioning password of 20 octets" in shown
    assert ran.json["password"] not in shown
    told = shell.done("station", "explain", "CP001").out
    assert "new hardware since" in told


def test_what_could_not_be_denied_is_said(shell: Shell) -> None:
    shell.done("station", "add", "CP001", "--serial", "SN-1")
    shell("station", "set", "CP001", "--serial", "SN-1", "--profile", "1", "--lower-floor")
    ran = shell.done(
        "station", "recommission", "CP001", "--reason", "reset", "--profile", "1", "--learn-serial"
    )
    assert "allowance" not in ran.out
    assert "serial is on record" not in ran.out
    refused = shell("station", "recommission", "CP001", "--reason", "reset")
    assert refused.status == 2
    assert "--profile 1" in refused.err
    past = shell("station", "recommission", "CP001", "--reason", "r", "--until", "2020-01-01")
    assert "lies in the past" in past.err
