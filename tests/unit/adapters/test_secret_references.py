from __future__ import annotations

from pathlib import Path

import pytest

from voltward.adapters.secret_references import LARGEST_SECRET, resolve_reference, resolve_text
from voltward.domain.errors import OperatorFault, OutsideFault


def secret_file(folder: Path, content: bytes, mode: int = 0o600) -> Path:
    file = folder / "secret"
    file.write_bytes(content)
    file.chmod(mode)
    return file


def test_a_file_is_found_from_the_folder_of_the_settings(tmp_path: Path) -> None:
    secret_file(tmp_path, b"\x00secret\n")
    assert resolve_reference("file:secret", tmp_path, {}).reveal() == b"\x00secret\n"
    assert resolve_reference(f"file:{tmp_path}/secret", Path("/nowhere"), {}).reveal() == b"\x00secret\n"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_a_file_that_others_may_read_is_refused_with_the_mend(tmp_path: Path, mode: int) -> None:
    file = secret_file(tmp_path, b"secret", mode)
    with pytest.raises(OperatorFault) as caught:
        resolve_reference("file:secret", tmp_path, {})
    assert f"chmod 600 {file}" in caught.value.mend
    assert caught.value.subject == str(file)


def test_a_missing_or_oversize_file_is_a_fault_of_the_outside(tmp_path: Path) -> None:
    with pytest.raises(OutsideFault, match="secret"):
        resolve_reference("file:secret", tmp_path, {})
    secret_file(tmp_path, b"x" * (LARGEST_SECRET + 1))
    with pytest.raises(OutsideFault):
        resolve_reference("file:secret", tmp_path, {})


def test_the_environment_is_the_one_that_is_handed_in(tmp_path: Path) -> None:
    assert resolve_reference("env:UNLOCK", tmp_path, {"UNLOCK": "sécret"}).reveal() == "sécret".encode()
    with pytest.raises(OperatorFault) as caught:
        resolve_reference("env:PATH", tmp_path, {})
    assert caught.value.subject == "PATH"


def test_a_credential_of_systemd_is_found_in_its_folder(tmp_path: Path) -> None:
    secret_file(tmp_path, b"secret", 0o440)  # systemd guards it by an access list
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert resolve_reference("credential:secret", Path("/nowhere"), environ).reveal() == b"secret"


def test_a_credential_without_systemd_is_explained(tmp_path: Path) -> None:
    with pytest.raises(OperatorFault) as caught:
        resolve_reference("credential:unlock", tmp_path, {})
    assert "LoadCredential=unlock" in caught.value.mend


@pytest.mark.parametrize("name", ["../secret", "a/b", ".hidden", "a b"])
def test_a_credential_cannot_leave_its_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(OperatorFault, match="no name of a credential"):
        resolve_reference(f"credential:{name}", tmp_path, {"CREDENTIALS_DIRECTORY": str(tmp_path)})


@pytest.mark.parametrize("text", ["hunter2", "", "file:", "env:", "plain:hunter2", ":hunter2", "FILE:x"])
def test_what_is_no_reference_is_refused_and_not_repeated(tmp_path: Path, text: str) -> None:
    with pytest.raises(OperatorFault) as caught:
        resolve_reference(text, tmp_path, {"": "x"})
    assert "hunter2" not in str(caught.value)
    assert "credential:NAME" in caught.value.mend


@pytest.mark.parametrize("reference", ["file:secret", "env:EMPTY"])
def test_an_empty_secret_is_refused(tmp_path: Path, reference: str) -> None:
    secret_file(tmp_path, b"")
    with pytest.raises(OperatorFault, match="is empty"):
        resolve_reference(reference, tmp_path, {"EMPTY": ""})


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
def test_a_text_loses_the_line_end_of_its_editor(tmp_path: Path, ending: bytes) -> None:
    secret_file(tmp_path, b" pass word " + ending)
    assert resolve_text("file:secret", tmp_path, {}).reveal() == b" pass word "
