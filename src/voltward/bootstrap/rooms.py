"""Rooms of keys, and secrets, by the references of the settings: what also opens who has no store."""

from __future__ import annotations

from pathlib import Path

from voltward.adapters.secret_references import resolve_reference, resolve_text
from voltward.adapters.system_clock import SystemEntropy
from voltward.adapters.vault import Room
from voltward.bootstrap.environment import environment
from voltward.domain.secret import Secret
from voltward.ports.vault import RoomName
from voltward.settings import Settings


def open_room(settings: Settings, name: RoomName) -> Room:
    """A room of keys, by the reference in `keys`."""
    references = {
        RoomName.GATEWAY: settings.keys.gateway_unlock,
        RoomName.SIGNER: settings.keys.signer_unlock,
    }
    unlock = resolve_reference(references[name], Path(settings.folder), environment())
    return Room.open(settings.path(name), name, unlock, SystemEntropy())


def secret_named(reference: str, base: Path) -> Secret:
    """A secret that an order names; paths start at `base`."""
    return resolve_text(reference, base, environment())


def referenced_secret(settings: Settings, reference: str) -> Secret:
    """A secret that the settings name: a password towards the CSMS."""
    return resolve_text(reference, Path(settings.folder), environment())
