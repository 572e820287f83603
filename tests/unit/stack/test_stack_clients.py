"""Connection settings for the Kafka clients."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest

from streams.clients.kafka_clients import aiokafka_config, client_config
from streams.common.errors import UserError
from streams.config.settings import Settings

SASL: dict[str, Any] = {"kafka_username": "ana", "kafka_password": "geheim", "kafka_sasl_mechanism": "SCRAM-SHA-256"}


def test_plain_settings_name_the_servers_and_nothing_else() -> None:
    """Without security the clients get the servers, as each library wants them."""
    settings = Settings(kafka="one:9092, two:9093")
    assert {"bootstrap_servers": ["one:9092", "two:9093"], "security_protocol": "PLAINTEXT"} == client_config(settings)
    assert "one:9092,two:9093" == aiokafka_config(settings)["bootstrap_servers"]


def test_sasl_gives_mechanism_user_and_password() -> None:
    """SASL settings reach both libraries under the same names."""
    settings = Settings(kafka_security="SASL_PLAINTEXT", **SASL)
    for config in (client_config(settings), aiokafka_config(settings)):
        assert ("SASL_PLAINTEXT", "SCRAM-SHA-256", "ana", "geheim") == (
            config["security_protocol"],
            config["sasl_mechanism"],
            config["sasl_plain_username"],
            config["sasl_plain_password"],
        )
        assert "ssl_context" not in config


@pytest.mark.parametrize("security", ["SSL", "SASL_SSL"])
def test_tls_checks_certificate_and_host_name(security: str) -> None:
    """With TLS both libraries get a context that verifies the broker."""
    settings = Settings(kafka_security=security, **SASL)
    for config in (client_config(settings), aiokafka_config(settings)):
        assert config["ssl_context"].verify_mode is ssl.CERT_REQUIRED
        assert config["ssl_context"].check_hostname


def test_a_file_that_is_no_certificate_is_refused(tmp_path: Path) -> None:
    """A CA file that cannot be used is named in one sentence."""
    file = tmp_path / "ca.pem"
    file.write_text("no certificate")
    with pytest.raises(UserError, match="kafka_ca_file") as refusal:
        client_config(Settings(kafka_security="SSL", kafka_ca_file=file))
    assert str(file) in str(refusal.value)
