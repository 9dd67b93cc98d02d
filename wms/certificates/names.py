"""Host names and addresses as a certificate carries them; what is neither is refused in one sentence."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

#: The names of the machine itself: the gateway and the health checks that stand beside the server use them.
LOCAL: Final = ("localhost", "127.0.0.1", "::1")
NAMES_MAX: Final = 50
_LABEL: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


class CertificateFault(Exception):
    """What was asked for cannot be made or used; the message is one sentence for the person at the command line."""


@dataclass(frozen=True)
class HostName:
    """One name of a server: a DNS name in lower case (with its own script as xn--), or an address."""

    text: str
    address: Address | None = None

    @property
    def is_local(self) -> bool:
        """Whether it means the machine itself, and so nothing to another."""
        return self.text == "localhost" or (self.address is not None and self.address.is_loopback)

    @property
    def in_url(self) -> str:
        """As it stands in a URL: an IPv6 address in brackets."""
        return f"[{self.text}]" if self.address is not None and self.address.version == 6 else self.text


def read_name(text: str) -> HostName:
    """Read a host name or an address; CertificateFault says what is wrong with it.

    >>> read_name("WMS.Example").text, read_name("192.168.1.20").address is not None
    ('wms.example', True)
    """
    plain = text.strip()
    shown = repr(plain[:80])
    if "/" in plain:
        raise CertificateFault(
            f"{shown} is more than a name: give the name or address alone, without https:// or a path"
        )
    try:
        return _address(ipaddress.ip_address(plain.removeprefix("[").removesuffix("]")), shown)
    except ValueError:
        pass
    if ":" in plain:
        raise CertificateFault(f"{shown} is no name or address; a port is not part of a certificate: leave it out")
    if "*" in plain:
        raise CertificateFault(f"{shown}: a name for many is not made here; give each name")
    try:
        name = plain.rstrip(".").lower().encode("idna").decode("ascii")
    except UnicodeError:
        name = ""
    labels = name.split(".")
    if not name or len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise CertificateFault(
            f"{shown} is no host name: letters, digits and hyphens, with dots between, as wms or wms.example"
        )
    if labels[-1].isdigit():
        raise CertificateFault(
            f"{shown} is neither an address nor a host name: an address has four numbers from 0 to 255"
        )
    return HostName(name)


def _address(address: Address, shown: str) -> HostName:
    if address.is_unspecified or address.is_multicast:
        raise CertificateFault(f"{shown} is not the address of one machine; give the address that devices open")
    if isinstance(address, ipaddress.IPv6Address) and address.scope_id:
        raise CertificateFault(f"{shown}: leave out the % and what follows; it means something on this machine only")
    return HostName(str(address), address)


def read_names(texts: Iterable[str]) -> tuple[HostName, ...]:
    """Read names in their order, each once, with those of the machine itself at the end."""
    names = list(dict.fromkeys(read_name(text) for text in (*texts, *LOCAL)))
    if len(names) > NAMES_MAX:
        raise CertificateFault(f"{len(names)} names are too many for one certificate; {NAMES_MAX} are the most")
    return tuple(sorted(names, key=lambda name: name.is_local))


def own_names() -> tuple[str, ...]:
    """List this machine's name and the addresses that others reach it by, as far as it knows them."""
    host = socket.gethostname()
    found = [host, socket.getfqdn(host)]
    try:
        found += [str(entry[4][0]) for entry in socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP)]
    except OSError:
        pass
    found += [_address_towards("192.0.2.1", socket.AF_INET), _address_towards("2001:db8::1", socket.AF_INET6)]
    return tuple(dict.fromkeys(text for text in found if text and _is_of_use(text)))


def _address_towards(far: str, family: socket.AddressFamily) -> str:
    """The address this machine would speak from; a datagram socket only chooses a route, nothing is sent."""
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((far, 9))
            return str(probe.getsockname()[0])
    except OSError:
        return ""


def _is_of_use(text: str) -> bool:
    try:
        name = read_name(text)
    except CertificateFault:
        return False
    return not name.is_local and not (name.address is not None and name.address.is_link_local)
