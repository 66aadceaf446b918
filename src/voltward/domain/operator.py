"""People of the operator. Roles and approvals arrive with the portal; enrolment exists from the first day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """What a person may do."""

    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Operator:
    """`name` is the person's mail address."""

    name: str
    role: Role
    created_at: datetime
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A one-time link to enrol a second factor; only the token's keyed digest is kept."""

    operator: str
    token_digest: bytes
    not_after: datetime
    used_at: datetime | None = None
