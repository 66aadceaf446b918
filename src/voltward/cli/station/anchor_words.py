"""What a station holds, in words and as facts: what `station show` and `station anchors` tell of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from voltward.ports.lifecycles import HeldAnchor
from voltward.usecases.trust.anchor_inventory import Inventory


def inventory_facts(inventory: Inventory, names: Mapping[str, str]) -> dict[str, object]:
    """For `--json`; `names`: what certificates are called, by fingerprint."""
    return {
        "read_at": inventory.read_at,
        "problem": inventory.problem,
        "held": [
            {
                "use": held.use,
                "certificate": held.authority or None,
                "subject": names.get(held.authority),
                "algorithm": held.algorithm,
                "issuer_name": held.issuer_name,
                "issuer_key": held.issuer_key,
                "serial": held.serial,
            }
            for held in inventory.held
        ],
    }


def inventory_lines(inventory: Inventory, names: Mapping[str, str]) -> Iterator[str]:
    """In words: each certificate, and how old the news is."""
    if inventory.read_at is None:
        yield f"holds: never told{f' ({inventory.problem})' if inventory.problem else ''}"
        return
    read = f"{inventory.read_at:%Y-%m-%d %H:%M}"
    for held in inventory.held:
        yield f"holds: {held.use}: {held_words(held, names)} (read {read})"
    if not inventory.held:
        yield f"holds: no certificate (read {read})"
    if inventory.problem:
        yield f"holds: asked again since, and not told ({inventory.problem})"


def held_words(held: HeldAnchor, names: Mapping[str, str]) -> str:
    """What it is called, else its serial number."""
    return names.get(held.authority) or f"a certificate that is unknown here, serial {held.serial}"
