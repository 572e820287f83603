"""Reason why kafka-python could not connect: its bootstrap only logs the reason and retries until the timeout."""

from __future__ import annotations

from typing import Any

from kafka.errors import SaslAuthenticationFailedError, UnsupportedSaslMechanismError
from kafka.net.compat import KafkaNetClient
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector


class _Manager(KafkaConnectionManager):  # type: ignore[misc]  # kafka-python has no types
    """Connection manager that records the last failed connection and stops retrying after a wrong password."""

    last_failure: BaseException | None = None

    def get_connection(self, *args: Any, **kwargs: Any) -> Any:
        """The connection to a node, observed."""
        if isinstance(self.last_failure, SaslAuthenticationFailedError | UnsupportedSaslMechanismError):
            raise self.last_failure
        connection = super().get_connection(*args, **kwargs)
        connection.close_future.add_errback(self._note)
        return connection

    def _note(self, failure: BaseException) -> None:
        self.last_failure = failure


class ObservedConnections:
    """Factory of kafka-python's network client that records why a connection failed; passed to a client as
    ``kafka_client``."""

    def __init__(self) -> None:
        self._net: Any = None
        self._client: Any = None
        self._manager: _Manager | None = None

    def __call__(self, **configs: Any) -> Any:
        """Create the network client; kafka-python calls this."""
        self._net = NetworkSelector(**configs)
        self._manager = _Manager(self._net, **configs)
        self._client = KafkaNetClient(net=self._net, manager=self._manager)
        return self._client

    def last_failure(self) -> BaseException | None:
        """Error of the last failed connection; ``None`` if none has failed."""
        return self._manager.last_failure if self._manager is not None else None

    def close(self) -> None:
        """Close the connections and end their thread."""
        if self._client is not None:
            self._client.close()
            self._net.stop()
