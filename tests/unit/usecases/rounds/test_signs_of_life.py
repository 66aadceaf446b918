from __future__ import annotations

from datetime import timedelta

from tests.fakes.clock import NOON
from voltward.adapters.sql.store import SqlStore
from voltward.domain.part import Part
from voltward.usecases.rounds.signs_of_life import SILENT, give_sign, look_at_parts

BOTH = (Part.WORKER, Part.SIGNER)


async def test_who_gave_a_sign_lately_is_alive_and_who_never_gave_one_is_silent(store: SqlStore) -> None:
    await give_sign(store, [Part.WORKER], NOON)

    worker, signer = await look_at_parts(store, BOTH, NOON + SILENT)
    assert (worker.at, worker.is_silent) == (NOON, False)
    assert (signer.at, signer.is_silent) == (None, True)
    (worker, _) = await look_at_parts(store, BOTH, NOON + SILENT + timedelta(seconds=1))
    assert worker.is_silent
