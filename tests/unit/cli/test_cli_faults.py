from __future__ import annotations

import json

import pytest

from tests.fakes.certificates import self_signed
from tests.unit.cli.conftest import Shell

DATED = ("--owner", "ann", "--reason", "modem")
UNTIL = (*DATED, "--until", "2099-01-01")
TRUST = ("--for", "stations")

# (what is typed, exit status, words of the sentence)
REFUSED = (
    (("fly",), 2, 'Unknown command "fly"'),
    (("station", "show", "CP001", "--fly"), 2, "--fly"),
    (("station", "show", "CP001", "CP002"), 2, "CP002"),
    (("station", "add"), 2, "station add"),
    (("station", "set", "CP001", "--floor", "4"), 2, "Choose from: 1, 2, 3."),
    (("station", "quarantine", "CP001"), 2, "--reason"),
    (("station", "add", "CP001"), 2, "registered already"),
    (("station", "add", "cp001"), 2, "differs in letter case only"),
    (("station", "add", "x" * 49), 2, "no identity that OCPP knows"),
    (("station", "add", "CP009", "--password-file", "gone"), 3, "No such file"),
    (("station", "add", "CP009", "--password-file", "."), 3, "Is a directory"),
    (("station", "add", "CP009", "--profile", "3", "--certificate", "gone"), 3, "No such file"),
    (("station", "add", "CP009", "--certificate", "leaf.pem"), 2, "for profile 3 alone"),
    (("station", "show", "CP999"), 2, "no such station"),
    (("station", "show", "cp001"), 2, "Did you mean CP001?"),
    (("station", "set", "CP001"), 2, "nothing to change"),
    (("station", "set", "CP001", "--lower-floor"), 2, "nothing to change"),
    (("station", "set", "CP001", "--floor", "1"), 2, "lowers the floor from profile 2 to 1"),
    (("station", "set", "CP001", "--floor", "3"), 2, "cannot stand above the profile"),
    (("station", "set", "CP001", "--profile", "3"), 2, "could not prove itself on profile 3"),
    (("station", "set", "CP001", "--end-exception", "CERT-06"), 2, "no exception from CERT-06"),
    (("station", "set", "CP001", "--except", "NO-99", *UNTIL), 2, "there is no control NO-99"),
    (("station", "set", "CP001", "--except", "TLS-02", *UNTIL), 2, "nobody can be excepted from TLS-02"),
    (("station", "set", "CP001", "--allow-profile", "1", *DATED), 2, "needs an end"),
    (("station", "set", "CP001", "--allow-profile", "1", *DATED, "--until", "soon"), 2, "'soon' is no date"),
    (
        ("station", "set", "CP001", "--allow-profile", "1", *DATED, "--until", "9999-12-31T23:59-05:00"),
        2,
        "is no date",
    ),
    (("station", "release", "CP001"), 2, "not quarantined by order"),
    (("station", "explain", "CP999"), 2, "no such station"),
    (("station", "show", "CP\udcff"), 2, "not Unicode"),
    (("ca", "trust", "gone", *TRUST), 3, "No such file"),
    (("ca", "trust", "voltward.toml", *TRUST), 2, "no certificate in it"),
    (("ca", "trust", "leaf.pem", *TRUST), 2, "cannot be an authority"),
    (("ca", "distrust", "12345678"), 2, "names 0 authorities"),
    (("cert", "revoke", "--reason", "x"), 2, "which certificate?"),
    (("cert", "revoke", "--reason", "x", "--fingerprint", "12:34"), 2, "no SHA-256 fingerprint"),
    (("cert", "revoke", "--reason", "x", "--station", "CP001"), 2, "no certificate in the registry"),
    (("cert", "revoke", "--reason", "x", "--file", "gone"), 3, "No such file"),
    (("rulebook", "show", "NO-99"), 2, "there is no control NO-99"),
    (
        ("init", ".", "--operator-name", "x", "--host", "h", "--csms", "ws://h:1/", "--admin", "a@b.c"),
        2,
        "not an empty folder",
    ),
    (("station", "list", "-c", "gone.toml"), 2, "no settings file here"),
    (("station", "list", "-c", "."), 3, "cannot be read"),
    (("station", "list", "--set", "operator.name"), 2, "has no value"),
    (("station", "list", "--set", "operator.nickname=x"), 2, "nickname"),
    (("station", "list", "--set", "store.url=sqlite:////gone/x.db"), 3, "not there"),
    (("station", "list", "--set", "store.url=postgresql://h/x"), 2, "it names no user"),
    (("station", "list", "--set", "keys.gateway_unlock=file:gone"), 3, "gone"),
    (("station", "list", "--set", "keys.gateway_unlock=hunter2"), 2, "by reference only"),
    (("serve", "--set", "nothing=1"), 2, "nothing"),
)


@pytest.fixture
def peopled(shell: Shell) -> Shell:
    shell.done("station", "add", "CP001")
    (shell.folder / "leaf.pem").write_bytes(self_signed("SN-1").certificate_pem)
    return shell


@pytest.mark.parametrize(("words", "status", "sentence"), REFUSED)
def test_what_cannot_be_done_is_one_sentence_or_one_object_and_its_status(
    peopled: Shell, words: tuple[str, ...], status: int, sentence: str
) -> None:
    said, told = peopled(*words), peopled(*words, "--json")

    for ran in (said, told):
        assert (ran.status, ran.out, len(ran.err.splitlines())) == (status, "", 1)
        assert "hunter2" not in ran.err
    assert said.err.startswith("voltward: ")
    assert sentence in said.err
    assert set(told.fault) == {"error", "subject", "mend"}
    assert sentence in " ".join(told.fault.values())


def test_a_refused_order_leaves_no_trace(peopled: Shell) -> None:
    before = peopled.done("journal", "tail", "--json").json

    for words, _, _ in REFUSED:
        peopled(*words)

    assert peopled.done("journal", "tail", "--json").json == before
    assert [s["station"] for s in peopled.done("station", "list", "--json").json] == ["CP001"]


def test_the_settings_file_and_each_setting_can_be_named(
    peopled: Shell, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    file = str(peopled.folder / "voltward.toml")
    (peopled.folder / "voltward.toml").rename(elsewhere / "voltward.toml")
    assert peopled("station", "list").status == 2
    (elsewhere / "voltward.toml").rename(file)

    for option in ("-c", "--config"):
        listed = peopled.done("station", "list", option, file, "--json").json
        assert [entry["station"] for entry in listed] == ["CP001"]
    other = ("--set", "store.url=sqlite:///other.db", "--set", "journal.heads=other-heads")
    assert peopled("station", "list", *other, "--json").status == 3  # and no empty one is made
    assert not (peopled.folder / "other.db").exists()


def test_a_group_without_stations_is_told_as_that(peopled: Shell) -> None:
    named = ("--group", "site-z", "--set", "group.site-z.deflate=true")
    assert peopled.done("station", "list", *named).out == "No station is registered in the group site-z.\n"
    assert peopled.done("posture", "door", *named).out == "No station is registered in the group site-z.\n"
    assert json.loads(peopled.done("station", "list", *named, "--json").out) == []


@pytest.mark.parametrize(
    "order",
    [
        ("station", "list", "--group", "defualt"),
        ("station", "list", "--findings", "--group", "defualt"),
        ("station", "list", "--tenant", "defualt"),
        ("station", "anchors", "--group", "defualt"),
        ("cert", "renew", "--group", "defualt"),
        ("posture", "door", "--group", "defualt"),
        ("posture", "tls", "--group", "defualt"),
    ],
)
def test_a_misspelt_name_is_no_empty_answer(peopled: Shell, order: tuple[str, ...]) -> None:
    ran = peopled(*order, "--json")

    assert (ran.status, ran.out) == (2, "")
    assert "'defualt'" in ran.fault["error"]
    assert ran.fault["mend"].startswith("Did you mean default?")


def test_an_end_with_an_offset_is_kept_in_utc(peopled: Shell) -> None:
    order = ("--allow-profile", "1", *DATED, "--until", "2099-03-31T18:00+02:00")
    peopled.done("station", "set", "CP001", *order)

    shown = peopled.done("station", "show", "CP001", "--json").json
    assert shown["allowance"] == "profile 1 until 2099-03-31 16:00 UTC (ann: modem)"


def test_the_floor_is_lowered_only_in_as_many_words(peopled: Shell) -> None:
    assert peopled("station", "set", "CP001", "--profile", "1").status == 2

    lowered = peopled.done("station", "set", "CP001", "--profile", "1", "--lower-floor", "--json").json

    assert (lowered["profile"], lowered["floor"]) == (1, 1)
