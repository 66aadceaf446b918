from __future__ import annotations

from pathlib import Path

from cryptography import x509

from tests.unit.cli.conftest import Shell
from voltward.adapters.vault import read_server_chain, write_server_chain
from voltward.bootstrap.deployment import open_deployment
from voltward.cli.frame import run
from voltward.crypto.reading.pem import read_pem_bundle
from voltward.crypto.reading.trust_anchors import is_signed_by
from voltward.domain.events import Event
from voltward.settings import load_settings

CHAIN = "server-ecdsa"


def chain_of(folder: Path, name: str = CHAIN) -> list[bytes]:
    return list(read_pem_bundle((folder / "gateway" / f"{name}.pem").read_bytes()))


def states_of(shell: Shell) -> dict[str, str]:
    return {one["name"]: one["state"] for one in shell.done("ca", "show", "--json").json["own"]}


def reloaded(folder: Path) -> None:
    """As the gateway tells it when it has taken the chains up."""

    async def story() -> None:
        settings = load_settings(folder / "voltward.toml")
        async with open_deployment(settings) as deployment, deployment.store.begin() as work:
            now = deployment.clock.now()
            await work.journal(Event("settings_reloaded", now, "gateway", "voltward.toml", {}))
            await work.commit()

    run(story())


# A machine where another test has these ports is no less sound.
OWN = ("--set", "gateway.listen=127.0.0.1:0", "--set", "metrics.listen=127.0.0.1:0")


def test_what_is_prepared_waits_and_nobody_is_shown_it(shell: Shell) -> None:
    before = chain_of(shell.folder)

    told = shell.done("ca", "rotate", "prepare", "ecdsa", "--json").json

    assert (told["phase"], told["left"], told["new_chains_shown_since"]) == ("prepared", [CHAIN], None)
    assert chain_of(shell.folder) == before
    (new,) = read_pem_bundle((shell.folder / "public" / "root-ecdsa.2.pem").read_bytes())
    (old,) = read_pem_bundle((shell.folder / "public" / "root-ecdsa.pem").read_bytes())
    (crossed,) = read_pem_bundle((shell.folder / "public" / "root-ecdsa.2-crossed.pem").read_bytes())
    following = chain_of(shell.folder, f"{CHAIN}.next")
    assert is_signed_by(following[1], new)
    assert is_signed_by(following[1], crossed)
    assert is_signed_by(crossed, old)
    names = x509.load_der_x509_certificate(following[0]).extensions
    assert names.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(
        x509.DNSName
    ) == ["csms.example"]
    assert new in read_pem_bundle((shell.folder / "public" / "roots.pem").read_bytes())
    states = states_of(shell)
    assert states["stations-ca-ecdsa.2"] == states["csms-ca-ecdsa.2"] == "prepared"
    shell.done("settings", "check", *OWN)
    assert shell("ca", "rotate", "prepare", "rsa").status == 2


def test_chains_are_switched_and_put_back_and_the_old_root_is_retired(shell: Shell) -> None:
    old = chain_of(shell.folder)
    shell.done("ca", "rotate", "prepare", "ecdsa")
    assert "0 stations begin" in shell.done("ca", "rotate", "install").out

    assert "SIGHUP" in shell.done("ca", "rotate", "switch").out
    assert chain_of(shell.folder) == chain_of(shell.folder, f"{CHAIN}.next")
    assert states_of(shell)["csms-ca-ecdsa.2"] == "active"
    assert shell.done("ca", "rotate", "back", "--json").json["switched"] == []
    assert chain_of(shell.folder) == old
    assert states_of(shell)["csms-ca-ecdsa.2"] == "prepared"

    assert shell("ca", "rotate", "retire").status == 2
    shell.done("ca", "rotate", "switch", CHAIN)
    assert "does not show the new chains yet" in shell("ca", "rotate", "retire").err
    reloaded(shell.folder)
    assert "The old root is retired" in shell.done("ca", "rotate", "retire").out

    states = states_of(shell)
    assert states["stations-ca-ecdsa"] == states["csms-ca-ecdsa"] == states["root-ecdsa"] == "retired"
    assert states["stations-ca-ecdsa.2"] == states["csms-ca-ecdsa.2"] == "active"
    assert states["stations-ca-rsa"] == "active"
    roots = read_pem_bundle((shell.folder / "public" / "roots.pem").read_bytes())
    assert len(roots) == 2
    assert read_pem_bundle((shell.folder / "public" / "root-ecdsa.pem").read_bytes())[0] not in roots
    assert "no root is being rotated" in shell("ca", "rotate", "status").err


def test_nobody_is_left_behind_without_being_named(shell: Shell) -> None:
    for name in ("CP001", "CP002"):
        shell.done("station", "add", name, "--profile", "2")
    shell.done("ca", "rotate", "prepare", "ecdsa")
    assert "2 stations begin" in shell.done("ca", "rotate", "install").out

    planned = shell("ca", "rotate", "plan")
    assert planned.status == 1
    assert "2 unknown" in planned.out
    assert [one["prospect"] for one in shell("ca", "rotate", "plan", "--json").json] == ["unknown"] * 2
    assert "CP001, CP002" in shell("ca", "rotate", "switch").err
    shell.done("ca", "rotate", "switch", "--leave-behind", "CP001", "--leave-behind", "CP002")


def test_it_pauses_and_goes_on_and_may_be_given_up(shell: Shell) -> None:
    shell.done("ca", "rotate", "prepare", "ecdsa")

    assert shell.done("ca", "rotate", "pause", "--json").json["paused"] is True
    assert shell.done("ca", "rotate", "resume", "--json").json["paused"] is False
    assert shell.done("ca", "rotate", "give-up", "--json").json["phase"] == "given up"
    assert shell.done("ca", "rotate", "prepare", "ecdsa", "--json").json["phase"] == "prepared"
    assert (shell.folder / "public" / "root-ecdsa.3.pem").exists()


def show(shell: Shell, chain: str) -> None:
    """Puts this chain's file into the place of the one that is shown, as an order does before its row."""

    async def story() -> None:
        async with open_deployment(load_settings(shell.folder / "voltward.toml")) as deployment:
            shown, other = (read_server_chain(deployment.room, name) for name in (CHAIN, chain))
            write_server_chain(deployment.room, f"{CHAIN}.before", *shown)
            write_server_chain(deployment.room, CHAIN, *other)

    run(story())


def test_a_switch_that_was_cut_off_is_undone_when_all_is_given_up(shell: Shell) -> None:
    """Else the next start of the gateway would show a chain that no station has a root for."""
    old = chain_of(shell.folder)
    shell.done("ca", "rotate", "prepare", "ecdsa")
    show(shell, f"{CHAIN}.next")

    shell.done("ca", "rotate", "give-up")

    assert chain_of(shell.folder) == old


def test_the_old_root_stays_while_a_way_back_that_was_cut_off_still_shows_it(shell: Shell) -> None:
    shell.done("ca", "rotate", "prepare", "ecdsa")
    shell.done("ca", "rotate", "switch")
    show(shell, f"{CHAIN}.before")
    reloaded(shell.folder)

    assert "server-ecdsa still leads to the old root" in shell("ca", "rotate", "retire").err
    shell.done("ca", "rotate", "switch", CHAIN)
    reloaded(shell.folder)
    shell.done("ca", "rotate", "retire")


def test_where_somebody_else_signs_for_our_servers_the_next_chain_is_theirs(shell: Shell) -> None:
    for role in ("root", "csms-ca"):
        (shell.folder / "public" / f"{role}-ecdsa.pem").unlink()

    refused = shell("ca", "rotate", "prepare", "ecdsa")

    assert refused.status == 2
    assert "leads to a root of an issuing CA of ours" in refused.err
    assert "voltward ca server-install" in refused.err
