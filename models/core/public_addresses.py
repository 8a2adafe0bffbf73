"""Recognise public IP addresses."""

import ipaddress

#: Networks without public hosts. The library's table, which is as old as the interpreter, lacks some of them. A NAT64,
#: Teredo or 6to4 address contains another address; the other networks are for protocols, documentation or private use.
_NOBODYS = tuple(
    map(
        ipaddress.ip_network,
        ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "fec0::/10", "3fff::/20", "5f00::/16",
         "192.0.0.0/24", "192.88.99.0/24"),
    )
)  # fmt: skip


def is_public(text: str) -> bool:
    """Whether an IP address is reachable from the internet.

    >>> is_public("93.184.216.34"), is_public("127.0.0.1"), is_public("::ffff:10.0.0.1"), is_public("169.254.169.254")
    (True, False, False, False)
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address in network for network in _NOBODYS):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved and not address.is_unspecified
