"""The rooms of keys: does what `serve` needs open, and do keys lie here that should lie elsewhere?"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from voltward.adapters.pki.signer.authority_shelf import FOLDER, no_token, read_shelf
from voltward.adapters.vault import Room
from voltward.bootstrap.authority.token import open_signer_token
from voltward.bootstrap.rooms import open_room
from voltward.bootstrap.soundness.remarks import Note, Problem, Remark, Severity, from_fault, guarded
from voltward.crypto.issuing.hierarchy import Role
from voltward.domain.errors import VoltwardError
from voltward.ports.vault import MADE_WHEN_NEEDED, GatewayKey, RoomName
from voltward.settings import Settings

ISSUING: Final = (Role.CSMS, Role.STATIONS)


def check_gateway_room(room: Room) -> Iterator[Remark]:
    """Each key that the gateway needs opens."""
    for key in sorted(set(GatewayKey) - (MADE_WHEN_NEEDED - set(room.names()))):
        try:
            room.get(key)
        except VoltwardError as fault:
            yield from_fault(fault)


def _check_keys(settings: Settings, room: Room) -> Iterator[Remark]:
    """Of each kind of issuing CA one has its key at hand, or nobody signs."""
    token = open_signer_token(settings, room)
    try:
        shelf = read_shelf(settings.path(FOLDER), room, token.find if token is not None else no_token)
    finally:
        if token is not None:
            token.close()
    if token is not None:
        yield Note(f"the authorities' keys are in the token {settings.signer.token!r}.")
    signing = {_kind(name) for name, one in shelf.items() if one.key is not None}
    for kind in sorted({_kind(name) for name in shelf if name.startswith(ISSUING)} - signing):
        yield Problem(
            f"the key of {kind} is not here: nothing is issued by it.",
            f"Name the token that has it (signer.token), or bring {room.folder} back from the backup; "
            f"where it is lost: voltward ca replace {kind}.",
        )


def _kind(name: str) -> str:
    """Without its generation."""
    return name.partition(".")[0]


def check_signer_room(settings: Settings) -> Iterator[Remark]:
    """The signer's room need not be here, nor open to this user; where it is, its root keys are told of."""
    folder = settings.path(RoomName.SIGNER)
    if not folder.is_dir():
        return
    if not os.access(folder, os.R_OK | os.X_OK):
        yield Note(f"{folder} is not open to this user: right, where the signer has a user of its own.")
        return
    try:
        room = open_room(settings, RoomName.SIGNER)
        names = room.names()
    except VoltwardError as fault:
        yield replace(from_fault(fault), severity=Severity.WARNING)
        return
    yield from guarded(lambda: _check_keys(settings, room))
    roots = [name for name in names if name.startswith("root-")]
    if roots:
        yield Note(
            f"the root keys ({', '.join(roots)}) lie on this machine: fine for a trial, too close to the net "
            "for a fleet. Keep their files, and a copy, where no network reaches; or begin with "
            "`voltward init --sub-ca-csr` below `voltward ca root --offline`, or a corporate PKI."
        )
