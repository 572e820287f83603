"""The pipeline's own dashboard, for its operators: blindness, lag, and events refused, late or lost."""

from __future__ import annotations

from dataclasses import replace

from grafana.panels.palette import BLIND_CODES
from grafana.panels.panel_helpers import banner, line
from grafana.panels.promql import Names, increase, own, rate
from grafana.panels.spec import Dashboard, Measured, Panel, Query, Shape
from grafana.panels.words import NO_EXPORTER
from streams.common.languages import Bilingual

AGE = "veinte_snapshot_age_seconds"
BY_TOPIC: Names = ("topic",)
TOPIC_NAME = Bilingual("{{topic}}", "{{topic}}")
NEVER_RECOUNTED = Bilingual("veinte reconcile never ran", "veinte reconcile no se ha ejecutado nunca")


def _single(name: str, scale: str = "", how: str = "sum", title: Bilingual | None = None, width: int = 4) -> Panel:
    return Panel(
        shape=Shape.TILES,
        about=(name,),
        title=title or Bilingual("", ""),
        queries=(Query(expr=own(name, (), how=how)),),
        unit=Measured.THINGS,
        scale=scale,
        empty=NO_EXPORTER,
        width=width,
        height=4,
    )


_TILES = (
    Panel(
        shape=Shape.TILES,
        title=Bilingual("Exporters that answer", "Exportadores que responden"),
        note=Bilingual(
            "Counts the exporters that Prometheus can read; of several, each number still counts once.",
            "Cuenta los exportadores que Prometheus puede leer; con varios, cada número cuenta una sola vez.",
        ),
        queries=(Query(expr=f"{own(AGE, (), how='count')} or vector(0)"),),
        scale="exporters",
        empty=NO_EXPORTER,
        width=3,
        height=4,
    ),
    Panel(
        shape=Shape.TILES,
        about=("veinte_repeats_blind",),
        queries=(Query(expr=own("veinte_repeats_blind", (), how="max")),),
        unit=Measured.TIMES,
        scale="blind",
        empty=NO_EXPORTER,
        width=3,
        height=4,
    ),
    _single("veinte_consumer_lag_events", title=Bilingual("Events still to apply", "Eventos por aplicar")),
    _single("veinte_events_rejected_total", "unwanted", title=Bilingual("Refused, in all", "Rechazados, en total")),
    _single("veinte_ghost_contacts", width=3),
    _single("veinte_incomplete_contacts", width=3),
    _single("veinte_events_conflicting_total", "unwanted"),
)

_FLOW = (
    Panel(
        shape=Shape.TREND,
        title=Bilingual("Events applied a second", "Eventos aplicados por segundo"),
        about=("veinte_events_applied_total",),
        queries=(line(rate("veinte_events_applied_total", BY_TOPIC), TOPIC_NAME),),
        unit=Measured.PER_SECOND,
        empty=NO_EXPORTER,
    ),
    Panel(
        shape=Shape.TREND,
        about=("veinte_consumer_lag_events",),
        queries=(
            line(
                own("veinte_consumer_lag_events", ("topic", "partition")),
                Bilingual("{{topic}} · {{partition}}", "{{topic}} · {{partition}}"),
            ),
        ),
        empty=NO_EXPORTER,
    ),
)

_TROUBLE = (
    Panel(
        shape=Shape.TREND,
        title=Bilingual("Refused in 5 min, by reason", "Rechazados en 5 min, por motivo"),
        about=("veinte_events_rejected_total",),
        queries=(
            replace(
                line(
                    increase("veinte_events_rejected_total", ("topic", "reason"), "5m"),
                    Bilingual("{{topic}} · {{reason}}", "{{topic}} · {{reason}}"),
                ),
                none="no event was refused in the last 5 minutes: sixty reasons of zero would hide the one that counts",
            ),
        ),
        decimals=1,
        empty=Bilingual("none refused, or no data", "ninguno rechazado, o sin datos"),
        width=8,
    ),
    Panel(
        shape=Shape.TREND,
        title=Bilingual("Late, lost and set aside, in all", "Tardíos, perdidos y apartados, en total"),
        about=("veinte_events_late_total", "veinte_events_lost_total", "veinte_events_aside"),
        queries=(
            line(own("veinte_events_late_total", BY_TOPIC), Bilingual("late · {{topic}}", "tardíos · {{topic}}")),
            line(own("veinte_events_lost_total", BY_TOPIC), Bilingual("lost · {{topic}}", "perdidos · {{topic}}")),
            line(own("veinte_events_aside", BY_TOPIC), Bilingual("aside · {{topic}}", "apartados · {{topic}}")),
        ),
        empty=NO_EXPORTER,
        width=8,
    ),
    Panel(
        shape=Shape.TREND,
        about=("veinte_event_age_seconds",),
        queries=(line(own("veinte_event_age_seconds", BY_TOPIC, how="max"), TOPIC_NAME),),
        unit=Measured.DURATION,
        empty=NO_EXPORTER,
        width=8,
    ),
)

_NUMBERED = " + ".join(
    f"{own('veinte_blind_reason', BY_TOPIC, {'reason': reason}, how='max')} * {code}"
    for reason, code in BLIND_CODES.items()
)
"""The code of a topic's reason: at most one of its series is 1."""

_WHY = (
    Panel(
        shape=Shape.TILES,
        title=Bilingual("Why blind", "Por qué a ciegas"),
        about=("veinte_blind_reason",),
        queries=(Query(expr=_NUMBERED, legend=TOPIC_NAME),),
        scale="blind_reason",
        empty=NO_EXPORTER,
        width=16,
        height=4,
    ),
    Panel(
        shape=Shape.TREND,
        title=Bilingual("Partitions that stand still", "Particiones paradas"),
        about=("veinte_partition_stopped",),
        queries=(
            replace(
                line(
                    f"{own('veinte_partition_stopped', ('topic', 'partition', 'reason'), how='max')} == 1",
                    Bilingual("{{topic}}/{{partition}} · {{reason}}", "{{topic}}/{{partition}} · {{reason}}"),
                ),
                none="no partition stands still: a line of zero for each would hide the one that does",
            ),
        ),
        unit=Measured.TIMES,
        empty=Bilingual("none stands still, or no data", "ninguna parada, o sin datos"),
        width=8,
        height=4,
    ),
)

_RECOUNT = (
    Panel(
        shape=Shape.TREND,
        about=("veinte_reconcile_difference",),
        queries=(
            replace(
                line(own("veinte_reconcile_difference", BY_TOPIC, how="max"), TOPIC_NAME),
                none="a topic that was never recounted has no difference, not none",
            ),
        ),
        empty=NEVER_RECOUNTED,
        width=8,
    ),
    Panel(
        shape=Shape.TREND,
        about=("veinte_reconcile_age_seconds",),
        queries=(
            replace(
                line(own("veinte_reconcile_age_seconds", BY_TOPIC, how="max"), TOPIC_NAME),
                none="a topic that was never recounted",
            ),
        ),
        unit=Measured.DURATION,
        empty=NEVER_RECOUNTED,
        width=8,
    ),
    Panel(
        shape=Shape.TREND,
        title=Bilingual("Refused requests, in all, by reason", "Peticiones rechazadas, en total, por motivo"),
        about=("veinte_requests_refused_total",),
        queries=(line(own("veinte_requests_refused_total", ("reason",)), Bilingual("{{reason}}", "{{reason}}")),),
        empty=NO_EXPORTER,
        width=8,
    ),
)

_WORKERS = (
    Panel(
        shape=Shape.TREND,
        title=Bilingual("Refused commits, in all, by reason", "Escrituras rechazadas, en total, por motivo"),
        about=("veinte_commit_conflicts_total",),
        queries=(line(own("veinte_commit_conflicts_total", ("reason",)), Bilingual("{{reason}}", "{{reason}}")),),
        empty=NO_EXPORTER,
        width=6,
    ),
    Panel(
        shape=Shape.TREND,
        title=Bilingual("Values past a label's limit, in all", "Valores por encima del límite, en total"),
        about=("veinte_labels_folded_total", "veinte_series_folded_queues"),
        queries=(
            line(own("veinte_labels_folded_total", ("label",)), Bilingual("{{label}}", "{{label}}")),
            line(
                own("veinte_series_folded_queues", (), how="max"), Bilingual("queues of a scrape", "colas de /metrics")
            ),
        ),
        empty=NO_EXPORTER,
        width=6,
    ),
    Panel(
        shape=Shape.TREND,
        title=Bilingual("Blindness over time", "Ceguera en el tiempo"),
        about=("veinte_blind",),
        queries=(line(own("veinte_blind", ("channel",), how="max")),),
        unit=Measured.TIMES,
        scale="blind",
        empty=NO_EXPORTER,
        width=6,
    ),
    Panel(
        shape=Shape.TREND,
        title=Bilingual("Age of the numbers over time", "Antigüedad de los números en el tiempo"),
        about=(AGE,),
        queries=(line(own(AGE, (), how="max"), Bilingual("since Redis was read", "desde la lectura de Redis")),),
        unit=Measured.DURATION,
        empty=NO_EXPORTER,
        width=6,
    ),
)

PIPELINE = Dashboard(
    name="pipeline",
    title=Bilingual("Veinte · Pipeline health", "Veinte · Salud de los datos"),
    purpose=Bilingual(
        "Whether the numbers can be trusted, and where events got stuck, late or refused.",
        "Si los números son fiables, y dónde hay eventos atascados, tardíos o rechazados.",
    ),
    variables=(),
    rows=(banner({}, 20), _TILES, _WHY, _FLOW, _TROUBLE, _WORKERS, _RECOUNT),
    since="now-6h",
    refresh="10s",
)
