"""Our own authorities, as people and programs are told of them."""

from __future__ import annotations

from voltward.bootstrap.authority.authority_orders import OwnAuthorities
from voltward.cli.frame import print_line, print_table
from voltward.crypto.reading.certificates import read_certificate
from voltward.ports.signer import KeyPlace, SignerAuthority

_PLACES = {
    KeyPlace.ROOM: "file, sealed",
    KeyPlace.TOKEN: "token",
    KeyPlace.ELSEWHERE: "elsewhere",
}


def own_facts(one: SignerAuthority) -> dict[str, object]:
    """As JSON tells it."""
    seen = read_certificate(one.chain[0])
    return {
        "name": one.name,
        "id": one.id,
        "subject": seen.subject,
        "key": one.key_place.value,
        "state": one.state.value,
        "not_before": seen.not_before,
        "not_after": seen.not_after,
        "issued": one.issued,
        "revoked": one.revoked,
    }


def say_own(own: OwnAuthorities) -> None:
    """A table, or why there is none."""
    if own.away:
        print_line(f"Our own authorities: the signer says nothing ({own.away})")
        return
    columns = ("our own", "state", "key", "until", "issued", "revoked", "id")
    print_table(columns, (_row(one) for one in own.authorities))


def _row(one: SignerAuthority) -> tuple[str, ...]:
    until = read_certificate(one.chain[0]).not_after
    return (
        one.name,
        one.state.value,
        _PLACES[one.key_place],
        f"{until:%Y-%m-%d}",
        str(one.issued),
        str(one.revoked),
        one.id[:16],
    )
