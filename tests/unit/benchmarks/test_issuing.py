from __future__ import annotations

from benchmarks.fleet import OPERATOR
from benchmarks.issuing import Costs, der_of, findings_of, request_of
from voltward.crypto.requests.signing_requests import SigningRequest, read_signing_request


def test_a_thousand_a_second_is_a_millisecond_for_each() -> None:
    fast = findings_of(Costs(heard=300, issued=600, signed=300, rsa=1500, renewed=4000))
    slow = findings_of(Costs(heard=300, issued=1300, signed=300, rsa=1500, renewed=9000))

    assert [one.is_reached for one in fast] == [True, True]  # the second is told, and has no goal
    assert not slow[0].is_reached
    assert "625 a second and core" in slow[0].figures


def test_the_request_is_one_that_a_station_would_send() -> None:
    request = read_signing_request(request_of("ec", "SN-1"))

    assert isinstance(request, SigningRequest)
    assert request.seen.proves_possession
    assert (request.seen.organisations, request.seen.common_names) == ((OPERATOR,), ("SN-1",))
    assert der_of(request_of("ec", "SN-1"))[0] == 0x30
