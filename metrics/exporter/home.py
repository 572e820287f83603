"""The page at ``/about``: links to all addresses, in Spanish and English, without external files."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from html import escape

from metrics.access.addresses import SIGN_IN
from metrics.web.languages import preferred_language
from streams.common.languages import Language
from streams.serving.headers import POLICY

ADDRESSES = (
    "/",
    "/?view=week",
    "/metrics",
    "/metrics?detail=full",
    "/api/v1/snapshot",
    "/api/v1/snapshot.schema.json",
    "/api/v1/openapi.json",
    "/api/v1/week",
    "/api/v1/trends",
    "/api/v1/explain?kpi=contact_center_tickets_opened_total",
    SIGN_IN,
    "/livez",
    "/readyz",
)
_TITLE = {Language.ENGLISH: "Veinte: a contact centre, now", Language.SPANISH: "Veinte: un centro de contacto, ahora"}
_WHAT = {
    Language.ENGLISH: (
        "The wallboard: every queue, live",
        "The planner's week, a map of its hours",
        "Numbers for Prometheus: what rules, dashboards and people ask for",
        "All numbers in every window, for Prometheus",
        "All numbers with their counts, age and state, as JSON",
        "What that JSON looks like (JSON Schema)",
        "Every address for programs, with its parameters (OpenAPI)",
        "Contacts by hour of the week over four weeks, and the peak hours",
        "Topics that grow against the same hours of earlier weeks",
        "One number explained: its counts, its policy and the contacts behind it",
        "Sign in with a token, and out",
        "Does the process work?",
        "Are the numbers fresh?",
    ),
    Language.SPANISH: (
        "El panel de la sala: todas las colas, en vivo",
        "La semana del planificador, un mapa de sus horas",
        "Números para Prometheus: lo que piden las reglas, los paneles y las personas",
        "Todos los números en todas las ventanas, para Prometheus",
        "Todos los números con sus recuentos, antigüedad y estado, en JSON",
        "Cómo es ese JSON (JSON Schema)",
        "Todas las direcciones para programas, con sus parámetros (OpenAPI)",
        "Contactos por hora de la semana en cuatro semanas, y las horas punta",
        "Temas que crecen frente a las mismas horas de semanas anteriores",
        "Un número explicado: sus recuentos, su política y los contactos que hay detrás",
        "Entrar con un token, y salir",
        "¿Funciona el proceso?",
        "¿Son recientes los números?",
    ),
}
_STYLE = (
    "body{font:1.1rem/1.6 system-ui,sans-serif;margin:3rem auto;max-width:44rem;padding:0 1rem}code{font-size:1rem}"
)
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
HOME_HEADERS = {
    "Content-Security-Policy": f"{POLICY}; style-src 'sha256-{_STYLE_HASH}'",
    "Vary": "Accept-Language",
}
"""Headers of the page: its one style may apply, and nothing else."""
_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
<ul>
{links}
</ul>
</body>
</html>
"""


def home_page(accept: str) -> str:
    """The page in the language of the header ``accept`` (Accept-Language)."""
    language = preferred_language(accept)
    links = "\n".join(
        f'<li><a href="{address}"><code>{address}</code></a> – {escape(what)}</li>'
        for address, what in zip(ADDRESSES, _WHAT[language], strict=True)
    )
    return _PAGE.format(language=language, title=escape(_TITLE[language]), style=_STYLE, links=links)
