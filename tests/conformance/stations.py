"""Stations as the door sees them: one good observation per profile, and `with_` to spoil it in one place.

    with_(certificate_station(), "chain.leaf.is_ca", True)

Times are relative to `NOW`; nothing here is a real certificate.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from voltward.domain.authority import Authority, Binding, TrustedFor
from voltward.domain.credential import CredentialState, PasswordForm, Purpose
from voltward.domain.revocation_list import ListRule, OnStale
from voltward.domain.security_profile import SecurityProfile
from voltward.domain.station import Standing
from voltward.rulebook.observation import (
    AuthorizationForm,
    BootObservation,
    CertificateKnown,
    CertificateSeen,
    ChainSeen,
    ConnectionObservation,
    ListenerSeen,
    ListKnown,
    PasswordOutcome,
    PasswordSeen,
    PublicKeySeen,
    RequestSeen,
    StationKnown,
    TlsSeen,
)
from voltward.rulebook.signing_observation import KeyKnown, SigningRequestObservation, SigningRequestSeen

O = TypeVar("O")  # noqa: E741 - an observation

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
IDENTITY = "CP-7"
SERIAL = "SN-0007"
OPERATOR = "Example CPO"

P1, P2, P3 = SecurityProfile


def with_(observation: O, path: str, value: object) -> O:
    """The same observation with one field changed; the path has points, as in `chain.leaf.is_ca`."""
    name, _, rest = path.partition(".")
    inner: Any = value if not rest else with_(getattr(observation, name), rest, value)
    return replace(observation, **{name: inner})  # type: ignore[type-var]


def plain_station() -> ConnectionObservation:
    """Profile 1: a password on the plain listener, from a listed network."""
    return ConnectionObservation(
        at=NOW,
        listener=ListenerSeen("plain", frozenset({P1}), "10.0.0.7", source_listed=True),
        request=_request(AuthorizationForm.BASIC),
        operator_organisations=(OPERATOR,),
        password=_password(),
        station=_record(P1),
    )


def password_station() -> ConnectionObservation:
    """Profile 2: a password over TLS."""
    return replace(plain_station(), listener=_tls_listener(), tls=_tls(), station=_record(P2))


def certificate_station() -> ConnectionObservation:
    """Profile 3: a certificate of an authority that is trusted for stations."""
    return ConnectionObservation(
        at=NOW,
        listener=_tls_listener(),
        request=_request(AuthorizationForm.NONE),
        operator_organisations=(OPERATOR,),
        tls=_tls(),
        chain=_chain(),
        certificate=CertificateKnown(state=CredentialState.ACTIVE),
        station=_record(P3),
    )


def factory_station() -> ConnectionObservation:
    """Profile 3: a newcomer with its manufacturer's certificate."""
    maker = Authority("beef", "Example Maker Root", b"", TrustedFor.MANUFACTURERS)
    newcomer = with_(certificate_station(), "chain.authority", maker)
    newcomer = with_(newcomer, "chain.leaf.organisations", ("Example Maker",))
    newcomer = with_(newcomer, "certificate.state", None)
    return with_(newcomer, "station.has_proven_credential", value=False)


def listed_station() -> ConnectionObservation:
    """Profile 3: its authority is not ours, and goes by a list without which nobody of it comes in."""
    station = with_(certificate_station(), "certificate.listed", ListKnown(NOW + DAY))
    rule = ListRule("http://pki.example/issuing.crl", OnStale.REFUSE)
    return with_(station, "chain.authority.revocation_list", rule)


def commissioning_station() -> ConnectionObservation:
    """Profile 2: a newcomer with its commissioning password."""
    newcomer = with_(password_station(), "password.purpose", Purpose.COMMISSIONING)
    newcomer = with_(newcomer, "station.standing", Standing.COMMISSIONING)
    return with_(newcomer, "station.has_proven_credential", value=False)


def stranger() -> ConnectionObservation:
    """An identity that nobody registered, with a password that nobody can compare."""
    return replace(password_station(), station=None, password=None)


def silent_station() -> ConnectionObservation:
    """A registered identity, and no proof at all."""
    return replace(password_station(), request=_request(AuthorizationForm.NONE), password=None)


def boot() -> BootObservation:
    return BootObservation(
        serial=SERIAL, certificate_common_names=(SERIAL,), applies=True, missing_is_mismatch=False
    )


def asking_station() -> SigningRequestObservation:
    """It asks for a certificate, with a new key, under its own name and the operator's."""
    return SigningRequestObservation(
        identity=IDENTITY,
        serial=SERIAL,
        binding=Binding(),
        organisations=(OPERATOR,),
        request=SigningRequestSeen(
            key=PublicKeySeen("ec", 256, "prime256v1"),
            key_fingerprint=b"\x0a" * 32,
            weaknesses=(),
            common_names=(SERIAL,),
            organisations=(OPERATOR,),
            subject=f"O={OPERATOR}, CN={SERIAL}",
            signature="ECDSA with SHA-256",
            signature_hash="sha256",
            proves_possession=True,
        ),
        known=KeyKnown(),
        own_hosts=("csms.example",),
    )


def certificate(**changes: Any) -> CertificateSeen:
    """A leaf in its middle years."""
    leaf = CertificateSeen(
        fingerprint=b"\x07" * 32,
        serial_number="7",
        common_names=(SERIAL,),
        organisations=(OPERATOR,),
        subject=f"CN={SERIAL},O={OPERATOR}",
        issuer=f"CN=Example Root,O={OPERATOR}",
        not_before=NOW - 100 * DAY,
        not_after=NOW + 100 * DAY,
        is_ca=False,
        key=PublicKeySeen("ec", 256, "prime256v1"),
        signature_hash="sha256",
    )
    return replace(leaf, **changes)


def authority_certificate(**changes: Any) -> CertificateSeen:
    return certificate(
        **{
            "fingerprint": b"\x01" * 32,
            "common_names": ("Example Root",),
            "subject": f"CN=Example Root,O={OPERATOR}",
            "is_ca": True,
            "signature_hash": "sha1",  # an authority's own signature is not relied on
            **changes,
        }
    )


def chain_of(leaf: CertificateSeen, *above: CertificateSeen) -> ChainSeen:
    """A chain whose path leads to the trusted authority."""
    path = (leaf, *(above or (authority_certificate(),)))
    authority = Authority(path[-1].fingerprint.hex(), "Example Root", b"", TrustedFor.STATIONS)
    return ChainSeen(leaf=leaf, path=path, authority=authority)


def _chain() -> ChainSeen:
    return chain_of(certificate())


def _tls() -> TlsSeen:
    return TlsSeen(
        "TLSv1.3", "TLS_AES_256_GCM_SHA384", "x25519", "csms.example", compressed=False, resumed=False
    )


def _tls_listener() -> ListenerSeen:
    return ListenerSeen("main", frozenset({P2, P3}), "203.0.113.7", source_listed=True)


def _request(form: AuthorizationForm) -> RequestSeen:
    return RequestSeen(
        path=f"/ocpp/{IDENTITY}",
        identity=IDENTITY,
        offered=("ocpp2.0.1", "ocpp1.6"),
        spoken=("ocpp2.0.1", "ocpp1.6"),
        authorization=form,
        user_matches=True if form is AuthorizationForm.BASIC else None,
    )


def _password() -> PasswordSeen:
    return PasswordSeen(
        PasswordOutcome.MATCHED,
        form=PasswordForm.TEXT,
        length=20,
        minimum=16,
        maximum=40,
        purpose=Purpose.PRODUCTION,
        state=CredentialState.ACTIVE,
        usable=True,
    )


def _record(profile: SecurityProfile) -> StationKnown:
    return StationKnown(
        identity=IDENTITY,
        profile=profile,
        floor=profile,
        allowance=None,
        standing=Standing.ACTIVE,
        serial=SERIAL,
        has_proven_credential=True,
    )
