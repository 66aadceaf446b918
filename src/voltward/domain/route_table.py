"""Which route a request takes: by its Host, its path and the token in it, the narrowest first.

The order, of two routes that both fit: one that names the host before one for any host; then the path's
segments from the left, a fixed text before a token before the identity. Two routes between which this does
not decide are a fault of the settings, so no third rule is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations

from voltward.domain.errors import OperatorFault
from voltward.domain.odd_path import OddPath, read_odd_path
from voltward.domain.route import NO_MATCH, TOKEN_PLACE, Identified, PathRule
from voltward.domain.secret import Secret
from voltward.domain.station import DEFAULT_TENANT, checked_tenant

# What stands in a URL as it is: a token that had to be encoded would be copied wrong. 16 characters of chance
# cannot be guessed at the pace that the door allows.
_TOKEN = re.compile(rb"[0-9A-Za-z._~-]{16,128}")
_HOST = re.compile(r"[0-9a-z_-]+(\.[0-9a-z_-]+)*|(?=.*:.*:)[0-9a-f:]+")


@dataclass(frozen=True, slots=True)
class RouteRule:
    """How a route is known. `hosts` in lower case without a port; empty: any."""

    name: str
    path: PathRule
    tenant: str = DEFAULT_TENANT
    hosts: frozenset[str] = frozenset()
    token: Secret | None = None

    @classmethod
    def made(cls, name: str, path: str, tenant: str, hosts: Iterable[str], token: Secret | None) -> RouteRule:
        """From the settings. OperatorFault for a path, host, tenant or token that will not do."""
        rule = PathRule.parse(path)
        if rule.has_token is not (token is not None):
            said = "names no place for its token" if token is not None else "wants a token, and there is none"
            raise OperatorFault(
                f"the path {path!r} {said}.",
                mend=f"Write {TOKEN_PLACE} in the path and set the route's token.",
            )
        if token is not None and _TOKEN.fullmatch(token.reveal()) is None:
            raise OperatorFault(
                "its token cannot stand in a path, or is too short.",
                mend="Take 16 to 128 letters and digits of chance, as `openssl rand -hex 16` prints them.",
            )
        return cls(
            name, rule, checked_tenant(tenant), frozenset(_checked_host(host) for host in hosts), token
        )

    def cannot_be_told_from(self, other: RouteRule) -> bool:
        """Whether one request could take either, and nothing says which."""
        meets = bool(self.hosts & other.hosts) or (not self.hosts and not other.hosts)
        return meets and self.path == other.path and self.token == other.token


@dataclass(frozen=True, slots=True)
class Way:
    """Where a request leads: the route, if there is one, and what its path came to."""

    rule: RouteRule | None
    found: Identified


class RouteTable:
    """The rules in their order."""

    __slots__ = ("_rules", "names_hosts")

    def __init__(self, rules: Iterable[RouteRule]) -> None:
        """OperatorFault names two routes that cannot be told apart."""
        self._rules = tuple(sorted(rules, key=lambda rule: (not rule.hosts, rule.path.breadth, rule.name)))
        self.names_hosts = any(rule.hosts for rule in self._rules)
        for one, other in combinations(self._rules, 2):
            if one.cannot_be_told_from(other):
                raise OperatorFault(
                    f"the routes {one.name!r} and {other.name!r} cannot be told apart: "
                    "one request could take either.",
                    mend="Give one of them another host, path or token.",
                )

    def __iter__(self) -> Iterator[RouteRule]:
        return iter(self._rules)

    def find(self, host: str, target: str) -> Way:
        """The first rule that the request fits, though its identity may still be none."""
        for rule in self._rules:
            if rule.hosts and host not in rule.hosts:
                continue
            found = rule.path.identify(target, rule.token)
            if found != NO_MATCH:
                return Way(rule, found)
        return Way(None, NO_MATCH)

    def find_odd(self, host: str, target: str, found: Identified) -> tuple[RouteRule, OddPath] | None:
        """The first rule by which a target that is not written plainly can mean somebody."""
        for rule in self._rules:
            if rule.hosts and host not in rule.hosts:
                continue
            odd = read_odd_path(rule.path, target, found, rule.token)
            if odd is not None:
                return rule, odd
        return None


def bare_host(header: str) -> str:
    """The host of a Host header, or of a server name: lower case, without port, brackets and a last dot."""
    text = header.strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0].removesuffix(".")


def _checked_host(text: str) -> str:
    host = text.strip().lower().removeprefix("[").removesuffix("]").removesuffix(".")
    if _HOST.fullmatch(host) is None:
        raise OperatorFault(
            f"{text!r} is no host.", mend="Write the name alone, without scheme, port or path."
        )
    return host
