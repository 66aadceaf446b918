from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from tests.unit.simulator.certificate_play import Play, certify, stranger
from tests.unit.simulator.station_play import T0
from voltward.domain.errors import OutsideFault
from voltward.domain.secret import Secret
from voltward.simulator.certificates import KeyKind
from voltward.simulator.memory.memory_file import MemoryFile
from voltward.simulator.memory.station_memory import StationMemory
from voltward.simulator.memory.trust_store import Anchor
from voltward.simulator.memory.uses import AnchorUse
from voltward.simulator.station import StationModel


@pytest.fixture
def file(tmp_path: Path) -> MemoryFile:
    return MemoryFile.of(tmp_path / "new", "A/../B")


def test_what_is_written_is_read_again(file: MemoryFile) -> None:
    play = Play.begin("ocpp2.1")
    play.deliver(certify(play.request()))
    play.connect(T0)
    play.request()
    memory = play.model.memory
    memory.password, memory.key_kind, memory.hash_algorithm = Secret(b"a password"), KeyKind.RSA, "SHA512"
    memory.trust.anchors.append(Anchor(AnchorUse.MO, stranger().certificate, is_fallback=True))
    assert file.read() is None
    file.write(memory)
    read = file.read()

    assert read is not None
    assert read.trust == memory.trust
    assert (read.settings, read.password, read.key_kind) == (memory.settings, memory.password, KeyKind.RSA)
    assert [one.issued.chain_pem for one in read.keys.held] == [
        one.issued.chain_pem for one in memory.keys.held
    ]
    assert read.keys.in_use is read.keys.held[0]
    assert [one.number for one in read.keys.pending] == [2]
    assert read.requests == 2


def test_a_station_goes_on_where_it_was(file: MemoryFile) -> None:
    play = Play.begin("ocpp2.1")
    request = play.request()
    file.write(play.model.memory)
    play.model = StationModel("CP-1", "ocpp2.1", "SN-1", memory=file.read())
    play.connect(T0)

    assert (play.deliver(certify(request))[0].payload or {})["status"] == "Accepted"


def test_the_file_is_for_its_owner_alone_and_in_its_folder(file: MemoryFile, tmp_path: Path) -> None:
    file.write(StationMemory())

    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["A%2F..%2FB.json"]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"settings": {}, "password": 1, "in_use": null}'])
def test_a_damaged_memory_is_named(file: MemoryFile, content: str) -> None:
    file.path.parent.mkdir()
    file.path.write_text(content)

    with pytest.raises(OutsideFault, match="cannot be read") as fault:
        file.read()
    assert fault.value.subject == str(file.path)


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")

    with pytest.raises(OutsideFault, match="cannot be written"):
        MemoryFile.of(tmp_path / "taken", "CP-1").write(StationMemory())


def test_a_key_in_a_token_needs_the_token(file: MemoryFile) -> None:
    file.write(Play.begin("ocpp2.1").model.memory)
    document = json.loads(file.path.read_text())
    document["held"][0]["key"] = "in the token: key-1"
    file.path.write_text(json.dumps(document))

    with pytest.raises(OutsideFault, match="lies in a token"):
        file.read()
