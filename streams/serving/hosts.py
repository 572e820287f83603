"""Names under which a server answers: a web page can send any browser here, under a name that its owner chose."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address

from streams.common.languages import Bilingual
from streams.common.loopback import LOOPBACK_NAMES

OPEN_PATHS = ("/livez", "/readyz")
"""Pages without numbers: probes ask for them under names of their own."""
SHOWN_CHARACTERS = 80
_SENTENCE = Bilingual(
    "nothing is shown under the name {name}; ask by IP address, or add the name to the setting allowed_hosts and start "
    "{program} again",
    "no se muestra nada con el nombre {name}; use la dirección IP, o añada el nombre al ajuste allowed_hosts y vuelva "
    "a iniciar {program}",
)
_HOST = re.compile(r"(?:\[(?P<address>[^\]]*)\]|(?P<name>[^:\[\]]*))(?::[0-9]*)?")


class KnownHosts:
    """The names that a server answers to, besides IP addresses.

    A page of another site reaches this server in a visitor's browser by a name that its owner points here (DNS
    rebinding). The browser sends that name as ``Host``; an address in its place cannot be pointed elsewhere.
    """

    def __init__(self, names: Iterable[str], program: str) -> None:
        """``names``: of this server, addresses among them are ignored; ``program``: the command, for messages."""
        self._names = frozenset(filter(None, map(plain_host, (*LOOPBACK_NAMES, *names))))
        self._program = program

    def stranger(self, hosts: Iterable[str]) -> str | None:
        """The first of the asked ``hosts`` that is neither known nor an address."""
        return next((host for host in hosts if not self._knows(host)), None)

    def sentence(self, stranger: str) -> Bilingual:
        """Why there is no answer, and what to set."""
        shown = repr(stranger if len(stranger) <= SHOWN_CHARACTERS else stranger[:SHOWN_CHARACTERS] + "…")
        return Bilingual(*(text.format(name=shown, program=self._program) for text in _SENTENCE))

    def _knows(self, host: str) -> bool:
        name = plain_host(host)
        return name in self._names or is_address(name)


def plain_host(host: str) -> str:
    """A host of a header or a setting as it is compared: without port, brackets and final dot, in lower case.

    A name in other letters than ASCII takes its form in the DNS, in which browsers send it; what is no host is "".
    """
    match = _HOST.fullmatch(host.strip().lower())
    if match is None:
        return ""
    if match["address"] is not None:
        return match["address"] if is_address(match["address"]) else ""
    name = match["name"].removesuffix(".")
    try:
        return name if name.isascii() else name.encode("idna").decode()
    except UnicodeError:
        return ""


def is_address(host: str) -> bool:
    """True for an IP address in its usual form; browsers turn every other form into it."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
