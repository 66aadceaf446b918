from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voltward.domain.credential import Purpose
from voltward.domain.errors import OutsideFault
from voltward.domain.station import StationId
from voltward.gateway.channel.sockets import Place
from voltward.gateway.handover.words import (
    Answered,
    Declined,
    Empty,
    Left,
    MayCome,
    Offered,
    Prepared,
    Yours,
    line_of,
    read_new,
    read_old,
)
from voltward.gateway.links.precedence import Newcomer
from voltward.lifecycles.second_connection import Contender, Proof, ProofKind

proofs = st.builds(
    Proof,
    st.sampled_from(ProofKind),
    st.sampled_from(Purpose),
    st.integers(0, 1000),
    st.none() | st.binary(min_size=32, max_size=32),
)
contenders = st.builds(Contender, proofs, st.ip_addresses().map(str), st.none() | st.text(max_size=50))
stations = st.builds(StationId, st.text(min_size=1, max_size=48), st.text(min_size=1, max_size=20))
newcomers = st.builds(Newcomer, stations, st.text(max_size=36), contenders, st.booleans())


@settings(max_examples=60)
@given(newcomers)
def test_a_newcomer_arrives_as_it_was(newcomer: Newcomer) -> None:
    line = line_of(MayCome.of(7, newcomer))
    word = read_new(line)

    assert line.count(b"\n") == 1
    assert isinstance(word, MayCome)
    assert (word.number, word.newcomer) == (7, newcomer)


@pytest.mark.parametrize(
    "word",
    [
        Offered((Place("tls", ("0.0.0.0", 8443)), Place("metrics", ("::1", 9464)))),
        Declined("the store is away"),
        Yours(),
        Answered(7, may_come=False),
        Left(31),
        Empty(),
    ],
)
def test_what_the_old_one_says_arrives_as_it_was(word: Offered) -> None:
    assert read_old(line_of(word)) == word


def test_what_the_new_one_says_does_too() -> None:
    assert read_new(line_of(Prepared())) == Prepared()


@settings(max_examples=60)
@given(st.binary(max_size=60).filter(lambda line: not line.startswith(b"{")))
def test_anything_else_is_a_fault(line: bytes) -> None:
    for read in (read_old, read_new):
        with pytest.raises(OutsideFault, match="do not understand each other"):
            read(line)


def test_a_word_of_another_version_is_one_too() -> None:
    with pytest.raises(OutsideFault):
        read_old(b'{"type":"how are you"}')
