"""Enrolment at the PKI engine of HashiCorp Vault (or OpenBao): `POST /v1/MOUNT/sign/ROLE`.

Tried against fakes of the documented shape alone, never against the real program. We log in for each order
by AppRole, so that no token of ours grows old; the role there decides how long a certificate is good.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import msgspec

from voltward.adapters.pki.outside.http_exchange import Login, unwilling
from voltward.adapters.pki.outside.json_exchange import JsonDesk, read_json
from voltward.crypto.reading.pem import read_pem_bundle, request_pem
from voltward.domain.errors import OutsideFault
from voltward.ports.authority import CertificateOrder, OrderOutcome

LOGIN: Final = "/v1/auth/approle/login"


class _Auth(msgspec.Struct):
    client_token: str


class _LoggedIn(msgspec.Struct):
    auth: _Auth


class _Data(msgspec.Struct):
    certificate: str
    issuing_ca: str = ""
    ca_chain: list[str] = []


class _Signed(msgspec.Struct):
    data: _Data


@dataclass(frozen=True, slots=True)
class VaultEnrolment:
    """Implements Enrolment. The desk's path is that of the engine: `/v1/pki`; `login`: role id, secret id."""

    desk: JsonDesk
    role: str
    login: Login

    async def enrol(self, order: CertificateOrder) -> OrderOutcome:
        token = await self._token()
        asked = {
            "csr": request_pem(order.csr).decode("ascii"),
            "common_name": order.common_name,
            "exclude_cn_from_sans": True,  # a serial number is no host
            "format": "pem",
        }
        answered = await self.desk.post(f"/sign/{self.role}", asked, {"X-Vault-Token": token})
        return self.desk.outcome(answered, _heap)

    async def _token(self) -> str:
        desk = replace(self.desk, place=replace(self.desk.place, path=""))
        secret = self.login.password.reveal().decode("utf-8", "replace")
        answered = await desk.post(LOGIN, {"role_id": self.login.user, "secret_id": secret})
        if answered.status != 200:
            raise unwilling(desk.place, answered)
        try:
            token = read_json(answered.body, _LoggedIn).auth.client_token
        except msgspec.MsgspecError as error:
            raise OutsideFault("it let us in without a token.", subject=desk.place.host) from error
        if not token.isascii() or not token.isprintable():
            raise OutsideFault("its token is none that a header can carry.", subject=desk.place.host)
        return token


def _heap(body: bytes) -> tuple[bytes, ...]:
    data = read_json(body, _Signed).data
    return tuple(read_pem_bundle("\n".join((data.certificate, data.issuing_ca, *data.ca_chain))))
