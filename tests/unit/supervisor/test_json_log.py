from __future__ import annotations

import json
import subprocess
import sys

import pytest
import structlog

from voltward.supervisor.json_log import JsonLines


def test_the_log_is_one_json_object_a_line_and_secrets_do_not_print() -> None:
    script = (
        "import structlog; from voltward.supervisor import log_as_json; from voltward.domain.secret import Secret;"
        "log_as_json(); structlog.get_logger().info('it_happened', subject='CP001', password=Secret(b'hunter2'))"
    )
    done = subprocess.run(  # noqa: S603 - a fixed command
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )

    (line,) = done.stderr.splitlines()
    told = json.loads(line)
    assert (told["event"], told["subject"], told["level"]) == ("it_happened", "CP001", "info")
    assert "hunter2" not in line
    assert done.stdout == ""


def test_an_error_is_logged_with_its_trace(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    log = JsonLines(structlog.BytesLogger(sys.stderr.buffer), [], {})

    log.error("task_crashed", task="follow", exc_info=ZeroDivisionError("by nothing"))

    told = json.loads(capfdbinary.readouterr().err)
    assert (told["level"], told["task"]) == ("error", "follow")
    assert told["exception"].endswith("ZeroDivisionError: by nothing\n")
    assert "exc_info" not in told
