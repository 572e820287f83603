"""Stand-in for Kafka's program ``kafka-acls``, whose jar the stack does not fetch, with the options of our script."""

from __future__ import annotations

import argparse
from itertools import product

from kafka.admin import ACL, ACLOperation, ACLPermissionType, ACLResourcePatternType, ResourcePattern, ResourceType

from streams.clients.kafka_clients import admin
from streams.config.settings import load_settings


def main() -> None:
    """Add ACLs."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for name in ("bootstrap-server", "command-config", "allow-principal"):
        parser.add_argument(f"--{name}", required=True)
    for name in ("add", "force"):
        parser.add_argument(f"--{name}", action="store_true", required=True)
    for name in ("operation", "topic", "group"):
        parser.add_argument(f"--{name}", action="append", default=[])
    parser.add_argument("--resource-pattern-type", choices=["literal", "prefixed"], default="literal")
    given = parser.parse_args()
    pattern = ACLResourcePatternType[given.resource_pattern_type.upper()]
    resources = [
        ResourcePattern(kind, name, pattern)
        for kind, names in ((ResourceType.TOPIC, given.topic), (ResourceType.GROUP, given.group))
        for name in names
    ]
    acls = [
        ACL(given.allow_principal, "*", _operation(operation), ACLPermissionType.ALLOW, resource)
        for operation, resource in product(given.operation, resources)
    ]
    with admin(load_settings()) as client:
        client.create_acls(acls)


def _operation(name: str) -> ACLOperation:
    """An operation as the program writes it, such as ``DescribeConfigs``."""
    return ACLOperation["".join(f"_{letter}" if letter.isupper() else letter for letter in name).strip("_").upper()]


if __name__ == "__main__":
    main()
