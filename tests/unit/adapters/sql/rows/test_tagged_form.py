from __future__ import annotations

import pytest

from voltward.adapters.sql.rows.tagged_form import kinds_of, tagged, untagged
from voltward.adapters.value_form import ForeignForm
from voltward.domain.intents import CertificateUse, Intent, ListTrustAnchors, RequestCsr

INTENTS = kinds_of(Intent)


def test_kinds_with_the_same_fields_are_told_apart() -> None:
    for value in (RequestCsr(CertificateUse.V2G), ListTrustAnchors()):
        form = tagged(value)
        assert untagged(INTENTS, form["kind"], form["octets"]) == value


def test_a_kind_that_this_version_does_not_know_is_foreign() -> None:
    with pytest.raises(ForeignForm, match="MakeCoffee"):
        untagged(INTENTS, "MakeCoffee", b"\x80")


def test_octets_of_another_kind_are_foreign() -> None:
    with pytest.raises(ForeignForm):
        untagged(INTENTS, "SetOrganisation", tagged(RequestCsr())["octets"])
