"""The page on which people sign in with a token, shown also in place of a page that they may not see."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html import escape

from metrics.access import words
from metrics.access.addresses import SIGN_IN, SIGN_OUT
from streams.common.languages import Language

LONGEST_LINK = 2_048
"""Characters of the address that a visitor is led to after signing in."""
_LOCAL = re.compile(r"/(?!/)[!-\[\]-~]*")
"""A path with its query, without the backslash, which browsers read as a slash, and without blanks."""
_STYLE = (
    "body{font:1.1rem/1.6 system-ui,sans-serif;margin:3rem auto;max-width:30rem;padding:0 1rem;color-scheme:light dark;"
    "background:Canvas;color:CanvasText}input,button{font:inherit;padding:.5rem;box-sizing:border-box}"
    "input{width:100%;margin:.25rem 0 1rem}button{padding:.5rem 1.5rem}"
)
_STYLE_HASH = b64encode(sha256(_STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'; "
    f"style-src 'sha256-{_STYLE_HASH}'",
    # Without it a browser would send no Origin with the form, by which one of another site is told.
    "Referrer-Policy": "same-origin",
    "Vary": "Accept-Language, Cookie",
}
_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">{refresh}
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{title}</h1>
{content}
</main>
</body>
</html>
"""
_FORM = """<form method="post" action="{action}">
<input type="hidden" name="next" value="{following}">
<label>{token}
<input type="password" name="token" autocomplete="current-password" autofocus required maxlength="200">
</label>
<button>{enter}</button>
</form>
<p>{help}</p>"""
_SIGNED_IN = """<p>{who}</p>
<p><a href="/">{wall}</a></p>
<form method="post" action="{action}"><button>{leave}</button></form>"""
_CODE = re.compile("`([^`]*)`")
_REFRESH = '\n<meta http-equiv="refresh" content="0">'


def form_page(language: Language, following: str, problem: str = "", *, again: bool = False) -> str:
    """The page with the form.

    Args:
        language: of its texts.
        following: address to be led to afterwards.
        problem: sentence above the form.
        again: have the browser ask once more by itself, with the cookie that it does not send along from other sites.
    """
    above = f'<p role="alert">{_with_code(problem)}</p>\n' if problem else ""
    form = _FORM.format(
        action=SIGN_IN,
        following=escape(local_link(following)),
        token=words.TOKEN.of(language),
        enter=words.ENTER.of(language),
        help=_with_code(words.HELP.of(language)),
    )
    return _page(language, above + form, _REFRESH if again else "")


def _with_code(text: str) -> str:
    """HTML of a sentence with commands between backticks."""
    return _CODE.sub(r"<code>\1</code>", escape(text))


def signed_in_page(language: Language, name: str) -> str:
    """The page of who has signed in, with a button to sign out."""
    who = words.SIGNED_IN.of(language).format(name=name)
    content = _SIGNED_IN.format(
        who=escape(who), wall=words.TO_THE_WALL.of(language), action=SIGN_OUT, leave=words.LEAVE.of(language)
    )
    return _page(language, content)


def local_link(text: str) -> str:
    """An address of this server, or its first page where the text is another's: nobody is led to other sites."""
    local = len(text) <= LONGEST_LINK and _LOCAL.fullmatch(text) and not text.startswith((SIGN_IN, SIGN_OUT))
    return text if local else "/"


def _page(language: Language, content: str, refresh: str = "") -> str:
    title = words.TITLE.of(language)
    return _PAGE.format(language=language, title=title, style=_STYLE, refresh=refresh, content=content)
