"""Where the private keys of our authorities are: in the signer's room, or in its token."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from voltward.adapters.pki.signer.authority_shelf import FindKey, no_token
from voltward.adapters.vault import Room
from voltward.bootstrap.authority.token import open_signer_token
from voltward.bootstrap.rooms import open_room
from voltward.crypto.issuing.hierarchy import DRAWN
from voltward.crypto.issuing.issuance import IssuingAuthority, certified_key, read_authority
from voltward.crypto.keys import KeySource, PrivateKey, private_key_pem, read_private_key
from voltward.crypto.reading.pem import certificate_pem
from voltward.domain.errors import OutsideFault
from voltward.ports.vault import RoomName
from voltward.settings import Settings

if TYPE_CHECKING:
    from voltward.adapters.pki.signer.token_keys import TokenKeys


@dataclass(frozen=True, slots=True)
class AuthorityKeys:
    """New ones are made where the old ones are."""

    room: Room
    token: TokenKeys | None

    @property
    def source(self) -> KeySource:
        """What makes new ones."""
        return self.token or DRAWN

    @property
    def find_key(self) -> FindKey:
        """What the token has."""
        return self.token.find if self.token is not None else no_token

    def keep(self, name: str, key: PrivateKey) -> None:
        """File it, unless the token has it already."""
        if self.token is None:
            self.room.put(name, private_key_pem(key))

    def authority(self, name: str, certificate: bytes) -> IssuingAuthority:
        """This one (DER) with the key that was kept under its name. OutsideFault where that is not here."""
        if self.token is None:
            return read_authority(certificate_pem(certificate), read_private_key(self.room.get(name)))
        key = self.token.find(certified_key(certificate))
        if key is None:
            raise OutsideFault(
                f"the key of {name} is not in this token.", mend="Plug in the one that made it."
            )
        return read_authority(certificate_pem(certificate), key)


@contextmanager
def open_keys(settings: Settings) -> Iterator[AuthorityKeys]:
    """For as long as the block lasts. A desk that is opened in this process has a session of its own."""
    room = open_room(settings, RoomName.SIGNER)
    token = open_signer_token(settings, room)
    try:
        yield AuthorityKeys(room, token)
    finally:
        if token is not None:
            token.close()
