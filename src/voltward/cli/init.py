"""`voltward init DIR`: a deployment from nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from voltward.bootstrap.initialise import Choices, initialise
from voltward.cli.frame import JSON_FLAG, print_json, print_line, run
from voltward.domain.errors import OperatorFault
from voltward.usecases.deployment.deployment_plan import ChosenStore, ChosenToken
from voltward.usecases.deployment.make_deployment import DeploymentMade


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Answers:
    """What init would ask; whatever is given is not asked."""

    operator_name: Annotated[str | None, Parameter(help="The organisation in certificates (O).")] = None
    host: Annotated[list[str], Parameter(help="What stations dial; the main one first.", negative=())] = (
        field(default_factory=list[str])
    )
    csms: Annotated[str | None, Parameter(help="Where traffic goes: ws://host:port/path.")] = None
    admin: Annotated[str | None, Parameter(help="Mail address of the first administrator.")] = None


@Parameter(name="*")
@dataclass(frozen=True, slots=True)
class Keeping:
    """Where keys and data are kept; nothing of it is asked."""

    gateway_unlock: Annotated[str | None, Parameter(help="file:, env: or credential: reference.")] = None
    signer_unlock: Annotated[str | None, Parameter(help="file:, env: or credential: reference.")] = None
    store: Annotated[str, Parameter(help="sqlite:///FILE, or postgresql://USER@HOST/DATABASE.")] = (
        ChosenStore().url
    )
    store_password: Annotated[str, Parameter(help="file:, env: or credential: reference.")] = ""
    store_tls: Annotated[Literal["verify", "require", "off"], Parameter(help="To a database server.")] = (
        "verify"
    )
    store_ca: Annotated[str, Parameter(help="File of the authority of the server's certificate.")] = ""

    sub_ca_csr: Annotated[
        bool, Parameter(negative=(), help="Ask for the authorities' certificates instead of making a root.")
    ] = False
    pkcs11: Annotated[str, Parameter(help="The library of a token that shall have the keys.")] = ""
    token: Annotated[str, Parameter(help="The token's label.")] = ""
    pin: Annotated[str, Parameter(help="file:, env: or credential: reference to its PIN.")] = ""

    def choices(self) -> Choices:
        """In the words of the inside."""
        store = ChosenStore(self.store, self.store_password, self.store_tls, self.store_ca)
        token = ChosenToken(self.pkcs11, self.token, self.pin) if self.pkcs11 else None
        return Choices(self.gateway_unlock, self.signer_unlock, store, self.sub_ca_csr, token)


def init(
    folder: Path,
    *,
    answers: Answers = Answers(),
    keeping: Keeping = Keeping(),
    json: Annotated[bool, Parameter(name=JSON_FLAG, negative=(), help="Print JSON.")] = False,
) -> None:
    """Make a deployment: settings, authorities with sealed keys, server certificates, an administrator."""
    hosts = tuple(answers.host) or (_ask("Host name that stations dial", "--host", json),)
    made, link = run(
        initialise(
            folder,
            answers.operator_name or _ask("Name of the operator", "--operator-name", json),
            hosts,
            answers.csms or _ask("URL of the CSMS (ws://host:port/path)", "--csms", json),
            answers.admin or _ask("Mail address of the first administrator", "--admin", json),
            keeping.choices(),
        )
    )
    if json:
        print_json(_facts(made, link))
    else:
        _say(made, link)


def _facts(made: DeploymentMade, link: str) -> dict[str, object]:
    return {
        "settings": str(made.settings),
        "roots": [str(path) for path in made.roots],
        "requests": [str(path) for path in made.waiting],
        "authorities": [{"id": a.id, "name": a.name} for a in made.authorities],
        "administrator": made.administrator.name,
        "enrolment_link": link,
        "warnings": list(made.warnings),
    }


def _say(made: DeploymentMade, link: str) -> None:
    print_line(f"A deployment stands in {made.folder}.")
    print_line(f"  settings        {made.settings}")
    for root in made.roots[:1]:
        print_line(f"  roots           {root}  (give this to stations)")
    for request in made.waiting:
        print_line(f"  to be signed    {request}")
    print_line(f"  enrolment link  {link}")
    print_line(f"                  for {made.administrator.name}, once, from when the portal is there")
    for warning in made.warnings:
        print_line(f"note: {warning}")
    print_line("Next:")
    if made.waiting:
        print_line(f"  have the requests signed, then: voltward ca install FILE ... -c {made.settings}")
    print_line(f"  voltward settings check -c {made.settings}")
    print_line(f"  voltward station add CP001 --profile 2 -c {made.settings}")
    print_line(f"  voltward serve -c {made.settings}")


def _ask(question: str, option: str, json: bool) -> str:  # noqa: FBT001 - the flag of the command
    if json:
        raise OperatorFault(f"{option} is missing.", mend="With --json nothing is asked.")
    try:
        answer = input(f"{question}: ").strip()
    except EOFError:
        answer = ""
    if not answer:
        raise OperatorFault(f"{option} is missing.", mend=f"Give it: {option} VALUE.")
    return answer
