"""What a CALL is for, in no OCPP version's words; a dialect says which action serves which purpose."""

from __future__ import annotations

from enum import StrEnum


class CallPurpose(StrEnum):
    """The few purposes that the relay and the session tell apart; everything else is `OTHER`."""

    BOOT = "boot"
    SECURITY_EVENT = "security event"
    REMOTE_START = "remote start"
    REMOTE_STOP = "remote stop"
    UNLOCK = "unlock"
    RESET = "reset"
    TRIGGER = "trigger"
    CSR = "csr"  # a station asks for a certificate
    CERTIFICATE = "certificate"  # it is given one
    ANCHOR = "anchor"  # it is to trust a root
    ANCHOR_REMOVAL = "anchor removal"  # it is to forget a certificate
    CERTIFICATE_STATUS = "certificate status"  # a station asks whether a certificate is revoked
    CHAIN_STATUS = "chain status"  # the same for several at once
    TUNNEL = "tunnel"  # may carry another version's messages
    OTHER = "other"


#: What a driver stands and waits for: these go first on the station's line (ruling 18).
URGENT = frozenset({CallPurpose.REMOTE_START, CallPurpose.REMOTE_STOP, CallPurpose.UNLOCK})
