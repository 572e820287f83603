"""Why kafka-python could not connect: its bootstrap keeps the reason to its log and tries on until time is up."""

from __future__ import annotations

from typing import Any

from kafka.errors import SaslAuthenticationFailedError, UnsupportedSaslMechanismError
from kafka.net.compat import KafkaNetClient
from kafka.net.manager import KafkaConnectionManager
from kafka.net.selector import NetworkSelector


class _Manager(KafkaConnectionManager):  # type: ignore[misc]  # kafka-python has no types
    """Remembers the last failed connection, and gives up at once where the password is wrong."""

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
    """Give one as ``kafka_client`` of a kafka-python client, then ask it why there is no connection."""

    def __init__(self) -> None:
        self._net: Any = None
        self._client: Any = None
        self._manager: _Manager | None = None

    def __call__(self, **configs: Any) -> Any:
        """Make the network client, as kafka-python wants it."""
        self._net = NetworkSelector(**configs)
        self._manager = _Manager(self._net, **configs)
        self._client = KafkaNetClient(net=self._net, manager=self._manager)
        return self._client

    def last_failure(self) -> BaseException | None:
        """Why the last connection that failed did so."""
        return self._manager.last_failure if self._manager is not None else None

    def close(self) -> None:
        """Close the connections and end their thread."""
        if self._client is not None:
            self._client.close()
            self._net.stop()
