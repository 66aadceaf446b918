"""Where certificates, revocation lists and answers are signed; nothing leaves but by way of the ledger.

Nothing is told before the ledger has it on disk, and an order that the ledger knows gets what it got before.
So a crash between signing and telling costs a signature, never a second certificate. Blocking; one caller.
Long lists are begun here and finished by whoever tells them (`list_writer`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from voltward.adapters.pki.signer.authority_shelf import ShelvedAuthority, split_name
from voltward.adapters.pki.signer.carried_lists import CarriedLists
from voltward.adapters.pki.signer.ledger import Ledger
from voltward.adapters.pki.signer.ledger_records import (
    CertificateIssued,
    CertificateRevoked,
    LedgerRecord,
    StateChanged,
)
from voltward.adapters.pki.signer.list_writer import ListWriter, UnfinishedList
from voltward.adapters.pki.signer.signed_orders import OrderRefused, SigningTerms, public_key_of, sign_order
from voltward.adapters.pki.signer.signer_messages import (
    AllAnswered,
    Answer,
    Describe,
    Described,
    Done,
    Failed,
    GetList,
    GetRevocations,
    GetStatuses,
    Issue,
    IssueAll,
    OrderAnswer,
    Refused,
    Request,
    RevocationRow,
    Revocations,
    Revoke,
    SetState,
    Signed,
    Wrong,
)
from voltward.adapters.pki.signer.status_desk import StatusDesk
from voltward.crypto.issuing.issuance import IssuingAuthority
from voltward.crypto.reading.certificates import fingerprint
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.ports.authority import CertificateOrder
from voltward.ports.clock import Clock, Entropy
from voltward.ports.signer import AuthorityState, SignerAuthority

MOST_REVOCATIONS: Final = 1000

_Given = TypeVar("_Given")


@dataclass(frozen=True, slots=True)
class DeskParts:
    """What the desk works with; `shelf` is read anew for each batch, since authorities come and go."""

    shelf: Callable[[], Mapping[str, ShelvedAuthority]]
    ledger: Ledger
    terms: SigningTerms
    clock: Clock
    entropy: Entropy
    give_back: Callable[[], object] = bool  # the token, where there is one


class SigningDesk:
    """Answers requests in batches, with one flush of the ledger for each."""

    def __init__(self, parts: DeskParts) -> None:
        self._parts = parts
        self._ledger = parts.ledger
        self._shelf: Mapping[str, ShelvedAuthority] = {}
        self._by_id: Mapping[str, ShelvedAuthority] = {}
        self._active: Sequence[ShelvedAuthority] = ()
        self._pending: list[LedgerRecord] = []
        self._signed: dict[str, CertificateIssued] = {}  # in this batch
        self._statuses = StatusDesk(parts.ledger, parts.clock, parts.entropy)
        self._lists = ListWriter(parts.ledger, parts.clock)
        self._carried = CarriedLists(parts.ledger, parts.clock)

    def close(self) -> None:
        """Give the ledger back, and the keys."""
        self._ledger.close()
        self._parts.give_back()

    def perform(self, requests: Sequence[Request]) -> list[Answer]:
        """The answers, in order. OutsideFault where the ledger cannot be written: nothing of them is told."""
        return [finished(begun) for begun in self.begin(requests)]

    def begin(self, requests: Sequence[Request]) -> list[Answer | UnfinishedList]:
        """As `perform`, but for the lists: each is `finished` beside the desk, and may be told then."""
        self._shelf = self._parts.shelf()
        self._by_id = {one.id: one for one in self._shelf.values()}
        self._active = self._find_active()
        try:
            answers = [self._answer(request) for request in requests]
            self._flush()
        except BaseException:
            self._statuses.forget()
            self._lists.forget()
            raise
        finally:
            self._pending, self._signed = [], {}
        return answers

    def _answer(self, request: Request) -> Answer | UnfinishedList:
        return self._faults_told(lambda: self._done(request))

    def _faults_told(self, do: Callable[[], _Given]) -> _Given | Wrong | Failed:
        """What went wrong with one of a batch is its own answer, but for a ledger that cannot be written."""
        try:
            return do()
        except OperatorFault as fault:
            return told(fault)
        except OutsideFault as fault:
            if self._ledger.is_broken:
                raise
            return told(fault)

    def _done(self, request: Request) -> Answer | UnfinishedList:
        match request:
            case Issue():
                return self._issue(request.order)
            case IssueAll():
                return AllAnswered([self._one_of_many(order) for order in request.orders])
            case Revoke():
                return self._revoke(request)
            case Describe():
                return Described([self._described(one) for one in self._shelf.values()])
            case GetRevocations():
                return self._revocations(request)
            case SetState():
                return self._set_state(request)
            case GetList():
                self._flush()
                found = self._by_id.get(request.issuer)
                carried = self._carried.told(found) if found is not None else None
                return carried or self._lists.list_in_force(request.issuer, self._signing(request.issuer))
            case GetStatuses():
                self._flush()
                signing, below = self._signing(request.issuer), self._authorities_below(request.issuer)
                return self._statuses.answers(request, signing, below)

    def _one_of_many(self, order: CertificateOrder) -> OrderAnswer:
        return self._faults_told(lambda: self._issue(order))

    def _issue(self, order: CertificateOrder) -> Signed | Refused:
        try:
            key = public_key_of(order.csr)
            known = self._signed.get(order.id) or self._ledger.issued_for(order.id)
            if known is not None:
                leaf = x509.load_der_x509_certificate(known.certificate)
                if leaf.public_key() != key:
                    return Refused("this order was for another key, and has its certificate already.")
                return self._told(known)
            issuer = self._parts.terms.issuer_for(order.kind, key, self._active)
            certificate = sign_order(order, key, issuer, self._parts)
        except OrderRefused as refused:
            return Refused(refused.words)
        record = CertificateIssued(
            order.id,
            issuer.id,
            f"{certificate.serial_number:x}",
            certificate.public_bytes(Encoding.DER),
            self._parts.clock.now(),
        )
        self._pending.append(record)
        self._signed[order.id] = record
        return self._told(record)

    def _told(self, issued: CertificateIssued) -> Signed:
        issuer = self._by_id.get(issued.issuer)
        return Signed([issued.certificate, *(issuer.ders if issuer is not None else ())])

    def _revoke(self, request: Revoke) -> Answer:
        authority = self._by_id.get(request.issuer)
        if authority is None:
            raise _unknown(request.issuer)
        self._flush()
        if self._ledger.revocation_of(request.issuer, request.serial) is None:
            issued = self._ledger.issued_as(request.issuer, request.serial)
            until = _end_of(issued.certificate) if issued is not None else None
            # Within the authority's life: an entry of tomorrow revokes nothing today for whoever reads dates.
            begun = authority.certificate.not_valid_before_utc
            at = max(begun, min(request.at, self._parts.clock.now()))
            reason = request.reason.value
            self._pending.append(CertificateRevoked(request.issuer, request.serial, at, reason, until))
        return Done()

    def _revocations(self, request: GetRevocations) -> Answer:
        self._flush()
        found = self._ledger.revocations(request.after, min(request.limit, MOST_REVOCATIONS))
        return Revocations([self._row(one) for one in found])

    def _row(self, one: CertificateRevoked) -> RevocationRow:
        issued = self._ledger.issued_as(one.issuer, one.serial)
        certificate = issued.certificate if issued is not None else b""
        return RevocationRow(one.issuer, one.serial, one.at, one.reason, certificate)

    def _set_state(self, request: SetState) -> Answer:
        is_to_come = request.state is AuthorityState.PREPARED and split_name(request.name) is not None
        if request.name not in self._shelf and not is_to_come:
            raise _unknown(request.name)
        self._pending.append(StateChanged(request.name, request.state.value, self._parts.clock.now()))
        self._flush()
        self._active = self._find_active()
        return Done()

    def _described(self, one: ShelvedAuthority) -> SignerAuthority:
        issued, revoked = self._ledger.counts(one.id)
        carried = self._carried.newest(one)
        number = carried.number if carried is not None else 0
        return SignerAuthority(
            one.name, one.id, one.ders, one.key_place, self._state(one.name), issued, revoked, number
        )

    def _state(self, name: str) -> AuthorityState:
        return AuthorityState(self._ledger.states.get(name, AuthorityState.ACTIVE))

    def _find_active(self) -> list[ShelvedAuthority]:
        return [one for one in self._shelf.values() if self._state(one.name) is AuthorityState.ACTIVE]

    def _signing(self, issuer: str) -> IssuingAuthority:
        found = self._by_id.get(issuer)
        if found is None:
            raise _unknown(issuer)
        if found.issuing is None:
            raise OperatorFault(
                f"the key of {found.name} is not here.",
                mend="Sign there what it has to sign; a list comes here by `voltward ca install`.",
            )
        return found.issuing

    def _authorities_below(self, issuer: str) -> set[str]:
        """Serial numbers of our authorities that this one has signed: they are older than the ledger."""
        above = self._by_id[issuer].certificate.subject
        return {
            f"{one.certificate.serial_number:x}"
            for one in self._shelf.values()
            if one.certificate.issuer == above and issuer in map(_id_of, one.ders[1:] or one.ders)
        }

    def _flush(self) -> None:
        pending, self._pending = self._pending, []
        self._ledger.append(pending)


def finished(begun: Answer | UnfinishedList) -> Answer:
    """What may be told; in any thread."""
    if not isinstance(begun, UnfinishedList):
        return begun
    try:
        return begun.finish()
    except (OperatorFault, OutsideFault) as fault:
        return told(fault)


def told(fault: OperatorFault | OutsideFault) -> Wrong | Failed:
    """A fault as an answer: whoever asked raises it again, and says its mend once."""
    kind = Wrong if isinstance(fault, OperatorFault) else Failed
    return kind(fault.sentence, fault.mend)


def _id_of(der: bytes) -> str:
    return fingerprint(der).hex()


def _end_of(certificate: bytes) -> datetime:
    return x509.load_der_x509_certificate(certificate).not_valid_after_utc


def _unknown(authority: str) -> OperatorFault:
    return OperatorFault(
        f"the signer has no authority {authority[:64]!r}.", mend="`voltward ca show` lists them."
    )
