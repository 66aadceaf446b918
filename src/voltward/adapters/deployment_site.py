"""The folder of a deployment while it comes into being: built aside, moved in when it is whole."""

from __future__ import annotations

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
        with made_aside(folder, entropy) as making:
            yield FolderSite(making, entropy, cost)

    return build


@contextmanager
def made_aside(folder: Path, entropy: TokenSource) -> Iterator[Path]:
    """A folder that becomes `folder` at the end of the block; an error within leaves nothing behind.

    OperatorFault if there is something in `folder`.
    """
    folder = folder.absolute()
    existed = _is_there(folder)
    # Within a folder that exists: it may be a mount of its own, or where somebody's shell stands.
    making = (folder if existed else folder.parent) / f".voltward-{entropy.token(4).hex()}"
    with disk(folder, "cannot be made"):
        making.parent.mkdir(parents=True, exist_ok=True)
    make_folder(making, 0o755)
    try:
        yield making
        _move_in(making, folder, existed=existed)
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise


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
