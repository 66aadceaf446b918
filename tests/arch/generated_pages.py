"""The pages of docs/ that are made from the code, so that they cannot lie: the rulebook, refusals, state diagrams.

    .venv/bin/python -m tests.arch.generated_pages

writes them; `test_documents.py` says when they are stale. Pure but for `write`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from tests.arch.source_tree import ROOT
from tests.arch.state_diagrams import state_diagrams_page
from voltward.rulebook.catalogue import Rulebook, load_rulebook
from voltward.rulebook.control import Control, Moment
from voltward.rulebook.coverage import EditionCoverage, coverage
from voltward.rulebook.editions import InHandsOf
from voltward.rulebook.quirks import ActsOn, Definitions, load_quirks
from voltward.rulebook.recipes import Recipe, load_shipped

MADE = "<!-- Made from the code by `python -m tests.arch.generated_pages`. Do not edit: change the code. -->"

WHAT_THE_STATION_SEES: Mapping[Moment, str] = {
    Moment.TLS: "The handshake ends with a TLS alert, or without a word where no TLS was spoken. There is no "
    "identity yet: look in `voltward journal tail`.",
    Moment.CONNECTION: "Whatever the cause, the station sees the same 401 after the same half second. A missing "
    "subprotocol alone is told (400), and only to a station whose credential is right. What TLS enforces ends "
    "with an alert before.",
    Moment.BOOT: "The link is closed with the code 1008 after the boot.",
    Moment.LINK: "Answers of their own, named with each control.",
    Moment.MESSAGE: "The link stays. The message is refused, rewritten or held back; an event says which.",
    Moment.CERTIFICATE: "The request is answered Rejected, and no certificate comes; the link stays.",
}
MOMENTS: Mapping[Moment, str] = {
    Moment.CONNECTION: "When a station asks to come in",
    Moment.BOOT: "When it says what it is",
    Moment.TLS: "Before anybody has said who they are",
    Moment.LINK: "Around the life of a connection",
    Moment.MESSAGE: "With each message",
    Moment.CERTIFICATE: "When it asks for a certificate",
}
HANDS: Mapping[InHandsOf, str] = {
    InHandsOf.LATER: "ours, in a coming version",
    InHandsOf.STATION: "the station's",
    InHandsOf.AUTHORITY: "the certificate authority's",
    InHandsOf.OPERATOR: "the operator's",
    InHandsOf.MANUFACTURER: "the manufacturer's",
    InHandsOf.CSMS: "the CSMS's",
}

QUIRKS_INTRO = """A quirk lets a station do something otherwise than asked: for this station, its group, its tenant or its
model, until a date, with an owner and a reason. Without a grant, or past its end, nothing is tolerated. A decision that made use of
quirks names them, and so does `voltward station explain`.

- For one station: `voltward station quirk ID QUIRK --with NAME=VALUE --until DATE --owner NAME --reason TEXT`; `--end` ends it.
- For a group: `[group.NAME.quirks.QUIRK]` in the [settings](settings.md), with `until`, `owner`, `reason`, and the quirk's parameters.
- For a tenant: `[tenant.NAME.quirks.QUIRK]`, written in the same way.
- For a model: a [recipe](#recipes).

Where several grant the same quirk, the station's own counts before its group's, that before its tenant's, and that before its model's.
`voltward rulebook quirks` prints the list; `voltward settings check` tells what is granted, until when, and what it costs."""

RECIPES_INTRO = """A recipe grants quirks to whatever fits its vendor, model and firmware, as the last boot claimed them. `vendor` and
`model` are patterns with `*` and `?`, without letter case. `since` and `before` compare the numbers in a version,
one by one; both may be left out.

```toml
[[recipe]]
name = "old-works"
vendor = "Station Works*"
model = "W-300"
since = "1.2"
before = "2.0"
until = 2027-03-31
owner = "ann@example.org"
[recipe.quirks.trailing-slash]
reason = "appends a slash until 2.0"
```

Files like this lie in the folder `quirks.recipes`. The package brings proposals, gathered from public reports;
`quirks.use` puts one into force, with an end and an owner. Compare the patterns with what your station's
boot says first: `voltward station show` tells it. A station that does not get as far as its boot without the quirk needs
`voltward station set ID --vendor NAME --model NAME` once, or a quirk of its own."""

WHERE_QUIRKS_ACT: Mapping[ActsOn, str] = {
    ActsOn.PATH: "In the path",
    ActsOn.REQUEST: "In the request",
    ActsOn.PASSWORD: "In the Basic header",
    ActsOn.LINK: "On the link",
    ActsOn.CERTIFICATES: "In requests for certificates",
}


def rulebook_page(rulebook: Rulebook) -> str:
    """Every control with what it asks, where it comes from, and what it costs."""
    return _page(
        "The rulebook",
        "A control is a rule of Voltward's own. Ids never change their meaning and are never used again. Where a "
        "control follows a specification it cites it by edition and id, because one id can mean two things in two "
        "editions; where it goes beyond them it says why. `voltward rulebook show ID` prints one with all its "
        "parameters. What to do when one fails stands in [refusals.md](refusals.md).",
        *(_section(MOMENTS[moment], _controls(rulebook, moment)) for moment in MOMENTS),
        _section("What the editions ask, and whose it is", _coverage(coverage(rulebook))),
    )


def refusals_page(rulebook: Rulebook) -> str:
    """For whoever is on call: the control that decided, and what to do."""
    return _page(
        "When a control fails",
        "For whoever is on call. `voltward station explain ID` names the control that decided; here is what to do. "
        "*Default* is what a failure costs; *softest* is as far as a group's policy or a dated exception can bring "
        "it down.",
        *(
            _section(MOMENTS[moment], (f"{WHAT_THE_STATION_SEES[moment]}\n", *_remedies(rulebook, moment)))
            for moment in MOMENTS
        ),
    )


def _controls(rulebook: Rulebook, moment: Moment) -> Iterator[str]:
    for control in rulebook.for_moment(moment):
        profiles = ", ".join(str(int(profile)) for profile in sorted(control.profiles))
        yield f"### {control.id}: {control.title}\n"
        yield (
            f"Enforced by {_hand(control)}. Profiles {profiles}. Severity {control.severity.value}. "
            f"Default: **{control.default_action.value}**; {_softest(control)}.\n"
        )
        yield f"- What it costs: {control.cost}"
        if control.holds_observed:
            yield "- Holds in a group that is only observed, too."
        if control.leans_on_us:
            yield "- Leans on our own state: the [breaker](operations.md#the-breaker-has-tripped) counts it."
        if control.beyond:
            yield f"- Why, beyond the editions: {control.beyond}"
        for edition, ids in _citations(control).items():
            yield f"- {rulebook.editions[edition].title}: {', '.join(ids)}"
        yield ""


def _remedies(rulebook: Rulebook, moment: Moment) -> Iterator[str]:
    yield from _table(
        ("control", "the rule", "default", "softest", "what to do"),
        (
            (
                f"[{control.id}](rulebook.md#{_anchor(control)})",
                control.title,
                control.default_action.value,
                control.softest_action.value,
                control.remedy,
            )
            for control in rulebook.for_moment(moment)
        ),
    )


def _coverage(editions: Sequence[EditionCoverage]) -> Iterator[str]:
    yield "`voltward rulebook coverage` prints the whole list.\n"
    whose = list(HANDS)
    yield from _table(
        ("edition", "has a control", *(HANDS[hands] for hands in whose), "missing"),
        (
            (
                edition.edition.title,
                str(len(edition.covered)),
                *(str(len(edition.elsewhere.get(hands, ()))) for hands in whose),
                str(len(edition.missing)),
            )
            for edition in editions
        ),
    )
    for edition in editions:
        later = edition.elsewhere.get(InHandsOf.LATER, ())
        if later:
            yield f"\nTo come for {edition.edition.title}:\n"
            yield from (f"- {requirement.id}: {requirement.asks}" for requirement in later)


def _softest(control: Control) -> str:
    if control.softest_action is control.default_action:
        return "nobody is excepted"
    return f"a policy or a dated exception can bring it down to {control.softest_action.value}"


def _hand(control: Control) -> str:
    hands = {"tls": "TLS", "door": "the door", "relay": "the relay", "authority": "the authority"}
    return hands[control.enforced_by.value]


def _citations(control: Control) -> dict[str, list[str]]:
    cited: dict[str, list[str]] = {}
    for reference in control.requirements:
        cited.setdefault(reference.edition, []).append(reference.id)
    return cited


def _anchor(control: Control) -> str:
    return anchor_of(f"{control.id}: {control.title}")


def anchor_of(heading: str) -> str:
    """What a heading is called in a link: lower case, without punctuation, hyphens for blanks."""
    kept = "".join(letter for letter in heading.lower() if letter.isalnum() or letter in " -_")
    return kept.strip().replace(" ", "-")


def _page(title: str, intro: str, *sections: str) -> str:
    return "\n".join([MADE, f"# {title}\n", f"{intro}\n", *sections]).rstrip() + "\n"


def _section(title: str, lines: Iterable[str]) -> str:
    return "\n".join([f"## {title}\n", *lines, ""])


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield f"|{'---|' * len(columns)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"


def quirks_page(definitions: Definitions, shipped: Sequence[Recipe]) -> str:
    """Every quirk with what it costs, how one is granted, and the recipes of the package."""
    return _page(
        "Quirks", QUIRKS_INTRO, *_quirk_sections(definitions), _section("Recipes", _recipes(shipped))
    )


def _quirk_sections(definitions: Definitions) -> Iterator[str]:
    for where in ActsOn:
        rows = [quirk for quirk in definitions.values() if quirk.acts_on is where]
        yield _section(
            WHERE_QUIRKS_ACT[where],
            _table(
                (
                    "quirk",
                    "what the station does",
                    "parameters",
                    "what it costs",
                    "the way out",
                    "field notes",
                ),
                (
                    (
                        f"`{row.quirk}`{' (one station each)' if row.one_station else ''}",
                        row.title,
                        ", ".join(f"`{name}` ({kind})" for name, kind in row.parameters.items()) or "-",
                        row.cost,
                        row.remedy,
                        ", ".join(map(str, row.field_notes)),
                    )
                    for row in rows
                ),
            ),
        )


def _recipes(shipped: Sequence[Recipe]) -> Iterator[str]:
    yield f"{RECIPES_INTRO}\n"
    yield from _table(
        ("recipe", "vendor", "model", "quirks", "seen in"),
        (
            (f"`{r.name}`", r.vendor, r.model, ", ".join(f"`{name}`" for name in r.quirks), r.seen_in)
            for r in shipped
        ),
    )


PAGES: Mapping[str, Callable[[], str]] = {
    "docs/rulebook.md": lambda: rulebook_page(load_rulebook()),
    "docs/refusals.md": lambda: refusals_page(load_rulebook()),
    "docs/quirks.md": lambda: quirks_page(load_quirks(), load_shipped(load_quirks())),
    "docs/state-diagrams.md": lambda: f"{MADE}\n{state_diagrams_page()}",
}


def write() -> None:
    """Write every page to its place."""
    for path, make in PAGES.items():
        (ROOT / path).write_text(make(), encoding="utf-8")
        sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    write()
