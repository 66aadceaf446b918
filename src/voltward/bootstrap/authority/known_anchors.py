"""The certificates of authorities by which a station's list of what it holds is read."""

from __future__ import annotations

from collections.abc import Sequence

from voltward.adapters.pki.signer.authority_shelf import FOLDER, read_chains
from voltward.bootstrap.authority.our_anchors import our_anchors
from voltward.settings import Settings


def known_anchors(settings: Settings) -> Sequence[bytes]:
    """As DER, each once: those of our authorities, all that stands above them, and the published roots.

    Read from the disk at each call, since authorities come and go. OutsideFault for a file that is damaged.
    """
    folder = settings.path(FOLDER)
    chains = read_chains(folder).values() if folder.is_dir() else ()
    roots = our_anchors(settings, ()).roots
    return tuple(dict.fromkeys([*(der for chain in chains for der in chain), *roots]))
