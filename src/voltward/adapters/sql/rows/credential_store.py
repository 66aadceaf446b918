"""Credentials as rows (ruling 23): keyed digests and argon2id hashes, never a password."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, insert, select, update

from voltward.adapters.sql.engines.engine import Transaction
from voltward.adapters.sql.rows.change_feed import PendingChanges
from voltward.adapters.sql.rows.stored_text import storable
from voltward.adapters.sql.rows.tables import CREDENTIALS
from voltward.domain.credential import (
    Argon2Hash,
    ClientCertificate,
    Credential,
    CredentialState,
    KeyedDigest,
    Origin,
    Password,
    PasswordForm,
    Purpose,
)
from voltward.domain.station import StationId
from voltward.ports.change_feed import Aggregate
from voltward.ports.storage import Conflict

_LONGEST: Final = 1024  # characters of a name in a certificate


class _Kind(StrEnum):
    PASSWORD_DIGEST = "password_digest"
    PASSWORD_ARGON2 = "password_argon2"
    CERTIFICATE = "certificate"


class SqlCredentialStore:
    """`ports.storage.CredentialStore` inside one transaction."""

    def __init__(self, transaction: Transaction, changes: PendingChanges) -> None:
        self._transaction = transaction
        self._changes = changes

    async def of(self, station: StationId) -> Sequence[Credential]:
        return await self._many(
            CREDENTIALS.c.tenant == station.tenant, CREDENTIALS.c.identity == station.identity
        )

    async def all(self) -> Sequence[Credential]:
        return await self._many()

    async def by_fingerprint(self, fingerprint: bytes) -> Sequence[Credential]:
        return await self._many(CREDENTIALS.c.fingerprint == fingerprint)

    async def sharing(self, sharing_digest: bytes, *, limit: int) -> Sequence[Credential]:
        if not sharing_digest:
            return []
        same = CREDENTIALS.c.sharing_digest == sharing_digest
        return await self._many(same, CREDENTIALS.c.state != CredentialState.RETIRED.value, limit=limit)

    async def save(self, credential: Credential) -> Credential:
        values = credential_values(credential)
        if credential.revision == 0:
            await self._transaction.change(insert(CREDENTIALS).values(values))
        else:
            updated = await self._transaction.change(
                update(CREDENTIALS)
                .where(CREDENTIALS.c.id == credential.id, CREDENTIALS.c.revision == credential.revision)
                .values(values)
            )
            if updated == 0:
                raise Conflict(
                    "somebody else changed this credential meanwhile.",
                    mend="Look at it again and repeat the order.",
                    subject=str(credential.station),
                )
        self._changes.note(Aggregate.STATION, credential.station)
        return replace(credential, revision=credential.revision + 1)

    async def _many(self, *conditions: ColumnElement[bool], limit: int | None = None) -> list[Credential]:
        keys = (CREDENTIALS.c.tenant, CREDENTIALS.c.identity, CREDENTIALS.c.generation, CREDENTIALS.c.id)
        return await self._transaction.each(
            select(CREDENTIALS).where(*conditions).order_by(*keys).limit(limit), credential_of
        )


def credential_values(credential: Credential) -> dict[str, Any]:
    """The row to be written, with the next revision."""
    return {
        "id": credential.id,
        "tenant": credential.station.tenant,
        "identity": credential.station.identity,
        "is_password": credential.is_password,
        "purpose": credential.purpose.value,
        "state": credential.state.value,
        "generation": credential.generation,
        "created_at": credential.created_at,
        "not_after": credential.not_after,
        "proven_at": credential.proven_at,
        "last_in": credential.last_in,
        "last_form": credential.last_form.value if credential.last_form else None,
        "sharing_digest": credential.sharing_digest,
        "origin": credential.origin.value if credential.origin else None,
        "revision": credential.revision + 1,
        **_proof_values(credential.proof),
    }


def _proof_values(proof: Password | ClientCertificate) -> dict[str, Any]:
    if isinstance(proof, ClientCertificate):
        return {
            "kind": _Kind.CERTIFICATE.value,
            "fingerprint": proof.fingerprint,
            "common_name": storable(proof.common_name, _LONGEST),
            "issuer": proof.issuer,
            "pinned": proof.pinned,
        }
    values: dict[str, Any] = {
        "hexadecimal": proof.hexadecimal,
        "length": proof.length,
        "default_of": proof.default_of,
    }
    if isinstance(proof.verifier, KeyedDigest):
        return {**values, "kind": _Kind.PASSWORD_DIGEST.value, "digest": proof.verifier.digest}
    return {**values, "kind": _Kind.PASSWORD_ARGON2.value, "argon2": proof.verifier.encoded}


def credential_of(row: RowMapping) -> Credential:
    """The credential of a row."""
    return Credential(
        id=row["id"],
        station=StationId(row["identity"], row["tenant"]),
        proof=_proof(row),
        purpose=Purpose(row["purpose"]),
        state=CredentialState(row["state"]),
        generation=row["generation"],
        created_at=row["created_at"],
        not_after=row["not_after"],
        proven_at=row["proven_at"],
        last_in=row["last_in"],
        last_form=PasswordForm(row["last_form"]) if row["last_form"] else None,
        sharing_digest=row["sharing_digest"],
        origin=Origin(row["origin"]) if row["origin"] else None,
        revision=row["revision"],
    )


def _proof(row: RowMapping) -> Password | ClientCertificate:
    kind = _Kind(row["kind"])
    if kind is _Kind.CERTIFICATE:
        return ClientCertificate(row["fingerprint"], row["common_name"], row["issuer"], row["pinned"])
    is_digest = kind is _Kind.PASSWORD_DIGEST
    verifier = KeyedDigest(row["digest"]) if is_digest else Argon2Hash(row["argon2"])
    return Password(verifier, row["hexadecimal"], row["length"], row["default_of"] or "")
