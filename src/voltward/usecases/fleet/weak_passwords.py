"""What is wrong with a password that works: as shipped, shared, short (field notes 4 to 6; ruling 26).

Such passwords of a living fleet are findings, and nobody is cut off for them on the day that they are found:
a dated exception comes with each, and its end is the campaign's deadline. An operator who hands in a weak
password for one station is told, and no exception comes by itself; whoever had that password before gets one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from voltward.crypto.passwords.passwords import SHORTEST
from voltward.domain.credential import Credential, CredentialState, Password
from voltward.domain.finding import ControlException
from voltward.domain.station import StationId
from voltward.ports.clock import Clock
from voltward.ports.storage import Reading, UnitOfWork

SHORT, SHIPPED, SHARED = "AUTH-03", "AUTH-10", "AUTH-11"
GRACE = timedelta(days=90)  # until the campaign should be done, unless somebody says otherwise
TOLD = 5  # stations that are named; a password may be shared by thousands


@dataclass(frozen=True, slots=True)
class Weakness:
    """A control that a password fails, and in what way."""

    control: str
    words: str


@dataclass(frozen=True, slots=True)
class Grace:
    """What a dated exception for a weak password says, beside its control."""

    until: datetime
    owner: str
    reason: str

    def exception(self, control: str) -> ControlException:
        """The row for one control."""
        return ControlException(control, self.until, self.owner, self.reason)


def weaknesses_of(credential: Credential, *, shared: bool) -> tuple[Weakness, ...]:
    """Of one credential; none of a certificate, and none of what opens nothing any more."""
    proof = credential.proof
    if not isinstance(proof, Password) or credential.state is CredentialState.RETIRED:
        return ()
    found: list[Weakness] = []
    if 0 < proof.length < SHORTEST:
        found.append(Weakness(SHORT, f"the password has {proof.length} octets, {SHORTEST} are asked for"))
    if proof.default_of:
        found.append(Weakness(SHIPPED, f"the password is {proof.default_of}"))
    if shared:
        found.append(Weakness(SHARED, "another station has the same password"))
    return tuple(found)


async def other_holders(work: Reading, credential: Credential) -> tuple[StationId, ...]:
    """Some of the other stations that have the same password, at most as many as are told."""
    # Its own rows, one for each generation of the same password, must not push the others out.
    same = await work.credentials.sharing(credential.sharing_digest, limit=4 * TOLD)
    return tuple(sorted({c.station for c in same} - {credential.station}))[: TOLD + 1]


async def weakness_remarks(
    work: UnitOfWork, credential: Credential, actor: str, clock: Clock
) -> tuple[str, ...]:
    """For a password that was just handed in: what is wrong with it, in sentences.

    Who had the same password so far gets a dated exception: that somebody else gets it now is not its fault.
    """
    others = await other_holders(work, credential)
    names = [str(station) for station in others[:TOLD]] + (["others"] if len(others) > TOLD else [])
    remarks: list[str] = []
    for weakness in weaknesses_of(credential, shared=bool(others)):
        who = f": {', '.join(names)}" if weakness.control == SHARED else ""
        remarks.append(
            f"{weakness.words}{who}. {weakness.control} keeps the station in quarantine until it has "
            f"a better one, or a dated exception (`station set --except {weakness.control}`)."
        )
    reason = f"its password was given to {credential.station} as well"
    await spare_first_holder(work, others, Grace(clock.now() + GRACE, actor, reason), clock)
    return tuple(remarks)


async def spare_first_holder(
    work: UnitOfWork, others: tuple[StationId, ...], grace: Grace, clock: Clock
) -> tuple[StationId, ...]:
    """The one station whose password was its own until now is excepted from SHARED.

    Where there were more already, each was spared when it became one of several.
    """
    if len(others) != 1:
        return ()
    return others if await except_from(work, others[0], (SHARED,), grace, clock) else ()


async def except_from(
    work: UnitOfWork, station: StationId, controls: tuple[str, ...], grace: Grace, clock: Clock
) -> tuple[str, ...]:
    """Give dated exceptions where none holds; one that somebody gave stays as it is. The controls it gave."""
    held = {e.control for e in await work.exceptions.of(station) if clock.now() < e.until}
    missing = tuple(control for control in controls if control not in held)
    for control in missing:
        await work.exceptions.save(station, grace.exception(control))
    return missing
