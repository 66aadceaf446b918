"""A real network of its own: a namespace for stations, and a link to it on which packets are late or lost.

    with packet_link() as link:                     # NotHere says what this machine does not let us do
        link.delay, link.loss = 1.0, 0.05
        outcome = await link.inside(lambda: open_link(...))    # a story of stations, in their namespace

Two TUN devices joined by this process: the kernels on both sides see their packets late, lost (from a seed) or
swallowed, and send them again as TCP does. It is `tc netem` for machines whose kernel has none. Nothing stays:
the devices go with their descriptors, the namespace at the end of the block.
"""

from __future__ import annotations

import asyncio
import ctypes
import fcntl
import os
import random
import shutil
import struct
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
TUNSETIFF = 0x400454CA
TUN_WITHOUT_HEADER = 0x1001  # IFF_TUN | IFF_NO_PI
CLONE_NEWNET = 0x40000000
LONGEST = 65536
_numbers = count()


class NotHere(Exception):
    """This machine or this user has no network namespaces, TUN devices, or `ip`."""


class PacketLink:
    """The link. `delay` in seconds for each direction; `loss` as a share of packets."""

    def __init__(self, name: str, near: int, far: int, net: int) -> None:
        self.name = name
        self.here, self.there = f"198.18.{net}.1", f"198.18.{net}.2"
        self.delay = 0.0
        self.loss = 0.0
        self.is_cut = False  # all packets are lost
        self.lost = 0
        self.carried = 0
        self._chance = random.Random(213)
        self._ends = (near, far)

    def start(self) -> None:
        """Carry packets, on the running loop."""
        loop = asyncio.get_running_loop()
        near, far = self._ends
        loop.add_reader(near, self._carry, near, far)
        loop.add_reader(far, self._carry, far, near)

    def stop(self) -> None:
        """Carry nothing more."""
        loop = asyncio.get_running_loop()
        for end in self._ends:
            loop.remove_reader(end)

    def move(self) -> None:
        """The stations' address changes under their connections: what stands is never heard of again."""
        old, self.there = self.there, self.there.rpartition(".")[0] + ".3"
        in_namespace = ("-n", self.name)
        _ip(*in_namespace, "addr", "del", f"{old}/24", "dev", f"{self.name}f")
        _ip(*in_namespace, "addr", "add", f"{self.there}/24", "dev", f"{self.name}f")

    async def inside(self, story: Callable[[], Awaitable[T]]) -> T:
        """Run a story in the namespace, on a thread and a loop of its own."""

        async def told() -> T:
            return await story()

        def run() -> T:
            _enter(self.name)
            return asyncio.run(told())

        # A thread of its own, that ends: whoever entered a namespace does not go back to a pool.
        with ThreadPoolExecutor(1, self.name) as threads:
            return await asyncio.get_running_loop().run_in_executor(threads, run)

    def _carry(self, source: int, to: int) -> None:
        try:
            packet = os.read(source, LONGEST)
        except BlockingIOError:
            return
        if self.is_cut or self._chance.random() < self.loss:
            self.lost += 1
            return
        asyncio.get_running_loop().call_later(self.delay, self._deliver, to, packet)

    def _deliver(self, to: int, packet: bytes) -> None:
        try:
            os.write(to, packet)
            self.carried += 1
        except OSError:
            self.lost += 1  # a full queue, or a device that is going: the kernel sends it again


@contextmanager
def packet_link() -> Iterator[PacketLink]:
    """A namespace, and the link to it, while the block runs. NotHere where it cannot be made."""
    if shutil.which("ip") is None:
        raise NotHere("there is no `ip` (package iproute2)")
    number = next(_numbers)
    name = f"vw{os.getpid() % 0xFFFFF:x}n{number}"
    with ExitStack() as stack:
        near, far = (_tun(stack, name + end) for end in "nf")
        _ip("netns", "add", name)
        stack.callback(_ip, "netns", "del", name)
        link = PacketLink(name, near, far, (os.getpid() + number) % 250 + 1)
        _ip("link", "set", f"{name}f", "netns", name)
        _ip("addr", "add", f"{link.here}/24", "dev", f"{name}n")
        _ip("link", "set", f"{name}n", "up")
        _ip("-n", name, "addr", "add", f"{link.there}/24", "dev", f"{name}f")
        _ip("-n", name, "link", "set", f"{name}f", "up")
        yield link


def _tun(stack: ExitStack, name: str) -> int:
    try:
        device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        stack.callback(os.close, device)
        fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", name.encode(), TUN_WITHOUT_HEADER))
    except OSError as error:
        raise NotHere(f"TUN devices: {error.strerror}") from error
    return device


def _ip(*words: str) -> None:
    done = subprocess.run(["ip", *words], capture_output=True, text=True, timeout=10, check=False)
    if done.returncode:
        raise NotHere(f"ip {' '.join(words)}: {done.stderr.strip()}")


def _enter(name: str) -> None:
    """Move this thread into the namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    with Path(f"/var/run/netns/{name}").open("rb") as file:
        if libc.setns(file.fileno(), CLONE_NEWNET):
            raise NotHere(f"setns: {os.strerror(ctypes.get_errno())}")
