"""Which stations somebody asks about; a name that nothing bears is refused, never an empty answer."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from voltward.domain.errors import OperatorFault
from voltward.domain.station import Station
from voltward.ports.storage import Reading
from voltward.usecases.likeness import did_you_mean


@dataclass(frozen=True, slots=True)
class Selection:
    """Those of a group, of a tenant, at a site; None: whichever."""

    group: str | None = None
    tenant: str | None = None
    site: str | None = None

    def __str__(self) -> str:
        """As a sentence ends with it; empty for the whole fleet."""
        named = {"group": self.group, "site": self.site, "tenant": self.tenant}
        return " ".join(f"{_WITHIN[kind]} {name}" for kind, name in named.items() if name is not None)

    def takes(self, station: Station) -> bool:
        """Whether it is one of them."""
        return (
            self.group in (None, station.group)
            and self.tenant in (None, station.id.tenant)
            and self.site in (None, station.site)
        )


WHOLE_FLEET = Selection()


async def selected(reading: Reading, selection: Selection) -> list[Station]:
    """By tenant and identity."""
    return [one for one in await reading.stations.all(group=selection.group) if selection.takes(one)]


async def refuse_unknown(
    reading: Reading, selection: Selection, groups: Collection[str], tenants: Collection[str]
) -> None:
    """OperatorFault for a name that no station bears; `groups` and `tenants` are known without any."""
    group = None if selection.group in groups else selection.group
    tenant = None if selection.tenant in tenants else selection.tenant
    if group is None and tenant is None and selection.site is None:
        return
    fleet = await reading.stations.all()
    _check("group", group, [*groups, *(one.group for one in fleet)])
    _check("tenant", tenant, [*tenants, *(one.id.tenant for one in fleet)])
    _check("site", selection.site, (one.site for one in fleet if selection.tenant in (None, one.id.tenant)))


def _check(kind: str, name: str | None, known: Iterable[str]) -> None:
    names = {one for one in known if one}
    if name is not None and name not in names:
        what = f"no station is {_WITHIN[kind]} {name!r}, and no settings name it."
        raise OperatorFault(what, mend=did_you_mean(name, names))


_WITHIN = {"group": "in the group", "tenant": "of the tenant", "site": "at the site"}
