"""Environment variables of the stack's servers: only those that they need, since ours hold passwords and webhooks."""

from __future__ import annotations

from collections.abc import Mapping

COMMON = frozenset(
    {"PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TZDIR", "TMPDIR", "LD_LIBRARY_PATH"}
)
"""Variables of every server."""
GO = frozenset({"GOMAXPROCS", "GOMEMLIMIT", "GOGC", "SSL_CERT_FILE", "SSL_CERT_DIR"})
"""Variables of programs in Go."""
PROXIES = frozenset(each for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY") for each in (name, name.lower()))
"""Variables of a server that sends to the internet."""
JAVA = frozenset({"JAVA_HOME", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"})
"""Variables of the Java runtime."""


def only(names: frozenset[str], environment: Mapping[str, str]) -> dict[str, str]:
    """The variables of ``COMMON`` and of ``names`` that are set."""
    return {name: value for name, value in environment.items() if name in COMMON | names}
