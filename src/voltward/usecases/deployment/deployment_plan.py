"""What `init` is told, and whether a deployment can be made of it."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from voltward.crypto.issuing.issuance import LONGEST_NAME
from voltward.domain.errors import OperatorFault
from voltward.ports.vault import Unlock

_HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))*")
_MAIL = re.compile(r"[^\s@]+@[^\s@]+")
_LONGEST_MAIL = 254


@dataclass(frozen=True, slots=True)
class ChosenUnlock:
    """What opens a room, and the reference by which the settings name it."""

    reference: str
    unlock: Unlock


@dataclass(frozen=True, slots=True)
class ChosenStore:
    """Where registry and journal shall live, as the settings will say it; `password` is a reference."""

    url: str = "sqlite:///voltward.db"
    password: str = ""
    tls: str = "verify"
    ca: str = ""


@dataclass(frozen=True, slots=True)
class ChosenToken:
    """The PKCS #11 token that makes and keeps the authorities' keys; `pin` is a reference."""

    module: str
    label: str
    pin: str


DEFAULT_STORE: Final = ChosenStore()


@dataclass(frozen=True, slots=True)
class DeploymentPlan:
    """`hosts`: what stations dial, the main one first. Without an unlock, a room gets a key file."""

    folder: Path
    operator_name: str
    hosts: tuple[str, ...]
    csms_url: str
    administrator: str  # mail address
    gateway_unlock: ChosenUnlock | None = None
    signer_unlock: ChosenUnlock | None = None
    store: ChosenStore = DEFAULT_STORE
    below_others: bool = (
        False  # the issuing CAs are certified by a corporate PKI, or by a root kept elsewhere
    )
    token: ChosenToken | None = None


def check_plan(plan: DeploymentPlan) -> None:
    """OperatorFault names the first thing that is wrong, and the mend."""
    _check_name(plan.operator_name)
    if not plan.hosts:
        raise OperatorFault("there is no host name.", mend="Name what stations dial: --host csms.example.")
    for host in plan.hosts:
        _check_host(host)
    _check_csms(plan.csms_url)
    mail = plan.administrator
    if len(mail) > _LONGEST_MAIL or not mail.isprintable() or not _MAIL.fullmatch(mail):
        raise OperatorFault("this is no mail address.", mend="As in --admin you@example.org.", subject=mail)


def plan_warnings(plan: DeploymentPlan) -> tuple[str, ...]:
    """What works and will not do in the field, as sentences."""
    warnings = list[str]()
    if not plan.below_others and plan.token is None:
        warnings.append(
            "The root keys lie on this machine: fine for a trial, too close to the net for a fleet."
        )
    if _is_address(plan.hosts[0]):
        # Field note 22; A00.FR.510 wants the host name.
        warnings.append(f"{plan.hosts[0]} is an address: many stations accept a host name only.")
    return tuple(warnings)


def _check_name(name: str) -> None:
    if not name.strip() or name != name.strip() or not name.isprintable():
        raise OperatorFault(
            "the operator's name is empty or has blanks around it.",
            mend='As in --operator-name "Example CPO": stations and certificates will carry exactly this.',
        )
    if len(name) > LONGEST_NAME:
        raise OperatorFault(
            f"the operator's name has {len(name)} characters; certificates carry {LONGEST_NAME}.",
            mend="Use its short form.",
        )


def _check_host(host: str) -> None:
    if _is_address(host):
        return
    if host.startswith("*"):
        # Field note 22: stations refuse it unless AllowCSMSTLSWildcards says otherwise.
        raise OperatorFault(
            "stations refuse wildcard names.", mend="Give each host name with --host.", subject=host
        )
    if not _HOST.fullmatch(host):
        raise OperatorFault(
            "this is no host name.",
            mend="Write it as DNS has it: small letters, without port or path (xn--... for others).",
            subject=host,
        )
    if len(host) > LONGEST_NAME:
        raise OperatorFault(
            f"a certificate's common name takes {LONGEST_NAME} characters.",
            mend="Use a shorter name.",
            subject=host,
        )


def _check_csms(url: str) -> None:
    try:
        parts = urlsplit(url.replace("{station}", "station"))
        usable = parts.scheme in {"ws", "wss"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isprintable() or " " in url:
        raise OperatorFault(
            "this is no address of a CSMS.",
            mend="As in --csms ws://127.0.0.1:9000/ocpp (or wss://).",
            subject=url,
        )


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
