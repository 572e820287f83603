"""Rules of access as the settings give them."""

from __future__ import annotations

from pathlib import Path

from streams.access.rules import AccessRules
from streams.access.token_file import FILE_NAME, open_to_others, read_tokens
from streams.common.errors import UserError
from streams.config.settings import Settings


def token_file(settings: Settings) -> Path:
    """Path of the file of tokens."""
    return settings.token_file or settings.data.expanduser() / FILE_NAME


def access_rules(settings: Settings) -> AccessRules:
    """Rules of the exporter."""
    return AccessRules(
        settings.exporter_host,
        settings.anonymous,
        bool(settings.trusted_proxies),
        settings.proxy_user_header,
        settings.proxy_role_header,
    )


def access_report(settings: Settings) -> tuple[str, list[str]]:
    """The sentence about everybody's access, and one for each problem."""
    path, rules = token_file(settings), access_rules(settings)
    problems = [
        f"others can read or change {file}; make it yours only: chmod 600 {file}" for file in open_to_others(path)
    ]
    try:
        book = read_tokens(path)
    except UserError as error:
        return rules.sentence(tokens=True), [*problems, str(error)]
    refusal = rules.refusal(tokens=bool(book and book.tokens))
    return rules.sentence(tokens=book is not None), [*problems, refusal] if refusal else problems
