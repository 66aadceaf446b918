"""One station with all its life-cycles at once: what it holds and trusts, what the door knows, what is asked.

The tables are the real ones; facts wait in an inbox, as the store's do, and an effect is carried out with
its step or not at all. The station does what its firmware does: some keep one root, some take a profile for
good, some fall back.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from tests.fakes.builders import station as registered
from tests.fakes.clock import NOON
from tests.playbooks.device_model import P2, P3, Device, Firmware
from tests.playbooks.test_trust_rollover import CROSSED, NEW, OLD, ROOTS, WEEK
from voltward.adapters.value_form import packed, unpacked
from voltward.domain.intents import (
    CertificateHash,
    InstallCertificate,
    Intent,
    IntentAnswer,
)
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Station, StationId
from voltward.domain.station_fact import CertificateRevoked
from voltward.lifecycles.answers import answer_fact
from voltward.lifecycles.effects import (
    AskStation,
    AwaitCertificate,
    BeginUpgrade,
    Cancelled,
    DiscardCertificate,
    IssueCertificate,
    KeepAnchors,
    OfferCertificate,
    SupersedeCertificate,
    TellOperator,
    TimeCame,
    WakeAt,
    WithdrawAsks,
)
from voltward.lifecycles.floor import CallAnsweredOn, ConnectedOn, advance_floor
from voltward.lifecycles.machines import MACHINES
from voltward.lifecycles.renewal_state import (
    Begun,
    CameWith,
    CertificateProven,
    Renewal,
    RenewalOrigin,
    TriedAgain,
)
from voltward.lifecycles.rollover_state import Rollover
from voltward.lifecycles.upgrade_state import CameOn, NetworkPlace, Upgrade, UpgradeWanted

FIRST = b"first"
PLACE = NetworkPlace("wss://csms.example/ocpp")


@dataclass
class Asked:
    """A question in the store."""

    lifecycle: int
    intent: Intent
    expires: datetime


@dataclass
class Field:
    """Door, store and worker around one device."""

    device: Device
    now: datetime = NOON
    record: Station = field(default_factory=lambda: registered(profile=P3))
    open: dict[str, tuple[int, Any]] = field(default_factory=dict[str, tuple[int, Any]])  # by kind
    renewal: Renewal | None = None  # the newest, ended or not
    started: int = 0
    asks: list[Asked] = field(default_factory=list[Asked])
    wakes: dict[str, datetime] = field(default_factory=dict[str, datetime])
    inbox: deque[tuple[str, Any]] = field(default_factory=deque[tuple[str, Any]])
    orders: dict[tuple[int, int], bytes] = field(default_factory=dict[tuple[int, int], bytes])  # keys
    ordered: set[tuple[int, int]] = field(default_factory=set[tuple[int, int]])
    certificates: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])  # with their keys
    awaited: set[bytes] = field(default_factory=set[bytes])
    proven: set[bytes] = field(default_factory=set[bytes])
    superseded: set[bytes] = field(default_factory=set[bytes])
    discarded: set[bytes] = field(default_factory=set[bytes])
    revoked: set[bytes] = field(default_factory=set[bytes])
    listed: set[CertificateHash] = field(default_factory=set[CertificateHash])
    shown: CertificateHash = OLD
    came_by_new: bool = False
    is_retired: bool = False
    told: list[str] = field(default_factory=list[str])

    # ------------------------------------------------------------------------------- the worker

    def start(self, kind: str, state: Any, fact: object) -> None:
        self.started += 1
        self.open[kind] = (self.started, state)
        self.step(kind, fact)

    def step(self, kind: str, fact: object) -> None:
        """As the driver does: the state, and all effects, at once."""
        number, state = self.open[kind]
        step = MACHINES[kind].table.step(state, fact, self.now)
        self.open[kind] = (number, unpacked(packed(step.state), MACHINES[kind].state))  # each from the store
        if isinstance(step.state, Renewal):
            self.renewal = step.state
        for effect in step.effects:
            self._carry_out(kind, number, effect)
        if step.state.phase in MACHINES[kind].table.final:
            del self.open[kind]
            self.wakes.pop(kind, None)

    def offer(self, fact: object) -> None:
        for kind, (_, state) in list(self.open.items()):
            if kind in self.open and MACHINES[kind].table.takes(state.phase, type(fact)):
                self.step(kind, fact)

    def hear(self) -> bool:
        """The oldest fact; whether there was one."""
        if not self.inbox:
            return False
        what, told = self.inbox.popleft()
        if what == "answer":
            asked, answer = told
            if asked in self.asks:  # else nobody wants to know any more
                self.asks.remove(asked)
                kind = next((k for k, (number, _) in self.open.items() if number == asked.lifecycle), None)
                if kind is not None:
                    self.step(kind, answer_fact(answer))
        elif what == "proven":
            if told not in self.revoked:
                self.offer(CertificateProven(told, None))
        else:
            self.offer(told)
            was_last = isinstance(told, CertificateRevoked) and told.was_last
            if was_last and "profile upgrade" in self.open:
                self.step("profile upgrade", Cancelled("revocation"))
        return True

    def holds_certificate(self) -> bool:
        """As `usecases.lifecycles.raise_profile` has it: one that was only sent is none."""
        good = self.awaited - self.superseded - self.discarded - self.revoked
        latest = self.renewal
        taken = {latest.issued} if latest is not None and (latest.has_agreed or latest.fetches) else set()
        return bool(good & (self.proven | taken))

    def wake(self, kind: str) -> None:
        self.now = max(self.now, self.wakes.pop(kind))
        self.step(kind, TimeCame())

    def _carry_out(self, kind: str, number: int, effect: object) -> None:
        match effect:
            case AskStation(intent=intent, patience=patience):
                self.asks.append(Asked(number, intent, self.now + patience))
            case OfferCertificate(fingerprint=certificate, form=form, patience=patience):
                handed = InstallCertificate(f"{form}:{certificate.decode()}")
                self.asks.append(Asked(number, handed, self.now + patience))
            case WithdrawAsks():
                self.asks = [one for one in self.asks if one.lifecycle != number]
            case WakeAt(at=None):
                self.wakes.pop(kind, None)
            case WakeAt(at=at) if at is not None:
                self.wakes[kind] = at
            case IssueCertificate(attempt=attempt):
                assert (number, attempt) not in self.ordered, "ordered twice"
                self.ordered.add((number, attempt))
                self.orders[number, attempt] = self.open[kind][1].key
            case BeginUpgrade():
                self.raise_profile()
            case KeepAnchors(installed=installed):
                self.listed = {one.certificate for one in installed}
            case TellOperator(what=what, mend=mend):
                assert what
                assert mend
                self.told.append(what)
            case _:
                self._keep_books(effect)

    def _keep_books(self, effect: object) -> None:
        match effect:
            case AwaitCertificate(fingerprint=one):
                self.awaited.add(one)
            case SupersedeCertificate(fingerprint=one):
                self.superseded.add(one)
            case DiscardCertificate(fingerprint=one):
                self.discarded.add(one)
            case _:
                pass

    # ------------------------------------------------------------------------------- orders

    def renew(self, fact: object | None = None, origin: RenewalOrigin = RenewalOrigin.OPERATOR) -> None:
        if "renewal" in self.open:
            self.step("renewal", fact or TriedAgain("ann"))
            return
        used = [one for one in self.device.held if self.is_good(one) and one not in self.superseded]
        state = Renewal(self.now, origin, organisation="Volt", predecessor=used[-1] if used else None)
        self.start("renewal", state, fact or Begun())

    def raise_profile(self) -> None:
        if "profile upgrade" in self.open:
            self.step("profile upgrade", TriedAgain("ann"))
        else:
            self.start("profile upgrade", Upgrade(self.now, P3, place=PLACE), UpgradeWanted())

    def revoke(self, certificate: bytes) -> None:
        """In one unit of work: what is asked because of it is taken back, and the worker is told."""
        self.revoked.add(certificate)
        was_last = not self.proven - self.superseded - self.revoked
        for kind, (number, state) in self.open.items():
            is_handed_out = kind == "renewal" and state.issued == certificate
            if is_handed_out or (was_last and kind == "profile upgrade"):
                self.asks = [one for one in self.asks if one.lifecycle != number]
        if self.open:
            fact = CertificateRevoked(StationId("CP001"), self.now, certificate, was_last)
            self.inbox.append(("offer", fact))

    def roll_over(self, fact: object) -> None:
        if "trust rollover" in self.open:
            if MACHINES["trust rollover"].table.takes(self.open["trust rollover"][1].phase, type(fact)):
                self.step("trust rollover", fact)
        elif not self.is_retired:
            self.start("trust rollover", Rollover(self.now, ROOTS, WEEK), fact)

    # ------------------------------------------------------------------------------- the door

    def is_good(self, certificate: bytes) -> bool:
        """Whether the door knows it, and nothing speaks against it."""
        return certificate in self.awaited - self.discarded - self.revoked

    @property
    def is_trusted(self) -> bool:
        """Whether the station believes the chain that it is shown."""
        return bool(self.device.trusts & ({NEW, CROSSED} if self.shown is NEW else {self.shown}))

    def opens(self, profile: SecurityProfile) -> bool:
        """Whether the door lets the station in that comes on this profile, with anything that it holds."""
        if profile is P3:
            return any(self.is_good(one) for one in self.device.held)
        return profile >= self.record.floor

    def can_get_in(self) -> bool:
        """Now, or after it has fallen back as its firmware does."""
        device = self.device
        below = () if device.firmware.takes_words else tuple(device.slots[slot] for slot in device.order)
        return self.is_trusted and any(self.opens(profile) for profile in (device.profile, *below))

    def connect(self, certificate: bytes | None, *, answers: bool) -> bool:
        """It dials on its profile, falling back where it is refused; whether it got in."""
        profile = self.device.profile
        if not self.is_trusted:
            return False
        if profile is P3 and (certificate is None or not self.is_good(certificate)):
            return self.device.falls_back() and self.connect(None, answers=answers)
        if profile < self.record.floor:
            return self.device.falls_back() and self.connect(certificate, answers=answers)
        shown = certificate if profile is P3 else None
        self.record = advance_floor(self.record, ConnectedOn(profile))
        self.came_by_new = self.came_by_new or self.shown is NEW
        if self.open:
            self.inbox.append(("offer", CameWith(shown)))
            self.inbox.append(("offer", CameOn(profile)))
        if answers:
            self.record = advance_floor(self.record, CallAnsweredOn(profile))
            if shown is not None:
                self.proven.add(shown)
                self.inbox.append(("proven", shown))
        return True

    def sign(self, order: tuple[int, int]) -> bytes:
        """The authority's word for this order, the same each time."""
        certificate = f"certificate {order[0]}-{order[1]}".encode()
        self.certificates[certificate] = self.orders[order]
        return certificate

    def answer(self, asked: Asked, answer: IntentAnswer) -> None:
        self.inbox.append(("answer", (asked, answer)))

    def do(self, asked: Asked) -> IntentAnswer:
        """The station does what it is asked."""
        handed = self._handed(asked)
        return self.device.does(asked.intent, handed)

    def _handed(self, asked: Asked) -> tuple[bytes, bytes] | None:
        if not isinstance(asked.intent, InstallCertificate):
            return None
        name = asked.intent.chain_pem.partition(":")[2].encode()
        return name, self.certificates[name]


def begun(firmware: Firmware, *, has_certificate: bool) -> Field:
    """On profile 3 with its first certificate, or on profile 2 with a password."""
    if has_certificate:
        story = Field(Device(firmware, [FIRST], P3))
        story.awaited.add(FIRST)
        story.proven.add(FIRST)
        story.record = replace(story.record, floor=P3)
        return story
    return Field(Device(firmware, [], P2))
