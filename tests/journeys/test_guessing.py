"""Ten thousand guesses a minute at one identity, from many addresses, while the real station comes back (ruling 10)."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from statistics import median

import pytest
import pytest_asyncio

from tests.journeys.deployment import (
    Part,
    Template,
    Wanted,
    World,
    fresh_source,
    world_of,
)
from tests.journeys.gateway_child import gateway_child
from tests.journeys.player import playing
from voltward.domain.secret import Secret
from voltward.simulator.dial import PasswordLogin
from voltward.simulator.frames import CALL_RESULT
from voltward.simulator.link import HttpRefused, words

pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="module")]

HUMAN = b"Sunny-Meadow-2026"
HOME = "127.60.0.1"  # where the real station comes from
GUESSES_PER_SECOND = 170  # ten thousand a minute, and a few more
MADE_UP = 0.05  # seconds of standing still that the guessers make up for
LEAST = GUESSES_PER_SECOND * 8  # guesses in a storm
MOST = GUESSES_PER_SECOND * 60  # on a machine where the rest of the story takes long
WANTED = (Wanted("GUESSED", password=HUMAN),)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(template: Template, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with world_of(template, tmp_path_factory.mktemp("guessing")) as world:
        yield world


async def test_the_real_station_reconnects_at_once_while_ten_thousand_a_minute_guess(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with world_of(template, tmp_path_factory.mktemp("storm"), wanted=WANTED) as world:
        part = world.parts["GUESSED"]
        async with playing(world.dial(part, source=HOME)) as player:
            assert (await player.boot()).kind == CALL_RESULT
            await world.gateway.event("credential_proven", subject=part.identity)

        async with guessing(world, part.identity) as storm:
            await storm.is_blowing()
            assert at_once([await seconds_to_connect(world, part) for _ in range(5)])
            # With the cache of verified credentials gone too: the reserved lane is in the store.
            refused = len(list(world.gateway.seen("station_refused", subject=part.identity)))
            assert await world.gateway.stop() == 0
            async with gateway_child(world.settings, world.overrides) as world.gateway:
                storm.port = world.gateway.tls_port
                await storm.is_blowing()
                assert at_once([await seconds_to_connect(world, part) for _ in range(3)])
                # Nobody else pays for it, from wherever he comes.
                async with playing(world.dial(world.take(2))) as player:
                    assert (await player.boot()).kind == CALL_RESULT
                await storm.is_over()
                # Over the ration a guess is refused unverified; the real station's address never is.
                event = await world.gateway.event("station_refused", subject=part.identity, control="AUTH-06")
                assert event["source"] != HOME
                refused += len(list(world.gateway.seen("station_refused", subject=part.identity)))

        assert storm.made >= LEAST
        assert storm.answers.keys() <= {401, 503}  # 503: from the gateway that was on its way out
        assert refused > storm.made / 2  # the others came while nobody listened, or wait for their answer
        assert world.connections_of(part.identity) == 9


def at_once(seconds: list[float]) -> bool:
    """Within a second. The guessers share this process and this machine with the station: one may be late."""
    return median(seconds) < 1.0 and max(seconds) < 3.0


async def seconds_to_connect(world: World, part: Part) -> float:
    clock = asyncio.get_running_loop().time
    started = clock()
    async with playing(world.dial(part, source=HOME)) as player:
        took = clock() - started
        assert (await player.boot()).kind == CALL_RESULT
    return took


@dataclass(slots=True)
class Storm:
    """Guesses in flight. `port` may change: the guessers do not mind."""

    port: int
    identity: str
    context: ssl.SSLContext
    made: int = 0
    answers: dict[int, int] = field(default_factory=dict[int, int])
    enough: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def is_blowing(self) -> None:
        """Until another second's worth of guesses has been made, and some were answered."""
        made = self.made
        async with asyncio.timeout(30):
            while self.made < made + GUESSES_PER_SECOND or not self.answers:  # noqa: ASYNC110 -- two counters
                await asyncio.sleep(0.02)

    async def is_over(self) -> None:
        """Until its last guess is made; it blows no longer than its least now."""
        self.enough.set()
        async with asyncio.timeout(90):
            await self.over.wait()

    async def blow(self) -> None:
        """Start guesses at an even pace, whatever becomes of the earlier ones.

        Where this process has to stand still, it does not make up for it: that would be another storm.
        """
        loop = asyncio.get_running_loop()
        due = loop.time()
        async with asyncio.TaskGroup() as group:
            for number in range(MOST):
                if number >= LEAST and self.enough.is_set():
                    break
                due = max(due + 1 / GUESSES_PER_SECOND, loop.time() - MADE_UP)
                await asyncio.sleep(max(0.0, due - loop.time()))
                self.made += 1
                group.create_task(self._guess(number))
            self.over.set()

    async def _guess(self, number: int) -> None:
        password = f"guess-{number:010d}".encode()
        login = base64.b64encode(self.identity.encode() + b":" + password).decode()
        request = (
            f"GET /ocpp/{self.identity} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\nSec-WebSocket-Protocol: ocpp2.0.1\r\n"
            f"Authorization: Basic {login}\r\n\r\n"
        )
        try:
            async with asyncio.timeout(12):
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", self.port, ssl=self.context, server_hostname="localhost",
                    local_addr=(fresh_source(), 0),
                )  # fmt: skip
                try:
                    writer.write(request.encode())
                    status = int((await reader.readline()).split()[1])
                    self.answers[status] = self.answers.get(status, 0) + 1
                finally:
                    writer.close()
        except (OSError, TimeoutError, IndexError, asyncio.IncompleteReadError):
            pass  # the gateway was restarted under it


@asynccontextmanager
async def guessing(world: World, identity: str) -> AsyncIterator[Storm]:
    """A storm of guesses while the block runs."""
    context = ssl.create_default_context(cadata=world.roots_pem)
    storm = Storm(world.gateway.tls_port, identity, context)
    blowing = asyncio.create_task(storm.blow(), name="storm")
    try:
        yield storm
    finally:
        if not storm.over.is_set():
            blowing.cancel()
        await asyncio.wait({blowing})


async def test_guessers_who_wait_for_their_answers_do_not_fill_the_door(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # Held for eight seconds each, these guesses would take all places, and others would be turned away.
    folder, settings = tmp_path_factory.mktemp("crowd"), "[gateway.limits]\nhalf_open = 600\n"
    async with world_of(template, folder, settings) as world:
        part, others = world.take(2), [world.take(2) for _ in range(4)]
        async with guessing(world, part.identity) as storm:
            await storm.is_over()
            for other in others:
                async with playing(world.dial(other)) as player:
                    assert (await player.boot()).kind == CALL_RESULT
        turned_away = list(world.gateway.seen("tls_handshake_failed", reason="too-many-half-open"))
    assert storm.made > 2 * 600
    assert not turned_away


async def test_refusals_of_one_source_come_later_and_later_and_a_right_password_from_there_does_not(
    world: World,
) -> None:
    part, source = world.take(2), fresh_source()
    wrong = PasswordLogin(Secret(b"wrong-password-000000000"))
    waits: list[float] = []
    for _ in range(7):
        outcome = await world.knock(part, login=wrong, source=source)
        assert isinstance(outcome, HttpRefused), words(outcome)
        waits.append(outcome.seconds)
    clock = asyncio.get_running_loop().time
    started = clock()
    async with playing(world.dial(part, source=source)) as player:
        took = clock() - started
        assert (await player.boot()).kind == CALL_RESULT

    assert waits[0] < 1.0
    assert waits[-1] > 2 * waits[0]
    assert took < 0.5


async def test_repeated_refusals_are_one_journal_row_with_a_count_when_the_gateway_ends(
    template: Template, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async with world_of(template, tmp_path_factory.mktemp("counted")) as world:
        part = world.take(2)
        wrong = PasswordLogin(Secret(b"wrong-password-000000000"))
        await asyncio.gather(*(world.knock(part, login=wrong) for _ in range(5)))
        assert await world.gateway.stop() == 0
        rows = await world.journal("station_refused", subject=part.identity)
    assert len(rows) == 2
    assert rows[0].facts["control"] == "AUTH-02"
    assert rows[1].facts["count"] == 4
