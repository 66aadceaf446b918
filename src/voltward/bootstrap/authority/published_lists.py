"""What lies in `public/crl/`, or came over from where a root is: read for whoever asks how old it is."""

from __future__ import annotations

from pathlib import Path

from voltward.adapters.durable_files import read_file
from voltward.adapters.pki.signer.authority_shelf import FOLDER, carried_list, read_chains
from voltward.bootstrap.authority.authority_orders import LISTS, own_authorities
from voltward.crypto.reading.certificates import fingerprint
from voltward.crypto.revocation.foreign_lists import list_head
from voltward.domain.revocation_list import ListHead
from voltward.ports.signer import KeyPlace
from voltward.settings import Settings
from voltward.usecases.views.assess_lists import PublishedList

_LARGEST = 64 * 1024 * 1024  # octets: a list of a million revoked certificates


async def published_lists(settings: Settings) -> list[PublishedList]:
    """Of each authority of ours, by name. Where the signer is away, by what lies there alone."""
    public = settings.path(FOLDER)
    if not public.is_dir():
        return []
    told = await own_authorities(settings)
    elsewhere = {one.name for one in told.authorities if one.key_place is KeyPlace.ELSEWHERE}
    return [
        PublishedList(
            name,
            _head(public / LISTS / f"{name}.crl", chain[0]),
            name in elsewhere or carried_list(public, name).exists(),
        )
        for name, chain in sorted(read_chains(public).items())
    ]


def _head(file: Path, authority: bytes) -> ListHead | None:
    """None as well for what is no list: whoever fetches it has none either."""
    if not file.exists():
        return None
    return list_head(read_file(file, _LARGEST), fingerprint(authority).hex())
