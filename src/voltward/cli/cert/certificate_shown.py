"""`voltward cert show`: all that is known of one certificate."""

from __future__ import annotations

from voltward.bootstrap.deployment import open_deployment
from voltward.cli.cert.renewals import certificate_facts
from voltward.cli.frame import Options, print_facts, print_json, run
from voltward.cli.words import credential_words
from voltward.settings import load_settings
from voltward.usecases.views.show_certificate import CertificateShown, show_certificate


def show(certificate: str, /, *, options: Options = Options()) -> None:
    """One certificate, by its serial number or its SHA-256 fingerprint: whose, until when, what it opens."""

    async def story() -> None:
        async with open_deployment(load_settings(options.config, options.set)) as deployment:
            found = await show_certificate(deployment.store, certificate, deployment.clock.now())
        if options.json:
            print_json([_facts(each) for each in found])
            return
        for each in found:
            told = {name: value for name, value in _facts(each).items() if value not in (None, [])}
            print_facts({**told, "credentials": "; ".join(map(credential_words, each.credentials)) or "none"})

    run(story())


def _facts(shown: CertificateShown) -> dict[str, object]:
    """Of one that we did not issue, only what it stands in is known."""
    issued = certificate_facts(shown.line) if shown.line is not None else {}
    denied = shown.denied
    return {
        "fingerprint": shown.fingerprint.hex(),
        **issued,
        "denied_at": denied.denied_at if denied is not None else None,
        "denied_because": denied.reason if denied is not None else None,
        "credentials": [
            {"station": str(each.station), "state": each.state.value, "purpose": each.purpose.value}
            for each in shown.credentials
        ],
    }
