"""The signer: its room, its ledger, its socket (ruling 33); and how everybody else reaches it."""

from __future__ import annotations

import asyncio
import pwd
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Final

import structlog

from voltward.adapters.heap import spare_the_collector
from voltward.adapters.pki.signer.authority_shelf import (
    FOLDER,
    FindKey,
    ShelvedAuthority,
    read_shelf,
)
from voltward.adapters.pki.signer.ledger import Ledger
from voltward.adapters.pki.signer.signed_orders import SigningTerms
from voltward.adapters.pki.signer.signer_client import SignerClient, in_process, over_socket
from voltward.adapters.pki.signer.signer_server import SignerServer, SignerSocket
from voltward.adapters.pki.signer.signing_desk import DeskParts, SigningDesk
from voltward.adapters.system_clock import SystemClock, SystemEntropy
from voltward.adapters.vault import Room
from voltward.bootstrap.authority.authority_keys import open_keys
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.ports.clock import Clock
from voltward.ports.signer import Signer
from voltward.ports.vault import RoomName
from voltward.settings import Settings

ENDINGS: Final = (signal.SIGTERM, signal.SIGINT)


def serve_signer(settings: Settings) -> None:
    """The signer process on its event loop, until a signal ends it."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # it reads certificates anew by itself
    asyncio.run(run_signer(settings))


async def run_signer(settings: Settings) -> None:
    """Open, listen, sign. OutsideFault where the ledger was cut or changed: it signs nothing then."""
    desk = open_desk(settings)
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    assert task is not None
    for number in ENDINGS:
        loop.add_signal_handler(number, task.cancel)
    spare_the_collector()
    try:
        with suppress(asyncio.CancelledError):
            await SignerServer(desk, socket_place(settings)).run()
    finally:
        desk.close()


def open_desk(settings: Settings, clock: Clock | None = None) -> SigningDesk:
    """The desk on the deployment's own room and ledger. Faults as either has them."""
    entropy = SystemEntropy()
    with ExitStack() as opened:
        keys = opened.enter_context(open_keys(settings))
        shelf = Shelf(settings.path(FOLDER), keys.room, keys.find_key)
        shelf.current()
        ledger = Ledger.open(keys.room.folder, keys.room, entropy)
        terms, closing = signing_terms(settings), opened.pop_all().close
        return SigningDesk(DeskParts(shelf.current, ledger, terms, clock or SystemClock(), entropy, closing))


class Shelf:
    """The authorities, read again when a certificate or a list has come or gone."""

    def __init__(self, public: Path, room: Room, find_key: FindKey) -> None:
        self._public = public
        self._room = room
        self._find_key = find_key
        self._seen: object = None
        self._shelf: Mapping[str, ShelvedAuthority] = {}

    def current(self) -> Mapping[str, ShelvedAuthority]:
        """As the disk has it now. What cannot be read leaves what was, and a line in the log."""
        seen = self._look()
        if seen != self._seen:
            try:
                self._shelf = read_shelf(self._public, self._room, self._find_key)
            except OutsideFault as fault:
                if not self._shelf:
                    raise
                structlog.get_logger().error("authorities_unreadable", reason=str(fault))
            self._seen = seen
        return self._shelf

    def _look(self) -> object:
        try:
            files = sorted([*self._public.glob("*.pem"), *self._public.glob("*.crl")])
            return [(file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in files]
        except OSError:
            return None


def signing_terms(settings: Settings) -> SigningTerms:
    """What the settings say about certificates that we issue."""
    said = settings.certificates
    return SigningTerms(timedelta(seconds=said.lifetime), said.crl_url, said.ocsp_url)


def socket_place(settings: Settings) -> SignerSocket:
    """Where the signer listens, and for whom. OperatorFault for a user that there is not."""
    said = settings.signer
    users = {_number_of(name, "signer.users") for name in said.users}
    readers = {_number_of(name, "signer.readers") for name in said.readers}
    return SignerSocket(settings.path(said.socket), users, readers)


def signer_client(settings: Settings) -> SignerClient:
    """The signer process, asked over its socket."""
    return SignerClient(over_socket(settings.path(settings.signer.socket)))


@asynccontextmanager
async def signer_at_hand(settings: Settings) -> AsyncIterator[Signer]:
    """For commands: the signer that runs, else its room opened here, as far as this user may.

    OutsideFault of the signer where neither is there.
    """
    client = signer_client(settings)
    try:
        await client.authorities()
    except OutsideFault as away:
        try:
            desk = open_desk(settings)
        except (OperatorFault, OutsideFault) as fault:
            if not settings.path(RoomName.SIGNER).is_dir():
                raise away from fault
            raise
        try:
            yield SignerClient(in_process(desk))
        finally:
            desk.close()
    else:
        yield client


def _number_of(name: str, key: str) -> int:
    try:
        return pwd.getpwnam(name).pw_uid
    except KeyError as error:
        raise OperatorFault(
            f"there is no user {name!r} on this machine.", mend="Correct it.", subject=key
        ) from error
