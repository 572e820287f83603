"""`veinte check`: the settings in force, and every error in them and in Kafka and Redis, at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from streams.common.errors import EXIT_USER_ERROR

if TYPE_CHECKING:
    from streams.config.settings import Settings
    from streams.config.settings_report import Report


def register(app: typer.Typer) -> None:
    """Add `veinte check`."""
    app.command("check")(check)


def check(
    offline: Annotated[
        bool, typer.Option("--offline", help="Look at the settings only, not at Kafka and Redis.")
    ] = False,
) -> None:
    """Print the settings in force and everything wrong with them; exit status 2 if anything is."""
    from streams.config.settings_report import inspect_settings

    report = inspect_settings()
    _print_settings(report)
    problems = [*report.problems, *_access(report)]
    if report.settings is not None and report.is_sound("hash_key", "data"):
        problems += hash_key_problems(report.settings)
    if report.settings is not None and report.is_sound("tls_cert_file", "tls_key_file"):
        problems += certificate_problems(report.settings)
    if not offline:
        problems += _network_problems(report)
    _print_problems(problems, looked_at_network=not offline)
    if problems:
        raise typer.Exit(EXIT_USER_ERROR)


def _access(report: Report) -> list[str]:
    """Problems of access to the exporter; prints what everybody may see."""
    from streams.config.access_settings import access_report

    if report.settings is None or not report.is_sound(
        "anonymous", "exporter_host", "trusted_proxies", "token_file", "data"
    ):
        return []
    sentence, problems = access_report(report.settings)
    print(f"access: {sentence}\n")
    return problems


def hash_key_problems(settings: Settings) -> list[str]:
    """One sentence if there is no key for the hashes of customers and agents, neither set nor made by the stack."""
    from streams.common.errors import UserError
    from streams.stack import stack_hash_key

    if settings.hash_key is not None:
        return []
    try:
        if stack_hash_key(settings) is not None:
            return []
    except UserError as error:
        return [str(error)]
    return [
        "hash_key is missing: set VEINTE_HASH_KEY or VEINTE_HASH_KEY_FILE (any long random text, kept for good), "
        "or let `veinte stack up` make one"
    ]


def certificate_problems(settings: Settings) -> list[str]:
    """One sentence if exporter and worker could not answer over TLS with the files of the settings."""
    from streams.common.errors import UserError
    from streams.serving.certificates import certificate_of

    try:
        certificate_of(settings.tls_cert_file, settings.tls_key_file)
    except UserError as error:
        return [str(error)]
    return []


def _network_problems(report: Report) -> list[str]:
    """Problems of Kafka and Redis; a server with wrong settings is skipped, since the defaults would name another
    one."""
    from rich.console import Console

    from streams.tools.preflight import kafka_problems, redis_problems

    settings, problems = report.settings, []
    if settings is None:
        return ["Kafka and Redis were not asked, since the settings give no whole"]
    console = Console(stderr=True)
    if report.is_sound("kafka", "partitions"):
        with console.status(f"asking Kafka at {settings.kafka}"):
            problems += kafka_problems(settings)
    if report.is_sound("redis", "partitions", "namespace"):
        with console.status(f"asking Redis at {settings.redis_display()}"):
            problems += redis_problems(settings)
    return problems


def _print_settings(report: Report) -> None:
    """Print a plain table, readable by people, by grep and in support tickets."""
    header = ("setting", "value", "from")
    lines = [header, *((row.name, row.value, row.origin) for row in report.rows)]
    widths = [max(len(line[column]) for line in lines) for column in (0, 1)]
    for name, value, origin in lines:
        print(f"{name:<{widths[0]}}  {value:<{widths[1]}}  {origin}")
    print()


def _print_problems(problems: list[str], *, looked_at_network: bool) -> None:
    if not problems:
        print("nothing wrong" + ("; Kafka and Redis answer and suit" if looked_at_network else " with the settings"))
        return
    print("1 problem:" if len(problems) == 1 else f"{len(problems)} problems:")
    for problem in problems:
        print(f"- {problem}")
