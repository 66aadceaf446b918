"""`voltward rulebook ...`: the controls, their citations, what checks them."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from voltward.cli.frame import FINDINGS, JSON_FLAG, print_facts, print_json, print_line, print_table
from voltward.domain.errors import OperatorFault
from voltward.rulebook.catalogue import load_rulebook
from voltward.rulebook.control import Control
from voltward.rulebook.coverage import EditionCoverage, coverage
from voltward.rulebook.quirks import QuirkDefinition, load_quirks

app = App(name="rulebook", help="The controls, their citations, what checks them.")
Json = Annotated[bool, Parameter(name=JSON_FLAG, negative=(), help="Print JSON.")]


@app.command(name="list")
def list_(*, json: Json = False) -> None:
    """All controls, in the order in which they would be told."""
    controls = load_rulebook().controls
    if json:
        print_json([control_facts(control) for control in controls])
        return
    columns = ("id", "title", "moment", "by", "default", "waivable")
    print_table(columns, (_row(control) for control in controls))


@app.command
def show(control: str, *, json: Json = False) -> None:
    """One control: what it asks, where it comes from, what it costs, what to do when it fails."""
    found = load_rulebook().by_id.get(control.upper())
    if found is None:
        raise OperatorFault(
            f"there is no control {control}.", mend="`voltward rulebook list` shows all of them."
        )
    if json:
        print_json(control_facts(found))
        return
    print_line(f"{found.id}  {found.title}")
    facts = control_facts(found)
    parameters = facts.pop("parameters")
    print_facts({name: value for name, value in facts.items() if name not in ("id", "title", "requirements")})
    for reference in found.requirements:
        print_line(f"  cites {reference}")
    if parameters:
        print_line("parameters:")
        print_json(parameters)


@app.command
def quirks(*, json: Json = False) -> None:
    """What a station may be let do otherwise, until a date, and what that costs."""
    definitions = load_quirks()
    if json:
        print_json([quirk_facts(definition) for definition in definitions.values()])
        return
    for definition in definitions.values():
        parameters = "".join(f" {name}=({kind})" for name, kind in definition.parameters.items())
        print_line(f"{definition.quirk}{parameters}: {definition.title}")
        print_line(f"  cost: {definition.cost}")
        print_line(f"  the way out: {definition.remedy}")


@app.command(name="coverage")
def coverage_(*, json: Json = False) -> int:
    """Which requirements of each edition have a control, and whose the others are; exit 1 if nobody's."""
    editions = coverage(load_rulebook())
    if json:
        print_json([_coverage_facts(edition) for edition in editions])
    else:
        for edition in editions:
            _say(edition)
    return FINDINGS if any(edition.missing for edition in editions) else 0


def control_facts(control: Control) -> dict[str, object]:
    """A control, as JSON tells it."""
    return {
        "id": control.id,
        "title": control.title,
        "profiles": sorted(int(profile) for profile in control.profiles),
        "moment": control.moment.value,
        "enforced_by": control.enforced_by.value,
        "severity": control.severity.value,
        "check": control.check,
        "default_action": control.default_action.value,
        "waivable": control.waivable,
        "softest_action": control.softest_action.value,
        "holds_observed": control.holds_observed,
        "leans_on_us": control.leans_on_us,
        "remedy": control.remedy,
        "cost": control.cost,
        "beyond": control.beyond,
        "requirements": [{"edition": r.edition, "id": r.id} for r in control.requirements],
        "parameters": _plain(control.parameters),
    }


def quirk_facts(definition: QuirkDefinition) -> dict[str, object]:
    """A quirk, as JSON tells it."""
    return {
        "quirk": definition.quirk.value,
        "title": definition.title,
        "acts_on": definition.acts_on.value,
        "parameters": {name: kind.value for name, kind in definition.parameters.items()},
        "one_station": definition.one_station,
        "cost": definition.cost,
        "remedy": definition.remedy,
        "field_notes": list(definition.field_notes),
    }


def _plain(value: object) -> object:
    """Frozen tables as JSON knows them."""
    if hasattr(value, "items"):
        return {str(name): _plain(item) for name, item in value.items()}  # type: ignore[union-attr]
    if isinstance(value, (tuple, list, frozenset)):
        return [_plain(item) for item in value]
    return value


def _row(control: Control) -> tuple[str, ...]:
    waivable = "no" if not control.waivable else "yes"
    return (
        control.id,
        control.title,
        control.moment.value,
        control.enforced_by.value,
        control.default_action.value,
        waivable,
    )


def _coverage_facts(edition: EditionCoverage) -> dict[str, object]:
    return {
        "edition": edition.edition.key,
        "title": edition.edition.title,
        "covered": {c.requirement.id: list(c.controls) for c in edition.covered},
        "elsewhere": {hands.value: [r.id for r in reqs] for hands, reqs in edition.elsewhere.items()},
        "missing": [requirement.id for requirement in edition.missing],
    }


def _say(edition: EditionCoverage) -> None:
    elsewhere = sum(len(requirements) for requirements in edition.elsewhere.values())
    total = len(edition.covered) + elsewhere + len(edition.missing)
    print_line(
        f"{edition.edition.title}: {len(edition.covered)} of {total} requirements have a control, "
        f"{elsewhere} are in other hands, {len(edition.missing)} missing"
    )
    for covered in edition.covered:
        print_line(f"  {covered.requirement.id:<16} {', '.join(covered.controls)}")
    for hands, requirements in edition.elsewhere.items():
        if requirements:
            print_line(f"  {hands.value}: {', '.join(requirement.id for requirement in requirements)}")
    for requirement in edition.missing:
        print_line(f"  MISSING {requirement.id}")
