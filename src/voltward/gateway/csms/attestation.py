"""What the CSMS is told about a station that Voltward vouches for: headers, and Basic as the route has it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Literal
from urllib.parse import quote

from voltward.crypto.passwords.csms_passwords import CsmsPasswordBox
from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.secret import Secret
from voltward.domain.security_profile import SecurityProfile
from voltward.gateway.door.judging import Judgement
from voltward.wire.authorization import basic_header

FACTS = (
    "station",
    "tenant",
    "profile",
    "serial",
    "fingerprint",
    "credential",
    "control",
    "lane",
    "controller",
)
_FORBIDDEN = frozenset(
    {"authorization", "connection", "host", "upgrade", "content-length", "transfer-encoding", "cookie"}
)
_PLAIN = " !#$&'()*+,-./:;<=>?@[]^_`{|}~"  # may stand in a header value as they are
_AS_IT_IS = re.compile(f"[0-9A-Za-z{re.escape(_PLAIN)}]*")


@dataclass(frozen=True, slots=True)
class Attestation:
    """`headers`: names to templates of {facts}. `basic`: which password goes along, if any."""

    headers: Mapping[str, str]
    basic: Literal["pass", "stored", "shared", "none"] = "none"  # its own, one kept for it, one for all
    user: str = "{station}"
    shared_password: Secret | None = None
    box: CsmsPasswordBox | None = None  # opens those that are kept

    def check(self) -> None:
        """OperatorFault for a header that would break the request or claims an unknown fact."""
        for name, template in self.headers.items():
            is_token = name.replace("-", "").replace("_", "").isalnum() and name.isascii()
            if not is_token or name.lower() in _FORBIDDEN or name.lower().startswith("sec-"):
                raise OperatorFault(f"the header {name!r} cannot be set.", mend="Choose another name.")
            if not _is_readable(template):
                raise OperatorFault(
                    f"the header {name!r} is no text with facts in it: {template!r}.",
                    mend=f"Known are {', '.join('{' + fact + '}' for fact in FACTS)}.",
                )

    def attested(self, judgement: Judgement) -> dict[str, str]:
        """The verified facts, as text that is safe in a header; of who is merely indulged there are none."""
        entry, decision = judgement.entry, judgement.decision
        is_proven = not decision.is_indulged
        fingerprint = judgement.fingerprint if judgement.profile is SecurityProfile.TLS_CERTIFICATE else None
        facts = {
            "station": judgement.station.identity,
            "tenant": judgement.station.tenant,
            "profile": str(int(judgement.profile or 0)) if is_proven else "0",
            "serial": (entry.station.serial or "") if entry is not None and is_proven else "",
            "fingerprint": fingerprint.hex() if fingerprint is not None and is_proven else "",
            "credential": judgement.credential_words if is_proven else "none",
            "control": decision.deciding.control if decision.deciding is not None else "",
            "lane": decision.lane.value if decision.lane is not None else "",
            "controller": judgement.spoken_for_by if is_proven else "",
        }
        return {
            name: value if _AS_IT_IS.fullmatch(value) else quote(value, safe=_PLAIN)
            for name, value in facts.items()
        }

    def headers_for(self, facts: Mapping[str, str]) -> list[tuple[str, str]]:
        """The headers filled with the facts; one that would be empty is left out."""
        made = [(name, template.format(**facts).strip()) for name, template in self.headers.items()]
        return [(name, value) for name, value in made if value]

    def for_judgement(self, judgement: Judgement) -> list[tuple[str, str | bytes]]:
        """All headers of the dial, the credential towards the CSMS among them.

        OutsideFault where a password should be kept for the station and is not, or does not open.
        """
        made: list[tuple[str, str | bytes]] = [*self.headers_for(self.attested(judgement))]
        login, header = judgement.arrival.login, judgement.arrival.header
        if self.passes_own_header(judgement):
            assert header is not None
            made.append(("Authorization", header.reveal()))
        elif judgement.decision.is_indulged:
            pass  # a shared password would vouch for somebody whom nobody has checked
        elif self.basic == "pass" and login.password is not None:
            made.append(("Authorization", basic_header(judgement.station.identity, login.password)))
        elif self.basic == "stored" and self.box is not None:
            made.append(
                ("Authorization", basic_header(self._user(judgement), self._kept(judgement, self.box)))
            )
        elif self.basic == "shared" and self.shared_password is not None:
            made.append(("Authorization", basic_header(self._user(judgement), self.shared_password)))
        return made

    def passes_own_header(self, judgement: Judgement) -> bool:
        """Whether the CSMS gets the station's Authorization octet for octet, to judge it as it always did."""
        decision = judgement.decision
        is_wanted = self.basic == "pass" or (self.basic in ("shared", "stored") and decision.is_indulged)
        return is_wanted and decision.would is not None and judgement.arrival.header is not None

    def _user(self, judgement: Judgement) -> str:
        return self.user.replace("{station}", judgement.station.identity)

    def _kept(self, judgement: Judgement, box: CsmsPasswordBox) -> Secret:
        """The CSMS is not dialled without one: the reason is told here, not guessed there."""
        kept = judgement.entry.station.csms_password if judgement.entry is not None else b""
        if not kept:
            raise OutsideFault(
                "no password for the CSMS is kept for this station.",
                mend="`voltward station csms-password ID --password-file FILE` keeps one.",
                subject=str(judgement.station),
            )
        return box.opened(judgement.station, kept)


def _is_readable(template: str) -> bool:
    """Whether each place names a fact, bare, and the text around them may stand in a header."""
    try:
        places = list(Formatter().parse(template))
    except ValueError:
        return False
    is_bare = all(
        name is None or (name in FACTS and not form and conversion is None)
        for _, name, form, conversion in places
    )
    return is_bare and template.isascii() and template.isprintable()
