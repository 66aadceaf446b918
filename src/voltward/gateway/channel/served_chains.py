"""Which server certificates a station is shown: by the host name that it asks for (ruling 5).

Chosen in one place, from the settings; whoever shows or checks certificates asks the value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from voltward.domain.errors import OperatorFault
from voltward.wire.tls_context import canonical


@dataclass(frozen=True, slots=True)
class ServedChains:
    """Names of chains: `usual` for whoever asks for no host or another one; `by_host` names are canonical."""

    usual: tuple[str, ...]
    by_host: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    @property
    def names(self) -> tuple[str, ...]:
        """All of them, each once, the usual ones first."""
        return tuple(dict.fromkeys((*self.usual, *(n for names in self.by_host.values() for n in names))))

    def for_host(self, name: str) -> tuple[str, ...]:
        """What somebody sees who asks for this name."""
        return self.by_host.get(canonical(name), self.usual)


def served_chains(usual: Sequence[str], by_host_name: Mapping[str, Sequence[str]]) -> ServedChains:
    """As `gateway.chains` and `gateway.host_chains` choose.

    OperatorFault for a host without a chain, and for one that is listed twice.
    """
    by_host: dict[str, tuple[str, ...]] = {}
    for host, names in by_host_name.items():
        name = canonical(host)
        if not names or not name or name in by_host:
            what = "is listed twice" if name in by_host else "has no certificate"
            raise OperatorFault(
                f"the host name {host!r} {what}.",
                mend='Write one line for each name, as in "csms2.example" = ["second-ecdsa"].',
                subject="gateway.host_chains",
            )
        by_host[name] = tuple(names)
    return ServedChains(tuple(usual), by_host)
