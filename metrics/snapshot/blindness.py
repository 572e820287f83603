"""Reasons why the numbers of a channel cannot be trusted: one table for all that show them. Pure.

A reason more is one more :class:`Blindness` in ``BLIND_REASONS``, and the place that finds it: most of them
``metrics.read.health``, from the heads of the partitions.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from streams.common.durations import SECOND_MS
from streams.common.languages import Bilingual, Language

Facts = Mapping[str, str | int]
"""Values of the placeholders in a sentence. A name that ends in ``_ms`` is an instant in epoch milliseconds; the
sentence names it without the ending and shows it as a time of day."""
NO_FACTS: Facts = MappingProxyType({})
_INSTANT = "_ms"


class Blindness(NamedTuple):
    """One reason for blindness.

    Attributes:
        name: in the API and in labels of metrics.
        why: the reason as the last part of a sentence, without facts; for legends, alerts and tables.
        remedy: the thing to do about it, one sentence or two.
        in_detail: ``why`` with placeholders of the facts that the finder knows; ``None`` where there are none.
    """

    name: str
    why: Bilingual
    remedy: Bilingual
    in_detail: Bilingual | None = None


DAMAGED = "damaged"
NEVER_STARTED = "never_started"
HEARTBEAT = "heartbeat"
CLOCK = "clock"
UNCONFIRMED = "unconfirmed"
PARTITIONS = "partitions"
TRANSACTION = "transaction"
STOPPED = "stopped"
BEHIND = "behind"
LOSS = "loss"
UNREADABLE = "unreadable"

BLIND_REASONS: Mapping[str, Blindness] = {
    found.name: found
    for found in (
        Blindness(
            DAMAGED,
            Bilingual(
                "a part of its numbers in Redis is damaged",
                "una parte de sus números en Redis está dañada",
            ),
            Bilingual(
                "The log of the exporter names the key: put it back from a backup, or run `veinte rebuild`.",
                "El registro del exporter nombra la clave: recupérela de una copia o ejecute `veinte rebuild`.",
            ),
            Bilingual(
                "the numbers of {partition} in Redis are damaged: key {key}, field {field}",
                "los números de {partition} en Redis están dañados: clave {key}, campo {field}",
            ),
        ),
        Blindness(
            NEVER_STARTED,
            Bilingual("nobody has read its events yet", "nadie ha leído aún sus eventos"),
            Bilingual("Start `veinte worker`.", "Arranque `veinte worker`."),
        ),
        Blindness(
            HEARTBEAT,
            Bilingual("the worker is silent", "el worker no da señales"),
            Bilingual("Start `veinte worker`.", "Arranque `veinte worker`."),
        ),
        Blindness(
            CLOCK,
            Bilingual(
                "the worker's clock and this one's differ",
                "el reloj del worker y el de aquí no coinciden",
            ),
            Bilingual(
                "Set the clocks of the machines of worker and exporter by NTP.",
                "Ponga en hora por NTP las máquinas del worker y del exporter.",
            ),
            Bilingual(
                "the clock of the worker of {partition} and this one's differ by {seconds} s",
                "el reloj del worker de {partition} y el de aquí difieren en {seconds} s",
            ),
        ),
        Blindness(
            UNCONFIRMED,
            Bilingual(
                "the worker's next sign of life is awaited",
                "se espera la próxima señal del worker",
            ),
            Bilingual(
                "Wait a second; where it lasts, start `veinte worker`.",
                "Espere un segundo; si dura, arranque `veinte worker`.",
            ),
        ),
        Blindness(
            PARTITIONS,
            Bilingual(
                "the topic has got another number of partitions",
                "el topic tiene ahora otro número de particiones",
            ),
            Bilingual(
                "Set `partitions` to what the topics have, run `veinte rebuild`, then `veinte dead-letters resend "
                "--reason wrong_partition`.",
                "Ponga en `partitions` las que tienen los topics, ejecute `veinte rebuild` y después `veinte "
                "dead-letters resend --reason wrong_partition`.",
            ),
            Bilingual(
                "{topic} has {found} partitions, the numbers were made with {counted}: "
                "set partitions to {found} and run `veinte rebuild`",
                "{topic} tiene {found} particiones y los números se hicieron con {counted}: "
                "ponga partitions a {found} y ejecute `veinte rebuild`",
            ),
        ),
        Blindness(
            TRANSACTION,
            Bilingual(
                "a transaction of a producer is open",
                "hay abierta una transacción de un productor",
            ),
            Bilingual(
                "Find the producer with `kafka-transactions.sh find-hanging` and end its transaction with `abort`.",
                "Busque el productor con `kafka-transactions.sh find-hanging` y termine su transacción con `abort`.",
            ),
            Bilingual(
                "a transaction of a producer is open at offset {offset} of {partition} since {since}",
                "una transacción de un productor está abierta en la posición {offset} de {partition} desde las {since}",
            ),
        ),
        Blindness(
            STOPPED,
            Bilingual(
                "a partition stands still, after too many records in a row that cannot be counted",
                "una partición está parada, tras demasiados registros seguidos que no se pueden contar",
            ),
            Bilingual(
                "Mend the producer, the settings or the release, then run `veinte resume`.",
                "Corrija el productor, la configuración o la versión y ejecute `veinte resume`.",
            ),
            Bilingual(
                "{partition} stands still since {since}, because what comes next cannot be counted; "
                "`veinte resume {topic}` lets it go on",
                "{partition} está parada desde las {since}, porque lo que sigue no se puede contar; "
                "`veinte resume {topic}` la pone en marcha",
            ),
        ),
        Blindness(
            BEHIND,
            Bilingual("the worker lags behind", "el worker va con retraso"),
            Bilingual("Wait, or start another worker.", "Espere, o arranque otro worker."),
        ),
        Blindness(
            LOSS,
            Bilingual("events were lost", "se han perdido eventos"),
            Bilingual(
                "Find out what was lost, then run `veinte acknowledge-loss`.",
                "Averigüe qué se perdió y después ejecute `veinte acknowledge-loss`.",
            ),
        ),
        Blindness(
            UNREADABLE,
            Bilingual("Redis cannot be read", "no se puede leer Redis"),
            Bilingual("Mend Redis, or the way to it.", "Repare Redis, o el camino hasta él."),
        ),
    )
}
"""By name, the gravest first: of several reasons the first one is shown."""


def why_blind(reason: str, facts: Facts, language: Language, zone: str) -> str:
    """The reason as the last part of a sentence, with its facts; times are those of the time zone ``zone``."""
    found = BLIND_REASONS[reason]
    if not facts or found.in_detail is None:
        return found.why.of(language)
    shown = {name.removesuffix(_INSTANT): _shown(name, value, zone) for name, value in facts.items()}
    return found.in_detail.of(language).format_map(shown)


def _shown(name: str, value: str | int, zone: str) -> str | int:
    if not name.endswith(_INSTANT):
        return value
    return f"{datetime.fromtimestamp(int(value) / SECOND_MS, UTC).astimezone(ZoneInfo(zone)):%H:%M:%S}"
