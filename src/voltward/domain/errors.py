"""The exception tree.

    VoltwardError
      StationFault     the peer is wrong: what a station or a CSMS sent cannot be accepted
      OperatorFault    the request is wrong: a setting, an option, an order that contradicts itself
      OutsideFault     the outside failed: disk, network, database, authority

Every error says what happened, to whom, and how to mend it. Anything else that is raised is a bug of
ours and must crash the task. A refusal at the door is a decision (a value), never an exception.
"""

from __future__ import annotations


class VoltwardError(Exception):
    """The root: `what` happened, `mend` says what to do about it, `subject` names whom it concerns."""

    def __init__(self, what: str, *, mend: str = "", subject: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend
        self.subject = subject

    @property
    def sentence(self) -> str:
        """What happened to whom, for wherever the mend is said beside it."""
        return f"{self.subject}: {self.what}" if self.subject else self.what

    def __str__(self) -> str:
        return f"{self.sentence} {self.mend}" if self.mend else self.sentence


class StationFault(VoltwardError):
    """The peer on the wire is wrong."""


class OperatorFault(VoltwardError):
    """The request or the settings are wrong; exit status 2."""


class OutsideFault(VoltwardError):
    """Something outside of us failed; exit status 3."""
