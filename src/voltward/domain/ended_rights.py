"""Rights that were taken away for good: what no older copy of the store may give back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from voltward.domain.authority import DeniedCertificate
from voltward.domain.station import StationId


@dataclass(frozen=True, slots=True)
class Distrusted:
    """An authority (by its id) that is not believed since then; it may have been trusted anew later."""

    authority: str
    at: datetime


@dataclass(frozen=True, slots=True)
class EndedRights:
    """Denied certificates, retired stations, authorities that are trusted no more."""

    denials: tuple[DeniedCertificate, ...] = ()
    retired: tuple[StationId, ...] = ()
    distrusted: tuple[Distrusted, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.denials or self.retired or self.distrusted)

    def __add__(self, other: EndedRights) -> EndedRights:
        return EndedRights(
            self.denials + other.denials, self.retired + other.retired, self.distrusted + other.distrusted
        )


NONE_ENDED: Final = EndedRights()
