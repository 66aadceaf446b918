"""What ends a run of the benchmark early.

    BenchmarkFault
      PeerFault      a server or the sink answered wrongly, late or not at all: the figures would lie
        ComeAgain    a station was told to come again (503), or hung up on: the soak's stations do
      MachineFault   this machine cannot run the benchmark: nginx missing, too few cores

One wrong answer ends the run: a server that fails cheaply must not look fast.
"""

from __future__ import annotations


class BenchmarkFault(Exception):
    """The run is void; the message says why."""


class PeerFault(BenchmarkFault):
    """A server under test, or the sink behind it, did not do what it must."""


class ComeAgain(PeerFault):
    """A server turned a station away for now, or let it go without a word."""


class MachineFault(BenchmarkFault):
    """Something that the benchmark needs is not on this machine."""
