"""The peer: nginx with mutual TLS 1.3 and a blind WebSocket tunnel, one worker, nothing that it need not do.

Given its best: no access log, no headers added, no limits. Given the same duties: certificates verified, no
resumption (ruling 2), Voltward's suites in Voltward's order. Both still hand out two TLS 1.3 tickets
that open nothing; should Voltward stop it one day, `ssl_conf_command NumTickets 0` makes nginx stop it too.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.child import free_port, running_server
from benchmarks.errors import MachineFault
from benchmarks.fleet import Fleet
from benchmarks.target import Target
from voltward.wire.tls_context import OCPP_TLS

_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def _configuration(fleet: Fleet, port: int, csms_port: int) -> str:
    # Only a master that is root changes its worker's user; then the worker must be able to reach its folder.
    user = f"user {pwd.getpwuid(0).pw_name};" if os.geteuid() == 0 else ""
    temporary = "\n".join(f"    {name}_temp_path {name};" for name in _TEMPORARY)
    return f"""
daemon off;
{user}
worker_processes 1;
worker_rlimit_nofile 20000;
pid nginx.pid;
error_log stderr warn;
events {{ worker_connections 19000; }}
http {{
    access_log off;
{temporary}
    server {{
        listen 127.0.0.1:{port} ssl backlog=4096;
        ssl_certificate {fleet.server_chain};
        ssl_certificate_key {fleet.server_key};
        ssl_client_certificate {fleet.stations_root};
        ssl_verify_client on;
        ssl_protocols TLSv1.3;
        ssl_prefer_server_ciphers on;
        ssl_conf_command Ciphersuites {":".join(OCPP_TLS.suites_13)};
        ssl_session_cache off;
        ssl_session_tickets off;
        location /ocpp/ {{
            proxy_pass http://127.0.0.1:{csms_port};
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection upgrade;
            proxy_read_timeout 1h;
            proxy_send_timeout 1h;
        }}
    }}
}}
"""


@contextmanager
def running_nginx(fleet: Fleet, csms_port: int, core: int, folder: Path) -> Iterator[Target]:
    """nginx from a prefix of its own in `folder`, alone on `core`, in front of the CSMS."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        raise MachineFault(
            "nginx is the peer of this benchmark and is not installed: apt-get install nginx-light"
        )
    folder.mkdir()
    port = free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(_configuration(fleet, port, csms_port))
    # `-e stderr`: otherwise it opens the distribution's log before it reads our configuration.
    command = (program, "-e", "stderr", "-p", str(folder), "-c", str(configuration))
    address = ("127.0.0.1", port)
    with running_server(command, address, core, folder / "log") as child:
        yield Target(folder.name, address, child.pid, (fleet.server_root,), _versions(program))


def _versions(program: str) -> tuple[str, ...]:
    shown = subprocess.run((program, "-V"), capture_output=True, text=True, check=True, timeout=10).stderr
    version = re.search(r"nginx/(\S+)", shown)
    # Where both stand, the library that runs is the one that counts.
    library = re.search(r"running with (OpenSSL \S+)", shown) or re.search(r"built with (OpenSSL \S+)", shown)
    if version is None or library is None:
        raise MachineFault(f"nginx -V says neither its version nor its OpenSSL: {shown[:200]}")
    return (f"nginx {version[1]}", library[1])
