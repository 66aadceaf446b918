"""What we may ask of a station, in no OCPP version's words; a dialect says how each is said, or cannot.

An intent is a value: it is saved, leased, asked, and asked again after a lost link. Each may be asked twice
without harm.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from voltward.domain.security_profile import SecurityProfile


class CertificateUse(StrEnum):
    """What a station's certificate is for. V2G uses are another PKI's, and pass."""

    CSMS_LINK = "csms link"
    V2G = "v2g"
    V2G_20 = "v2g-20"
    COMBINED = "combined"  # one certificate for the link and for cars; a request that names no use means it


class AnchorUse(StrEnum):
    """What a root that is installed on a station vouches for."""

    CSMS = "csms"
    MANUFACTURER = "manufacturer"
    V2G = "v2g"
    MO = "mo"
    OEM = "oem"
    V2G_CHAIN = "v2g chain"  # listed only: the station's own V2G certificate with its chain


class HashAlgorithm(StrEnum):
    """In which a station names certificates; the answer to a deletion has to speak the station's own."""

    SHA256 = "sha256"
    SHA384 = "sha384"
    SHA512 = "sha512"


@dataclass(frozen=True, slots=True)
class CertificateHash:
    """How OCPP names an installed certificate (RFC 6960, CertID): hexadecimal digits, case is nothing."""

    algorithm: HashAlgorithm
    issuer_name: str
    issuer_key: str
    serial: str  # no leading zeros


@dataclass(frozen=True, slots=True)
class RequestCsr:
    """Make a new key pair and ask for a certificate (A02)."""

    use: CertificateUse = CertificateUse.CSMS_LINK


@dataclass(frozen=True, slots=True)
class InstallCertificate:
    """Here is the certificate that you asked for: PEM, leaf first. `request_id`: the station's, if any."""

    chain_pem: str
    use: CertificateUse | None = CertificateUse.CSMS_LINK  # None: the request named none, nor does the answer
    request_id: int | None = None


@dataclass(frozen=True, slots=True)
class InstallTrustAnchor:
    """Trust this root for this use (M05)."""

    use: AnchorUse
    certificate_pem: str


@dataclass(frozen=True, slots=True)
class RemoveTrustAnchor:
    """Forget this certificate (M04)."""

    certificate: CertificateHash


@dataclass(frozen=True, slots=True)
class ListTrustAnchors:
    """What is installed? (M03) `use` None: everything; a version that must name one is asked for each."""

    use: AnchorUse | None = None


@dataclass(frozen=True, slots=True)
class SetOrganisation:
    """The name that goes into O of the next request (WP A02.FR.13: it has to be set first)."""

    name: str


class Reading(StrEnum):
    """Facts about a station that its configuration tells, by what they are for."""

    ORGANISATION = "organisation"
    CHAIN_SIZE = "longest chain"  # characters of PEM that one answer to a CSR may have
    ANCHOR_PLACES = "anchor places"  # how many certificates its store holds
    ADDITIONAL_ROOT_CHECK = "additional root check"  # a new CSMS root must be signed by the old one (M05)
    SIGNING_WAIT = "signing wait"  # seconds after which it asks again (A02.FR.17)
    SIGNING_REPEATS = "signing repeats"
    NETWORKS = "networks in order"  # the slots of its network profiles, best first, as it writes them (B10)


@dataclass(frozen=True, slots=True)
class ReadFacts:
    """Tell me these; those that a station does not know are left out of its answer."""

    readings: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Restart:
    """Reboot when nobody charges: some stations take up a new certificate or root only then."""


@dataclass(frozen=True, slots=True)
class RaiseProfile:
    """Come in on this security profile from now on (A05): only ever a higher one, in one word."""

    profile: SecurityProfile


@dataclass(frozen=True, slots=True)
class OfferNetwork:
    """Keep this network profile in that slot (B09): where we are, and on which security profile.

    `url` ends before the station's identity; `interface` is a name of the standard's, as `Wired0`.
    """

    slot: int
    url: str
    profile: SecurityProfile
    interface: str


@dataclass(frozen=True, slots=True)
class PreferNetworks:
    """From the next start on, dial by the network profiles in these slots, in this order (B10)."""

    slots: tuple[int, ...]


Intent = (
    RequestCsr
    | InstallCertificate
    | InstallTrustAnchor
    | RemoveTrustAnchor
    | ListTrustAnchors
    | SetOrganisation
    | ReadFacts
    | Restart
    | RaiseProfile
    | OfferNetwork
    | PreferNetworks
)


class Outcome(StrEnum):
    """How an intent ended, whatever words the version has for it."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FAILED = "failed"
    NOT_FOUND = "not found"
    NEEDS_RESTART = "needs restart"  # taken, and valid after the next reboot
    SCHEDULED = "scheduled"  # taken, and done when nobody charges any more
    UNSUPPORTED = "unsupported"  # the version, or this station, does not know it
    ERROR = "error"  # any other CALLERROR, or an answer that cannot be read
    SILENT = "silent"  # no answer in time
    LINK_LOST = "link lost"  # the link ended while the answer was awaited
    EXPIRED = "expired"  # the station was not there before the ask ran out


@dataclass(frozen=True, slots=True)
class InstalledCertificate:
    """One that the station lists; `children`: the chain below, where it is its own V2G certificate."""

    use: AnchorUse
    certificate: CertificateHash
    children: tuple[CertificateHash, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadingTold:
    """One fact, as the station wrote it."""

    reading: Reading
    value: str


@dataclass(frozen=True, slots=True)
class IntentAnswer:
    """What the station said to an intent. `words`: its reason, printable, at most 200 characters."""

    outcome: Outcome
    words: str = ""
    installed: tuple[InstalledCertificate, ...] = ()
    readings: tuple[ReadingTold, ...] = ()
