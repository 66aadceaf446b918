"""The archive itself: written in one go, read in one go, every octet held against the manifest."""

from __future__ import annotations

import hashlib
import os
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import IO, Final, Protocol

from voltward.adapters.backup.manifest import LARGEST, Entry, Manifest, manifest_octets, read_manifest
from voltward.adapters.durable_files import disk
from voltward.domain.errors import OutsideFault

_MANIFEST: Final = "manifest.json"
_SIGNATURE: Final = "manifest.sig"
_PIECE: Final = 1024 * 1024


class Sink(Protocol):
    """A file, or something that seals on the way into one."""

    def write(self, octets: bytes, /) -> int: ...


class Stream(Protocol):
    """A file, or something that opens what was sealed in one."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Source:
    """A file that goes in. Small ones are read at once, so that they match their digest."""

    path: str  # in the archive
    content: bytes | Path
    private: bool

    def entry(self) -> Entry:
        """What the manifest says of it."""
        if isinstance(self.content, bytes):
            return Entry(self.path, len(self.content), hashlib.sha256(self.content).hexdigest(), self.private)
        with disk(self.content, "cannot be read"), self.content.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return Entry(self.path, os.fstat(file.fileno()).st_size, digest, self.private)


def write_archive(
    sink: Sink, manifest: Manifest, sign: Callable[[bytes], bytes], sources: Sequence[Source]
) -> None:
    """The manifest first, so that whoever reads knows what comes. OutsideFault as the disk tells."""
    octets = manifest_octets(manifest)
    with tarfile.open(fileobj=sink, mode="w|") as archive:  # type: ignore[call-overload]
        _add(archive, _MANIFEST, octets, manifest.made_at)
        _add(archive, _SIGNATURE, sign(octets), manifest.made_at)
        for source in sources:
            _add(archive, source.path, source.content, manifest.made_at)


@dataclass(frozen=True, slots=True)
class Opening:
    """What stands at the beginning; the signature is for whoever has the key."""

    manifest: Manifest
    octets: bytes
    signature: bytes


class ArchiveReader:
    """Made by `open_archive`; `opening` first, then `unpack`."""

    def __init__(self, archive: tarfile.TarFile, subject: str) -> None:
        self._archive = archive
        self._subject = subject

    def opening(self) -> Opening:
        """OutsideFault for what is no backup."""
        octets, signature = self._small(_MANIFEST), self._small(_SIGNATURE)
        return Opening(read_manifest(octets), octets, signature)

    def unpack(self, manifest: Manifest, place: Callable[[Entry], Path]) -> None:
        """Every file to its place, in folders that are there. OutsideFault for the first that is wrong."""
        for entry in manifest.entries:
            member = self._next(entry.path)
            if member.size != entry.octets:
                raise self._broken(f"{entry.path} has not the size that the manifest says")
            source = self._archive.extractfile(member)
            assert source is not None
            target = place(entry)
            with disk(target, "cannot be written"):
                digest = _pour(source, target, 0o600 if entry.private else 0o644)
            if digest != entry.sha256:
                raise self._broken(f"{entry.path} is not what the manifest says")

    def _small(self, name: str) -> bytes:
        member = self._next(name)
        source = self._archive.extractfile(member)
        if source is None or member.size > LARGEST:
            raise self._broken(f"{name} is too large")
        return source.read()

    def _next(self, name: str) -> tarfile.TarInfo:
        member = self._archive.next()
        if member is None or member.name != name or not member.isreg():
            raise self._broken(f"{name} is missing")
        if member.issparse():  # we write none; a few octets of it would fill a disk with zeros
            raise self._broken(f"{name} has holes in it")
        return member

    def _broken(self, how: str) -> OutsideFault:
        return OutsideFault(f"the backup is damaged: {how}.", mend="Take another one.", subject=self._subject)


@contextmanager
def open_archive(stream: Stream, subject: str) -> Iterator[ArchiveReader]:
    """OutsideFault for what is no archive, or breaks off."""
    try:
        with tarfile.open(fileobj=stream, mode="r|") as archive:  # type: ignore[call-overload]
            yield ArchiveReader(archive, subject)
    except (tarfile.TarError, EOFError) as error:
        raise OutsideFault(
            "this is no backup of Voltward's, or a damaged one.", mend="Take another one.", subject=subject
        ) from error


def _add(archive: tarfile.TarFile, name: str, content: bytes | Path, at: datetime) -> None:
    member = tarfile.TarInfo(name)
    member.mode, member.mtime = 0o600, int(at.timestamp())
    if isinstance(content, bytes):
        member.size = len(content)
        archive.addfile(member, BytesIO(content))
        return
    with disk(content, "cannot be read"), content.open("rb") as file:
        member.size = os.fstat(file.fileno()).st_size
        archive.addfile(member, file)


def _pour(source: IO[bytes], target: Path, mode: int) -> str:
    digest = hashlib.sha256()
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    with os.fdopen(handle, "wb") as file:
        os.fchmod(handle, mode)
        while piece := source.read(_PIECE):
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(handle)
    return digest.hexdigest()
