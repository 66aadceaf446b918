"""`voltward cert ...`: certificates of stations."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from voltward.bootstrap.authority.revocation import LivingLinks, living_below, living_links, own_chain
from voltward.bootstrap.deployment import Deployment, open_deployment
from voltward.cli.cert.codes import Code
from voltward.cli.frame import Options, actor, print_json, print_line, run
from voltward.cli.reading import one_certificate
from voltward.crypto.reading.certificates import fingerprint
from voltward.domain.authority import Authority
from voltward.domain.errors import OperatorFault
from voltward.domain.station import StationId
from voltward.ports.authority import RevocationReason
from voltward.settings import load_settings
from voltward.usecases.revocation.revoke_authority import revoke_authority
from voltward.usecases.revocation.revoke_certificates import (
    RevocationOrder,
    Revoked,
    certificate_with,
    certificates_of,
    revoke_certificates,
)
from voltward.usecases.trust.trust_authority import authority_named

UNASKED = 1  # live stations that may be cut without a second word: the one that was named

app = App(name="cert", help="Certificates of stations.")
app.command(
    "voltward.cli.cert.renewals:renew", name="renew", help="Renew now: stations, --group, or --expiring 60d."
)
app.command(
    "voltward.cli.cert.renewals:list_", name="list", help="Those that were issued: whose, until when, used?"
)
app.command(
    "voltward.cli.cert.certificate_shown:show",
    name="show",
    help="One by its serial number or SHA-256 fingerprint.",
)
app.command(
    "voltward.cli.cert.renewals:calendar", name="calendar", help="What goes dark when, if nothing is done."
)


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Named:
    """Which certificate: one of these; a serial number together with its authority."""

    station: str | None = None
    fingerprint: str | None = None
    file: Path | None = None
    authority: Annotated[str | None, Parameter(help="By the start of its id; alone, all of it.")] = None
    serial: Annotated[str | None, Parameter(help="Hexadecimal, with --authority.")] = None


@app.command
def revoke(
    *,
    reason: str,
    named: Named = Named(),
    code: Code = "unspecified",
    yes_cut: int = UNASKED,
    options: Options = Options(),
) -> None:
    """Revoke for good: a station's certificates, one by its fingerprint, file or serial, or an authority.

    Live links are closed within a second. `--yes-cut N` lets the order cut up to N live stations.
    """
    given = [named.station, named.fingerprint, named.file, named.authority]
    if sum(one is not None for one in given) != 1 or (named.serial and named.authority is None):
        raise OperatorFault(
            "which certificate?",
            mend="Give one of --station ID, --fingerprint HEX, --file FILE, --authority ID [--serial HEX].",
        )
    order = RevocationOrder(reason, actor(), RevocationReason(code))

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            if named.authority is not None and named.serial is None:
                await _revoke_authority(deployment, named.authority, order, yes_cut, options)
                return
            targets = await _targets(deployment, named)
            cut = await living_links(deployment, targets) if order.cuts else LivingLinks(0)
            _check(cut, yes_cut)
            revoked = await revoke_certificates(deployment.store, targets, order, deployment.clock)
        _say(revoked, order, cut, options)

    run(story())


async def _targets(deployment: Deployment, named: Named) -> list[bytes]:
    if named.station is not None:
        return await certificates_of(deployment.store, StationId.read(named.station))
    if named.authority is not None:
        authority = await _authority(deployment, named.authority)
        return [await certificate_with(deployment.store, authority, _number(named.serial or ""))]
    if named.file is not None:
        return [fingerprint(one_certificate(named.file))]
    return [_octets(named.fingerprint or "")]


async def _revoke_authority(
    deployment: Deployment, named: str, order: RevocationOrder, yes_cut: int, options: Options
) -> None:
    authority = await _authority(deployment, named)
    cut = await living_below(deployment, authority)
    _check(cut, yes_cut)
    chain = own_chain(deployment.settings, authority.id)
    revoked = await revoke_authority(deployment.store, authority.id, chain, order, deployment.clock)
    if options.json:
        print_json({"authority": revoked.id, "name": revoked.name, "cut": cut.number, "exact": cut.exact})
    else:
        print_line(f"revoked: the authority {revoked.name} ({order.words}); {cut.words}")


async def _authority(deployment: Deployment, named: str) -> Authority:
    async with deployment.store.read() as reading:
        return await authority_named(reading, named)


def _check(cut: LivingLinks, allowed: int) -> None:
    if cut.number > allowed:
        raise OperatorFault(
            f"nothing is revoked: this {cut.words}.",
            mend=f"If that is meant: --yes-cut {cut.number}. Let stations renew before, else they go dark.",
        )


def _say(revoked: list[Revoked], order: RevocationOrder, cut: LivingLinks, options: Options) -> None:
    if options.json:
        facts = {"reason": order.words, "code": order.reason.value, "cut": cut.number, "exact": cut.exact}
        print_json([{"fingerprint": r.fingerprint.hex(), "station": r.station, **facts} for r in revoked])
        return
    for one in revoked:
        owner = one.station or "an unknown station"
        print_line(f"revoked: {one.fingerprint.hex()[:16]} of {owner} ({order.words})")
    print_line(f"This {cut.words}.")


def _octets(text: str) -> bytes:
    try:
        octets = bytes.fromhex(text.replace(":", ""))
    except ValueError:
        octets = b""
    if len(octets) != 32:
        raise OperatorFault(f"{text!r} is no SHA-256 fingerprint.", mend="Give 64 hexadecimal digits.")
    return octets


def _number(text: str) -> int:
    try:
        return int(text.replace(":", ""), 16)
    except ValueError as error:
        raise OperatorFault(f"{text!r} is no serial number.", mend="Give hexadecimal digits.") from error
