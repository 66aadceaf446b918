"""One station's way from the old root to the next, as a dialogue; and that no order of events loses it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.clock import NOON
from voltward.domain.complaint import Complaint
from voltward.domain.intents import (
    AnchorUse,
    CertificateHash,
    HashAlgorithm,
    InstalledCertificate,
    InstallTrustAnchor,
    IntentAnswer,
    ListTrustAnchors,
    Outcome,
    ReadFacts,
    Reading,
    ReadingTold,
    RemoveTrustAnchor,
)
from voltward.domain.station import StationId
from voltward.domain.station_fact import AnchorMoved, Complained
from voltward.lifecycles.answers import answer_fact
from voltward.lifecycles.effects import (
    AskStation,
    Cancelled,
    KeepAnchors,
    TellOperator,
    TimeCame,
    WithdrawAsks,
)
from voltward.lifecycles.rollover_state import (
    NamedRoot,
    PauseWanted,
    RemovalWanted,
    ResumeWanted,
    Rollover,
    RolloverPhase,
    RolloverWanted,
    Roots,
)
from voltward.lifecycles.trust_rollover import ROLLOVER, TRIES

P = RolloverPhase
WEEK = timedelta(days=7)
MOVED = AnchorMoved(StationId("CP001"), NOON, None)


def name_of(serial: str) -> CertificateHash:
    return CertificateHash(HashAlgorithm.SHA256, "aa", "bb", serial)


OLD, NEW, CROSSED, OTHER = name_of("1"), name_of("2"), name_of("3"), name_of("9")
ROOTS = Roots(
    NamedRoot("old PEM", (OLD,)), NamedRoot("new PEM", (NEW,)), NamedRoot("crossed PEM", (CROSSED,))
)


def listing(*names: CertificateHash) -> IntentAnswer:
    installed = tuple(InstalledCertificate(AnchorUse.CSMS, name) for name in names)
    return IntentAnswer(Outcome.ACCEPTED, "", installed)


def rules(**told: str) -> IntentAnswer:
    readings = tuple(ReadingTold(Reading[name.upper()], value) for name, value in told.items())
    return IntentAnswer(Outcome.ACCEPTED, readings=readings)


YES, NO = IntentAnswer(Outcome.ACCEPTED), IntentAnswer(Outcome.REJECTED, "no room")
CANNOT, SILENT = IntentAnswer(Outcome.UNSUPPORTED), IntentAnswer(Outcome.SILENT)


@dataclass
class Play:
    """The machine, what it asked last, and what it told the operator."""

    state: Rollover = field(default_factory=lambda: Rollover(NOON, ROOTS, WEEK))
    asked: list[object] = field(default_factory=list[object])
    told: list[str] = field(default_factory=list[str])
    kept: int = 0

    def hear(self, *facts: object) -> Play:
        for fact in facts:
            step = ROLLOVER.step(
                self.state, answer_fact(fact) if isinstance(fact, IntentAnswer) else fact, NOON
            )
            self.state = step.state
            for effect in step.effects:
                if isinstance(effect, WithdrawAsks):
                    self.asked.clear()
                elif isinstance(effect, AskStation):
                    self.asked.append(effect.intent)
                elif isinstance(effect, TellOperator):
                    self.told.append(effect.what)
                self.kept += isinstance(effect, KeepAnchors)
        return self


def begun() -> Play:
    return Play().hear(RolloverWanted())


def test_the_root_is_installed_read_back_and_waited_for() -> None:
    play = begun().hear(listing(OLD), rules(anchor_places="5"), YES, listing(OLD, NEW))

    assert play.state.phase is P.READY
    facts = ReadFacts((Reading.ANCHOR_PLACES, Reading.ADDITIONAL_ROOT_CHECK))
    install = InstallTrustAnchor(AnchorUse.CSMS, "new PEM")
    assert play.asked == [ListTrustAnchors(), facts, install, ListTrustAnchors()]
    assert (play.kept, play.told) == (2, [])


def test_who_holds_it_already_is_left_alone() -> None:
    play = begun().hear(listing(NEW, OLD))

    assert (play.state.phase, play.asked) == (P.READY, [ListTrustAnchors()])


def test_the_old_root_goes_by_order_named_as_the_station_names_it() -> None:
    theirs = replace(OLD, issuer_name="AA", serial="01")
    play = begun().hear(listing(theirs, NEW), RemovalWanted(), YES, listing(NEW))

    assert play.asked[1] == RemoveTrustAnchor(theirs)
    assert play.state.phase is P.DONE


def test_a_station_that_checks_gets_the_form_that_its_old_root_signed() -> None:
    play = begun().hear(listing(OLD), rules(additional_root_check="true"), YES, listing(OLD, CROSSED))

    assert play.asked[2] == InstallTrustAnchor(AnchorUse.CSMS, "crossed PEM")
    assert play.state.phase is P.READY


def test_without_that_form_such_a_station_is_held_back() -> None:
    play = Play(Rollover(NOON, replace(ROOTS, crossed=None), WEEK))
    play.hear(RolloverWanted(), listing(OLD), rules(additional_root_check="1"))

    assert play.state.phase is P.HELD_BACK
    assert "only a root that the old one signed" in play.told[0]


def test_a_full_store_is_not_pressed() -> None:
    play = begun().hear(listing(OLD, OTHER), rules(anchor_places="2"))

    assert (play.state.phase, play.told) == (
        P.HELD_BACK,
        ["its store is full (2 certificates in 2 places)"],
    )


def test_who_names_no_rules_is_asked_all_the_same() -> None:
    for answer in (CANNOT, NO):
        assert begun().hear(listing(OLD), answer).state.phase is P.INSTALLING


def test_what_was_accepted_and_is_not_listed_is_not_believed() -> None:
    play = begun().hear(listing(OLD), rules(), YES, listing(OLD))

    assert play.state.phase is P.HELD_BACK
    assert "does not list it" in play.told[0]


def test_a_station_that_let_go_of_the_old_root_is_told_of_at_once() -> None:
    play = begun().hear(listing(OLD), rules(), YES, listing(NEW))

    assert play.state.phase is P.READY
    assert "let go of the old root" in play.told[0]


def test_each_refusal_holds_back_by_name_and_can_be_tried_again() -> None:
    for facts in ((CANNOT,), (NO,), (listing(OLD), rules(), NO), (listing(OLD), rules(), CANNOT)):
        play = begun().hear(*facts)
        assert play.state.phase is P.HELD_BACK
        assert play.state.problem
        assert play.hear(RolloverWanted()).state.phase is P.LISTING


def test_who_lists_the_new_root_and_refuses_what_we_show_is_told_once_until_it_is_asked_again() -> None:
    """The report may be about the old chain, while that was put back: the root may still go from there."""
    refuses = Complained(StationId("CP001"), NOON, Complaint.OUR_CERTIFICATE, "self signed")
    play = begun().hear(listing(OLD, NEW), Complained(StationId("CP001"), NOON, Complaint.TLS_VERSION))
    assert not play.state.refuses_us

    play.hear(refuses, refuses)
    assert (play.state.phase, play.state.refuses_us) == (P.READY, True)
    (told,) = play.told
    assert told.endswith("our certificate is invalid, or of no root that it trusts (self signed)")
    assert play.state.problem == told

    play.hear(RolloverWanted(), listing(OLD, NEW))
    assert (play.state.phase, play.state.refuses_us, play.state.problem) == (P.READY, False, "")


def test_who_complained_of_the_old_chain_and_came_by_the_new_one_lets_go_of_the_old_root() -> None:
    """A station that takes one root only refuses us when we go back, and says so."""
    play = begun().hear(listing(OLD, NEW))
    play.hear(Complained(StationId("CP001"), NOON, Complaint.OUR_CERTIFICATE, "unknown ca"))

    assert play.hear(RemovalWanted()).state.phase is P.REMOVING


def test_silence_is_asked_again_and_then_somebody_looks() -> None:
    play = begun()
    for _ in range(TRIES - 1):
        play.hear(SILENT, TimeCame())
        assert play.asked == [ListTrustAnchors()]

    assert play.hear(SILENT).state.phase is P.HELD_BACK
    assert play.asked == []


def test_a_station_that_is_away_is_waited_for() -> None:
    play = begun().hear(IntentAnswer(Outcome.EXPIRED))

    assert play.state.phase is P.LISTING
    assert play.asked == [ListTrustAnchors()] * 2


def test_a_pause_asks_nothing_and_goes_on_where_it_stood() -> None:
    play = begun().hear(PauseWanted(), listing(OLD))
    assert (play.state.phase, play.asked) == (P.LEARNING, [])

    play.hear(ResumeWanted(), ResumeWanted())
    assert [type(intent) for intent in play.asked] == [ReadFacts]


def test_what_the_csms_moved_is_read_again() -> None:
    assert begun().hear(listing(NEW), MOVED).state.phase is P.LISTING


def test_the_end_of_a_removal_is_what_it_lists_whatever_it_says() -> None:
    for said in (YES, NO):
        assert begun().hear(listing(OLD, NEW), RemovalWanted(), said, listing(OLD, NEW)).state.phase is P.DONE
    assert begun().hear(listing(OLD, NEW), RemovalWanted(), CANNOT).state.phase is P.DONE
    assert begun().hear(listing(NEW), RemovalWanted()).state.phase is P.DONE


def test_cancelled_nothing_is_asked_any_more() -> None:
    play = begun().hear(Cancelled("ann"))

    assert (play.state.phase, play.asked) == (P.CANCELLED, [])


# ------------------------------------------------------------------------------ every interleaving


@dataclass
class Station:
    """What a station does with what it is asked: honestly, with few places, or with a will of its own."""

    places: int
    checks: bool
    replaces: bool  # a new root takes the place of the old one
    lies: bool  # says yes and does nothing
    holds: set[CertificateHash] = field(default_factory=lambda: {OLD})

    def does(self, intent: object) -> IntentAnswer:
        if isinstance(intent, ListTrustAnchors):
            return listing(*sorted(self.holds, key=lambda one: one.serial))
        if isinstance(intent, ReadFacts):
            return rules(anchor_places=str(self.places), additional_root_check=str(self.checks).lower())
        if isinstance(intent, InstallTrustAnchor):
            name = CROSSED if intent.certificate_pem == "crossed PEM" else NEW
            if len(self.holds) >= self.places or (self.checks and name is NEW):
                return NO
            if not self.lies:
                self.holds = {name} if self.replaces else self.holds | {name}
            return YES
        assert isinstance(intent, RemoveTrustAnchor)
        self.holds.discard(intent.certificate)
        return YES


BEHAVIOURS = st.builds(
    Station, places=st.integers(1, 3), checks=st.booleans(), replaces=st.booleans(), lies=st.booleans()
)


@dataclass
class Story:
    """A station on its way, with the gateway's side of it: which chain is shown, and what was seen."""

    station: Station
    play: Play = field(default_factory=begun)
    came_by_new: bool = False
    is_retired: bool = False

    def answer(self) -> None:
        self.play.hear(self.station.does(self.play.asked.pop()))

    def lost(self) -> None:
        """It did it, and nobody heard the answer."""
        self.station.does(self.play.asked[-1])
        self.unanswered(Outcome.LINK_LOST)

    def unanswered(self, outcome: Outcome) -> None:
        self.play.asked.clear()
        self.play.hear(IntentAnswer(outcome))

    def shown(self, *, is_new: bool) -> None:
        if not self.is_retired:  # from there on there is no way back
            self.came_by_new = is_new and bool(self.station.holds & {NEW, CROSSED})

    def retire(self) -> None:
        if self.came_by_new:
            self.is_retired = True
            self.play.hear(RemovalWanted())

    def time(self) -> None:
        if ROLLOVER.takes(self.play.state.phase, TimeCame):
            self.play.hear(TimeCame())


ABOUT_ASKS: dict[str, Callable[[Story], object]] = {
    "answer": Story.answer,
    "lost": Story.lost,
    "silence": lambda story: story.unanswered(Outcome.SILENT),
    "away": lambda story: story.unanswered(Outcome.EXPIRED),
}
EVENTS: dict[str, Callable[[Story], object]] = {
    "time": Story.time,
    "moved": lambda story: story.play.hear(MOVED),
    "pause": lambda story: story.play.hear(PauseWanted()),
    "resume": lambda story: story.play.hear(ResumeWanted()),
    "want": lambda story: story.play.hear(RolloverWanted()),
    "switch": lambda story: story.shown(is_new=True),
    "back": lambda story: story.shown(is_new=False),
    "retire": Story.retire,
}


@settings(max_examples=100, deadline=None)
@given(BEHAVIOURS, st.lists(st.sampled_from(["answer", *ABOUT_ASKS, *EVENTS]), max_size=40))
def test_a_station_always_holds_a_root_of_a_chain_that_we_have(station: Station, events: list[str]) -> None:
    """The old one goes only when it came by the new one, unless the station itself replaces it."""
    story = Story(station)
    for event in events:
        if story.play.state.phase is P.DONE:
            break
        if event in EVENTS:
            EVENTS[event](story)
        elif story.play.asked:
            ABOUT_ASKS[event](story)
        assert station.holds & {OLD, NEW, CROSSED}
        assert OLD in station.holds or station.replaces or story.is_retired
        if story.play.state.phase is P.READY and not station.lies:
            assert station.holds & {NEW, CROSSED}
