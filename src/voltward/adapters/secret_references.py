"""Where settings point to instead of holding secrets: `file:PATH`, `env:NAME`, `credential:NAME`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from voltward.adapters.durable_files import is_open_to_others, read_file
from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret

LARGEST_SECRET = 64 * 1024

_KINDS = "file:PATH, env:NAME or credential:NAME"
_CREDENTIAL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


def resolve_reference(reference: str, base: Path, environ: Mapping[str, str]) -> Secret:
    """The octets that a reference points to, untouched. Paths start at `base`, the folder of the settings.

    OperatorFault if it is no reference, points nowhere, or at a file that others may read; OutsideFault if
    the disk fails. `credential:` is a file that systemd hands to the service (LoadCredential=).
    """
    kind, _, name = reference.partition(":")
    if name and kind == "file":
        return _from_file(base / name)
    if name and kind == "env":
        return _from_environment(name, environ)
    if name and kind == "credential":
        return _from_credential(name, environ)
    # The text is not repeated: it may be the secret itself.
    raise OperatorFault("a secret stands in the settings by reference only.", mend=f"Write {_KINDS}.")


def resolve_text(reference: str, base: Path, environ: Mapping[str, str]) -> Secret:
    """As `resolve_reference`, without the line end that editors put behind a password."""
    return Secret(resolve_reference(reference, base, environ).reveal().rstrip(b"\r\n"))


def _from_file(path: Path) -> Secret:
    if is_open_to_others(path):
        raise OperatorFault(
            "holds a secret and is open to others.", mend=f"Close it: chmod 600 {path}", subject=str(path)
        )
    return _whole(read_file(path, LARGEST_SECRET), str(path))


def _from_environment(name: str, environ: Mapping[str, str]) -> Secret:
    value = environ.get(name)
    if value is None:
        raise OperatorFault(
            "is not set in the environment.", mend=f"Set it, or write {_KINDS}.", subject=name
        )
    return _whole(value.encode("utf-8", "surrogateescape"), name)


def _from_credential(name: str, environ: Mapping[str, str]) -> Secret:
    folder = environ.get("CREDENTIALS_DIRECTORY")
    if folder is None:
        raise OperatorFault(
            "there are no credentials of systemd here ($CREDENTIALS_DIRECTORY is not set).",
            mend=f"Add LoadCredential={name}:PATH to the unit, or write {_KINDS}.",
            subject=name,
        )
    if not _CREDENTIAL.fullmatch(name):
        raise OperatorFault(
            "is no name of a credential.", mend="Use the name from LoadCredential=.", subject=name
        )
    # systemd closes this folder to others itself, by an access list that the mode does not show.
    return _whole(read_file(Path(folder, name), LARGEST_SECRET), name)


def _whole(content: bytes, subject: str) -> Secret:
    if not content:
        raise OperatorFault("is empty.", mend="Put the secret into it.", subject=subject)
    return Secret(content)
