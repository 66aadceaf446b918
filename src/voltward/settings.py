"""`voltward.toml` as frozen values: read once, unknown keys refused, secrets only as references.

Nothing else reads the settings file. `notes` tells which settings are accepted but without effect yet.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct, field

from voltward.domain.errors import OperatorFault, OutsideFault
from voltward.domain.quantities import Duration, Size, Until, parse_duration, parse_size, parse_until
from voltward.domain.route import DEFAULT_ROUTE
from voltward.domain.station import DEFAULT_GROUP
from voltward.gateway.alerts import AlertSettings
from voltward.gateway.csms.route_settings import CsmsSettings, RouteSettings
from voltward.gateway.settings import (
    GatewaySettings,
    GroupSettings,
    QuirkSettings,
    RelaySettings,
    TenantSettings,
)
from voltward.usecases.lifecycles.renewal_settings import RenewalSettings

FILE_NAME = "voltward.toml"
OWN_SIGNER = "signer"  # the authority that is always there


class OperatorSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[operator]`: whose deployment this is."""

    name: str = ""
    organisations: list[str] = field(default_factory=list)  # accepted in O beside `name` (A00.FR.404)


class StoreSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[store]`: where the registry and the journal are kept. All but the URL is for a database server."""

    url: str = "sqlite:///voltward.db"
    password: str = ""  # a reference
    tls: Literal["verify", "require", "off"] = "verify"
    ca: str = ""  # a file; empty: the system's authorities

    def said(self) -> dict[str, str]:
        """What has to stand in the file: all that is no default."""
        plain = msgspec.structs.asdict(StoreSettings())
        return {key: value for key, value in msgspec.structs.asdict(self).items() if value != plain[key]}


class BusSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[bus]`: how several nodes will talk."""

    url: str = "local"


class KeySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """References to what unlocks the two rooms of keys."""

    gateway_unlock: str = "file:gateway/unlock.key"
    signer_unlock: str = "file:signer/unlock.key"


class SignerSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[signer]`: the process that has the authorities' keys."""

    user: str = ""  # whom it runs as, where `serve` may choose; empty: as everything else
    users: list[str] = field(default_factory=list)  # who may ask it, beside its own user
    readers: list[str] = field(default_factory=list)  # who may read, and order nothing
    socket: str = "signer/signer.sock"
    pkcs11: str = ""  # the library of a token that has the keys; empty: they lie in the signer's room
    token: str = ""  # its label
    pin: str = ""  # a reference


class CertificateSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[certificates]`: what those that we issue look like."""

    authority: str = OWN_SIGNER  # or the name of an `[authority.NAME]`
    lifetime: Duration = Duration(400 * 86400.0)  # of a station's
    key_blocklists: list[str] = field(default_factory=list)  # files: keys that are known to others
    endpoint: str = ""  # that stations dial, without their identity
    interface: str = "Wired0"  # of the station, in its network profiles
    crl_url: str = ""  # `{authority}` stands for the name of the authority
    ocsp_url: str = ""
    status_hosts: list[str] = field(default_factory=list)  # whom stations' questions may lead to
    status_networks: list[str] = field(default_factory=list)  # private ones among them
    keep_orders: Duration = Duration(400 * 86400.0)  # when their life-cycle is over
    list_refresh: Duration = Duration(3600.0)  # other authorities' lists of revoked certificates
    most_left_behind: Annotated[int, Meta(ge=0)] = 0  # stations, when a chain leads to another root
    renewal: RenewalSettings = field(default_factory=RenewalSettings)


class PublicationSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[publication]`: revocation lists and OCSP answers for anybody."""

    listen: str = ""  # off
    nonce: Literal["ignored", "answered"] = "ignored"  # in questions about single certificates


class EnrolmentSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[enrolment]`: where stations enrol over EST."""

    listen: str = ""  # off


class OutsideAuthoritySettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[authority.NAME]`: somebody else who signs. What is secret is a reference."""

    kind: Literal["est", "cmp", "step-ca", "vault", "ejbca", "acme"]
    url: str
    ca: str = ""  # a file; empty: the system's authorities
    user: str = ""
    password: str = ""
    certificate: str = ""  # a file: the chain that we show there, with its key
    key: str = ""
    issuer: str = ""  # the authority's own name there
    profile: str = ""  # what it signs after
    entity_profile: str = ""
    contact: list[str] = field(default_factory=list)  # ACME: mail addresses
    listen: str = ""  # ACME: where its http-01 proofs are shown
    dns_program: str = ""  # ACME: a file, which sets its dns-01 proofs
    timeout: Duration = Duration(30)  # of one order


class PortalSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[portal]`: accepted, and without effect yet."""

    listen: str = "127.0.0.1:8080"


class MetricsSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[metrics]`: Prometheus and health."""

    listen: str = "127.0.0.1:9464"


class JournalSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """`[journal]`: where the signed heads lie."""

    heads: str = "journal-heads"  # a folder outside the database; better on another disk (ruling 29)


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. `folder` is where it stands: relative paths start there."""

    operator: OperatorSettings = field(default_factory=OperatorSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    bus: BusSettings = field(default_factory=BusSettings)
    keys: KeySettings = field(default_factory=KeySettings)
    signer: SignerSettings = field(default_factory=SignerSettings)
    certificates: CertificateSettings = field(default_factory=CertificateSettings)
    publication: PublicationSettings = field(default_factory=PublicationSettings)
    enrolment: EnrolmentSettings = field(default_factory=EnrolmentSettings)
    gateway: GatewaySettings = field(default_factory=GatewaySettings)
    csms: CsmsSettings = field(default_factory=CsmsSettings)
    route: dict[str, RouteSettings] = field(default_factory=dict)
    relay: RelaySettings = field(default_factory=RelaySettings)
    portal: PortalSettings = field(default_factory=PortalSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)
    journal: JournalSettings = field(default_factory=JournalSettings)
    alerts: AlertSettings = field(default_factory=AlertSettings)
    quirks: QuirkSettings = field(default_factory=QuirkSettings)
    authority: dict[str, OutsideAuthoritySettings] = field(default_factory=dict)
    group: dict[str, GroupSettings] = field(default_factory=dict)
    tenant: dict[str, TenantSettings] = field(default_factory=dict)
    folder: str = "."

    def with_store(self, store: StoreSettings) -> Settings:
        """The same deployment with its store elsewhere."""
        return msgspec.structs.replace(self, store=store)

    def path(self, name: str) -> Path:
        """A path of the settings, from the folder of the file."""
        return Path(self.folder, name)

    def routes(self) -> dict[str, RouteSettings]:
        """All routes by name; the usual one is among them if `csms.url` is set, or if there is no other."""
        usual = RouteSettings(path=self.gateway.path, csms=self.csms)
        return {**({DEFAULT_ROUTE: usual} if self.csms.url or not self.route else {}), **self.route}

    def tenants(self) -> set[str]:
        """Whose stations some route can bring in."""
        return {route.tenant for route in self.routes().values()}

    def groups(self) -> set[str]:
        """The groups that have rules: those with a table, and the default one."""
        return {DEFAULT_GROUP, *self.group}

    def group_named(self, name: str) -> GroupSettings:
        """A group's settings, else the default group's, else the defaults."""
        return self.group.get(name) or self.group.get("default") or GroupSettings()

    def authority_of(self, group: str) -> str:
        """Who signs for the stations of a group: a name in `authority`, or `signer`."""
        return self.group_named(group).authority or self.certificates.authority


def load_settings(file: Path, overrides: Sequence[str] = ()) -> Settings:
    """Read the file and apply `--set KEY=VALUE` on top. OperatorFault names the key and the mend."""
    table = _read(file)
    for override in overrides:
        _override(table, override)
    if "folder" in table:
        raise OperatorFault("unknown key `folder`", mend="Remove it.", subject=str(file))
    table["folder"] = str(file.resolve().parent)
    try:
        return msgspec.convert(table, Settings, strict=True, dec_hook=_quantity)
    except msgspec.ValidationError as error:
        raise OperatorFault(
            f"{_words(error)}.",
            mend="Mend the key (docs/settings.md has its values), or remove it to get the default.",
            subject=str(file),
        ) from error


def notes(settings: Settings) -> list[str]:
    """Settings that are accepted and have no effect in this version, in words."""
    said = [f"portal.listen = {settings.portal.listen!r} has no effect yet: this version has no portal."]
    if settings.gateway.zone != GatewaySettings().zone:
        said.append(f"gateway.zone = {settings.gateway.zone!r} has no effect yet: there is one zone.")
    if settings.bus.url != "local":
        said.append(f"bus.url = {settings.bus.url!r} has no effect yet: one node needs no bus.")
    return said


def texts_of(settings: Settings) -> Iterator[tuple[str, str]]:
    """Every text that is set, with its key: what may name a file, or refer to a secret."""
    return _texts(settings, "")


def _texts(value: object, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Struct):
        for name, part in msgspec.structs.asdict(value).items():
            if (key, name) != ("", "folder"):
                yield from _texts(part, f"{key}.{name}".lstrip("."))
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _texts(part, f"{key}.{name}")
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part, key)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise OperatorFault(
            "there is no settings file here.",
            mend="Name it with -c FILE, or make a deployment with `voltward init DIR`.",
            subject=str(file),
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise OperatorFault(
            f"this is not TOML: {error}.", mend="Mend that place.", subject=str(file)
        ) from error
    except OSError as error:
        raise OutsideFault(
            f"the settings cannot be read: {error.strerror}.", mend="Check owner and mode.", subject=str(file)
        ) from error


def _override(table: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise OperatorFault(
            f"--set {override!r} has no value.",
            mend="Write --set KEY=VALUE, as in --set gateway.listen=127.0.0.1:8443.",
        )
    *parents, last = key.strip().split(".")
    for parent in parents:
        child = table.setdefault(parent, {})
        if not isinstance(child, dict):
            raise OperatorFault(f"--set {key}: `{parent}` is not a table of settings.")
        table = child
    table[last] = _value(text)


def _value(text: str) -> Any:
    """A TOML value where it reads as one, else the text itself, so that quotes are rarely needed."""
    try:
        read = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    # A line end in the text would begin a second key.
    return read["value"] if len(read) == 1 else text


def _quantity(kind: type, value: object) -> object:
    if kind is Until:
        return _end(value)
    if not isinstance(value, str):
        raise ValueError(f"Expected a text with a unit, got {value!r}")  # noqa: TRY004 - msgspec wants ValueError
    if kind is Duration:
        return parse_duration(value)
    if kind is Size:
        return parse_size(value)
    raise ValueError(f"no settings of type {kind}")


def _end(value: object) -> Until:
    if not isinstance(value, (str, date)):
        raise ValueError(f"Expected a date, got {value!r}")  # noqa: TRY004 - msgspec wants ValueError
    try:
        return parse_until(value)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{value!r} is no date, as in 2027-03-31") from error


def _words(error: msgspec.ValidationError) -> str:
    """msgspec's message with the path first, in the words of the file: `gateway.listen: Expected ...`."""
    what, _, where = str(error).partition(" - at `$")
    path = where.rstrip("`").lstrip(".")
    return f"`{path}`: {what}" if path else what
