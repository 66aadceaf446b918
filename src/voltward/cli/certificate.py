"""`voltward cert ...`: certificates of stations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from voltward.bootstrap import open_deployment
from voltward.cli.frame import Options, actor, print_json, print_line, run
from voltward.cli.reading import one_certificate
from voltward.crypto.certificates import fingerprint
from voltward.domain.authority import DeniedCertificate
from voltward.domain.errors import OperatorFault
from voltward.domain.station import StationId
from voltward.ports.storage import Store
from voltward.settings import load_settings
from voltward.usecases.trust_authority import certificates_of, revoke_certificate

app = App(name="cert", help="Certificates of stations.")
app.command(
    "voltward.cli.renewals:renew", name="renew", help="Renew now: stations, --group, or --expiring 60d."
)
app.command(
    "voltward.cli.renewals:list_", name="list", help="Those that were issued: whose, until when, used?"
)
app.command(
    "voltward.cli.renewals:calendar", name="calendar", help="What goes dark when, if nothing is done."
)


@app.command
def revoke(
    *,
    reason: str,
    station: str | None = None,
    fingerprint_: Annotated[str | None, Parameter(name="--fingerprint")] = None,
    file: Path | None = None,
    options: Options = Options(),
) -> None:
    """Deny a certificate for good: by its station, SHA-256 fingerprint, or file. Live links are closed."""
    if sum(given is not None for given in (station, fingerprint_, file)) != 1:
        raise OperatorFault(
            "which certificate?", mend="Give one of --station ID, --fingerprint HEX, --file FILE."
        )

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            if station is not None:
                targets = await _held_by(deployment.store, station)
            else:
                targets = [
                    fingerprint(one_certificate(file)) if file is not None else _octets(fingerprint_ or "")
                ]
            denied = [
                await revoke_certificate(deployment.store, t, reason, actor(), deployment.clock)
                for t in targets
            ]
        _say(denied, options)

    run(story())


async def _held_by(store: Store, station: str) -> list[bytes]:
    held = await certificates_of(store, StationId.read(station))
    if not held:
        raise OperatorFault(
            "this station has no certificate in the registry.",
            mend="Revoke by --file or --fingerprint.",
            subject=station,
        )
    return held


def _say(denied: Sequence[DeniedCertificate], options: Options) -> None:
    if options.json:
        print_json(
            [{"fingerprint": d.fingerprint.hex(), "station": d.station, "reason": d.reason} for d in denied]
        )
        return
    for d in denied:
        owner = d.station or "an unknown station"
        print_line(f"revoked: {d.fingerprint.hex()[:16]} of {owner} ({d.reason})")


def _octets(text: str) -> bytes:
    try:
        octets = bytes.fromhex(text.replace(":", ""))
    except ValueError:
        octets = b""
    if len(octets) != 32:
        raise OperatorFault(f"{text!r} is no SHA-256 fingerprint.", mend="Give 64 hexadecimal digits.")
    return octets
