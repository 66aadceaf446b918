"""OCPP 2.0.1: the tables. 2.1 is made of the same tables with rows replaced (`v21`)."""

from __future__ import annotations

from voltward.domain.call_purpose import CallPurpose
from voltward.domain.complaint import Complaint
from voltward.domain.credential import PasswordForm
from voltward.ocpp.boot import BootPaths
from voltward.ocpp.certificate_facts import CertificateFacts
from voltward.ocpp.clock_reading import TIMES_V2
from voltward.ocpp.dialect import Dialect, Vocabulary
from voltward.ocpp.error_code import ErrorCode
from voltward.ocpp.identity_rule import IDENTIFIER, IdentityRule
from voltward.ocpp.intents_v2 import INTENTS_V201, WORDS_V201
from voltward.ocpp.named_values import EACH, NamedValues, RowAnswers, Rows
from voltward.ocpp.password_rule import PasswordRule
from voltward.ocpp.schema_files import SchemaFiles

_ERROR_NAMES = {
    ErrorCode.NOT_IMPLEMENTED: "NotImplemented",
    ErrorCode.NOT_SUPPORTED: "NotSupported",
    ErrorCode.INTERNAL: "InternalError",
    ErrorCode.PROTOCOL: "ProtocolError",
    ErrorCode.SECURITY: "SecurityError",
    ErrorCode.FORMAT_VIOLATION: "FormatViolation",
    ErrorCode.PROPERTY_CONSTRAINT: "PropertyConstraintViolation",
    ErrorCode.OCCURRENCE_CONSTRAINT: "OccurrenceConstraintViolation",
    ErrorCode.TYPE_CONSTRAINT: "TypeConstraintViolation",
    ErrorCode.GENERIC: "GenericError",
    ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED: "MessageTypeNotSupported",
    ErrorCode.RPC_FRAMEWORK: "RpcFrameworkError",
}

_TO_CSMS = """
    Authorize BootNotification ClearedChargingLimit DataTransfer FirmwareStatusNotification
    Get15118EVCertificate GetCertificateStatus Heartbeat LogStatusNotification MeterValues NotifyChargingLimit
    NotifyCustomerInformation NotifyDisplayMessages NotifyEVChargingNeeds NotifyEVChargingSchedule NotifyEvent
    NotifyMonitoringReport NotifyReport PublishFirmwareStatusNotification ReportChargingProfiles
    ReservationStatusUpdate SecurityEventNotification SignCertificate StatusNotification TransactionEvent
"""

_TO_STATION = """
    CancelReservation CertificateSigned ChangeAvailability ClearCache ClearChargingProfile ClearDisplayMessage
    ClearVariableMonitoring CostUpdated CustomerInformation DataTransfer DeleteCertificate GetBaseReport
    GetChargingProfiles GetCompositeSchedule GetDisplayMessages GetInstalledCertificateIds GetLocalListVersion
    GetLog GetMonitoringReport GetReport GetTransactionStatus GetVariables InstallCertificate PublishFirmware
    RequestStartTransaction RequestStopTransaction ReserveNow Reset SendLocalList SetChargingProfile
    SetDisplayMessage SetMonitoringBase SetMonitoringLevel SetNetworkProfile SetVariableMonitoring
    SetVariables TriggerMessage UnlockConnector UnpublishFirmware UpdateFirmware
"""

_PURPOSES = {
    "BootNotification": CallPurpose.BOOT,
    "SecurityEventNotification": CallPurpose.SECURITY_EVENT,
    "RequestStartTransaction": CallPurpose.REMOTE_START,
    "RequestStopTransaction": CallPurpose.REMOTE_STOP,
    "UnlockConnector": CallPurpose.UNLOCK,
    "Reset": CallPurpose.RESET,
    "TriggerMessage": CallPurpose.TRIGGER,
    "SignCertificate": CallPurpose.CSR,
    "CertificateSigned": CallPurpose.CERTIFICATE,
    "InstallCertificate": CallPurpose.ANCHOR,
    "DeleteCertificate": CallPurpose.ANCHOR_REMOVAL,
    "GetCertificateStatus": CallPurpose.CERTIFICATE_STATUS,
}

_COMPLAINTS = {
    "InvalidChargingStationCertificate": Complaint.ITS_CERTIFICATE,
    "InvalidCsmsCertificate": Complaint.OUR_CERTIFICATE,
    "InvalidTLSVersion": Complaint.TLS_VERSION,
    "InvalidTLSCipherSuite": Complaint.CIPHER_SUITE,
    # Not in this edition's list of events, though its errata ask for it.
    "DiscardedRenewedClientCertificate": Complaint.RENEWED_DISCARDED,
}

_NAME = (("component", "name"), ("variable", "name"))
_REJECTED = {"status": "Rejected"}

_NAMED_VALUES = NamedValues(
    calls={
        "SetVariables": Rows(at="setVariableData", name=_NAME, values=(("attributeValue",),)),
        "NotifyReport": Rows(at="reportData", name=_NAME, values=(("variableAttribute", EACH, "value"),)),
        # The value of an event is mandatory, so it is emptied and not left out.
        "NotifyEvent": Rows(
            at="eventData", name=_NAME, values=(("actualValue",),), emptied={"actualValue": ""}
        ),
    },
    answers={
        # A write-only variable is answered Rejected (B06.FR.09).
        "GetVariables": Rows(
            at="getVariableResult",
            name=_NAME,
            values=(("attributeValue",),),
            emptied={"attributeStatus": "Rejected"},
        ),
    },
    row_answers={
        "SetVariables": RowAnswers(
            at="setVariableResult",
            refusal={"attributeStatus": "Rejected", "attributeStatusInfo": {"reasonCode": "ReadOnly"}},
            echoed=("attributeType", "component", "variable"),
        ),
    },
    refusals={
        "SetNetworkProfile": _REJECTED,
        "InstallCertificate": _REJECTED,
        "CertificateSigned": _REJECTED,
        "DeleteCertificate": {"status": "Failed"},
        "Reset": _REJECTED,
        "SignCertificate": _REJECTED,
        "TriggerMessage": _REJECTED,
        "CustomerInformation": _REJECTED,
    },
    parts=2,
)

# Members whose limit stations outgrew (field note 33). The numbers are those that the next edition (2.1) gave
# them; certificates and EXI messages of ISO 15118 and signed meter values do not fit the old ones.
_LONGER = {
    "Authorize.certificate": 10_000,
    "Get15118EVCertificate.exiRequest": 11_000,
    "Get15118EVCertificate.exiResponse": 17_000,
    "GetCertificateStatus.ocspResult": 18_000,
    "InstallCertificate.certificate": 10_000,
    "MeterValues.signedMeterData": 32_768,
    "SetVariables.attributeValue": 2_500,
    "TransactionEvent.signedMeterData": 32_768,
}

V201 = Dialect(
    subprotocol="ocpp2.0.1",
    edition="ocpp2.0.1-ed3",
    message_types=frozenset({2, 3, 4}),
    error_names=_ERROR_NAMES,
    identity=IdentityRule(IDENTIFIER),
    password=PasswordRule(
        forms=(PasswordForm.TEXT,), minimum=16, maximum=64, counts_octets=False, hexadecimal=False
    ),
    vocabulary=Vocabulary(
        to_station=frozenset(_TO_STATION.split()),
        to_csms=frozenset(_TO_CSMS.split()),
        purposes=_PURPOSES,
    ),
    boot=BootPaths(
        serial=(("chargingStation", "serialNumber"),),
        vendor=("chargingStation", "vendorName"),
        model=("chargingStation", "model"),
        firmware=("chargingStation", "firmwareVersion"),
    ),
    serial_binds=True,
    named_values=_NAMED_VALUES,
    schemas=SchemaFiles("v201", call_suffix="Request", longer=_LONGER),
    times=TIMES_V2,
    intents=INTENTS_V201,
    certificates=CertificateFacts(WORDS_V201),
    complaints=_COMPLAINTS,
    longest_status=5_500,
)
