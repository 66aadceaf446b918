from __future__ import annotations

import json
import subprocess
import sys


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
