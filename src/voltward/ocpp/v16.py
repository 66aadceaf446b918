"""OCPP 1.6-J with the security whitepaper (edition 3): the tables.

The misspelled error codes are the standard's own ("will not be fixed"). AuthorizationKey travels as
hexadecimal digits and stands in the Basic header as the octets that they spell.
"""

from __future__ import annotations

from voltward.domain.call_purpose import CallPurpose
from voltward.domain.complaint import Complaint
from voltward.domain.credential import PasswordForm
from voltward.ocpp.boot import BootPaths
from voltward.ocpp.certificate_facts import CertificateFacts
from voltward.ocpp.clock_reading import TIMES_V16
from voltward.ocpp.dialect import Dialect, Vocabulary
from voltward.ocpp.error_code import ErrorCode
from voltward.ocpp.identity_rule import LIBERAL, IdentityRule
from voltward.ocpp.intents_v2 import WORDS_V201
from voltward.ocpp.intents_v16 import INTENTS_V16, WORDS_V16
from voltward.ocpp.named_values import NamedValues, RowAnswers, Rows
from voltward.ocpp.password_rule import PasswordRule
from voltward.ocpp.schema_files import SchemaFiles
from voltward.ocpp.tunnel import Tunnel

_ERROR_NAMES = {
    ErrorCode.NOT_IMPLEMENTED: "NotImplemented",
    ErrorCode.NOT_SUPPORTED: "NotSupported",
    ErrorCode.INTERNAL: "InternalError",
    ErrorCode.PROTOCOL: "ProtocolError",
    ErrorCode.SECURITY: "SecurityError",
    ErrorCode.FORMAT_VIOLATION: "FormationViolation",
    ErrorCode.PROPERTY_CONSTRAINT: "PropertyConstraintViolation",
    ErrorCode.OCCURRENCE_CONSTRAINT: "OccurenceConstraintViolation",
    ErrorCode.TYPE_CONSTRAINT: "TypeConstraintViolation",
    ErrorCode.GENERIC: "GenericError",
    # This version has no words for the next two.
    ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED: "GenericError",
    ErrorCode.RPC_FRAMEWORK: "GenericError",
}

_TO_CSMS = """
    Authorize BootNotification DataTransfer DiagnosticsStatusNotification FirmwareStatusNotification Heartbeat
    LogStatusNotification MeterValues SecurityEventNotification SignCertificate
    SignedFirmwareStatusNotification StartTransaction StatusNotification StopTransaction
"""

_TO_STATION = """
    CancelReservation CertificateSigned ChangeAvailability ChangeConfiguration ClearCache ClearChargingProfile
    DataTransfer DeleteCertificate ExtendedTriggerMessage GetCompositeSchedule GetConfiguration GetDiagnostics
    GetInstalledCertificateIds GetLocalListVersion GetLog InstallCertificate RemoteStartTransaction
    RemoteStopTransaction ReserveNow Reset SendLocalList SetChargingProfile SignedUpdateFirmware
    TriggerMessage UnlockConnector UpdateFirmware
"""

_PURPOSES = {
    "BootNotification": CallPurpose.BOOT,
    "SecurityEventNotification": CallPurpose.SECURITY_EVENT,
    "RemoteStartTransaction": CallPurpose.REMOTE_START,
    "RemoteStopTransaction": CallPurpose.REMOTE_STOP,
    "UnlockConnector": CallPurpose.UNLOCK,
    "Reset": CallPurpose.RESET,
    "TriggerMessage": CallPurpose.TRIGGER,
    "ExtendedTriggerMessage": CallPurpose.TRIGGER,
    "SignCertificate": CallPurpose.CSR,
    "CertificateSigned": CallPurpose.CERTIFICATE,
    "InstallCertificate": CallPurpose.ANCHOR,
    "DeleteCertificate": CallPurpose.ANCHOR_REMOVAL,
    "DataTransfer": CallPurpose.TUNNEL,
}

# The application note on Plug & Charge: JSON of 2.0.1's messages as a text.
_PLUG_AND_CHARGE = Tunnel(
    action="DataTransfer",
    vendor="org.openchargealliance.iso15118pnc",
    purposes={
        "SignCertificate": CallPurpose.CSR,
        "CertificateSigned": CallPurpose.CERTIFICATE,
        "InstallCertificate": CallPurpose.ANCHOR,
        "DeleteCertificate": CallPurpose.ANCHOR_REMOVAL,
        "TriggerMessage": CallPurpose.TRIGGER,
        "GetCertificateStatus": CallPurpose.CERTIFICATE_STATUS,
    },
    certificates=CertificateFacts(WORDS_V201),
)

_COMPLAINTS = {
    "InvalidChargePointCertificate": Complaint.ITS_CERTIFICATE,
    "InvalidCentralSystemCertificate": Complaint.OUR_CERTIFICATE,
    "InvalidTLSVersion": Complaint.TLS_VERSION,
    "InvalidTLSCipherSuite": Complaint.CIPHER_SUITE,
}

_NAMED_VALUES = NamedValues(
    calls={"ChangeConfiguration": Rows(at="", name=(("key",),), values=(("value",),))},
    answers={"GetConfiguration": Rows(at="configurationKey", name=(("key",),), values=(("value",),))},
    row_answers={"ChangeConfiguration": RowAnswers(at="", refusal={"status": "Rejected"}, echoed=())},
    refusals={
        "ChangeConfiguration": {"status": "Rejected"},
        "InstallCertificate": {"status": "Rejected"},
        "CertificateSigned": {"status": "Rejected"},
        "DeleteCertificate": {"status": "Failed"},
        "Reset": {"status": "Rejected"},
        "SignCertificate": {"status": "Rejected"},
        "TriggerMessage": {"status": "Rejected"},
        "ExtendedTriggerMessage": {"status": "Rejected"},
    },
    parts=1,
)

V16 = Dialect(
    subprotocol="ocpp1.6",
    edition="ocpp1.6-security-ed3",
    message_types=frozenset({2, 3, 4}),
    error_names=_ERROR_NAMES,
    identity=IdentityRule(LIBERAL),
    password=PasswordRule(
        forms=(PasswordForm.OCTETS, PasswordForm.TEXT),
        minimum=16,
        maximum=20,
        counts_octets=True,
        hexadecimal=True,
    ),
    vocabulary=Vocabulary(
        to_station=frozenset(_TO_STATION.split()),
        to_csms=frozenset(_TO_CSMS.split()),
        purposes=_PURPOSES,
    ),
    boot=BootPaths(
        serial=(("chargePointSerialNumber",), ("chargeBoxSerialNumber",)),
        vendor=("chargePointVendor",),
        model=("chargePointModel",),
        firmware=("firmwareVersion",),
    ),
    serial_binds=False,
    named_values=_NAMED_VALUES,
    schemas=SchemaFiles("v16", call_suffix=""),
    times=TIMES_V16,
    intents=INTENTS_V16,
    certificates=CertificateFacts(WORDS_V16),
    complaints=_COMPLAINTS,
    gives_reasons=False,
    tunnel=_PLUG_AND_CHARGE,
)
