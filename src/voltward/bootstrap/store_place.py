"""Where the store is, by the settings, and what is needed to open it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from voltward.adapters.secret_references import resolve_text
from voltward.adapters.sql.engines.access import StoreAccess, StoreTls
from voltward.adapters.sql.engines.postgres_place import names_postgres, postgres_place
from voltward.bootstrap.environment import environment
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.settings import Settings, StoreSettings

SQLITE: Final = "sqlite:///"
LARGEST_BUNDLE: Final = 1024 * 1024  # octets of authorities


def store_url(settings: Settings) -> str:
    """The URL of the store; a relative SQLite path starts at the folder of the settings.

    OperatorFault for a URL that names neither a file nor a database of PostgreSQL, or holds a password.
    """
    url = settings.store.url
    if names_postgres(url):
        postgres_place(url)
        return url
    if not url.startswith(SQLITE):
        raise OperatorFault(
            f"it begins with {url.partition(':')[0]!r} and names no store.",
            mend="Write sqlite:///FILE, or postgresql://USER@HOST/DATABASE.",
            subject="store.url",
        )
    return SQLITE + str(settings.path(url.removeprefix(SQLITE)).absolute())


def store_file(settings: Settings) -> Path | None:
    """The file of the store; None: a server keeps it. OperatorFault as `store_url` tells."""
    url = store_url(settings)
    return Path(url.removeprefix(SQLITE)) if url.startswith(SQLITE) else None


def store_access(settings: Settings) -> StoreAccess:
    """How to get at a server: password, TLS, authorities. Nothing is read where the store is a file.

    OperatorFault for a reference that leads nowhere, OutsideFault if the authorities cannot be read.
    """
    store = settings.store
    if not names_postgres(store.url):
        return StoreAccess()
    password = resolve_text(store.password, Path(settings.folder), environment()) if store.password else None
    return StoreAccess(password, StoreTls(store.tls), _authorities(settings, store))


def _authorities(settings: Settings, store: StoreSettings) -> str | None:
    if not store.ca:
        return None
    path = settings.path(store.ca)
    try:
        with path.open(encoding="ascii") as file:
            return file.read(LARGEST_BUNDLE)
    except (OSError, UnicodeDecodeError) as error:
        raise OutsideFault(
            f"the authorities for the store's server cannot be read: {error}.",
            mend="Check store.ca.",
            subject=str(path),
        ) from error
