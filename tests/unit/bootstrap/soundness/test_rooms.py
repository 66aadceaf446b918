from __future__ import annotations

import shutil

from tests.fakes.deployments import Site
from voltward.bootstrap.rooms import open_room
from voltward.bootstrap.soundness.remarks import Note, Problem, Severity
from voltward.bootstrap.soundness.rooms import check_gateway_room, check_signer_room
from voltward.ports.vault import RoomName


def test_every_key_that_the_gateway_needs_opens(site: Site) -> None:
    assert list(check_gateway_room(open_room(site.settings(), RoomName.GATEWAY))) == []


def test_each_damaged_or_missing_key_is_told(site: Site) -> None:
    (site.folder / "gateway/journal-mac.sealed").write_bytes(b"x" * 72)
    (site.folder / "gateway/password-digest.sealed").unlink()

    found = list(check_gateway_room(open_room(site.settings(), RoomName.GATEWAY)))

    assert len(found) == 2
    assert all(isinstance(remark, Problem) for remark in found)


def test_root_keys_on_this_machine_are_a_note(site: Site) -> None:
    (note,) = check_signer_room(site.settings())

    assert isinstance(note, Note)
    assert "root-ecdsa, root-rsa" in note.what


def test_without_root_keys_there_is_nothing_to_say(site: Site) -> None:
    for root in (site.folder / "signer").glob("root-*.sealed"):
        root.unlink()

    assert list(check_signer_room(site.settings())) == []


def test_an_issuing_authority_without_its_key_is_told_as_long_as_it_has_no_successor(site: Site) -> None:
    signer, public = site.folder / "signer", site.folder / "public"
    (signer / "stations-ca-rsa.sealed").unlink()

    problems = [one for one in check_signer_room(site.settings()) if isinstance(one, Problem)]

    assert [one.what for one in problems] == [
        "the key of stations-ca-rsa is not here: nothing is issued by it."
    ]
    shutil.copy(public / "csms-ca-rsa.pem", public / "stations-ca-rsa.2.pem")
    room = open_room(site.settings(), RoomName.SIGNER)
    room.put("stations-ca-rsa.2", room.get("csms-ca-rsa"))
    assert not [one for one in check_signer_room(site.settings()) if isinstance(one, Problem)]


def test_a_signer_elsewhere_is_none_of_our_business(site: Site) -> None:
    shutil.rmtree(site.folder / "signer")

    assert list(check_signer_room(site.settings())) == []


def test_a_signers_room_that_does_not_open_is_a_warning(site: Site) -> None:
    (site.folder / "signer/unlock.key").write_bytes(b"x" * 31 + b"\xff")

    (problem,) = check_signer_room(site.settings())

    assert isinstance(problem, Problem)
    assert problem.severity is Severity.WARNING
