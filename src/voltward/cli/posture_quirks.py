"""`voltward posture quirks`: what is tolerated, of whom, until when, and what that costs."""

from __future__ import annotations

from voltward.bootstrap.deployment import open_deployment
from voltward.bootstrap.gateway.quirk_rules import quirk_rules
from voltward.cli.frame import FINDINGS, Options, print_json, print_line, print_table, run
from voltward.rulebook.quirks import Definitions, load_quirks
from voltward.settings import Settings, load_settings
from voltward.usecases.views.list_quirks import GrantedQuirk, list_quirks


def quirks(*, options: Options = Options()) -> int:
    """All quirks that are granted. Exit status 1 if one is over, or a test tool is answered."""

    async def story() -> int:
        settings = load_settings(options.config, options.set)
        async with open_deployment(settings) as deployment:
            found = await list_quirks(deployment.store, quirk_rules(settings))
            now = deployment.clock.now()
        lasting = _groups_for_a_test_tool(settings)
        definitions = load_quirks()
        if options.json:
            facts = [{**_facts(one, definitions), "is_over": one.is_over(now)} for one in found]
            print_json({"quirks": facts, "groups_for_a_test_tool": lasting})
        else:
            _say(found, [one for one in found if one.is_over(now)], definitions)
            for name in lasting:
                print_line(
                    f"Group {name} answers for a test tool, without an end (group.{name}.conformance)."
                )
        is_finding = any(one.is_over(now) or one.answers_a_test_tool(now) for one in found)
        return FINDINGS if is_finding or lasting else 0

    return run(story())


def _groups_for_a_test_tool(settings: Settings) -> list[str]:
    """Groups whose settings have requests that are not in order told Accepted."""
    return sorted(name for name, group in settings.group.items() if group.conformance)


def _say(found: list[GrantedQuirk], over: list[GrantedQuirk], definitions: Definitions) -> None:
    if not found:
        print_line("No quirk is granted to anybody.")
        return
    print_table(
        ("whose", "quirk", "until", "owner", "reason"),
        (
            (one.whose, one.grant.quirk.value, _until(one, over), one.grant.owner, one.grant.reason)
            for one in found
        ),
    )
    for quirk in dict.fromkeys(one.grant.quirk for one in found):
        print_line(f"{quirk}: {definitions[quirk].cost}")


def _until(one: GrantedQuirk, over: list[GrantedQuirk]) -> str:
    return f"{one.grant.until:%Y-%m-%d}" + (", which is over" if one in over else "")


def _facts(one: GrantedQuirk, definitions: Definitions) -> dict[str, object]:
    grant = one.grant
    return {
        "whose": one.whose,
        "quirk": grant.quirk.value,
        "until": grant.until,
        "owner": grant.owner,
        "reason": grant.reason,
        "parameters": dict(grant.parameters),
        "cost": definitions[grant.quirk].cost,
    }
