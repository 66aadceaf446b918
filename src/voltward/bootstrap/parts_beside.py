"""Which processes there should be beside the gateway, by the settings, and how the worker asks those."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from voltward.adapters.pki.signer.authority_shelf import FOLDER
from voltward.domain.part import Part
from voltward.gateway.channel.listener import parse_address
from voltward.ports.signer import Signer
from voltward.settings import Settings
from voltward.worker.look_round import Ask, ask_http


def parts_beside(settings: Settings) -> tuple[Part, ...]:
    """Those that `voltward serve` starts, wherever they run."""
    wanted = {
        Part.WORKER: True,
        Part.SIGNER: any(settings.path(FOLDER).glob("*-ca-*.pem")),  # else it has nothing to sign with
        Part.PUBLISHER: bool(settings.publication.listen),
        Part.ENROLMENT: bool(settings.enrolment.listen),
    }
    return tuple(part for part, is_wanted in wanted.items() if is_wanted)


def asked_by_worker(settings: Settings, signer: Signer) -> Mapping[Part, Ask]:
    """Parts that have no store to leave a sign in."""
    asks: dict[Part, Ask] = {Part.SIGNER: signer.authorities}
    if settings.publication.listen:
        host, port = parse_address(settings.publication.listen, "publication.listen")
        asks[Part.PUBLISHER] = partial(ask_http, host, port)
    return asks
