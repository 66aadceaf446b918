from __future__ import annotations

from cryptography import x509

from tests.fakes.chance import CountedTokens
from tests.fakes.clock import NOON
from voltward.crypto.issuing.hierarchy import Family
from voltward.crypto.issuing.next_family import crossed_form, make_next_family, names_of
from voltward.crypto.reading.trust_anchors import install_problem, is_signed_by
from voltward.domain.intents import HashAlgorithm

OLD = make_next_family(Family.ECDSA, "Example CPO", NOON, CountedTokens("old"))
NEW = make_next_family(Family.ECDSA, "Example CPO", NOON, CountedTokens("new"))


def test_a_family_hangs_together_and_has_names_of_its_own() -> None:
    assert is_signed_by(NEW.csms.der, NEW.root.der)
    assert is_signed_by(NEW.stations.der, NEW.root.der)
    assert install_problem(NEW.root.der, NOON) is None
    assert NEW.root.certificate.subject != OLD.root.certificate.subject


def test_the_crossed_form_vouches_for_what_the_new_root_signed() -> None:
    crossed = crossed_form(NEW.root, OLD.root, NOON, CountedTokens())

    assert is_signed_by(crossed, OLD.root.der)
    assert is_signed_by(NEW.csms.der, crossed)
    assert install_problem(crossed, NOON, (OLD.root.der,), additional_check=True) is None
    assert x509.load_der_x509_certificate(crossed).subject == NEW.root.certificate.subject


def test_a_root_has_a_name_in_each_algorithm() -> None:
    names = names_of(NEW.root.der, NEW.root.der)

    assert [name.algorithm for name in names] == list(HashAlgorithm)
    assert len({name.serial for name in names}) == 1
