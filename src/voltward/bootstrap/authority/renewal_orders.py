"""What commands about certificates need of the settings: how renewals go, and our own server certificates."""

from __future__ import annotations

from collections.abc import Mapping

from voltward.adapters.pki.signer.authority_shelf import FOLDER, own_stations_authorities, read_chains
from voltward.crypto.reading.certificates import fingerprint
from voltward.crypto.reading.pem import certificate_pem
from voltward.settings import Settings
from voltward.usecases.fleet.enroll_station import Issuing
from voltward.usecases.lifecycles.start_renewal import RenewalPlan


def renewal_plan(settings: Settings) -> RenewalPlan:
    """How the deployment renews."""
    return RenewalPlan(settings.operator.name, settings.certificates.renewal.terms())


def own_certificates(settings: Settings) -> Mapping[str, bytes]:
    """Our authorities and what the listeners show, as PEM by name; those that are not there are left out."""
    names = {
        *settings.gateway.chains,
        *(n for chains in settings.gateway.host_chains.values() for n in chains),
    }
    folder = settings.path(FOLDER)
    chains = read_chains(folder) if folder.is_dir() else {}
    found = {f"authority {name}": certificate_pem(chain[0]) for name, chain in chains.items()}
    for name in sorted(names):
        file = settings.path("gateway") / f"{name}.pem"
        if file.is_file():
            found[f"server certificate {name}"] = file.read_bytes()
    return found


def issuing(settings: Settings) -> Issuing | None:
    """How stations get their first certificate from us; None where no authority of ours signs for them."""
    own = own_stations_authorities(settings.path(FOLDER))
    if not own:
        return None
    return Issuing(renewal_plan(settings), frozenset(fingerprint(der).hex() for der in own))
