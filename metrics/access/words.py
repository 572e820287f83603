"""Texts of refusals and of the page to sign in, in English and Spanish."""

from __future__ import annotations

from streams.access.roles import Role
from streams.access.tokens import Refusal
from streams.common.languages import Bilingual, Language

TITLE = Bilingual("Sign in to Veinte", "Entrar en Veinte")
TOKEN = Bilingual("Token", "Token")
ENTER = Bilingual("Sign in", "Entrar")
LEAVE = Bilingual("Sign out", "Salir")
HELP = Bilingual(
    "Who runs Veinte here makes a token with `veinte token create NAME --role ROLE`.",
    "Quien administra Veinte crea un token con `veinte token create NOMBRE --role ROL`.",
)
SIGNED_IN = Bilingual("Signed in as {name}.", "Ha entrado como {name}.")
TO_THE_WALL = Bilingual("To the wallboard", "Al panel")
REFUSED: dict[Refusal, Bilingual] = {
    Refusal.NO_TOKEN: Bilingual(
        "this needs a token with the role {roles}: send it as `Authorization: Bearer TOKEN`, or sign in at /sign-in; "
        "`veinte token create NAME --role {first}` makes one",
        "esto requiere un token con el rol {roles}: envíelo como `Authorization: Bearer TOKEN` o entre en /sign-in; "
        "`veinte token create NOMBRE --role {first}` crea uno",
    ),
    Refusal.WRONG_TOKEN: Bilingual(
        "this token is not known here; `veinte token list` shows the names of those that are, and `veinte token create "
        "NAME --role {first}` makes one",
        "este token no se conoce aquí; `veinte token list` muestra los nombres de los que hay y `veinte token create "
        "NOMBRE --role {first}` crea uno",
    ),
    Refusal.EXPIRED: Bilingual(
        "this token has expired; `veinte token create NAME --role {first}` makes a new one",
        "este token ha caducado; `veinte token create NOMBRE --role {first}` crea uno nuevo",
    ),
    Refusal.SESSION: Bilingual(
        "you are not signed in any more; sign in at /sign-in with a token of the role {roles}",
        "su sesión ha terminado; entre en /sign-in con un token del rol {roles}",
    ),
    Refusal.ROLE: Bilingual(
        "your roles do not show this; it needs the role {roles}",
        "sus roles no muestran esto; hace falta el rol {roles}",
    ),
    Refusal.TOO_MANY_TRIES: Bilingual(
        "too many wrong tokens came from your address; try again in a minute",
        "han llegado demasiados tokens equivocados desde su dirección; vuelva a intentarlo en un minuto",
    ),
    Refusal.OTHER_SITE: Bilingual(
        "the form came from another site; use the one of this server, at /sign-in",
        "el formulario venía de otro sitio; use el de este servidor, en /sign-in",
    ),
}
"""A sentence for each reason."""
_OR = Bilingual(" or ", " o ")


def refused(refusal: Refusal, roles: tuple[Role, ...]) -> Bilingual:
    """The sentence of a refusal. ``roles``: those that would do, the one with the least first."""
    text = REFUSED[refusal]
    first = roles[0] if roles else Role.BOARD
    listed = (_OR.of(language).join(roles) for language in Language)
    return Bilingual(*(each.format(roles=names, first=first) for each, names in zip(text, listed, strict=True)))
