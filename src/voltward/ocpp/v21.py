"""OCPP 2.1: the tables of 2.0.1 with rows added."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from voltward.domain.call_purpose import CallPurpose
from voltward.ocpp.certificate_facts import CertificateFacts
from voltward.ocpp.dialect import Vocabulary
from voltward.ocpp.intents_v2 import INTENTS_V21, WORDS_V21
from voltward.ocpp.schema_files import SchemaFiles
from voltward.ocpp.v201 import V201

_MORE_TO_CSMS = """
    BatterySwap ClosePeriodicEventStream GetCertificateChainStatus NotifyDERAlarm NotifyDERStartStop
    NotifyPeriodicEventStream NotifyPriorityCharging NotifySettlement OpenPeriodicEventStream
    PullDynamicScheduleUpdate ReportDERControl VatNumberValidation
"""

_MORE_TO_STATION = """
    AFRRSignal AdjustPeriodicEventStream ChangeTransactionTariff ClearDERControl ClearTariffs GetDERControl
    GetPeriodicEventStream GetTariffs NotifyAllowedEnergyTransfer NotifyWebPaymentStarted RequestBatterySwap
    SetDERControl SetDefaultTariff UpdateDynamicSchedule UsePriorityCharging
"""

V21 = replace(
    V201,
    subprotocol="ocpp2.1",
    edition="ocpp2.1-ed1",
    message_types=frozenset({2, 3, 4, 5, 6}),
    vocabulary=Vocabulary(
        to_station=V201.vocabulary.to_station | frozenset(_MORE_TO_STATION.split()),
        to_csms=V201.vocabulary.to_csms | frozenset(_MORE_TO_CSMS.split()),
        purposes={**V201.vocabulary.purposes, "GetCertificateChainStatus": CallPurpose.CHAIN_STATUS},
        unanswered=frozenset({"NotifyPeriodicEventStream"}),
    ),
    schemas=SchemaFiles("v21", call_suffix="Request"),
    intents=INTENTS_V21,
    certificates=CertificateFacts(WORDS_V21),
    old_certificate=timedelta(days=7),  # its stations keep none beside one that works (ruling 25)
    longest_status=18_000,
)
