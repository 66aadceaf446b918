"""What a station's answer to an ask means for a life-cycle: five facts, whatever version it speaks."""

from __future__ import annotations

from dataclasses import dataclass

from voltward.domain.complaint import COMPLAINT_WORDS
from voltward.domain.intents import IntentAnswer, Outcome
from voltward.domain.station_fact import Complained


@dataclass(frozen=True, slots=True)
class Agreed:
    """It did what it was asked for, or says so; proof is another matter."""

    answer: IntentAnswer


@dataclass(frozen=True, slots=True)
class Refused:
    """It could have, and did not."""

    answer: IntentAnswer


@dataclass(frozen=True, slots=True)
class Unable:
    """Its version, or this station, does not know how: asking again is of no use."""

    answer: IntentAnswer


@dataclass(frozen=True, slots=True)
class Unanswered:
    """It was asked and did not answer in time, or its link ended first: it may have done it all the same."""

    answer: IntentAnswer


@dataclass(frozen=True, slots=True)
class NotThere:
    """It was not asked: it was not there for as long as the ask was good."""

    answer: IntentAnswer


AnswerFact = Agreed | Refused | Unable | Unanswered | NotThere

_MEANINGS: dict[Outcome, type[AnswerFact]] = {
    Outcome.ACCEPTED: Agreed,
    Outcome.NEEDS_RESTART: Agreed,
    Outcome.SCHEDULED: Agreed,
    Outcome.REJECTED: Refused,
    Outcome.FAILED: Refused,
    Outcome.NOT_FOUND: Refused,
    Outcome.ERROR: Refused,
    Outcome.UNSUPPORTED: Unable,
    Outcome.SILENT: Unanswered,
    Outcome.LINK_LOST: Unanswered,
    Outcome.EXPIRED: NotThere,
}


def answer_fact(answer: IntentAnswer) -> AnswerFact:
    """The fact that an answer is."""
    return _MEANINGS[answer.outcome](answer)


def answer_words(answer: IntentAnswer) -> str:
    """The outcome with the station's reason, for operators."""
    return f"{answer.outcome.value}: {answer.words}" if answer.words else answer.outcome.value


def report_words(reported: Complained) -> str:
    """What a station reports of its own accord, with what it added."""
    words = COMPLAINT_WORDS[reported.complaint]
    return f"{words} ({reported.words})" if reported.words else words
