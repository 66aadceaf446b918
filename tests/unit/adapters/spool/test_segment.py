from __future__ import annotations

from pathlib import Path

import pytest

from voltward.adapters.spool.segment import FACTS, NAME, Segment
from voltward.crypto.sealing import BrokenSeal, SealingKey
from voltward.domain.errors import OutsideFault
from voltward.domain.secret import Secret

KEY = SealingKey(b"k" * 8, Secret(b"s" * 32))
LOG, NONCE = b"l" * 16, bytes(12)


def created(folder: Path) -> Segment:
    return Segment.create(folder, 7, LOG, KEY)


def test_its_name_tells_its_order_and_its_log(tmp_path: Path) -> None:
    segment = created(tmp_path)

    found = NAME.fullmatch(segment.path.name)
    assert found is not None
    assert found.groups() == ("0000000007", LOG.hex())
    segment.close()


def test_records_are_numbered_and_those_that_arrived_are_not_told_again(tmp_path: Path) -> None:
    segment = created(tmp_path)
    numbers = [segment.append(1, content, NONCE, for_sure=False) for content in (b"a", b"b", b"c")]
    first, *_ = segment.waiting()
    segment.taken.number, segment.taken.end = first.number, first.end

    assert numbers == [1, 2, 3]
    assert [segment.content(frame) for frame in segment.waiting()] == [b"b", b"c"]
    assert not segment.has_arrived
    segment.close()


def test_facts_are_told_whether_or_not_they_arrived(tmp_path: Path) -> None:
    segment = created(tmp_path)
    segment.append(1, b"row", NONCE, for_sure=False)
    assert not segment.has_facts
    segment.append(FACTS, b"fact", NONCE, for_sure=True)
    segment.taken.number = 2

    assert (segment.has_facts, segment.has_arrived, list(segment.facts())) == (True, True, [b"fact"])
    segment.close()


def test_it_is_adopted_when_its_writer_has_ended_and_not_before(tmp_path: Path) -> None:
    written = created(tmp_path)
    written.append(FACTS, b"a", NONCE, for_sure=False)
    assert Segment.adopt(written.path, KEY) is None
    written.close()

    adopted = Segment.adopt(written.path, KEY)

    assert adopted is not None
    assert (adopted.name, adopted.records, adopted.size) == (written.name, 1, written.size)
    assert (adopted.has_facts, adopted.is_open) == (True, False)
    adopted.close()


def test_a_crash_before_the_head_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / f"0000000001-{LOG.hex()}.spool"
    path.write_bytes(b"VWL")

    adopted = Segment.adopt(path, KEY)

    assert adopted is not None
    assert adopted.has_arrived
    adopted.close()


def test_another_file_under_its_name_is_no_segment(tmp_path: Path) -> None:
    path = tmp_path / f"0000000001-{LOG.hex()}.spool"
    path.write_bytes(b"a text of twenty octets or more")

    with pytest.raises(BrokenSeal):
        Segment.adopt(path, KEY)


def test_a_name_that_is_taken_is_an_outside_fault(tmp_path: Path) -> None:
    segment = created(tmp_path)

    with pytest.raises(OutsideFault, match="cannot be made"):
        created(tmp_path)
    segment.close()


def test_it_is_removed_or_set_aside(tmp_path: Path) -> None:
    first, second = created(tmp_path), Segment.create(tmp_path, 8, LOG, KEY)

    first.remove()
    aside = second.set_aside()

    assert [path.name for path in tmp_path.iterdir()] == [aside.name]
    assert aside.suffix == ".damaged"
