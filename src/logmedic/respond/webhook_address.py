"""Where a webhook may go: over TLS, and not to the addresses at which clouds hand out credentials."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

import msgspec

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
#: The addresses of a host name. Raises :class:`OSError` when there is none.
Resolve = Callable[[str, int], Sequence[str]]

#: Metadata services outside the link-local ranges: AWS over IPv6, Alibaba Cloud, Oracle Cloud.
_METADATA = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200", "192.0.0.192")))
_METADATA_NAMES = frozenset({"metadata", "metadata.google.internal", "instance-data"})
_NUMBER = r"(?:0x[0-9a-f]*|[0-9]+)"
_OLD_FORM = re.compile(
    rf"{_NUMBER}(?:\.{_NUMBER}){{0,3}}", re.IGNORECASE
)  # 2852039166 and 0xA9.254.43518 are hosts too


class Place(msgspec.Struct, frozen=True):
    host: str
    port: int


def place(url: str) -> Place:
    """The host and port of a URL that a webhook may be sent to.

    Raises:
        ValueError: it may not; the message says why, without the URL.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("it is no URL") from None
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in {"https", "http"} or not host or re.search(r"[\s\x00-\x1f\x7f\\]", url):
        raise ValueError("it is not of the form https://host/path")
    if parts.username is not None or parts.fragment:
        raise ValueError("it must not have a user, a password or a fragment")
    if host.lower() in _METADATA_NAMES:
        raise ValueError("it leads to a cloud's metadata service")
    address = _address(host)
    if address is not None:
        refuse(address)
    if parts.scheme == "http" and not (host.lower() == "localhost" or (address is not None and address.is_loopback)):
        raise ValueError("it is not https; plain http is for this machine only")
    return Place(host, port or (443 if parts.scheme == "https" else 80))


def look_up(host: str, port: int) -> Sequence[str]:
    """By the operating system, whose resolver bounds the time that this takes."""
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def check(where: Place, resolve: Resolve) -> None:
    """Look again at what the host's name leads to now. (Between this and the connection it could change once more.)

    Raises:
        ValueError: to an address that no webhook may go to.
        OSError: the name leads nowhere.
    """
    for found in resolve(where.host, where.port):
        refuse(ipaddress.ip_address(found.partition("%")[0]))


def refuse(address: Address) -> None:
    """Raises :class:`ValueError` for link-local and metadata addresses, also those that an IPv6 address wraps."""
    meant: list[Address] = [address]
    if isinstance(address, ipaddress.IPv6Address):
        meant += [wrapped for wrapped in (address.ipv4_mapped, address.sixtofour) if wrapped is not None]
    for one in meant:
        if one.is_link_local or one.is_unspecified or one.is_multicast or one in _METADATA:
            raise ValueError(
                f"it leads to {one}, where no webhook belongs (link-local and cloud metadata addresses are refused)"
            )


def _address(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        pass
    if not _OLD_FORM.fullmatch(host):
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None
