"""Where webhooks may go: addresses of this machine and of its link only if they are listed."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from serving.errors import ApiError
from serving.settings import Settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_LABEL, MAX_HOST = 63, 253


class WebhookRefused(ApiError):
    """The URL cannot be called, or the settings do not allow it; field ``host``."""

    code = "webhook_refused"
    status = HTTPStatus.UNPROCESSABLE_ENTITY


@dataclass(frozen=True)
class EgressPolicy:
    """Hosts and networks that webhooks may reach.

    Loopback, link-local, multicast and unspecified addresses must be in one of ``networks``.
    With ``only_listed`` every host must be in ``hosts``, or its address in ``networks``.
    """

    networks: tuple[Network, ...] = ()
    hosts: frozenset[str] = frozenset()
    only_listed: bool = False

    @classmethod
    def parse(cls, allowed: Sequence[str], *, only_listed: bool) -> EgressPolicy:
        """Return the policy of settings: each entry is a network, an address or a host."""
        networks, hosts = [], set()
        for entry in allowed:
            try:
                networks.append(ipaddress.ip_network(entry, strict=False))
            except ValueError:
                hosts.add(entry.lower())
        return cls(tuple(networks), frozenset(hosts), only_listed)

    def allows(self, host: str, address: Address) -> bool:
        """Return whether ``host``, which resolved to ``address``, may be called."""
        mapped = getattr(address, "ipv4_mapped", None)
        plain = mapped or address
        if any(plain in network for network in self.networks):
            return True
        if _is_own(plain):
            return False
        return not self.only_listed or host.lower() in self.hosts

    def resolve(self, host: str, port: int) -> list[str]:
        """Return the addresses of ``host`` that may be called.

        Raises:
            OSError, UnicodeError: the name cannot be resolved.
            WebhookRefused: none of them may be called.
        """
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = dict.fromkeys(str(one[4][0]).partition("%")[0] for one in found)
        allowed = [one for one in addresses if self.allows(host, ipaddress.ip_address(one))]
        if not allowed:
            raise WebhookRefused(host=host)
        return allowed

    def check_url(self, url: str) -> None:
        """Check the host of ``url`` with :meth:`check_host`, and its port.

        Raises:
            WebhookRefused: they are malformed or may not be called.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
        except ValueError as error:
            raise WebhookRefused(host=url[:MAX_LABEL]) from error
        if not host or port == 0:
            raise WebhookRefused(host=url[:MAX_LABEL])
        self.check_host(host)

    def check_host(self, host: str) -> None:
        """Check a host as far as that is possible without resolving its name.

        Raises:
            WebhookRefused: it is malformed, or an address or name that may not be called.
        """
        try:
            address = ipaddress.ip_address(host.strip("[]"))
        except ValueError:
            self._check_name(host)
        else:
            if not self.allows(host, address):
                raise WebhookRefused(host=host)

    def _check_name(self, host: str) -> None:
        try:
            labels = host.rstrip(".").encode("idna").decode("ascii").split(".")
        except UnicodeError as error:
            raise WebhookRefused(host=host[:MAX_LABEL]) from error
        is_long = len(".".join(labels)) > MAX_HOST
        # Without a dot it may be a name of this machine; digits alone another form of an address.
        is_number = labels[-1].isdigit() or labels[-1].startswith("0x")
        is_unlisted = self.only_listed and not self.networks and host.lower() not in self.hosts
        if is_long or is_number or host.lower() == "localhost" or is_unlisted:
            raise WebhookRefused(host=host[:MAX_LABEL])


def policy_of(settings: Settings) -> EgressPolicy:
    """Return where webhooks may go by ``settings``."""
    return EgressPolicy.parse(settings.webhooks.allow, only_listed=settings.webhooks.only_allowed)


def _is_own(address: Address) -> bool:
    return (
        address.is_loopback
        or address.is_link_local
        or address.is_unspecified
        or address.is_multicast
    )
