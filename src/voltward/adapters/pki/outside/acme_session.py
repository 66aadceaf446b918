"""One conversation with an ACME server (RFC 8555): its directory, nonces, our account, and how it says no."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from voltward.adapters.pki.outside.http_exchange import Answered, Asked, Place, exchange, unwilling
from voltward.adapters.pki.outside.json_exchange import read_json
from voltward.crypto.tokens.acme_account import AcmeAccount, ExternalAccount
from voltward.domain.errors import OutsideFault
from voltward.wire.tls_client import ClientContext

_TRIES: Final = 10  # of one request whose nonce was too old (6.5)
_BAD_NONCE: Final = "urn:ietf:params:acme:error:badNonce"
_PASSING: Final = frozenset({"rateLimited", "serverInternal", "badNonce", "connection", "dns"})
Document = TypeVar("Document", bound=Struct)


class Directory(Struct, rename="camel"):
    """Where its resources are (7.1.1)."""

    new_nonce: str
    new_account: str
    new_order: str


class Problem(Struct):
    """Why not (RFC 7807; RFC 8555, 6.7)."""

    type: str = "about:blank"
    detail: str = ""

    def words(self) -> str:
        """For people: printable, and not much of it."""
        text = f"{self.type.rpartition(':')[2]}: {self.detail}"[:600]
        return "".join(each if each.isprintable() else " " for each in text)

    @property
    def may_pass(self) -> bool:
        """It says nothing about the names that were asked for."""
        return self.type.rpartition(":")[2] in _PASSING


class Unwilling(Exception):
    """The server said no to what was asked, for good: never leaves the adapter."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.words())
        self.problem = problem


@dataclass(frozen=True, slots=True)
class AcmeAccess:
    """Whose account, where. `contact`: mail addresses that are told of trouble."""

    url: str  # of the directory
    context: ClientContext
    account: AcmeAccount
    contact: tuple[str, ...] = ()
    outside: ExternalAccount | None = None


class AcmeSession:
    """Requests of one account, one after the other. OutsideFault for what may pass, Unwilling for a no."""

    def __init__(self, access: AcmeAccess) -> None:
        self._access = access
        self._directory: Directory | None = None
        self._account: str | None = None
        self._nonce = ""

    @property
    def account(self) -> AcmeAccount:
        """Whose key answers challenges."""
        return self._access.account

    async def open(self) -> Directory:
        """Find the account of our key, or have one made; its terms of service are agreed to."""
        access = self._access
        answered = await self._exchange("GET", access.url, {}, b"")
        if answered.status != 200:
            raise unwilling(_place(access.url), answered)
        directory = self._directory = _read(answered, Directory)
        wanted: dict[str, Any] = {"termsOfServiceAgreed": True}
        if access.contact:
            wanted["contact"] = [f"mailto:{address}" for address in access.contact]
        if access.outside is not None:
            wanted["externalAccountBinding"] = access.account.bond(directory.new_account, access.outside)
        made = await self.post(directory.new_account, wanted)
        self._account = _location(made)
        return directory

    async def post(self, url: str, payload: object | None = None) -> Answered:
        """A signed request; without a payload it only reads."""
        answered = await self._signed(url, payload)
        for _ in range(_TRIES - 1):
            if answered.status < 400 or _problem(answered).type != _BAD_NONCE:
                break
            answered = await self._signed(url, payload)
        if answered.status < 300:
            return answered
        problem = _problem(answered)
        if answered.status < 400 or answered.status >= 500 or problem.may_pass or not problem.detail:
            raise unwilling(_place(url), answered)
        raise Unwilling(problem)

    async def read(self, url: str, kind: type[Document]) -> Document:
        """A resource as it is now."""
        return _read(await self.post(url), kind)

    async def make(self, url: str, payload: object, kind: type[Document]) -> tuple[str, Document]:
        """A new resource, and where it is."""
        answered = await self.post(url, payload)
        return _location(answered), _read(answered, kind)

    async def _signed(self, url: str, payload: object | None) -> Answered:
        body = self._access.account.request(url, await self._fresh_nonce(), payload, self._account)
        kinds = {"Content-Type": "application/jose+json", "Accept": "application/json, */*"}
        return await self._exchange("POST", url, kinds, body)

    async def _fresh_nonce(self) -> str:
        if not self._nonce:
            assert self._directory is not None
            await self._exchange("HEAD", self._directory.new_nonce, {}, b"")
        nonce, self._nonce = self._nonce, ""
        return nonce

    async def _exchange(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Answered:
        path = urlsplit(url).path or "/"
        answered = await exchange(_place(url), self._access.context, Asked(method, path, headers, body))
        self._nonce = answered.headers.get("replay-nonce", "")
        return answered


def _place(url: str) -> Place:
    try:
        parts = urlsplit(url)
        port = parts.port or 443
    except ValueError:
        parts, port = urlsplit(""), 443
    if parts.scheme != "https" or not parts.hostname or not url.isascii() or not url.isprintable():
        raise OutsideFault(f"the authority names {url[:200]!r}, which is no https:// address.")
    if parts.query or parts.username:
        raise OutsideFault(f"the authority names {url[:200]!r}, with a query or a user.")
    return Place(parts.hostname, port, "", is_tls=True)


def _location(answered: Answered) -> str:
    where = answered.headers.get("location", "")
    _place(where)
    return where


def _read(answered: Answered, kind: type[Document]) -> Document:
    try:
        return read_json(answered.body, kind)
    except msgspec.MsgspecError as error:
        raise OutsideFault(
            f"the authority answered something that is no ACME: {error}",
            mend="See that the URL is its directory.",
        ) from error


def _problem(answered: Answered) -> Problem:
    try:
        return read_json(answered.body, Problem)
    except msgspec.MsgspecError:
        return Problem()
