"""Authorities outside that sign for our servers: ACME, by its `[authority.NAME]` table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from voltward.adapters.pki.outside.acme import AcmeAuthority, Prover
from voltward.adapters.pki.outside.acme_provers import PageProver, RecordProver
from voltward.adapters.pki.outside.acme_session import AcmeAccess
from voltward.adapters.pki.outside.http_exchange import read_place
from voltward.bootstrap.authority.authorities import ACME, authority_table, naming
from voltward.bootstrap.authority.authority_protocols import check_keys, client_context
from voltward.bootstrap.rooms import referenced_secret
from voltward.crypto.keys import KeyKind, make_key, private_key_pem
from voltward.crypto.tokens.acme_account import AcmeAccount, ExternalAccount
from voltward.domain.errors import OperatorFault
from voltward.domain.secret import Secret
from voltward.gateway.channel.listener import parse_address
from voltward.ports.vault import KeyRoom
from voltward.settings import OutsideAuthoritySettings, Settings
from voltward.wire.tls_client import ClientContext

LONGEST_PATIENCE: Final = 600.0  # seconds: records of the DNS take their time
_TAKES: Final = ("user", "password", "contact", "listen", "dns_program")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,40}")  # its account's key is filed under it
_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(frozen=True, slots=True)
class AcmeTerms:
    """What a table says, read and found possible."""

    url: str
    context: ClientContext
    contact: tuple[str, ...]
    outside: ExternalAccount | None
    prover: Prover
    patience: float


def server_authority(settings: Settings, name: str, room: KeyRoom) -> AcmeAuthority:
    """Ready to be asked. Its account's key lies in the gateway's room, from the first order on."""
    terms = read_acme(settings, name)
    account = AcmeAccount(_account_key(room, name))
    access = AcmeAccess(terms.url, terms.context, account, terms.contact, terms.outside)
    return AcmeAuthority(access, terms.prover, terms.patience)


def read_acme(settings: Settings, name: str) -> AcmeTerms:
    """OperatorFault for a table that is not there, is of another kind, or cannot be carried out."""
    said = authority_table(settings, name, LONGEST_PATIENCE)
    with naming(name):
        if said.kind != ACME:
            raise OperatorFault(
                f"the kind {said.kind} signs for stations alone.", mend=f"Name one of kind {ACME}."
            )
        if not _NAME.fullmatch(name):
            raise OperatorFault(
                "its name has more than lower-case letters, digits and hyphens.", mend="Rename it."
            )
        check_keys(said, (), _TAKES)
        if not read_place(said.url).is_tls:
            raise OperatorFault(
                "ACME is spoken over TLS alone (RFC 8555, 6.1).", mend="Write https:// in url."
            )
        strange = [address for address in said.contact if not _ADDRESS.fullmatch(address)]
        if strange:
            raise OperatorFault(f"{strange[0]!r} is no mail address.", mend="Correct contact.")
        outside = None
        if said.user:
            outside = ExternalAccount.read(said.user, referenced_secret(settings, said.password))
        context, prover = client_context(settings, said), _prover(settings, said)
        return AcmeTerms(said.url, context, tuple(said.contact), outside, prover, said.timeout)


def _prover(settings: Settings, said: OutsideAuthoritySettings) -> Prover:
    if bool(said.listen) == bool(said.dns_program):
        raise OperatorFault(
            "ACME wants one way to prove a name.", mend="Set listen (http-01), or dns_program (dns-01)."
        )
    if said.listen:
        return PageProver(*parse_address(said.listen, "listen"))
    program = settings.path(said.dns_program)
    if not program.is_file():
        raise OperatorFault("there is no such program.", mend="Correct dns_program.", subject=str(program))
    return RecordProver(program)


def _account_key(room: KeyRoom, authority: str) -> Secret:
    """A name that no server certificate can have: those have no dots."""
    name = f"acme.{authority}"
    if name not in room.names():
        room.put(name, private_key_pem(make_key(KeyKind.EC_P256)))
    return room.get(name)
