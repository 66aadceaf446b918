from __future__ import annotations

from voltward.simulator.faults import FAULT_WORDS, MISCHIEF, OVERSIZE_OCTETS, Fault
from voltward.simulator.frames import read_frame


def test_every_fault_is_told_in_words() -> None:
    assert set(FAULT_WORDS) == set(Fault)
    assert all(FAULT_WORDS.values())


def test_garbage_is_no_message_and_the_rest_is() -> None:
    assert read_frame(MISCHIEF[Fault.GARBAGE]()) is None
    assert len(MISCHIEF[Fault.OVERSIZE]()) > OVERSIZE_OCTETS
    unasked = read_frame(MISCHIEF[Fault.ANSWERS_UNASKED]())
    assert unasked is not None
    assert unasked.message_id == "never-asked"
