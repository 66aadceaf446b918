from __future__ import annotations

import pytest

from tests.fakes.builders import denied_certificate
from tests.fakes.certificates import Authority as MadeAuthority
from tests.fakes.certificates import Validity
from tests.fakes.clock import FakeClock
from tests.fakes.stores import journalled
from voltward.adapters.sql.store import SqlStore
from voltward.adapters.system_clock import SystemClock
from voltward.crypto.reading.certificates import fingerprint
from voltward.domain.authority import Authority, Binding, BindingRule, TrustedFor
from voltward.domain.errors import OperatorFault
from voltward.usecases.trust.trust_authority import (
    TrustOrder,
    distrust_authority,
    trust_authorities,
    trust_authority,
)

# The certificates of the fakes live around the real time.
CLOCK = FakeClock(SystemClock().now())
ROOT = MadeAuthority.create("Station CA")
SERIAL = Binding()
STOLEN = denied_certificate().fingerprint  # of certificate_credential()


async def trust(store: SqlStore, der: bytes = ROOT.der, binding: Binding = SERIAL) -> Authority:
    order = TrustOrder(der, TrustedFor.STATIONS, binding, ("Partner CPO",))
    return await trust_authority(store, order, "cli:ann", CLOCK)


async def authorities(store: SqlStore) -> list[Authority]:
    async with store.read() as work:
        return list(await work.authorities.all())


async def test_an_authority_is_known_by_the_digest_of_its_certificate(store: SqlStore) -> None:
    trusted = await trust(store)

    assert trusted.id == fingerprint(ROOT.der).hex()
    assert (trusted.name, trusted.organisations) == ("CN=Station CA", ("Partner CPO",))
    assert await authorities(store) == [trusted]
    (event,) = await journalled(store)
    assert (event.kind, event.actor, event.subject) == ("authority_trusted", "cli:ann", trusted.id)


async def test_trusting_again_changes_the_rules(store: SqlStore) -> None:
    await trust(store)
    await trust(store, binding=Binding(BindingRule.IDENTITY_IN_COMMON_NAME))

    (found,) = await authorities(store)
    assert found.binding.rule is BindingRule.IDENTITY_IN_COMMON_NAME


@pytest.mark.parametrize(
    ("der", "reason"),
    [
        (ROOT.issue().der, "no CA certificate"),
        (MadeAuthority.create("Old", validity=Validity.days(-30, -1)).der, "it ended on"),
        (MadeAuthority.create("Weak", key="rsa1024").der, "at least 2048"),
    ],
)
async def test_what_cannot_be_an_authority_is_refused_with_the_reason(
    store: SqlStore, der: bytes, reason: str
) -> None:
    with pytest.raises(OperatorFault, match=reason):
        await trust(store, der)
    assert await authorities(store) == []


@pytest.mark.parametrize("pattern", ["EV-(?P<serial>[0-9]+)", "(?P<identity>.+)@(?P<serial>.+)"])
async def test_a_pattern_says_what_it_finds(store: SqlStore, pattern: str) -> None:
    trusted = await trust(store, binding=Binding(BindingRule.PATTERN, pattern))

    assert trusted.binding.pattern == pattern


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("EV-[0-9]+", "does not say what it finds"),
        ("(?P<name>.+)", "does not say what it finds"),
        (r"\(?P<serial>x", "does not say what it finds|cannot be read"),
        ("(?P<serial>", "cannot be read"),
        (None, "does not say what it finds"),
    ],
)
async def test_a_pattern_that_finds_nothing_is_refused(
    store: SqlStore, pattern: str | None, reason: str
) -> None:
    with pytest.raises(OperatorFault, match=reason):
        await trust(store, binding=Binding(BindingRule.PATTERN, pattern))


async def test_trust_is_taken_back_by_the_start_of_an_id(store: SqlStore) -> None:
    trusted = await trust(store)

    retired = await distrust_authority(store, trusted.id[:8].upper(), "cli:ann", CLOCK)

    assert retired.retired_at == CLOCK.now()
    assert await authorities(store) == [retired]
    assert (await journalled(store))[-1].kind == "authority_distrusted"


async def test_an_authority_has_to_be_named_for_sure(store: SqlStore) -> None:
    trusted = await trust(store)

    for name in (trusted.id[:7], "0" * 64, ""):
        with pytest.raises(OperatorFault) as caught:
            await distrust_authority(store, name, "cli:ann", CLOCK)
        assert "at least 8 digits" in caught.value.mend
    assert await authorities(store) == [trusted]


async def test_trust_is_taken_back_once(store: SqlStore) -> None:
    trusted = await trust(store)
    await distrust_authority(store, trusted.id, "cli:ann", CLOCK)

    with pytest.raises(OperatorFault):
        await distrust_authority(store, trusted.id, "cli:ann", CLOCK)


async def test_a_file_with_one_that_is_no_authority_changes_nothing(store: SqlStore) -> None:
    good, leaf = MadeAuthority.create("Good"), MadeAuthority.create("Other").issue(common_name="SN-1")
    orders = [TrustOrder(der, TrustedFor.STATIONS, Binding()) for der in (good.der, leaf.der)]
    with pytest.raises(OperatorFault, match="cannot be an authority"):
        await trust_authorities(store, orders, "cli:ann", CLOCK)
    async with store.read() as reading:
        assert await reading.authorities.all() == []
