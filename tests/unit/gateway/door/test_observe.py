from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.fakes.arrivals import BASIC, CERTIFICATE, arrival, tls_facts, trusted
from tests.fakes.builders import certificate_credential, denied_certificate, station
from tests.fakes.certificates import Authority as MadeAuthority
from tests.fakes.clock import FakeClock
from voltward.adapters.system_clock import SystemClock
from voltward.crypto.reading.certificates import CertificateReader, read_certificate
from voltward.domain.authority import TrustedFor
from voltward.domain.credential import ClientCertificate, Credential, CredentialState
from voltward.domain.quirk import NO_GRANTS
from voltward.domain.revocation_list import ForeignList, ListHead, ListRule
from voltward.gateway.door.observe import Arrival, certificate_known, observe, observe_again, station_known
from voltward.rulebook.observation import (
    AuthorizationForm,
    CertificateKnown,
    ChainSeen,
    ConnectionObservation,
    ListKnown,
    PasswordOutcome,
    PasswordSeen,
)
from voltward.usecases.admission.admission_registry import AdmissionRegistry, StationEntry

NOW = FakeClock(SystemClock().now()).now()  # the certificates of the fakes live around the real time
ROOT = MadeAuthority.create("Station CA")
ISSUING = MadeAuthority.create("Issuing CA", parent=ROOT)
LEAF = ISSUING.issue("SN-CP001", "Example CPO")
OPERATOR = ("Example CPO",)


def registry(*credentials: Credential, is_trusted: bool = True) -> AdmissionRegistry:
    made = AdmissionRegistry()
    made.put_station(StationEntry(station(), credentials))
    made.set_authorities([trusted(ROOT)] if is_trusted else [])
    return made


def row(**changes: object) -> Credential:
    proof = ClientCertificate(LEAF.fingerprint, "SN-CP001", b"\x01" * 32)
    return certificate_credential(**{"proof": proof, **changes})


def seen(
    came: Arrival, known: AdmissionRegistry, password: PasswordSeen | None = None
) -> ConnectionObservation:
    return observe(came, known, CertificateReader(), OPERATOR, password)


def with_certificate() -> Arrival:
    return arrival(leaf=LEAF, root=ROOT, at=NOW)


def test_a_password_over_tls_is_seen_as_that() -> None:
    matched = PasswordSeen(PasswordOutcome.MATCHED)

    observation = seen(arrival(password=b"secret"), registry(), matched)

    assert observation.profile_used is BASIC
    assert observation.password is matched
    assert (observation.request.authorization, observation.request.user_matches) == (
        AuthorizationForm.BASIC,
        True,
    )
    assert observation.request.spoken == ("ocpp1.6",)
    assert observation.tls is not None
    assert (observation.tls.version, observation.tls.server_name) == ("TLSv1.3", "csms.example")
    assert observation.station == station_known(StationEntry(station()))
    assert observation.operator_organisations == OPERATOR


def test_a_chain_is_seen_up_to_the_authority_that_is_trusted() -> None:
    observation = seen(with_certificate(), registry(row()))

    assert observation.profile_used is CERTIFICATE
    assert observation.chain is not None
    assert observation.chain.leaf.fingerprint == LEAF.fingerprint
    assert observation.chain.authority == trusted(ROOT)
    assert len(observation.chain.path) == 3
    assert observation.certificate == CertificateKnown(state=CredentialState.ACTIVE)


def test_a_chain_to_nobody_has_no_authority() -> None:
    unverified = seen(arrival(leaf=LEAF, at=NOW), registry())
    untrusted = seen(with_certificate(), registry(is_trusted=False))

    for observation in (unverified, untrusted):
        assert observation.chain is not None
        assert observation.chain.authority is None
        assert "unknown-authority" in observation.chain.problems


def test_a_plain_connection_has_neither_tls_nor_chain() -> None:
    observation = seen(arrival(password=b"secret", tls=None), registry())

    assert (observation.tls, observation.chain, observation.certificate) == (None, None, None)


def test_without_a_header_nothing_is_said_about_its_user() -> None:
    request = seen(arrival(), registry()).request

    assert (request.authorization, request.user_matches) == (AuthorizationForm.NONE, None)


def test_another_user_in_the_header_is_seen() -> None:
    assert seen(arrival(password=b"secret", user="CP002"), registry()).request.user_matches is False


def test_a_stranger_is_seen_with_the_identity_that_it_comes_close_to() -> None:
    stranger = seen(arrival("cp001", password=b"x"), registry())
    far = seen(arrival("CP002", password=b"x"), registry())

    assert (stranger.station, stranger.collides_with) == (None, "CP001")
    assert far.collides_with is None


def test_no_identity_in_the_path_is_a_problem_with_a_name() -> None:
    request = seen(arrival(None), registry()).request

    assert (request.identity, request.identity_problem) == (None, "no-match")


@pytest.mark.parametrize(
    ("identity", "problem"), [("a/b", "bad-character"), ("x" * 49, "too-long"), ("CP001", "")]
)
def test_an_identity_is_judged_by_the_first_dialect_that_is_spoken(identity: str, problem: str) -> None:
    assert seen(arrival(identity), registry()).request.identity_problem == problem


def test_where_no_dialect_is_spoken_no_identity_is_judged() -> None:
    request = seen(arrival("a/b", protocols=("mqtt",)), registry()).request

    assert (request.offered, request.spoken, request.identity_problem) == (("mqtt",), (), "")


@pytest.mark.parametrize(
    ("tls", "decides"), [(tls_facts(LEAF, ROOT), True), (tls_facts(), False), (None, False)]
)
def test_a_leaf_is_looked_at_wherever_one_was_offered(tls: object, decides: bool) -> None:
    assert arrival(tls=tls).certificate_decides is decides


# -- what is known of a leaf


def chain_of(fingerprint: bytes, twin: bytes | None = None) -> ChainSeen:
    leaf = replace(read_certificate(LEAF.der), fingerprint=fingerprint)
    return ChainSeen(leaf, (leaf,), None, twin=twin)


def test_a_denied_certificate_is_known_by_its_reason() -> None:
    known = registry(row())
    known.set_denials([denied_certificate(fingerprint=LEAF.fingerprint)])

    assert certificate_known(chain_of(LEAF.fingerprint), None, known, NOW).denied == "stolen"


def test_a_denied_certificate_is_known_in_both_forms_of_its_signature() -> None:
    known = registry()
    known.set_denials([denied_certificate(fingerprint=b"\x07" * 32)])

    assert (
        certificate_known(chain_of(LEAF.fingerprint, twin=b"\x07" * 32), None, known, NOW).denied == "stolen"
    )


def test_a_certificate_of_another_station_is_known_as_theirs() -> None:
    known = registry(row())
    other = StationEntry(station("CP002"))

    assert certificate_known(chain_of(LEAF.fingerprint), other, known, NOW).other_station == "CP001"
    assert certificate_known(chain_of(LEAF.fingerprint), None, known, NOW).other_station == "CP001"


def test_a_pinned_certificate_and_its_end_are_known() -> None:
    pinned = row(
        proof=ClientCertificate(LEAF.fingerprint, "odd", b"", pinned=True),
        state=CredentialState.SUPERSEDED,
        not_after=NOW,
    )
    entry = StationEntry(station(), (pinned,))

    assert certificate_known(chain_of(LEAF.fingerprint), entry, registry(pinned), NOW) == CertificateKnown(
        state=CredentialState.SUPERSEDED, usable=False, pinned=True
    )


def test_a_certificate_that_nobody_has_seen_is_usable_and_nobodys() -> None:
    assert (
        certificate_known(chain_of(b"\x09" * 32), StationEntry(station()), registry(), NOW)
        == CertificateKnown()
    )


# -- later


def test_a_live_link_is_seen_in_the_light_of_a_revocation() -> None:
    known = registry(row())
    before = seen(with_certificate(), known)
    known.set_denials([denied_certificate(fingerprint=LEAF.fingerprint)])

    later = observe_again(before, known, None, NO_GRANTS, NOW + timedelta(hours=1))

    assert later.certificate is not None
    assert (later.certificate.denied, later.at) == ("stolen", NOW + timedelta(hours=1))
    assert (later.tls, later.request) == (before.tls, before.request)


def test_an_authority_that_is_trusted_no_more_is_gone_from_a_live_chain() -> None:
    known = registry(row())
    before = seen(with_certificate(), known)
    known.set_authorities([])

    later = observe_again(before, known, None, NO_GRANTS, NOW)

    assert later.chain is not None
    assert later.chain.authority is None


def test_an_authority_whose_rules_changed_is_seen_with_the_new_ones() -> None:
    known = registry(row())
    before = seen(with_certificate(), known)
    known.set_authorities([trusted(ROOT, trusted_for=TrustedFor.MANUFACTURERS)])

    later = observe_again(before, known, None, NO_GRANTS, NOW)

    assert later.chain is not None
    assert later.chain.authority is not None
    assert later.chain.authority.trusted_for is TrustedFor.MANUFACTURERS


def test_a_station_that_was_dropped_is_a_stranger_by_now() -> None:
    known = registry(row())
    before = seen(with_certificate(), known)
    known.drop_station(arrival().station or pytest.fail("it has one"))

    assert observe_again(before, known, None, NO_GRANTS, NOW).station is None


def test_the_list_of_the_authority_tells_of_what_it_signed_itself() -> None:
    """Below a root that sends an intermediate, the root's list speaks of that intermediate."""
    known = registry()
    rule = ListRule("/lists/root.crl")
    root = replace(trusted(ROOT), revocation_list=rule)
    known.set_authorities([root])
    intermediate = read_certificate(ISSUING.der).serial_number
    head = ListHead(root.id, 1, NOW, NOW, 1)

    before = seen(with_certificate(), known)
    known.lists.put(ForeignList(head, intermediate.encode()))
    after = observe_again(before, known, None, NO_GRANTS, NOW)

    assert before.certificate is not None
    assert before.certificate.listed == ListKnown()
    assert after.certificate is not None
    assert after.certificate.listed == ListKnown(NOW, revoked=True)
    issuing = replace(trusted(ISSUING), revocation_list=rule)
    known.set_authorities([root, issuing])
    again = seen(with_certificate(), known)
    assert again.certificate is not None
    assert again.certificate.listed == ListKnown(authority_revoked=True)
