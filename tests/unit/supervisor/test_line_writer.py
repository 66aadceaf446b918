from __future__ import annotations

import subprocess
import sys
import threading

from voltward.supervisor.line_writer import LineWriter


class SlowDisk:
    """Takes nothing until it is let."""

    def __init__(self) -> None:
        self.may_write = threading.Event()
        self.written: list[bytes] = []

    def put(self, octets: bytes) -> None:
        assert self.may_write.wait(10)
        self.written.append(octets)


def test_a_disk_that_takes_nothing_holds_nobody_up_and_loses_nothing() -> None:
    disk = SlowDisk()
    writer = LineWriter(disk.put)

    for number in range(1000):
        writer.write(b"%d\n" % number)
    disk.may_write.set()
    writer.close()

    assert b"".join(disk.written) == b"".join(b"%d\n" % number for number in range(1000))


def test_what_finds_no_place_is_counted_and_told() -> None:
    disk = SlowDisk()
    writer = LineWriter(disk.put, most_waiting=10)

    writer.write(b"12345678\n")
    writer.write(b"ab\n")
    writer.write(b"cd\n")
    disk.may_write.set()
    writer.close()

    told = b"".join(disk.written)
    assert told.startswith(b"12345678\n")
    assert b'"log_lines_lost"' in told
    assert b'"lines":2' in told


def test_nobody_who_reads_is_no_reason_to_end() -> None:
    def put(octets: bytes) -> None:
        raise BrokenPipeError

    writer = LineWriter(put)
    writer.write(b"line\n")
    writer.close()

    assert not writer._thread.is_alive()


def test_the_last_line_of_a_process_is_written() -> None:
    script = (
        "import sys; from voltward.supervisor.line_writer import LineWriter;"
        "LineWriter(sys.stderr.buffer.write).write(b'farewell\\n'); sys.exit(3)"
    )
    done = subprocess.run(  # noqa: S603 - a fixed command
        [sys.executable, "-c", script], capture_output=True, check=False, timeout=60
    )

    assert (done.returncode, done.stderr) == (3, b"farewell\n")
