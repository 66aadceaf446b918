from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.errors import MachineFault
from benchmarks.figures import Comparison, Failed, Finding, Round
from benchmarks.machine import Machine
from benchmarks.report import BEGIN, END, Conditions, Side, render, write_between_markers

CONDITIONS = Conditions(
    machine=Machine("Example CPU", "4 cores; server on core 3", "Linux 6", "Python 3"),
    sides=(
        Side("nginx", ("nginx 1.22", "OpenSSL 3.0.19")),
        Side("Voltward", ("Voltward 0.1", "OpenSSL 4.0.3")),
    ),
    load="3 processes",
    tls="TLSv1.3",
    day="2026-11-22",
)


def busy_window(microseconds: float, core_share: float = 1.0) -> Round:
    return Round(
        operations=1000, cpu_nanoseconds=int(microseconds * 1e6), seconds=microseconds / 1000 / core_share
    )


def comparison(ours: float, core_share: float = 1.0) -> Comparison:
    return Comparison("a handshake", 0.9, (busy_window(800.0),), (busy_window(ours, core_share),))


def test_the_ratio_and_its_ends_stand_in_the_row() -> None:
    compared = Comparison("w", 0.9, (busy_window(800.0),) * 2, (busy_window(400.0), busy_window(800.0)))

    assert "| **1.50** (1.00 to 2.00) | >= 0.9 | reached |" in render([compared], CONDITIONS)


def test_a_missed_goal_is_shouted() -> None:
    assert "| **0.80** (0.80 to 0.80) | >= 0.9 | MISSED |" in render([comparison(1000.0)], CONDITIONS)


def test_both_costs_and_speeds_are_told() -> None:
    text = render([comparison(500.0)], CONDITIONS)

    assert "| 800.0 (800.0 to 800.0); 1,250/s, core 100% busy | 500.0 (500.0 to 500.0); 2,000/s," in text


def test_a_part_that_failed_has_a_row_and_takes_no_figures_away() -> None:
    text = render([comparison(500.0)], CONDITIONS, (), [Failed("crowd: memory", "PeerFault: late\nby 3 s")])

    assert "| **crowd: memory** | PeerFault: late by 3 s |" in text
    assert "| 800.0 (800.0 to 800.0);" in text


def test_machine_and_versions_are_told() -> None:
    text = render([comparison(500.0)], CONDITIONS)

    assert "- measured: 2026-11-22; Example CPU; 4 cores; server on core 3; Linux 6" in text
    assert "- nginx: nginx 1.22, OpenSSL 3.0.19" in text
    assert "- Voltward: Voltward 0.1, OpenSSL 4.0.3" in text


def test_a_server_that_waited_for_the_load_is_pointed_out() -> None:
    assert "- mind: Voltward's core was only 50% busy" in render(
        [comparison(500.0, core_share=0.5)], CONDITIONS
    )


def test_busy_servers_get_no_warning() -> None:
    assert "- mind" not in render([comparison(500.0)], CONDITIONS)


def test_a_peer_without_a_goal_is_told_and_not_judged() -> None:
    beside = Comparison("w", None, (busy_window(800.0),), (busy_window(400.0),), "ocpp-rpc")

    assert "| w | ocpp-rpc | 800.0" in (text := render([beside], CONDITIONS))
    assert "| **2.00** (2.00 to 2.00) |  |  |" in text


@pytest.mark.parametrize(("ratio", "verdict"), [(0.8, "reached"), (0.81, "MISSED")])
def test_what_is_found_beside_speed_has_a_table_of_its_own(ratio: float, verdict: str) -> None:
    found = Finding("memory", "8 KiB, 10 KiB", ratio, at_most=0.8)

    assert f"| memory | 8 KiB, 10 KiB | **{ratio:.2f}** | <= 0.8 | {verdict} |" in render(
        [], CONDITIONS, [found]
    )


def test_only_what_stands_between_the_markers_is_replaced(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text(f"before\n{BEGIN}\nold figures\n{END}\nafter\n")

    write_between_markers(file, "new figures")

    assert file.read_text() == f"before\n{BEGIN}\n\nnew figures\n\n{END}\nafter\n"


def test_writing_twice_leaves_one_report(tmp_path: Path) -> None:
    file = tmp_path / "README.md"
    file.write_text(f"{BEGIN}{END}")

    write_between_markers(file, "first")
    write_between_markers(file, "second")

    assert file.read_text() == f"{BEGIN}\n\nsecond\n\n{END}"


@pytest.mark.parametrize("text", ["nothing", BEGIN, END, f"{END} {BEGIN}"])
def test_a_file_without_both_markers_is_left_alone(tmp_path: Path, text: str) -> None:
    file = tmp_path / "README.md"
    file.write_text(text)

    with pytest.raises(MachineFault):
        write_between_markers(file, "figures")

    assert file.read_text() == text


def test_the_real_readme_has_the_markers() -> None:
    text = (Path(__file__).parents[3] / "benchmarks" / "README.md").read_text()

    assert 0 <= text.find(BEGIN) < text.find(END)
