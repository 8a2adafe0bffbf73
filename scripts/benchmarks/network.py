"""Simulated hosts on one machine: network namespaces on a bridge. Needs Linux, root, and `ip` of iproute2."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


class NoNamespacesError(RuntimeError):
    """This machine cannot have network namespaces."""


@dataclass(frozen=True)
class Host:
    """A network namespace with one cable to the bridge."""

    name: str
    address: str
    cable: str

    @property
    def through(self) -> list[str]:
        """The prefix of a command line that runs it on this host."""
        return ["ip", "netns", "exec", self.name]

    def cut(self) -> None:
        """Cut the connection: packets are lost without notice."""
        _ip("link", "set", self.cable, "down")

    def restore(self) -> None:
        _ip("link", "set", self.cable, "up")

    def traffic(self) -> tuple[int, int]:
        """Bytes that the host has sent, and received, over its cable so far."""
        # The bridge's end of the cable receives what the host sends.
        counters = Path(f"/sys/class/net/{self.cable}/statistics")
        sent, received = (int((counters / name).read_text()) for name in ("rx_bytes", "tx_bytes"))
        return sent, received


@dataclass(frozen=True)
class Network:
    """The address of the servers, and the hosts that reach them."""

    address: str
    hosts: tuple[Host, ...]


@contextmanager
def network(count: int) -> Iterator[Network]:
    """
    A bridge and *count* hosts on it, removed afterwards.

    Raises:
        NoNamespacesError: This machine cannot have them.
    """
    if shutil.which("ip") is None or os.geteuid() != 0:
        raise NoNamespacesError("network namespaces need root and iproute2")
    mark = os.getpid() % 60_000
    bridge, net = f"lmb{mark}", f"10.{200 + mark // 250 % 50}.{mark % 250}"
    hosts = tuple(Host(f"lm{mark}-{n}", f"{net}.{n + 10}", f"lmv{mark}-{n}") for n in range(count))
    try:
        try:
            _ip("link", "add", bridge, "type", "bridge")
            _ip("netns", "add", hosts[0].name)
        except subprocess.CalledProcessError as error:
            raise NoNamespacesError(f"this machine has no network namespaces: {error.stderr.strip()}") from error
        _ip("address", "add", f"{net}.1/24", "dev", bridge)
        _ip("link", "set", bridge, "up")
        for host in hosts:
            if host is not hosts[0]:
                _ip("netns", "add", host.name)
            _ip("link", "add", host.cable, "type", "veth", "peer", "name", "eth0", "netns", host.name)
            _ip("link", "set", host.cable, "master", bridge, "up")
            _ip("-n", host.name, "address", "add", f"{host.address}/24", "dev", "eth0")
            for device in ("lo", "eth0"):
                _ip("-n", host.name, "link", "set", device, "up")
        yield Network(f"{net}.1", hosts)
    finally:
        for host in hosts:
            subprocess.run([_program(), "link", "delete", host.cable], capture_output=True, check=False)
            subprocess.run([_program(), "netns", "delete", host.name], capture_output=True, check=False)
        subprocess.run([_program(), "link", "delete", bridge], capture_output=True, check=False)


def _ip(*arguments: str) -> None:
    subprocess.run([_program(), *arguments], capture_output=True, text=True, check=True)


def _program() -> str:
    return shutil.which("ip") or "ip"
