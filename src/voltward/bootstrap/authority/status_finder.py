"""Who finds out for stations whether a certificate was revoked, by `certificates.status_hosts`."""

from __future__ import annotations

from voltward.adapters.careful_http import Allowed, CarefulHttp
from voltward.adapters.status_finder import FetchedStatus
from voltward.gateway.channel.listener import parse_networks
from voltward.ports.certificate_status import StatusFinder
from voltward.ports.clock import Clock
from voltward.settings import Settings


def status_finder(settings: Settings, clock: Clock) -> StatusFinder:
    """Only listed hosts are asked; without any, every question has failed. OperatorFault for no network."""
    said = settings.certificates
    networks = parse_networks(said.status_networks, "certificates.status_networks")
    return FetchedStatus(CarefulHttp(Allowed(tuple(said.status_hosts), networks)), clock)
