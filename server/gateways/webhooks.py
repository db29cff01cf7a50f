"""Sends a webhook's bytes: to public addresses alone, over HTTPS, without redirects, within seconds whatever the other side does."""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

SECONDS = 10.0
MOST_ANSWER = 16_384
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class NotSent(Exception):
    """The message did not come through; the text says why in a few words, without the address."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said: the status and the beginning of the body."""

    status: int
    body: bytes


def address_fault(url: str, *, private: bool) -> str | None:
    """What is wrong with the address as it is written, in a few words; None when it may be tried.

    HTTPS alone, and HTTP to this machine where `private` allows inner addresses. What its name stands for is
    looked at when something is sent.
    """
    parts = _parts(url)
    if parts is None:
        return "no address"
    if parts.username is not None or parts.password is not None:
        return "name or password in the address"
    host = parts.hostname or ""
    literal = _literal(host)
    if parts.scheme == "http" and not (private and (host == "localhost" or _is_loopback(literal))):
        return "not https"
    if not private and (host == "localhost" or (literal is not None and not _is_public(literal))):
        return "inner address"
    return None


def post(
    url: str, sent: bytes, headers: Mapping[str, str], *, private: bool, seconds: float = SECONDS
) -> Answer:
    """Send bytes by POST and return the answer. Raises NotSent.

    The name is resolved once, every address is judged, and the one that was judged is the one connected to. A
    redirect is an answer like any other. After `seconds` the connection is closed, however slowly the other side goes on.
    """
    fault = address_fault(url, private=private)
    parts = _parts(url)
    if fault or parts is None or parts.hostname is None:
        raise NotSent(fault or "no address")
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    connection = _connected(parts.hostname, port, secure=secure, private=private, seconds=seconds)
    wire = connection.sock
    # A timeout of the socket begins anew with each byte; this one ends a connection that drips.
    late = threading.Event()
    end = threading.Timer(seconds, _cut, (wire, late))
    end.daemon = True
    end.start()
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path, sent, {"Content-Type": "application/json; charset=utf-8", **headers})
        response = connection.getresponse()
        answer = Answer(response.status, response.read(MOST_ANSWER))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise NotSent("timeout" if late.is_set() else _reason(error)) from error
    finally:
        end.cancel()
        connection.close()
    if late.is_set():
        # The library takes the end of the connection for the end of the head, and a head alone for an answer.
        raise NotSent("timeout")
    return answer


def _connected(
    host: str, port: int, *, secure: bool, private: bool, seconds: float
) -> http.client.HTTPConnection:
    last: Exception = NotSent("unknown host")
    for address in _addresses(host, port, private=private, secure=secure):
        wire: socket.socket | None = None
        try:
            wire = socket.create_connection((address, port), timeout=seconds)
            if secure:
                wire = ssl.create_default_context().wrap_socket(wire, server_hostname=host)
        except (OSError, ValueError) as error:
            if wire is not None:
                wire.close()
            last = NotSent(_reason(error))
            continue
        connection = http.client.HTTPConnection(host, port, timeout=seconds)
        connection.sock = wire
        return connection
    raise last


def _addresses(host: str, port: int, *, private: bool, secure: bool) -> list[str]:
    """The addresses behind a name. Raises NotSent when one of them lies inside and that is not allowed."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotSent("unknown host") from error
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    for address in addresses:
        literal = _literal(address)
        if literal is None or (not private and not _is_public(literal)):
            raise NotSent("inner address")
        if not secure and not _is_loopback(literal):
            raise NotSent("not https")
    return addresses


Literal = ipaddress.IPv4Address | ipaddress.IPv6Address


def _literal(host: str) -> Literal | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _is_loopback(address: Literal | None) -> bool:
    return address is not None and address.is_loopback


def _is_public(address: Literal) -> bool:
    """Whether an address is somewhere out there, also when an IPv4 address is wrapped into it."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return _is_public(address.ipv4_mapped)
        if address in _NAT64:
            return _is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        if address.sixtofour is not None or address.teredo is not None:
            return False
    return address.is_global and not (address.is_multicast or address.is_reserved)


def _parts(url: str) -> SplitResult | None:
    if not url.isascii() or not url.isprintable() or " " in url or len(url) > 500:
        return None
    try:
        parts = urlsplit(url)
        # Reading the port is what finds a wrong one.
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return parts if right and not parts.fragment else None


def _cut(wire: socket.socket, late: threading.Event) -> None:
    late.set()
    try:
        wire.shutdown(socket.SHUT_RDWR)
    except OSError:
        # It ended by itself in this moment.
        return


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timeout"
    if isinstance(error, ssl.SSLError):
        return "certificate or TLS"
    if isinstance(error, ConnectionRefusedError):
        return "refused"
    return "connection broken"
