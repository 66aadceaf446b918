"""Keys of the gateway's room that not every deployment needs; an older one gets them at the first use."""

from __future__ import annotations

from voltward.crypto.passwords.csms_passwords import CsmsPasswordBox
from voltward.crypto.tokens.station_tokens import TokenSigner
from voltward.domain.secret import Secret
from voltward.ports.clock import Entropy
from voltward.ports.vault import GatewayKey, KeyRoom

_OCTETS = 32


def csms_password_box(room: KeyRoom, entropy: Entropy) -> CsmsPasswordBox:
    """What seals and opens the passwords that stations have at their CSMS."""
    return CsmsPasswordBox(_key(room, GatewayKey.CSMS_PASSWORDS, entropy))


def token_signer(room: KeyRoom, entropy: Entropy) -> TokenSigner:
    """What signs the tokens for CSMSs."""
    return TokenSigner(_key(room, GatewayKey.CSMS_TOKEN, entropy))


def _key(room: KeyRoom, name: GatewayKey, entropy: Entropy) -> Secret:
    """The key, made at the first use where `init` has not; nothing can be sealed under it before that."""
    if name not in room.names():
        room.put(name, Secret(entropy.token(_OCTETS)))
    return room.get(name)
