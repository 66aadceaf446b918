from __future__ import annotations

import io
import sys

import pytest

from tests.fakes.certificates import self_signed
from tests.unit.cli.conftest import Shell

FLEET = """identity;password;serial;note
CP001;12345678;SN-1;by the lake
CP002;12345678;SN-2;
CP003;;SN-1;
"""


def test_a_fleet_is_taken_over_and_what_is_weak_is_listed(shell: Shell) -> None:
    file = shell.folder / "fleet.csv"
    file.write_text(FLEET)
    file.chmod(0o644)
    dry = shell("station", "import", "fleet.csv", "--dry-run")
    assert dry.status == 1
    assert "line 4, serial: CP003: the serial SN-1 belongs to CP001" in dry.out
    assert "Nothing was changed: this was a dry run." in dry.out
    ran = shell("station", "import", "fleet.csv", "--exceptions-until", "2099-01-31", "--json")
    told = ran.json
    assert (ran.status, told["registered"], told["rows"]) == (1, 2, 3)
    assert told["weak_passwords"] == {"AUTH-03": 2, "AUTH-10": 2, "AUTH-11": 2}
    assert [f["column"] for f in told["faults"]] == ["serial"]
    assert any("chmod 600" in note for note in told["notes"])
    assert any("delete it" in note for note in told["notes"])
    assert "12345678" not in ran.out


def test_a_misspelt_group_and_the_time_that_it_takes_are_told_before(shell: Shell) -> None:
    (shell.folder / "fleet.csv").write_text(
        "identity,group,password\nCP001,feild,correct horse battery\nCP002,feild,\n"
    )
    dry = shell("station", "import", "fleet.csv", "--dry-run")
    assert "note: 2 of them: there is no [group.feild] in the settings" in dry.out
    assert "note: 1 passwords are hashed slowly when this is done: about 0 minutes" in dry.out
    assert "hashed slowly" not in shell("station", "import", "fleet.csv").out


def test_a_list_comes_through_standard_input_too(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    pem = self_signed("SN-9").certificate_pem.decode()
    rows = b'{"identity": "CP001", "password": "correct horse battery"}\n'
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(rows)))
    told = shell.done("station", "import", "-", "--json").json
    assert (told["registered"], told["notes"]) == (1, [])
    (shell.folder / "leaf.pem").write_text(pem)
    (shell.folder / "more.csv").write_text(
        f'identity,certificate\nCP002,leaf.pem\nCP003,"{pem}"\nCP004,no.pem\n'
    )
    more = shell("station", "import", "more.csv", "--json").json
    assert [(f["station"], f["column"]) for f in more["faults"]] == [
        ("CP003", "certificate"),
        ("CP004", "certificate"),
    ]


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("no.csv",), 3, "cannot be read"),
        (("odd.csv",), 2, "Did you mean serial?"),
        (("odd.csv", "--exceptions-until", "2020-01-01"), 2, "lies in the past"),
    ],
)
def test_what_cannot_be_imported_at_all_is_said(
    shell: Shell, words: tuple[str, ...], status: int, said: str
) -> None:
    (shell.folder / "odd.csv").write_text("identity,serail\nCP001,x\n")
    ran = shell("station", "import", *words)
    assert ran.status == status
    assert said in ran.err
