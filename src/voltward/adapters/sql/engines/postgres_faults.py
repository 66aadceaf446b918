"""What PostgreSQL's errors mean: by SQLSTATE (its manual, appendix A), else by the kind of exception."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy.exc import DBAPIError

from voltward.adapters.sql.engines.engine import Unanswered, not_unicode
from voltward.adapters.sql.engines.postgres_place import PostgresPlace
from voltward.domain.errors import OperatorFault, OutsideFault, VoltwardError
from voltward.ports.storage import Conflict

_Words = tuple[str, str]  # what happened, how to mend it

_TURNED_AWAY: Final[Mapping[str, _Words]] = {
    "28P01": (
        "the server did not take the password of {user}.",
        'Put the right one where store.password points to, as in store.password = "file:store.password".',
    ),
    "28000": (
        "the server does not let {user} in: {words}.",
        "Its pg_hba.conf must have a line for this user, database and address.",
    ),
    "3D000": ("there is no database {database}.", "Make it: CREATE DATABASE {database} OWNER {user}."),
    "42501": (
        "{user} may not do this in the database: {words}.",
        "Let the database belong to this user: ALTER DATABASE {database} OWNER TO {user}.",
    ),
    "53300": (
        "the server has no connection left.",
        "Raise max_connections: each process of Voltward takes up to five.",
    ),
}
_FAILED: Final[Mapping[str, _Words]] = {
    "25006": (
        "the server takes no changes: it is a standby, or was made read-only.",
        "Let store.url name the primary.",
    ),
    "25P03": ("this took so long that the server gave up waiting.", "Try again."),
    "53100": ("the disk of the server is full; nothing of this was saved.", "Make room and try again."),
    "53": ("the server has run out of something: {words}.", "Look into the server's log."),
    "55P03": ("another process keeps the store locked.", "Wait for it, or end it, and try again."),
    "57014": ("the server took too long and was stopped.", "Look at its load and at its disk."),
    "58": ("the disk of the server failed: {words}.", "Look at the disk, and into the server's log."),
    "40": ("somebody who is not Voltward writes in this database: {words}.", "Try again; find out who."),
    "XX": ("the store is damaged: {words}.", "Restore a backup."),
}
_GONE: Final[Mapping[str, _Words]] = {
    "08": ("the connection to the server broke: {words}.", "Is the server running, and the network whole?"),
    "57P": ("the server is starting or stopping: {words}.", "Wait until it is there again."),
}
_WRONG: Final[Mapping[str, _Words]] = {
    "22001": ("a text is longer than the store takes.", "Shorten it."),
    "22021": ("a text has characters that the store does not take.", "Take the NUL out of it."),
    "23503": ("it belongs to something that the store does not have.", ""),
}
_SAVED_FIRST: Final = "23505"


def postgres_fault(place: PostgresPlace, error: Exception) -> VoltwardError | None:
    """One of our faults; None for what only a bug of ours can cause."""
    raised = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    if (unwritable := not_unicode(_first_cause(raised))) is not None:
        return unwritable
    state = getattr(raised, "sqlstate", None)
    if state is None:
        return _unanswered(place, error, raised)
    if state == _SAVED_FIRST:
        return Conflict("somebody else saved first.", mend="Read again and try again.")
    if (words := _WRONG.get(state)) is not None:
        return OperatorFault(words[0], mend=words[1])
    if state == "28000" and "no encryption" in str(raised):
        return OutsideFault(
            f"the server does not let {place.user} in without TLS.",
            mend='Set store.tls = "verify"; if it wants none, its pg_hba.conf lacks a line for this user.',
            subject=str(place),
        )
    if (words := _of_family(_GONE, state)) is not None:
        return _outside(Unanswered, place, words, raised)
    words = _TURNED_AWAY.get(state) or _of_family(_FAILED, state)
    return _outside(OutsideFault, place, words, raised) if words is not None else None


def _of_family(table: Mapping[str, _Words], state: str) -> _Words | None:
    return next((table[key] for key in (state, state[:3], state[:2]) if key in table), None)


def _outside(
    kind: type[OutsideFault], place: PostgresPlace, said: _Words, raised: BaseException
) -> OutsideFault:
    words = _one_line(raised)
    what, mend = (text.format(user=place.user, database=place.database, words=words) for text in said)
    return kind(what, mend=mend, subject=str(place))


def _unanswered(place: PostgresPlace, error: Exception, raised: BaseException) -> OutsideFault | None:
    """Errors without a SQLSTATE: from the network, from TLS, from a driver whose connection has gone."""
    cause = _first_cause(raised)
    if isinstance(raised, TimeoutError) or isinstance(cause, TimeoutError):
        return Unanswered(
            "the server does not answer.", mend="Is it overloaded, or the network cut?", subject=str(place)
        )
    for each in (raised, cause):
        verify_message = getattr(each, "verify_message", None)  # of the TLS library
        if verify_message:
            return OutsideFault(
                f"the server's certificate does not verify: {verify_message}.",
                mend="Let store.ca name the authority of its certificate, and store.url the host in it.",
                subject=str(place),
            )
        if isinstance(each, ConnectionError) and "rejected SSL" in str(each):
            return OutsideFault(
                "the server speaks no TLS.",
                mend='Switch it on there (ssl = on); store.tls = "off" is for a server on this machine.',
                subject=str(place),
            )
        if isinstance(each, OSError):
            return Unanswered(
                f"the server cannot be reached: {each.strerror or _one_line(each)}.",
                mend="Is it running, and are host and port in store.url right?",
                subject=str(place),
            )
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return _outside(Unanswered, place, _GONE["08"], raised)
    return None


def _first_cause(error: BaseException) -> BaseException:
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _one_line(error: BaseException) -> str:
    """The server's words without the driver's, which stand before them in angle brackets."""
    text = str(error).partition("\n")[0].strip().rstrip(".")
    return text.partition(">: ")[2] or text
