"""The error codes of a CALLERROR under neutral names; the spelling on the wire is the dialect's."""

from __future__ import annotations

from enum import StrEnum


class ErrorCode(StrEnum):
    """What went wrong with a CALL. Two of them are misspelled for ever in the oldest dialect."""

    NOT_IMPLEMENTED = "not implemented"
    NOT_SUPPORTED = "not supported"
    INTERNAL = "internal"
    PROTOCOL = "protocol"
    SECURITY = "security"
    FORMAT_VIOLATION = "format violation"
    PROPERTY_CONSTRAINT = "property constraint"
    OCCURRENCE_CONSTRAINT = "occurrence constraint"
    TYPE_CONSTRAINT = "type constraint"
    GENERIC = "generic"
    MESSAGE_TYPE_NOT_SUPPORTED = "message type not supported"
    RPC_FRAMEWORK = "rpc framework"
