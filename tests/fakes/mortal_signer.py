"""Our own signer as a process of its own, on its folder and without its socket: it dies when it is told to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from tests.fakes.chance import CountedTokens
from tests.fakes.mortal_stores import Lives
from tests.fakes.renewals import Killed
from tests.fakes.signers import SignerSite
from voltward.adapters.pki.signer.ledger import Ledger
from voltward.adapters.pki.signer.signer_client import SignerClient
from voltward.adapters.pki.signer.signer_messages import Answer, Request
from voltward.adapters.pki.signer.signing_desk import DeskParts, SigningDesk
from voltward.crypto.reading.certificates import fingerprint
from voltward.domain.errors import OutsideFault
from voltward.domain.secret import Secret
from voltward.ports.authority import CertificateOrder, Declined, OrderOutcome, Revocation
from voltward.ports.vault import KeyRoom

PLENTY: Final = 9999


class MortalTokens(CountedTokens):
    """Chance in a process that may die wherever it needs some: for a serial number, for a seal."""

    def __init__(self, lives: Lives) -> None:
        super().__init__("mortal signer")
        self._lives = lives

    def token(self, octets: int) -> bytes:
        self._lives.spend()
        return super().token(octets)


class MortalRoom:
    """`ports.vault.KeyRoom` whose process dies before something is on the disk, or behind it."""

    def __init__(self, room: KeyRoom, lives: Lives) -> None:
        self._room = room
        self._lives = lives

    def put(self, name: str, content: Secret) -> None:
        self._lives.spend()
        self._room.put(name, content)
        self._lives.spend()

    def get(self, name: str) -> Secret:
        return self._room.get(name)

    def names(self) -> tuple[str, ...]:
        return tuple(self._room.names())


@dataclass(slots=True)
class SignerProcess:
    """`ports.authority.CertificateAuthority`. Who asks it while it dies hears nothing; it comes up again."""

    site: SignerSite
    lives: Lives = field(default_factory=lambda: Lives(PLENTY))
    asked: list[str] = field(default_factory=list[str])
    _ledger: Ledger | None = None
    _desk: SigningDesk | None = None
    _tokens: MortalTokens = field(init=False)  # one for all its lives: no serial number comes twice

    def __post_init__(self) -> None:
        self._tokens = MortalTokens(self.lives)

    @property
    def at_once(self) -> int:
        return 64

    async def issue(self, order: CertificateOrder) -> OrderOutcome:
        self.asked.append(order.id)
        return await SignerClient(self._answer).issue(order)

    async def revoke(self, revocation: Revocation) -> Declined | None:
        await SignerClient(self._answer).revoke(revocation)

    def signed(self) -> dict[str, bytes]:
        """What its ledger says: the fingerprint of what each order got."""
        ledger = self._ledger or self.site.ledger()
        found = {order: ledger.issued_for(order) for order in dict.fromkeys(self.asked)}
        signed = {order: fingerprint(one.certificate) for order, one in found.items() if one is not None}
        issuers = (one.issuer for one in found.values() if one is not None)
        assert sum(ledger.counts(issuer)[0] for issuer in set(issuers)) == len(signed), "a second one"
        if self._ledger is None:
            ledger.close()
        return signed

    def end(self) -> None:
        if self._desk is not None:
            self._desk.close()
            self._desk = self._ledger = None

    async def _answer(self, request: Request) -> Answer:
        try:
            if self._desk is None:
                self._desk = self._begin()
            (answer,) = self._desk.perform([request])
        except Killed:
            self.end()
            self.lives.left = PLENTY
            raise OutsideFault("the signer ended the connection.") from None
        return answer

    def _begin(self) -> SigningDesk:
        site, tokens = self.site, self._tokens
        shelf = site.shelf()
        room = MortalRoom(site.room, self.lives)
        self._ledger = Ledger.open(site.folder / "signer", room, tokens)
        return SigningDesk(DeskParts(lambda: shelf, self._ledger, site.terms, site.clock, tokens))
