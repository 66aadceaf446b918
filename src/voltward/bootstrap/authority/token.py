"""The PKCS #11 token of a deployment, where its settings name one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from voltward.adapters.secret_references import resolve_text
from voltward.bootstrap.environment import environment
from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret
from voltward.ports.vault import KeyRoom, RoomName
from voltward.settings import Settings, SignerSettings

if TYPE_CHECKING:
    from voltward.adapters.pki.signer.token_keys import TokenKeys, TokenPlace

REFUSED: Final = "refused-pin"  # in the signer's room


def open_signer_token(settings: Settings, room: KeyRoom) -> TokenKeys | None:
    """Open it with its PIN; None where the keys lie in files. Faults say what is missing.

    A signer that ends is started again, and every order opens the token by itself; but tokens lock after
    a few wrong PINs. So one that was refused is kept in the signer's `room`, and not shown to it again.
    """
    if not settings.signer.pkcs11:
        return None
    place = _place(settings.signer, Path(settings.folder))
    shown = Secret(place.label.encode() + b"\0" + place.pin.reveal())
    if REFUSED in room.names() and room.get(REFUSED) == shown:
        file = settings.path(RoomName.SIGNER) / f"{REFUSED}.sealed"
        raise OperatorFault(
            f"the token {place.label!r} has refused this PIN, and is not asked again: most lock after a few.",
            mend=f"Check signer.pin. If the token would take it by now, remove {file}.",
            subject=place.module,
        )
    from voltward.adapters.pki.signer.token_keys import PinRefused, open_token  # noqa: PLC0415 - an extra

    try:
        return open_token(place)
    except PinRefused:
        room.put(REFUSED, shown)
        raise


def open_token_at(said: SignerSettings, folder: Path) -> TokenKeys:
    """The same by its settings, where there is no room yet; the PIN's reference starts at `folder`."""
    place = _place(said, folder)
    from voltward.adapters.pki.signer.token_keys import open_token  # noqa: PLC0415 - an extra

    return open_token(place)


def _place(said: SignerSettings, folder: Path) -> TokenPlace:
    try:
        from voltward.adapters.pki.signer.token_keys import TokenPlace  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise OperatorFault(
            "keys in a token need a library that is not here.", mend="pip install 'voltward[pkcs11]'"
        ) from error
    if not said.pin or not said.token:
        raise OperatorFault(
            "a token needs its label and a reference to its PIN.",
            mend="Set signer.token and signer.pin (as in credential:token-pin).",
        )
    return TokenPlace(said.pkcs11, said.token, resolve_text(said.pin, folder, environment()))
