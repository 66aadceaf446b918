"""The folder of a deployment while it comes into being: built aside, moved in when it is whole.

It is built under a name that follows from its own, and locked meanwhile: so whoever is killed leaves what the
next one knows as a leftover of the same deployment, and what is being built by somebody else is left alone.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from voltward.adapters.durable_files import disk, flush_folder, make_folder, write_file
from voltward.adapters.vault import Room
from voltward.crypto.chance import TokenSource
from voltward.crypto.passwords.argon2id import RFC_9106_LOW_MEMORY, Argon2Cost
from voltward.domain.errors import OperatorFault
from voltward.ports.vault import Unlock


class FolderSite:
    """Implements the port DeploymentSite in a folder that nobody knows yet."""

    def __init__(self, folder: Path, entropy: TokenSource, cost: Argon2Cost) -> None:
        self._folder = folder
        self._entropy = entropy
        self._cost = cost

    def room(self, name: str, unlock: Unlock) -> Room:
        return Room.create(self._folder / name, name, unlock, self._entropy, self._cost)

    def write(self, path: str, content: bytes, *, private: bool = False) -> None:
        file = self._folder / path
        if not file.parent.is_dir():
            make_folder(file.parent, 0o755)
        write_file(file, content, 0o600 if private else 0o644)


def deployment_sites(
    entropy: TokenSource, cost: Argon2Cost = RFC_9106_LOW_MEMORY
) -> Callable[[Path], AbstractContextManager[FolderSite]]:
    """The port BuildSite."""

    @contextmanager
    def build(folder: Path) -> Iterator[FolderSite]:
        with made_aside(folder) as making:
            yield FolderSite(making, entropy, cost)

    return build


def clear_unfinished(folder: Path) -> tuple[str, ...]:
    """Take away what somebody who was killed has left of this deployment; a sentence for each such thing.

    OperatorFault while somebody is at it.
    """
    said: list[str] = []
    for left in _asides(folder.absolute()):
        if not left.is_dir() or left.is_symlink():
            continue
        handle = _locked(left)
        try:
            with disk(left, "cannot be cleared"):
                shutil.rmtree(left)
        finally:
            os.close(handle)
        said.append(
            f"{left} was left by somebody who was killed while making this deployment: it is cleared."
        )
    return tuple(said)


@contextmanager
def made_aside(folder: Path) -> Iterator[Path]:
    """A folder that becomes `folder` at the end of the block; an error within leaves nothing behind.

    OperatorFault if there is something in `folder`.
    """
    folder = folder.absolute()
    existed = _is_there(folder)
    within, beside = _asides(folder)
    making = within if existed else beside
    with disk(folder, "cannot be made"):
        making.parent.mkdir(parents=True, exist_ok=True)
    make_folder(making, 0o755)
    handle = _locked(making)
    try:
        yield making
        _move_in(making, folder, existed=existed)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    finally:
        os.close(handle)


def _asides(folder: Path) -> tuple[Path, Path]:
    """Within a folder that exists: it may be a mount, or where somebody's shell stands. Else beside it."""
    return folder / ".voltward-new", folder.parent / f".{folder.name}.voltward-new"


def _locked(making: Path) -> int:
    """The folder's handle, which keeps others away until it is closed, or its process is no more."""
    with disk(making, "cannot be opened"):
        handle = os.open(making, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise OperatorFault(
            "somebody is making this deployment now.", mend="Wait for that, or end it.", subject=str(making)
        ) from error
    return handle


def _is_there(folder: Path) -> bool:
    with disk(folder, "cannot be looked into"):
        if not folder.exists() and not folder.is_symlink():
            return False
        if not folder.is_dir() or any(folder.iterdir()):
            raise OperatorFault(
                "is there already and is not an empty folder.",
                mend="Name a new folder; nothing in this one was touched.",
                subject=str(folder),
            )
    return True


def _move_in(making: Path, folder: Path, *, existed: bool) -> None:
    with disk(folder, "cannot be moved into its place"):
        if not existed:
            making.rename(folder)
            flush_folder(folder.parent)
            return
        moved: list[Path] = []
        try:
            # Folders before files: the settings file comes last, so where it stands, all of it stands.
            parts = sorted(making.iterdir(), key=lambda path: (path.is_file(), path.name))
            for part in parts:
                part.rename(folder / part.name)
                moved.append(folder / part.name)
            making.rmdir()
        except BaseException:
            for part in moved:
                part.rename(making / part.name)
            raise
        folder.chmod(0o755)
        flush_folder(folder)
