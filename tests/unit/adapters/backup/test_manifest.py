from __future__ import annotations

from dataclasses import dataclass

import msgspec
import pytest

from tests.fakes.clock import NOON
from voltward.adapters.backup.manifest import (
    FORMAT,
    STORE,
    Entry,
    Manifest,
    is_signed,
    manifest_octets,
    read_manifest,
    sign_manifest,
)
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.secret import Secret

SEED = Secret(b"s" * 32)


@dataclass(frozen=True, slots=True)
class Doctored:
    paths: tuple[str, ...] = (STORE, "deployment/voltward.toml")
    settings: str = "voltward.toml"
    heads: str = "journal-heads"

    def manifest(self) -> Manifest:
        entries = tuple(Entry(path, 3, "00" * 32, private=True) for path in self.paths)
        return Manifest(FORMAT, "1.0", NOON, self.settings, self.heads, entries, ("a key",))


def test_it_is_read_as_it_was_written() -> None:
    manifest = Doctored().manifest()

    assert read_manifest(manifest_octets(manifest)) == manifest


@pytest.mark.parametrize(
    "doctored",
    [
        Doctored(paths=("deployment/../voltward.toml",)),
        Doctored(paths=("deployment//etc/passwd",)),
        Doctored(paths=("/etc/passwd",)),
        Doctored(paths=("deployment/a/./b",)),
        Doctored(paths=("deployment/",)),
        Doctored(paths=("deployment/a\nb",)),
        Doctored(paths=("elsewhere/a",)),
        Doctored(paths=(STORE, STORE)),
        Doctored(settings="../voltward.toml"),
        Doctored(heads="/var/heads"),
    ],
)
def test_nothing_in_it_leads_out_of_the_folder(doctored: Doctored) -> None:
    with pytest.raises(OutsideFault, match="cannot be read"):
        read_manifest(manifest_octets(doctored.manifest()))


def test_one_of_a_later_form_is_told_from_a_damaged_one() -> None:
    with pytest.raises(OperatorFault, match="has form 2"):
        read_manifest(msgspec.json.encode({"format": FORMAT + 1, "more": True}))
    nested = b'{"format":' + b"[" * 100_000
    without_zone = manifest_octets(Doctored().manifest()).replace(b'Z"', b'"')
    with_more = msgspec.json.encode({"format": FORMAT, "more": True})
    for octets in (b"", b"{}", b"[1]", b"\xff", with_more, nested, without_zone):
        with pytest.raises(OutsideFault):
            read_manifest(octets)


def test_whoever_has_the_journals_key_has_signed_it_and_nobody_else() -> None:
    octets = manifest_octets(Doctored().manifest())
    signature = sign_manifest(octets, SEED)

    assert is_signed(octets, signature, SEED)
    assert not is_signed(octets + b" ", signature, SEED)
    assert not is_signed(octets, signature, Secret(b"t" * 32))
    assert not is_signed(octets, b"", SEED)
