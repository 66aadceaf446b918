from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.gateway.settings import GroupSettings
from voltward.settings import Settings, load_settings, notes


def settings(folder: Path, text: str = "", *overrides: str) -> Settings:
    file = folder / "voltward.toml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file, overrides)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("settings")
    (made / "voltward.toml").write_text('[operator]\nname = "Example CPO"\n')
    return made


def test_an_empty_file_means_the_defaults(tmp_path: Path) -> None:
    made = settings(tmp_path)

    assert made.gateway.listen == "0.0.0.0:8443"
    assert made.gateway.path == "/ocpp/{station}"
    assert made.gateway.plain_listen == ""
    assert made.store.url == "sqlite:///voltward.db"
    assert made.bus.url == "local"
    assert (made.portal.listen, made.metrics.listen) == ("127.0.0.1:8080", "127.0.0.1:9464")
    assert made.gateway.limits.refusal_delay == 0.5
    assert made.relay.message_size == 1024 * 1024


def test_quantities_are_read_with_their_units(tmp_path: Path) -> None:
    made = settings(tmp_path, '[relay]\nmessage_size = "64 KiB"\ncall_timeout = "2 min"\n')

    assert (made.relay.message_size, made.relay.call_timeout) == (65_536, 120.0)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[gateway]\nlisten_on = '1:2'\n", "listen_on"),
        ("[gate]\n", "gate"),
        ("folder = '/etc'\n", "folder"),
        ("[gateway]\nlisten = 8443\n", "gateway.listen"),
        ("[relay]\ncall_timeout = 60\n", "relay.call_timeout"),
        ("[relay]\ncall_timeout = '60'\n", "relay.call_timeout"),
        ("[relay]\ncall_timeout = '60 parsecs'\n", "relay.call_timeout"),
        ("[relay]\nmessage_size = '0 B'\n", "relay.message_size"),
        ("[relay]\ndepth = 1000\n", "relay.depth"),
        ("[relay]\noutstanding = 0\n", "relay.outstanding"),
        ("[gateway.limits]\nargon2_workers = 0\n", "gateway.limits.argon2_workers"),
        ("[gateway]\nunknown_station_status = 200\n", "gateway.unknown_station_status"),
        ("[csms]\nbasic = 'always'\n", "csms.basic"),
        ("[group.x]\nactions = { 'TLS-02' = 'ignore' }\n", "group"),
        ("group = 3\n", "group"),
    ],
)
def test_a_wrong_key_is_named_with_the_mend(tmp_path: Path, text: str, where: str) -> None:
    with pytest.raises(OperatorFault) as caught:
        settings(tmp_path, text)

    assert where in str(caught.value)
    assert caught.value.subject.endswith("voltward.toml")
    assert "Mend" in caught.value.mend or "Remove" in caught.value.mend


@pytest.mark.parametrize("octets", [b"[gateway", b"a = 1\na = 2\n", b"\xff\xfe", b"= 1"])
def test_what_is_no_toml_is_told_as_that(tmp_path: Path, octets: bytes) -> None:
    (tmp_path / "voltward.toml").write_bytes(octets)

    with pytest.raises(OperatorFault, match="this is not TOML"):
        load_settings(tmp_path / "voltward.toml")


def test_a_file_that_is_not_there_is_told_with_the_two_ways_out(tmp_path: Path) -> None:
    with pytest.raises(OperatorFault, match="no settings file here") as caught:
        load_settings(tmp_path / "voltward.toml")
    assert "-c FILE" in caught.value.mend
    assert "voltward init" in caught.value.mend


def test_a_file_that_cannot_be_read_is_the_outsides_fault(tmp_path: Path) -> None:
    with pytest.raises(OutsideFault, match="cannot be read"):
        load_settings(tmp_path)  # a folder


def test_paths_start_at_the_folder_of_the_file(tmp_path: Path) -> None:
    made = settings(tmp_path, '[journal]\nheads = "../heads"\n')

    assert made.path(made.journal.heads) == tmp_path / "../heads"
    assert made.path("/var/lib/heads") == Path("/var/lib/heads")


def test_a_group_that_is_not_there_has_the_default_ones_settings(tmp_path: Path) -> None:
    made = settings(tmp_path, "[group.a]\ndeflate = true\n[group.default]\nboot_serial = 'strict'\n")

    assert made.group_named("a").deflate
    assert made.group_named("b").boot_serial == "strict"
    assert settings(tmp_path).group_named("b") == GroupSettings()


# -- --set


@pytest.mark.parametrize(
    ("override", "read"),
    [
        ("gateway.listen=127.0.0.1:8443", lambda s: s.gateway.listen == "127.0.0.1:8443"),
        ("gateway.listen = 127.0.0.1:8443", lambda s: s.gateway.listen == " 127.0.0.1:8443"),
        ('operator.name="Example CPO"', lambda s: s.operator.name == "Example CPO"),
        ("operator.name=Example CPO", lambda s: s.operator.name == "Example CPO"),
        ("operator.name=a=b", lambda s: s.operator.name == "a=b"),
        ("operator.name=", lambda s: s.operator.name == ""),
        ("relay.depth=9", lambda s: s.relay.depth == 9),
        ("gateway.static_rsa=false", lambda s: s.gateway.static_rsa is False),
        ('gateway.plain_sources=["10.0.0.0/8"]', lambda s: s.gateway.plain_sources == ["10.0.0.0/8"]),
        ("relay.call_timeout=9 s", lambda s: s.relay.call_timeout == 9.0),
        ("group.a.deflate=true", lambda s: s.group["a"].deflate),
        ("csms.url=ws://h:1/#x", lambda s: s.csms.url == "ws://h:1/#x"),
    ],
)
def test_any_key_can_be_set_on_the_command_line(folder: Path, override: str, read: Any) -> None:
    assert read(load_settings(folder / "voltward.toml", [override]))


def test_the_command_line_wins_over_the_file_and_the_last_over_the_first(folder: Path) -> None:
    made = load_settings(folder / "voltward.toml", ["operator.name=First", "operator.name=Second"])

    assert made.operator.name == "Second"


@pytest.mark.parametrize("override", ["gateway.listen", "=x", "", " =x"])
def test_an_override_without_a_value_is_refused_with_an_example(folder: Path, override: str) -> None:
    with pytest.raises(OperatorFault, match="has no value") as caught:
        load_settings(folder / "voltward.toml", [override])
    assert "--set gateway.listen=" in caught.value.mend


@pytest.mark.parametrize(
    "override",
    ["operator.name.first=x", "gateway.nothing=1", "nothing=1", "gateway..listen=1", "folder=/etc"],
)
def test_an_override_names_a_key_that_there_is(folder: Path, override: str) -> None:
    with pytest.raises(OperatorFault):
        load_settings(folder / "voltward.toml", [override])


@given(st.text(max_size=40))
def test_any_text_can_be_set_with_quotes(folder: Path, text: str) -> None:
    quoted = (
        '"' + "".join(f"\\U{ord(letter):08x}" for letter in text if not "\ud800" <= letter <= "\udfff") + '"'
    )

    made = load_settings(folder / "voltward.toml", [f"operator.name={quoted}"])

    assert made.operator.name == tomllib.loads(f"x = {quoted}")["x"]


@given(st.text(max_size=40))
def test_an_override_sets_its_key_or_is_refused_and_never_another(folder: Path, text: str) -> None:
    before = load_settings(folder / "voltward.toml")
    try:
        made = load_settings(folder / "voltward.toml", [f"operator.name={text}"])
    except OperatorFault:
        return
    assert (made.gateway, made.csms, made.operator.organisations) == (
        before.gateway,
        before.csms,
        before.operator.organisations,
    )


# -- notes


def test_what_has_no_effect_yet_says_so(tmp_path: Path) -> None:
    said = notes(settings(tmp_path, '[bus]\nurl = "nats://x"\n'))

    assert len(said) == 2
    assert any("bus.url" in note for note in said)
    assert all("no effect yet" in note for note in said)
    assert len(notes(settings(tmp_path))) == 1
