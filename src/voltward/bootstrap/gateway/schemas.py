"""What a group orders about schemas, held against the schemas that there are."""

from __future__ import annotations

from voltward.domain.errors import OperatorFault
from voltward.gateway.settings import GroupSettings
from voltward.ocpp import DIALECTS
from voltward.settings import Settings


def check_schemas(settings: Settings) -> None:
    """OperatorFault for the first group with a length that no schema has."""
    for name, group in settings.group.items():
        check_schema_lengths(name, group)


def check_schema_lengths(name: str, group: GroupSettings) -> None:
    """Each key names a text of limited length in some dialect; OperatorFault tells the first that does not.

    OutsideFault if the schemas are wanted and missing.
    """
    if group.schema != "off":
        for dialect in DIALECTS.values():
            dialect.schemas.names()
    for key in group.schema_lengths:
        if not any(dialect.schemas.has_length(key) for dialect in DIALECTS.values()):
            raise OperatorFault(
                f"no schema limits the length of {key!r}.",
                mend='Write the action and the member, as in "BootNotification.chargePointModel" = 50.',
                subject=f"group.{name}.schema_lengths",
            )
