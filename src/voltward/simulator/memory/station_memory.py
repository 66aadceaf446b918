"""All that a station remembers, in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from voltward.domain.secret import Secret
from voltward.simulator.certificates import IssuedCertificate, KeyKind, PrivateKey, new_key
from voltward.simulator.dial import CertificateLogin, Dial, Login, PasswordLogin
from voltward.simulator.memory.key_box import Held, KeyBox
from voltward.simulator.memory.trust_store import Anchor, TrustStore
from voltward.simulator.memory.uses import AnchorUse, CertificateUse

KeyMaker = Callable[[KeyKind], PrivateKey]


@dataclass(slots=True)
class StationMemory:
    """`settings` by the names of the station's version; `capacity`: how many roots there is room for."""

    settings: dict[str, str] = field(default_factory=dict[str, str])
    password: Secret | None = None
    keys: KeyBox = field(default_factory=KeyBox)
    trust: TrustStore = field(default_factory=TrustStore)
    capacity: int = 20
    hash_algorithm: str = "SHA256"
    key_kind: KeyKind = KeyKind.EC
    make_key: KeyMaker = new_key
    requests: int = 0  # how many certificates it has asked for
    _given: tuple[Login, str | None] = (None, None)  # what somebody last provisioned by hand

    def provision(self, dial: Dial) -> bool:
        """Take over what a dial brings along, as an installer would: once, and again when it has changed.

        What is in the memory already counts for more than the first dial. True: there is a new login.
        """
        roots = dial.endpoint.tls.ca_pem if dial.endpoint.tls else None
        login, known_roots = self._given
        is_new = dial.login != login and self._take_login(dial.login, over=login is not None)
        if roots != known_roots and (known_roots is not None or not self.trust.roots(AnchorUse.CSMS)):
            self._take_roots(roots or "")
        self._given = (dial.login, roots)
        return is_new

    def _take_login(self, login: Login, *, over: bool) -> bool:
        if not (over or self._is_blank()):
            return False
        if isinstance(login, CertificateLogin):
            self.keys = KeyBox([Held(CertificateUse.STATION, read_login(login))])
        elif isinstance(login, PasswordLogin):
            self.password = login.password
        else:
            return False  # nothing, or what the memory itself has chosen
        return True

    def _is_blank(self) -> bool:
        return self.password is None and not self.keys.for_the_link()

    def _take_roots(self, pem: str) -> None:
        others = [anchor for anchor in self.trust.anchors if anchor.use is not AnchorUse.CSMS]
        roots = x509.load_pem_x509_certificates(pem.encode()) if pem.strip() else []
        self.trust.anchors = [*others, *(Anchor(AnchorUse.CSMS, root) for root in roots)]


def read_login(login: CertificateLogin) -> IssuedCertificate:
    """The certificate and the key of a login; ValueError or TypeError if it holds none of our kinds."""
    leaf, *issuers = x509.load_pem_x509_certificates(login.chain_pem)
    return IssuedCertificate(leaf, tuple(issuers), read_key(login.key_pem))


def read_key(pem: Secret) -> PrivateKey:
    """A private key in PEM form; ValueError or TypeError if it is none of our kinds."""
    key = load_pem_private_key(pem.reveal(), None)
    if not isinstance(key, PrivateKey):
        raise TypeError("this key is neither RSA nor elliptic curve")
    return key
