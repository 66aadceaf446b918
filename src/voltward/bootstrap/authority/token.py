"""The PKCS #11 token of a deployment, where its settings name one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from voltward.adapters.secret_references import resolve_text
from voltward.bootstrap.environment import environment
from voltward.domain.errors import OperatorFault
from voltward.settings import Settings, SignerSettings

if TYPE_CHECKING:
    from voltward.adapters.pki.signer.token_keys import TokenKeys


def open_signer_token(settings: Settings) -> TokenKeys | None:
    """Open it with its PIN; None where the keys lie in files. Faults say what is missing."""
    return open_token_at(settings.signer, Path(settings.folder)) if settings.signer.pkcs11 else None


def open_token_at(said: SignerSettings, folder: Path) -> TokenKeys:
    """The same by its three settings; the PIN's reference starts at `folder`."""
    try:
        from voltward.adapters.pki.signer.token_keys import TokenPlace, open_token  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise OperatorFault(
            "keys in a token need a library that is not here.", mend="pip install 'voltward[pkcs11]'"
        ) from error
    if not said.pin or not said.token:
        raise OperatorFault(
            "a token needs its label and a reference to its PIN.",
            mend="Set signer.token and signer.pin (as in credential:token-pin).",
        )
    return open_token(TokenPlace(said.pkcs11, said.token, resolve_text(said.pin, folder, environment())))
