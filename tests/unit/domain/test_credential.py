from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from voltward.domain.credential import (
    ClientCertificate,
    Credential,
    CredentialState,
    KeyedDigest,
    Password,
    Purpose,
)
from voltward.domain.station import StationId

NOW = datetime(2026, 11, 20, tzinfo=UTC)
PASSWORD = Credential(
    id="1",
    station=StationId("CP-7"),
    proof=Password(KeyedDigest(b""), hexadecimal=True, length=20),
    purpose=Purpose.PRODUCTION,
    state=CredentialState.ACTIVE,
    generation=1,
    created_at=NOW,
)


def test_a_credential_knows_its_kind() -> None:
    assert PASSWORD.is_password
    assert not replace(PASSWORD, proof=ClientCertificate(b"f", "SN-0007", b"i")).is_password


@pytest.mark.parametrize("state", [s for s in CredentialState if s is not CredentialState.RETIRED])
def test_a_credential_is_usable_until_it_is_retired(state: CredentialState) -> None:
    assert replace(PASSWORD, state=state).is_usable(NOW)
    assert not replace(PASSWORD, state=CredentialState.RETIRED).is_usable(NOW)


def test_a_credential_is_usable_until_its_end() -> None:
    ending = replace(PASSWORD, not_after=NOW)

    assert ending.is_usable(NOW - timedelta(seconds=1))
    assert not ending.is_usable(NOW)
