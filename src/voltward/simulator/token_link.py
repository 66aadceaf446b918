"""A station's link whose client certificate has its key in a token: TLS by the `openssl` program.

Nothing within Python's reach makes a TLS handshake with a key that it cannot read (docs/decisions/0029).
So a process stands in the way, as stunnel does on real stations: plain text on a pair of sockets, TLS beyond.
The server is verified there, by the same roots and by name.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import tempfile
from asyncio.subprocess import Process
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from voltward.simulator.dial import Dial, TlsOptions, TokenLogin
from voltward.simulator.link import (
    CLOSE_SECONDS,
    CONNECT_SECONDS,
    Connected,
    NoAnswer,
    Outcome,
    ServerDistrusted,
    TlsRefused,
    open_link,
)

_ALERT: Final = re.compile(r"alert ([a-z ]+):.*SSL alert number")
_DISTRUST: Final = re.compile(r"verify error:num=\d+:(.+)")
_NO_KEY: Final = re.compile(r"(?:Could not (?:find|read)|unable to load) .*private key")
_MOST_WORDS: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class OpensslTunnel:
    """The process, and our end of its standard input and output."""

    socket: socket.socket
    process: Process

    async def end(self) -> None:
        """Our end is closed: let it say goodbye, and see to it that it goes."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.process.wait()
        except TimeoutError:
            self.cut()
            await self.process.wait()

    def cut(self) -> None:
        """End it without a word."""
        if self.process.returncode is None:
            self.process.kill()


async def open_token_link(dial: Dial, *, seconds: float = CONNECT_SECONDS) -> Outcome:
    """Connect as `open_link` does, with the key of a `TokenLogin`, over TLS."""
    login, tls = dial.login, dial.endpoint.tls
    assert isinstance(login, TokenLogin), "other logins have links of their own"
    assert tls is not None, "a certificate is shown over TLS alone"
    env, openssl = shutil.which("env"), shutil.which("openssl")
    if env is None or openssl is None:
        return NoAnswer("a key in a token needs the openssl program, which is not here", 0.0)
    plain = replace(dial, login=None, endpoint=replace(dial.endpoint, host=tls.server_name, tls=None))
    with tempfile.TemporaryDirectory(prefix="voltward-") as name:
        folder = Path(name)
        command = (env, f"PKCS11_MODULE_PATH={login.place.module}", openssl, "s_client")
        tunnel = await _start((*command, *_arguments(folder, dial, login, tls)), folder)
        outcome = await open_link(plain, seconds=seconds, tunnel=tunnel)
        if isinstance(outcome, Connected):
            return outcome
        tunnel.cut()
        await tunnel.end()
        return _told((folder / "words").read_bytes()[:_MOST_WORDS].decode(errors="replace"), outcome)


async def _start(command: tuple[str, ...], folder: Path) -> OpensslTunnel:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)  # noqa: FBT003 -- the library's call takes it by place
    with theirs, (folder / "words").open("wb") as words:
        end = theirs.fileno()
        process = await asyncio.create_subprocess_exec(*command, stdin=end, stdout=end, stderr=words)
    return OpensslTunnel(ours, process)


def _arguments(folder: Path, dial: Dial, login: TokenLogin, tls: TlsOptions) -> list[str]:
    """What `openssl s_client` is told: the key by its URI, the chain and the roots in files."""
    chain, roots, pin = folder / "chain.pem", folder / "roots.pem", folder / "pin"
    chain.write_bytes(login.chain_pem)
    pin.write_text(login.place.pin())
    arguments = [
        *("-connect", f"{dial.endpoint.host}:{dial.endpoint.port}", "-servername", tls.server_name),
        *("-engine", "pkcs11", "-keyform", "engine", "-key", login.place.uri(str(pin))),
        *("-cert", str(chain), "-cert_chain", str(chain)),
        *("-quiet", "-no_ign_eof", "-nocommands"),
        *("-min_protocol", tls.minimum.value, "-max_protocol", tls.maximum.value),
    ]
    if tls.ciphers is not None:
        arguments += ["-cipher", tls.ciphers]
    if dial.source is not None:
        arguments += ["-bind", f"{dial.source}:0"]
    if tls.verify and tls.ca_pem is not None:
        roots.write_text(tls.ca_pem)
        arguments += ["-CAfile", str(roots), "-no-CApath", "-no-CAstore", "-partial_chain"]
    if tls.verify:
        arguments += ["-verify_return_error"]
        arguments += ["-attime", str(int(tls.at.timestamp()))] if tls.at else []
        arguments += ["-verify_hostname", tls.server_name] if tls.check_name else []
    return arguments


def _told(words: str, outcome: Outcome) -> Outcome:
    """What the process said of its end; `outcome` where it said nothing of TLS."""
    if isinstance(outcome, NoAnswer):
        alert, distrust = _ALERT.search(words), _DISTRUST.search(words)
        if distrust:
            return ServerDistrusted(distrust[1], outcome.seconds)
        if alert:
            return TlsRefused(alert[1].replace(" ", "_"), outcome.seconds)
        if _NO_KEY.search(words):
            return NoAnswer("openssl cannot use the key in the token", outcome.seconds)
    return outcome
