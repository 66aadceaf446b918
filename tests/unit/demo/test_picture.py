from __future__ import annotations

from voltward.demo.gateway_log import LogEvent
from voltward.demo.picture import KEPT_REFUSALS, Picture, Row, counted


def event(kind: str, subject: str = "hub-1", **facts: object) -> LogEvent:
    return LogEvent(1, kind, subject, "2026-11-22T07:08:09.123Z", facts)


def admitted(connection: str = "c1", subject: str = "hub-1") -> LogEvent:
    return event(
        "station_admitted", subject, connection=connection, profile=3, tls="TLSv1.2", credential="certificate"
    )


def test_who_is_let_in_is_shown_with_how() -> None:
    picture = Picture()
    picture.take(admitted())

    assert picture.rows == [Row("hub-1", "1.6", "3", "TLS 1.2", "ECDSA certificate", "")]


def test_a_station_that_is_not_in_the_cast_is_shown_as_the_gateway_saw_it() -> None:
    picture = Picture()
    picture.take(
        event("station_admitted", "mine", connection="c", subprotocol="ocpp2.1", credential="password (text)")
    )

    assert picture.rows == [Row("mine", "2.1", "", "", "password (text)", "")]


def test_who_has_gone_is_shown_no_more() -> None:
    picture = Picture()
    picture.take(admitted("c1"))
    picture.take(event("link_closed", connection="c1"))

    assert picture.rows == []


def test_a_late_end_of_an_old_link_takes_nothing_from_the_new_one() -> None:
    picture = Picture()
    picture.take(admitted("old"))
    picture.take(admitted("new"))
    picture.take(event("link_closed", connection="old"))

    assert len(picture.rows) == 1


def test_a_lane_is_shown_and_follows_the_orders() -> None:
    picture = Picture()
    picture.take(admitted("c1"))
    picture.take(event("lane_changed", connection="c1", lane="repair"))
    assert picture.rows[0].lane == "repair"
    picture.take(event("lane_changed", connection="c1", lane="admitted"))
    assert picture.rows[0].lane == ""
    picture.take(event("lane_changed", connection="nobody", lane="repair"))
    assert len(picture.rows) == 1


def test_rows_stand_in_the_order_of_their_identities() -> None:
    picture = Picture()
    picture.take(admitted("c2", "street-1"))
    picture.take(admitted("c1", "depot-1"))

    assert [row.identity for row in picture.rows] == ["depot-1", "street-1"]


def test_what_was_refused_is_told_newest_first_with_its_reason() -> None:
    picture = Picture()
    picture.take(event("station_refused", "a", source="127.0.1.2", control="AUTH-02", reason="wrong"))
    picture.take(event("tls_handshake_failed", "127.0.2.2", source="127.0.2.2", reason="no shared cipher"))
    newest, oldest = picture.refusals

    assert (newest.at, newest.who, newest.source, newest.reason) == (
        "07:08:09",
        "",
        "127.0.2.2",
        "no shared cipher",
    )
    assert (oldest.who, oldest.control) == ("a", "AUTH-02")


def test_the_same_refusal_met_again_is_counted() -> None:
    picture = Picture()
    for source in ("127.0.1.2", "127.0.1.3", "127.0.1.4"):
        picture.take(event("station_refused", "a", source=source, control="AUTH-02", reason="wrong"))

    assert [(refusal.times, refusal.source) for refusal in picture.refusals] == [(3, "127.0.1.4")]


def test_a_refusal_without_a_reason_is_told_by_its_kind() -> None:
    picture = Picture()
    picture.take(event("second_connection_refused", control="LINK-01"))

    assert picture.refusals[0].reason == "second connection refused"


def test_refusals_are_bounded() -> None:
    picture = Picture()
    for number in range(KEPT_REFUSALS * 2):
        picture.take(event("station_refused", f"s{number}"))

    assert len(picture.refusals) == KEPT_REFUSALS


def test_everything_that_counts_is_counted_under_one_word() -> None:
    picture = Picture()
    for kind in ("station_refused", "second_connection_refused", "message_blocked", "gateway_ready"):
        picture.take(event(kind))

    assert {name: count for name, count in counted(picture.counts) if count} == {
        "refused": 2,
        "orders blocked": 1,
    }
