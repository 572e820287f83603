"""Who may see what without a token, and when an exporter must not start."""

from __future__ import annotations

from typing import NamedTuple

from streams.access.roles import EVERY_SIGHT, Role, Sight, in_words, seen_by
from streams.common.loopback import is_loopback


class AccessRules(NamedTuple):
    """Settings of access.

    Attributes:
        host: the exporter listens on.
        anonymous: roles of everybody; ``None`` where the setting is unset.
        trusts_proxies: ``trusted_proxies`` is set.
        user_header: names a person, in requests of a trusted proxy.
        role_header: names the roles of that person.
    """

    host: str
    anonymous: tuple[Role, ...] | None
    trusts_proxies: bool
    user_header: str
    role_header: str

    def anonymous_sees(self, *, tokens: bool) -> frozenset[Sight]:
        """Content shown without a token. ``tokens``: there is a file of tokens, or was one."""
        if self.anonymous is not None:
            return seen_by(self.anonymous)
        return EVERY_SIGHT if is_loopback(self.host) and not tokens and not self.trusts_proxies else frozenset()

    def refusal(self, *, tokens: bool) -> str:
        """Why the exporter must not start, and what to do; "" where it may. ``tokens``: there is a token."""
        if tokens or self.anonymous is not None or is_loopback(self.host):
            return ""
        return (
            f"exporter_host = {self.host!r} can be reached by others, and there is no token: make some with "
            "`veinte token create NAME --role supervisor`, or say what everybody may see, such as "
            f"anonymous = [{_quoted(Role.BOARD)}, {_quoted(Role.SCRAPE)}] ([] for nothing; roles: {', '.join(Role)})"
        )

    def sentence(self, *, tokens: bool) -> str:
        """Content that everybody may see, in a sentence."""
        return f"without a token, who reaches {self.host} sees: {in_words(self.anonymous_sees(tokens=tokens))}"


def _quoted(role: Role) -> str:
    return f'"{role}"'
