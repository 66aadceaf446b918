from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fakes.builders import (
    authority,
    certificate_credential,
    denied_certificate,
    event,
    exception,
    password_credential,
    station,
)
from tests.fakes.clock import NOON
from voltward.adapters.value_form import ForeignForm, packed, unpacked
from voltward.domain.authority import Authority, Binding, BindingRule, DeniedCertificate
from voltward.domain.credential import Argon2Hash, ClientCertificate, Password, PasswordForm, Purpose
from voltward.domain.events import Event, FactValue
from voltward.domain.secret import Secret
from voltward.domain.security_profile import Allowance, SecurityProfile
from voltward.domain.station import Lane, Latch, LatchStage, StationId
from voltward.domain.station_entry import StationEntry
from voltward.domain.station_fact import CertificateFirstSeen, Connected, Proven, SerialTold
from voltward.ports.spool import Entry

P2, P3 = SecurityProfile.TLS_BASIC, SecurityProfile.TLS_CERTIFICATE
CP1 = StationId("CP001", "north")
LEAF = ClientCertificate(b"\x07" * 32, "SN-1", b"\x01" * 32, pinned=True)
FULL = StationEntry(
    station(
        tenant="north",
        latch=Latch(P3, LatchStage.ANSWERED, NOON),
        allowance=Allowance(P2, NOON + timedelta(days=3), "ann", "waits"),
        quarantine_lane=Lane.REPAIR,
        known_sources=("192.0.2.7", "2001:db8::/64"),
    ),
    (
        password_credential(last_form=PasswordForm.TEXT, proven_at=NOON),
        password_credential(proof=Password(Argon2Hash("$argon2id$"), hexadecimal=False, length=9)),
        certificate_credential(),
    ),
    (exception(),),
)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (FULL, StationEntry),
        (StationEntry(station()), StationEntry),
        (authority(binding=Binding(BindingRule.PATTERN, "(?P<serial>.+)")), Authority),
        (denied_certificate(), DeniedCertificate),
        (Connected(CP1, NOON, P2, "192.0.2.7", "id", PasswordForm.OCTETS), Entry),
        (CertificateFirstSeen(CP1, NOON, LEAF, Purpose.PRODUCTION), Entry),
        (Proven(CP1, NOON, P3, fingerprint=b"\x00\xff"), Entry),
        (SerialTold(CP1, NOON, "SN-1"), Entry),
        (event(text="Ünï \x00 😀", whole=-7, real=0.25, yes=True, nothing=None, some=("b",), none=()), Entry),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_comes_back_as_it_was(value: object, kind: Any) -> None:
    back = unpacked(packed(value), kind)

    assert back == value
    assert type(back) is type(value)


FACTS = st.dictionaries(
    st.text(max_size=5),
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.lists(st.text(max_size=5), max_size=3).map(tuple),
    max_size=5,
)


@settings(max_examples=200)
@given(FACTS)
def test_every_event_comes_back_and_a_number_stays_what_it_was(facts: dict[str, FactValue]) -> None:
    back = unpacked(packed(event(**{"subject": "CP"} | {})), Event)
    assert back.subject == "CP"
    told = replace(back, facts=facts)

    again = unpacked(packed(told), Event)

    assert again == told
    assert [type(value) for value in again.facts.values()] == [type(value) for value in facts.values()]


def test_half_a_surrogate_pair_becomes_its_escape() -> None:
    assert unpacked(packed(event(path="a\udcff")), Event).facts == {"path": "a\\udcff"}


@pytest.mark.parametrize(
    "facts", [{"password": Secret(b"hunter2")}, {"a": "\udcff", "b": Secret(b"hunter2")}]
)
def test_a_secret_is_never_written(facts: dict[str, Any]) -> None:
    with pytest.raises(TypeError) as caught:
        packed(event(**facts))
    assert "hunter2" not in str(caught.value)


def test_a_field_that_an_older_version_did_not_write_gets_its_default() -> None:
    plain = msgspec.to_builtins(Proven(CP1, NOON, P2), builtin_types=(bytes,))
    del plain["fingerprint"]
    plain["at"] = NOON

    assert unpacked(msgspec.msgpack.encode(plain), Proven) == Proven(CP1, NOON, P2)


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\xc1",
        packed({"kind": "x"}),
        packed({"station": 1}),
        packed([event(), {**msgspec.to_builtins(event()), "new": 1}]),
        packed("text"),
    ],
)
def test_what_is_of_another_form_is_refused(octets: bytes) -> None:
    with pytest.raises(ForeignForm):
        unpacked(octets, tuple[Entry, ...])


def test_a_kind_that_has_no_form_is_a_bug() -> None:
    with pytest.raises(TypeError, match="have no form"):
        unpacked(packed(1), complex)


def test_a_span_of_time_comes_back_to_the_microsecond() -> None:
    span = timedelta(days=400, seconds=3, microseconds=5)

    assert unpacked(packed(span), timedelta) == span
    with pytest.raises(ForeignForm):
        unpacked(packed(7), timedelta)
