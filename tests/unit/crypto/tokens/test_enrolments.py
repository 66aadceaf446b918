from __future__ import annotations

from tests.fakes.chance import CountedTokens
from voltward.crypto.tokens.enrolments import enrolment_digest, make_enrolment_token
from voltward.domain.secret import Secret


def test_a_token_is_fit_for_a_url_and_never_comes_twice() -> None:
    entropy = CountedTokens()
    tokens = {make_enrolment_token(entropy).reveal() for _ in range(50)}
    assert len(tokens) == 50
    assert all(len(token) == 64 and token.isalnum() for token in tokens)


def test_the_digest_tells_the_token_again_and_not_the_token() -> None:
    token = make_enrolment_token(CountedTokens())
    digest = enrolment_digest(token)
    assert digest == enrolment_digest(Secret(token.reveal()))
    assert digest != enrolment_digest(make_enrolment_token(CountedTokens("other")))
    assert token.reveal() not in digest
