"""How a link is to be opened: where to, as whom, with which credential, from where. Values only."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from urllib.parse import quote

from voltward.domain.credential import PasswordForm
from voltward.domain.secret import Secret
from voltward.simulator.token_place import TokenPlace

SUBPROTOCOLS: Final = ("ocpp2.1", "ocpp2.0.1", "ocpp1.6")

_HEX_DIGITS: Final = frozenset(b"0123456789abcdefABCDEF")
_KEY_DIGITS: Final = range(32, 41)  # an AuthorizationKey is 16 to 20 octets in hexadecimal


class TlsVersion(StrEnum):
    """The versions that a link can be held to."""

    TLS_1_2 = "TLSv1.2"
    TLS_1_3 = "TLSv1.3"


@dataclass(frozen=True, slots=True)
class TlsOptions:
    """`ca_pem` None: the system's anchors. `verify` False is for an attacker, who does not care.

    `check_name` False: any name will do, as for some stations. `at`: the station's clock, where that is not
    the machine's; without a clock that agrees there is no alert to the server, the link just ends.
    """

    server_name: str = "localhost"
    ca_pem: str | None = None
    minimum: TlsVersion = TlsVersion.TLS_1_2
    maximum: TlsVersion = TlsVersion.TLS_1_3
    ciphers: str | None = None  # OpenSSL's list for TLS 1.2 and below
    verify: bool = True
    check_name: bool = True
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A place to connect to; `path` holds `{station}`. Without `tls` it is plain ws."""

    host: str
    port: int
    path: str = "/ocpp/{station}"
    tls: TlsOptions | None = None

    def path_of(self, identity: str) -> str:
        """The request path, the identity percent-encoded (OCPP-J 3.1.1)."""
        return self.path.replace("{station}", quote(identity, safe=""))

    @property
    def authority(self) -> str:
        """What stands in the Host header."""
        return f"{self.tls.server_name if self.tls else self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class PasswordLogin:
    """HTTP Basic (RFC 7617). OCTETS: the digits of `password` are un-hexed; TEXT: it is sent as it is."""

    password: Secret
    form: PasswordForm = PasswordForm.TEXT
    username: str | None = None  # None: the identity, as it has to be

    def header(self, identity: str) -> tuple[str, str]:
        """The Authorization header; the password is octets all the way (field note 2)."""
        secret = self.password.reveal()
        if self.form is PasswordForm.OCTETS:
            secret = bytes.fromhex(secret.decode("ascii"))
        user = (identity if self.username is None else self.username).encode()
        return "Authorization", "Basic " + base64.b64encode(user + b":" + secret).decode("ascii")


@dataclass(frozen=True, slots=True)
class CertificateLogin:
    """A client certificate: leaf and intermediates, and the key of the leaf, both PEM."""

    chain_pem: bytes
    key_pem: Secret


@dataclass(frozen=True, slots=True)
class TokenLogin:
    """A client certificate whose key stays in its token: leaf and intermediates (PEM), the key's place."""

    chain_pem: bytes
    place: TokenPlace


Login = PasswordLogin | CertificateLogin | TokenLogin | None


def password_login(dialect: str, password: Secret) -> PasswordLogin:
    """The form that a station of this version uses: 1.6 un-hexes a key of 32 to 40 digits, 2.x sends text."""
    digits = password.reveal()
    is_key = len(digits) in _KEY_DIGITS and len(digits) % 2 == 0 and _HEX_DIGITS.issuperset(digits)
    octets = dialect == "ocpp1.6" and is_key
    return PasswordLogin(password, PasswordForm.OCTETS if octets else PasswordForm.TEXT)


@dataclass(frozen=True, slots=True)
class Dial:
    """One attempt to connect. `source` is the local address; `headers` are added as they stand."""

    endpoint: Endpoint
    identity: str
    login: Login = None
    subprotocols: tuple[str, ...] = SUBPROTOCOLS
    headers: tuple[tuple[str, str], ...] = ()
    source: str | None = None

    @property
    def url(self) -> str:
        """The address, with the name that TLS and the Host header go by."""
        scheme = "wss" if self.endpoint.tls else "ws"
        return f"{scheme}://{self.endpoint.authority}{self.endpoint.path_of(self.identity)}"

    def all_headers(self) -> list[tuple[str, str]]:
        """What the upgrade request carries beside WebSocket's own headers."""
        own = [self.login.header(self.identity)] if isinstance(self.login, PasswordLogin) else []
        return [*own, *self.headers]
