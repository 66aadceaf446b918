"""`voltward init DIR`: a deployment from nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from voltward.bootstrap.initialise import initialise
from voltward.cli.frame import JSON_FLAG, print_json, print_line, run
from voltward.domain.errors import OperatorFault
from voltward.usecases.make_deployment import DeploymentMade


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


def init(
    folder: Path,
    *,
    answers: Answers = Answers(),
    gateway_unlock: Annotated[str | None, Parameter(help="file:, env: or credential: reference.")] = None,
    signer_unlock: Annotated[str | None, Parameter(help="file:, env: or credential: reference.")] = None,
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
            (gateway_unlock, signer_unlock),
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
        "authorities": [{"id": a.id, "name": a.name} for a in made.authorities],
        "administrator": made.administrator.name,
        "enrolment_link": link,
        "warnings": list(made.warnings),
    }


def _say(made: DeploymentMade, link: str) -> None:
    print_line(f"A deployment stands in {made.folder}.")
    print_line(f"  settings        {made.settings}")
    print_line(f"  roots           {made.roots[0]}  (give this to stations)")
    print_line(f"  enrolment link  {link}")
    print_line(f"                  for {made.administrator.name}, once, from when the portal is there")
    for warning in made.warnings:
        print_line(f"note: {warning}")
    print_line("Next:")
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
