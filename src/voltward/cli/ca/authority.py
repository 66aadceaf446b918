"""`voltward ca ...`: whose certificates are believed; our own authorities stand in `own_authority`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from voltward.bootstrap.authority.authority_orders import own_authorities
from voltward.bootstrap.authority.revocation import own_chain
from voltward.bootstrap.deployment import open_deployment
from voltward.bootstrap.gateway.gateway_keys import token_signer
from voltward.cli.ca.authority_lists import ListOptions, list_facts, say_lists
from voltward.cli.ca.commands import ORDERS, READ_ON
from voltward.cli.ca.own_authority_words import own_facts, say_own
from voltward.cli.frame import Options, actor, print_json, print_line, print_table, run
from voltward.cli.reading import certificates_in
from voltward.crypto.reading.certificates import fingerprint
from voltward.domain.authority import Authority, Binding, BindingRule, DeniedCertificate, TrustedFor
from voltward.domain.errors import OperatorFault
from voltward.settings import load_settings
from voltward.usecases.trust.trust_authority import TrustOrder, distrust_authority, trust_authorities
from voltward.usecases.views.queries import list_authorities, list_looks

app = App(
    name="ca",
    help="Authorities: those whose certificates are believed, and our own.",
    help_epilogue=READ_ON,
)
for _order in ORDERS:
    app.command(f"voltward.cli.ca.{_order.place}", name=_order.name, help=_order.help, **_order.more)


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class NameOptions:
    """How an authority's certificates name a station, and whose organisation stands in them."""

    binding: Literal["serial", "identity", "pattern", "fingerprint"] = "serial"
    pattern: str | None = None
    organisation: Annotated[list[str] | None, Parameter(negative=())] = None

    @property
    def rule(self) -> tuple[Binding, tuple[str, ...]]:
        """As an order has them."""
        return Binding(BindingRule(self.binding), self.pattern), tuple(self.organisation or ())


@app.command
def trust(
    file: Path,
    *,
    for_: Annotated[Literal["stations", "manufacturers"], Parameter(name="--for")],
    names: NameOptions = NameOptions(),
    list_: ListOptions = ListOptions(),
    options: Options = Options(),
) -> None:
    """Trust the authorities in a file, by these rules alone; again, to change the rules.

    `--binding` says how their certificates name a station, `--crl` where their list of revoked ones is.
    """
    certificates = certificates_in(file)
    rule = list_.rule(len(certificates))
    orders = [TrustOrder(der, TrustedFor(for_), *names.rule, rule) for der in certificates]

    async def story() -> None:
        settings = load_settings(options.config, options.set)
        if rule is not None and own_chain(settings, fingerprint(certificates[0]).hex()):
            raise OperatorFault(
                "this authority is ours: what it revoked is refused at once, and needs no list.",
                mend="Leave out --crl.",
            )
        async with open_deployment(settings) as deployment:
            trusted = await trust_authorities(deployment.store, orders, actor(), deployment.clock)
        if options.json:
            print_json([_facts(authority) for authority in trusted])
            return
        for authority in trusted:
            print_line(f"trusted for {authority.trusted_for.value}: {authority.name} ({authority.id[:16]})")

    run(story())


@app.command
def distrust(authority: str, *, options: Options = Options()) -> None:
    """Stop trusting an authority, named by the start of its id."""

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            retired = await distrust_authority(deployment.store, authority, actor(), deployment.clock)
        print_json(_facts(retired)) if options.json else print_line(f"not trusted any more: {retired.name}")

    run(story())


@app.command
def show(*, options: Options = Options()) -> None:
    """Our own authorities, those that are trusted with their lists, and the certificates that are denied."""

    async def story() -> None:
        settings = load_settings(options.config, options.set)
        async with open_deployment(settings) as deployment:
            authorities, denied = await list_authorities(deployment.store)
            looks, now = await list_looks(deployment.store), deployment.clock.now()
        own = await own_authorities(settings)
        known = {look.authority: look for look in looks}
        if options.json:
            print_json(
                {
                    "own": [own_facts(one) for one in own.authorities],
                    "signer": own.away,
                    "authorities": [
                        {**_facts(one), "list": list_facts(one, known.get(one.id), now)}
                        for one in authorities
                    ],
                    "denied": [_denied(d) for d in denied],
                }
            )
            return
        say_own(own)
        if not authorities:
            print_line("No authority is trusted yet. `voltward ca trust FILE --for stations` trusts one.")
        else:
            columns = ("id", "trusted for", "binding", "state", "name")
            print_table(columns, (_row(authority) for authority in authorities))
            say_lists(authorities, looks, now)
        for d in denied:
            when = f"{d.denied_at:%Y-%m-%d %H:%M}"
            print_line(f"denied: {d.fingerprint.hex()[:16]}  {when}  {d.station or '-'}  {d.reason}")

    run(story())


@app.command
def jwks(*, options: Options = Options()) -> None:
    """The public key set of the tokens that CSMSs get (`csms.token`), as JSON for them to check with."""

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            signer = token_signer(deployment.room, deployment.entropy)
        print_line(signer.key_set.decode("ascii"))

    run(story())


def _facts(authority: Authority) -> dict[str, object]:
    return {
        "id": authority.id,
        "name": authority.name,
        "trusted_for": authority.trusted_for.value,
        "binding": authority.binding.rule.value,
        "pattern": authority.binding.pattern,
        "organisations": list(authority.organisations),
        "added_at": authority.added_at,
        "retired_at": authority.retired_at,
    }


def _denied(denied: DeniedCertificate) -> dict[str, object]:
    return {
        "fingerprint": denied.fingerprint.hex(),
        "reason": denied.reason,
        "at": denied.denied_at,
        "station": denied.station,
    }


def _row(authority: Authority) -> tuple[str, ...]:
    state = "in force" if authority.retired_at is None else f"retired {authority.retired_at:%Y-%m-%d}"
    rule = authority.binding.pattern or authority.binding.rule.value
    return (authority.id[:16], authority.trusted_for.value, rule, state, authority.name)
