#!/bin/sh
# Rights that Veinte's users need in Kafka, and no others. Run it as a user who may alter ACLs, with Kafka's own
# kafka-acls.sh on PATH:
#   deploy/kafka/acls.sh --bootstrap-server kafka.example.com:9093 --command-config admin.properties
# NAMESPACE and TOPIC_PREFIX are the settings `namespace` and `topic_prefix`, where they are not the defaults. Running it
# again changes nothing. The exporter does not talk to Kafka.
set -eu
prefix=${TOPIC_PREFIX:-}
group=${NAMESPACE:-veinte}
inputs="--topic ${prefix}calls --topic ${prefix}chats --topic ${prefix}tickets"
contacts="--topic ${prefix}contacts"
dead="--topic ${prefix}calls.dead --topic ${prefix}chats.dead --topic ${prefix}tickets.dead --topic ${prefix}contacts.dead"

allow() {
    user=$1
    shift
    kafka-acls.sh $server --add --force --allow-principal "User:$user" "$@"
}
server=$*

# What sends events, such as a bridge from the telephone system: it writes, and reads nothing.
allow veinte-source --operation Write $inputs

# Workers: they read events, publish outcomes of contacts, and set aside what they cannot use. Before they start they look at the
# settings of the topics.
allow veinte-worker --operation Read --operation DescribeConfigs $inputs $contacts $dead
allow veinte-worker --operation Write $contacts $dead
allow veinte-worker --operation Read --group "$group"

# Commands of people: check, stack prepare, dead-letters, rebuild, reconcile, tail, forget.
allow veinte-operator --operation Create --operation Read --operation Write --operation DescribeConfigs $inputs $contacts $dead
allow veinte-operator --operation Read --group "$group-rebuild-" --resource-pattern-type prefixed
