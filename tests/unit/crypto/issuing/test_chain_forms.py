from __future__ import annotations

import pytest

from tests.fakes.certificates import Authority
from voltward.crypto.issuing.chain_forms import MOST_CHARACTERS, ChainForm, chain_text, fitting_forms
from voltward.crypto.reading.certificates import UnreadableCertificate
from voltward.crypto.reading.pem import certificate_pem, read_pem_bundle

ROOT = Authority.create("Root")
UPPER = Authority.create("Upper", parent=ROOT)
LOWER = Authority.create("Lower", parent=UPPER)
LEAF = LOWER.issue(common_name="SN-1", organisation="Example CPO")
CHAIN = [LEAF.der, LOWER.der, UPPER.der, ROOT.der]


def contents(
    chain: list[bytes], limit: int | None = None, first: ChainForm | None = None
) -> dict[ChainForm, list[bytes]]:
    return {form: read_pem_bundle(chain_text(chain, form)) for form in fitting_forms(chain, limit, first)}


def test_the_standard_s_form_comes_first_and_then_the_others() -> None:
    assert list(contents(CHAIN).items()) == [
        (ChainForm.WITHOUT_ROOT, CHAIN[:3]),
        (ChainForm.WITH_ROOT, CHAIN),
        (ChainForm.LEAF_ALONE, CHAIN[:1]),
        (ChainForm.LEAF_LAST, CHAIN[2::-1]),
    ]


@pytest.mark.parametrize("worked", ChainForm)
def test_what_worked_with_the_model_comes_first(worked: ChainForm) -> None:
    forms = list(contents(CHAIN, first=worked))

    assert forms[0] is worked
    assert forms[1:] == [form for form in ChainForm if form is not worked]


def test_the_same_text_is_never_tried_twice() -> None:
    below_root = ROOT.issue(common_name="SN-2").der

    assert list(contents([below_root, ROOT.der])) == [ChainForm.WITHOUT_ROOT, ChainForm.WITH_ROOT]
    assert list(contents([below_root])) == [ChainForm.WITHOUT_ROOT]
    assert ChainForm.WITH_ROOT not in contents(CHAIN[:3])


def test_it_is_pem_with_lf_up_to_the_last_line() -> None:
    text = chain_text(CHAIN, ChainForm.WITHOUT_ROOT)

    assert text.startswith("-----BEGIN CERTIFICATE-----\n")
    assert text.endswith("\n-----END CERTIFICATE-----\n")
    assert "\r" not in text


def test_what_a_station_has_no_room_for_is_left_out() -> None:
    without_root = len(certificate_pem(*CHAIN[:3]))

    assert fitting_forms(CHAIN, without_root) == (
        ChainForm.WITHOUT_ROOT,
        ChainForm.LEAF_ALONE,
        ChainForm.LEAF_LAST,
    )
    assert fitting_forms(CHAIN, without_root - 1) == (ChainForm.LEAF_ALONE,)


def test_where_not_even_the_leaf_fits_nothing_does() -> None:
    leaf = len(certificate_pem(CHAIN[0]))

    assert fitting_forms(CHAIN, leaf) == (ChainForm.LEAF_ALONE,)
    assert fitting_forms(CHAIN, leaf - 1) == ()


def test_no_station_s_word_lifts_the_limit_of_the_message() -> None:
    long = [LEAF.der, *(LOWER.der for _ in range(MOST_CHARACTERS // len(certificate_pem(LOWER.der))))]

    assert fitting_forms(long, 1_000_000) == (ChainForm.LEAF_ALONE,)
    # Nobody's store has no room: a setting never made.
    assert fitting_forms(long[:-1], 0) == (ChainForm.WITHOUT_ROOT, ChainForm.LEAF_ALONE, ChainForm.LEAF_LAST)


def test_what_is_no_chain_is_a_fault() -> None:
    with pytest.raises(ValueError, match="leaf"):
        fitting_forms([])
    with pytest.raises(UnreadableCertificate):
        fitting_forms([b"rubbish"])
