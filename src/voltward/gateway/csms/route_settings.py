"""What can be set about the way to a CSMS: `[csms]` for the usual one, `[route.NAME]` for each further one.

The words of these structures are the words of `voltward.toml`; unknown keys are errors.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from voltward.domain.quantities import Duration
from voltward.domain.station import DEFAULT_TENANT

Burst = Annotated[int, Meta(ge=1)]
PerSecond = Annotated[float, Meta(ge=0, le=1_000_000)]


class CsmsSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[csms]`: where the traffic goes, and how the identity is attested there."""

    url: str = ""
    protocols: list[str] = field(default_factory=list)  # empty: all that we speak
    basic: Literal["pass", "stored", "shared", "none"] = "none"
    basic_user: str = "{station}"
    shared_password: str = ""  # a reference: file:, env:, credential:
    headers: dict[str, str] = field(
        default_factory=lambda: {
            "X-Voltward-Station": "{station}",
            "X-Voltward-Profile": "{profile}",
            "X-Voltward-Credential": "{credential}",
            "X-Voltward-Serial": "{serial}",
            "X-Voltward-Fingerprint": "{fingerprint}",
        }
    )
    ca: str = ""  # PEM file that a wss:// CSMS must chain to; empty: the system's roots
    client_certificate: str = ""  # PEM file with our leaf first, shown to a wss:// CSMS
    client_key: str = ""  # a reference to its key
    token: bool = False
    token_header: str = "X-Voltward-Token"
    token_lifetime: Duration = Duration(60)
    dial_timeout: Duration = Duration(5)  # ruling 14
    dial_rate: PerSecond = 0.0  # 0: as many as come
    dial_burst: Burst = 100
    on_loss: Literal["hold", "close"] = "hold"
    hold: Duration = Duration(20)  # ruling 14
    close_rate: PerSecond = 100.0  # 0: all at once


class RouteSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[route.NAME]`: who takes it, and where it leads."""

    host: list[str] = field(default_factory=list)  # empty: any
    path: str = "/ocpp/{station}"
    token: str = ""  # a reference: file:, env:, credential:
    tenant: str = DEFAULT_TENANT
    csms: CsmsSettings = field(default_factory=CsmsSettings)
