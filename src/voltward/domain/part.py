"""The processes beside the gateway: what stands still without each, and what mends it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Part(StrEnum):
    """Its value is what `serve --only` calls it."""

    WORKER = "worker"
    SIGNER = "signer"
    PUBLISHER = "publisher"
    ENROLMENT = "enrolment"


@dataclass(frozen=True, slots=True)
class Silence:
    """What it means that a part gives no sign of life, and what to do, as sentences."""

    means: str
    mend: str


SILENCE: Final[Mapping[Part, Silence]] = {
    Part.WORKER: Silence(
        "No certificate is renewed, nothing is asked of stations, lists of other authorities get old.",
        "Look at its last lines in the log (`part_ended`, `work_delayed`); "
        "`voltward serve --only worker` says why it does not start.",
    ),
    Part.SIGNER: Silence(
        "Nothing is signed: renewals wait, and our own revocation lists end within a week.",
        "Look at its last lines in the log; `voltward serve --only signer` says why it does not start: "
        "a room that is locked (keys.signer_unlock), a token that is away, a ledger that was cut.",
    ),
    Part.PUBLISHER: Silence(
        "Others cannot ask whether our certificates are revoked; our own door needs no list.",
        "Look at its last lines in the log, and whether somebody else has publication.listen.",
    ),
    Part.ENROLMENT: Silence(
        "No station enrols over EST; those that have a certificate are not concerned.",
        "Look at its last lines in the log, and whether somebody else has enrolment.listen.",
    ),
}
