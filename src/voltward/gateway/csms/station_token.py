"""What is sworn to a CSMS about a station: the claims of the signed token of one dial."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from voltward.crypto.tokens.station_tokens import TokenSigner
from voltward.gateway.door.judging import Judgement

ISSUER = "voltward"


@dataclass(frozen=True, slots=True)
class StationToken:
    """How a route swears: under which header, to whom, for how many seconds a token may be shown."""

    signer: TokenSigner
    header: str
    audience: str
    lifetime: float

    def header_for(self, judgement: Judgement, now: datetime, identifier: str) -> tuple[str, str]:
        """The header of one dial; `identifier` makes the token one of its kind (`jti`)."""
        claims = self.claims(judgement, now, identifier)
        return self.header, f"Bearer {self.signer.sign(claims)}"

    def claims(self, judgement: Judgement, now: datetime, identifier: str) -> dict[str, str | int]:
        """What was verified, and nothing that a station merely said; what is not known is left out."""
        assert judgement.profile is not None  # without a proof it would have been indulged
        entry, issued = judgement.entry, int(now.timestamp())
        is_certificate = judgement.credential_words == "certificate"
        fingerprint = judgement.fingerprint if is_certificate else None
        lane = judgement.decision.lane
        known: dict[str, str | int | None] = {
            "iss": ISSUER,
            "aud": self.audience,
            "sub": judgement.station.identity,
            "tenant": judgement.station.tenant,
            "profile": int(judgement.profile),
            "credential": "certificate" if is_certificate else "password",
            "fingerprint": fingerprint.hex() if fingerprint is not None else None,
            "serial": entry.station.serial if entry is not None else None,
            "lane": lane.value if lane is not None else None,
            "iat": issued,
            "exp": issued + int(self.lifetime),
            "jti": identifier,
        }
        return {name: value for name, value in known.items() if value is not None}
