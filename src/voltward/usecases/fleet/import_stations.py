"""A living fleet enters the registry from a list: planned whole, then saved in units of bounded size.

Rows that are wrong are told, and the good ones go in all the same, unless the order wants all or nothing.
Each unit of work holds so few rows that a running gateway is never kept waiting. What breaks off in the
middle is finished by doing it again.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from voltward.crypto.passwords.passwords import PasswordKeys
from voltward.domain.credential import ClientCertificate, Password
from voltward.domain.errors import OperatorFault
from voltward.domain.events import Event, FactValue
from voltward.domain.station import DEFAULT_TENANT
from voltward.ports.clock import Clock, Entropy
from voltward.ports.storage import Conflict, Store, UnitOfWork
from voltward.usecases.fleet.fleet_file import Record, RowFault
from voltward.usecases.fleet.fleet_ground import load_ground
from voltward.usecases.fleet.fleet_plan import FleetPlanner, PlanRules, RowPlan
from voltward.usecases.fleet.fleet_rows import FleetRow, ReadCertificate, read_row
from voltward.usecases.fleet.new_credential import proof_of
from voltward.usecases.fleet.weak_passwords import except_from
from voltward.usecases.registered_station import refuse_taken_serial

UNIT = 100  # rows of one unit of work
HASHERS = 4  # slow hashes at a time, 64 MiB each
SLOW = 0.2  # seconds of one processor for each, about

Progress = Callable[[int, int], None]  # rows done, rows to do


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What is ordered. `source` names the file, for the journal."""

    actor: str
    source: str
    rules: PlanRules
    tenant: str = DEFAULT_TENANT
    dry_run: bool = False
    all_or_nothing: bool = False


@dataclass(frozen=True, slots=True)
class ImportTools:
    """What it is done with."""

    keys: PasswordKeys
    clock: Clock
    entropy: Entropy
    read_certificate: ReadCertificate
    progress: Progress


@dataclass(slots=True)
class ImportReport:
    """What came of it. `weak` counts the controls that passwords fail; `applied` is False for a dry run."""

    rows: int = 0
    registered: int = 0
    changed: int = 0
    unchanged: int = 0
    applied: bool = False
    faults: list[RowFault] = field(default_factory=list[RowFault])
    weak: Counter[str] = field(default_factory=Counter[str])
    unknown_passwords: int = 0  # stations of profile 1 or 2 of which no password is known
    hashed: int = 0  # passwords of which only a hash was given
    slow: int = 0  # passwords that have to be hashed slowly
    groups: Counter[str] = field(default_factory=Counter[str])  # of the stations, as they would be

    def count(self, plan: RowPlan) -> None:
        """One more row that is in order."""
        self.registered += plan.before is None
        self.changed += plan.before is not None and plan.does_something
        self.unchanged += not plan.does_something
        self.weak.update(plan.weak)
        self.weak.update(e.control for station, e in plan.exceptions if station != plan.row.station)
        self.unknown_passwords += (
            plan.before is None and plan.after.profile.uses_password and not plan.credential
        )
        self.slow += plan.password is not None
        self.groups[plan.after.group] += 1
        self.hashed += plan.credential is not None and plan.credential.is_password and plan.password is None

    def uncount(self, plan: RowPlan, fault: RowFault) -> None:
        """A row that was in order, and could not be saved."""
        self.registered -= plan.before is None
        self.changed -= plan.before is not None
        self.weak.subtract(plan.weak)
        self.faults.append(fault)


async def import_stations(
    store: Store, records: Iterable[Record | RowFault], order: ImportOrder, tools: ImportTools
) -> ImportReport:
    """Plan every row; then, unless it is a dry run, save what changes. The faults are in the report."""
    planner = FleetPlanner(await load_ground(store), order.rules, tools.keys, tools.clock, tools.entropy)
    report = ImportReport()
    plans: list[RowPlan] = []
    for record in records:
        report.rows += 1
        planned = _planned(planner, record, order, tools)
        if isinstance(planned, RowFault):
            report.faults.append(planned)
            continue
        report.count(planned)
        if planned.does_something:
            plans.append(planned)
    if order.dry_run or (order.all_or_nothing and report.faults):
        return report
    with ThreadPoolExecutor(HASHERS) as pool:
        for start in range(0, len(plans), UNIT):
            unit = plans[start : start + UNIT]
            proofs = await _hashed(unit, tools, pool)
            for plan, fault in await _save(store, unit, proofs, order, tools.clock):
                report.uncount(plan, fault)
            tools.progress(min(start + UNIT, len(plans)), len(plans))
    report.applied = True
    await _journal_end(store, report, order, tools.clock)
    return report


def _planned(
    planner: FleetPlanner, record: Record | RowFault, order: ImportOrder, tools: ImportTools
) -> RowPlan | RowFault:
    if isinstance(record, RowFault):
        return record
    try:
        return planner.plan(read_row(record, tools.read_certificate, order.tenant))
    except RowFault as fault:
        return fault


async def _hashed(
    plans: Sequence[RowPlan], tools: ImportTools, pool: ThreadPoolExecutor
) -> Mapping[int, Password]:
    """Slow hashes for the passwords of one unit, by line; off the loop, a few at a time."""
    loop = asyncio.get_running_loop()
    started = {
        plan.row.line: loop.run_in_executor(pool, proof_of, plan.password, tools.keys)
        for plan in plans
        if plan.password is not None
    }
    return {line: await proof for line, proof in started.items()}


async def _save(
    store: Store,
    plans: Sequence[RowPlan],
    proofs: Mapping[int, Password],
    order: ImportOrder,
    clock: Clock,
) -> list[tuple[RowPlan, RowFault]]:
    """One unit of work for all of them; where one is in the way, one for each, so that the others go in."""
    try:
        async with store.begin() as work:
            for plan in plans:
                await _save_row(work, plan, proofs.get(plan.row.line), order, clock)
            await work.commit()
    except OperatorFault as fault:  # somebody else gave an order meanwhile
        if len(plans) > 1:
            return [f for plan in plans for f in await _save(store, (plan,), proofs, order, clock)]
        return [(plans[0], _meanwhile(plans[0].row, fault))]
    return []


def _meanwhile(row: FleetRow, fault: OperatorFault) -> RowFault:
    mend = "Import the file again." if isinstance(fault, Conflict) else fault.mend
    return row.fault("", fault.what, mend)


async def _save_row(
    work: UnitOfWork, plan: RowPlan, proof: Password | None, order: ImportOrder, clock: Clock
) -> None:
    if plan.after != plan.before:
        if plan.after.serial is not None:
            await refuse_taken_serial(work, plan.after, plan.after.serial)
        await work.stations.save(plan.after)
    if plan.credential is not None:
        credential = plan.credential
        if isinstance(credential.proof, ClientCertificate):
            await _refuse_taken(work, plan, credential.proof.fingerprint)
        await work.credentials.save(replace(credential, proof=proof) if proof is not None else credential)
    for station, exception in plan.exceptions:
        if await work.stations.get(station) is not None:  # whoever was to be spared may not have gone in
            await except_from(work, station, (exception.control,), order.rules.grace, clock)
    facts: dict[str, FactValue] = {
        "source": order.source,
        "line": plan.row.line,
        "changes": plan.changes,
        "weak": plan.weak,
    }
    await work.journal(Event("station_imported", clock.now(), order.actor, str(plan.row.station), facts))


async def _refuse_taken(work: UnitOfWork, plan: RowPlan, fingerprint: bytes) -> None:
    if any(c.station != plan.row.station for c in await work.credentials.by_fingerprint(fingerprint)):
        raise plan.row.fault("certificate", "it belongs to another station by now.")


async def _journal_end(store: Store, report: ImportReport, order: ImportOrder, clock: Clock) -> None:
    facts: dict[str, FactValue] = {
        "source": order.source,
        "rows": report.rows,
        "registered": report.registered,
        "changed": report.changed,
        "unchanged": report.unchanged,
        "faults": len(report.faults),
    }
    async with store.begin() as work:
        await work.journal(Event("fleet_imported", clock.now(), order.actor, "", facts))
        await work.commit()
