"""The scrape of the exporter in prometheus.yml, as far as it follows from the settings."""

from __future__ import annotations

import json
from collections.abc import Mapping

from streams.config.settings import Settings

JOB = "  - job_name: veinte\n"


def exporter_job(settings: Settings) -> dict[str, object]:
    """Keys of the exporter's job: TLS, where the exporter has a certificate, and a token, where there is one.

    The certificate is checked for the first of ``allowed_hosts``, under which people open the exporter: Prometheus may
    have another address for it.
    """
    job: dict[str, object] = {}
    if settings.scrape_token_file is not None:
        job["authorization"] = {"credentials_file": str(settings.scrape_token_file.absolute())}
    if settings.tls_cert_file is None:
        return job
    tls: dict[str, object] = {"ca_file": str((settings.tls_ca_file or settings.tls_cert_file).absolute())}
    if settings.allowed_hosts:
        tls["server_name"] = settings.allowed_hosts[0]
    return {**job, "scheme": "https", "tls_config": tls}


def with_job(text: str, keys: Mapping[str, object]) -> str:
    """The text of prometheus.yml with more keys of the exporter's job; JSON is YAML too."""
    lines = "".join(f"    {name}: {json.dumps(value)}\n" for name, value in keys.items())
    return text.replace(JOB, JOB + lines, 1)
