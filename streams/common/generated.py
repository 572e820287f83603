"""Generated files that are committed: writes them, or compares them with the files on disk."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from streams.common.languages import Language

EVENT_PAGES = {Language.ENGLISH: Path("docs/events.md"), Language.SPANISH: Path("docs/events.es.md")}
"""Pages about events; two generators write a part of them each."""


def write_or_compare(generated: Mapping[Path, Callable[[], str]], arguments: Sequence[str]) -> int:
    """Write each file's text, or only compare it with ``--check``.

    Args:
        generated: function that makes the text, by path relative to the current directory (the root of the repository).
        arguments: of the command line.

    Returns:
        Exit status: 1 if ``--check`` found a stale file, 2 for an unknown argument, else 0.
    """
    check = list(arguments) == ["--check"]
    if arguments and not check:
        print("usage: python -m MODULE [--check]", file=sys.stderr)
        return 2
    stale = [path for path, text in generated.items() if not _is_current(path, text())]
    if check:
        for path in stale:
            print(f"{path} is not what its generator makes; run `make generate` and commit the result", file=sys.stderr)
        return 1 if stale else 0
    for path in stale:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(generated[path](), encoding="utf-8")
        print(f"wrote {path}")
    return 0


def with_part(page: Path, part: str, text: str) -> str:
    """The text of a page whose generated part is made anew; all around it is unchanged.

    The part stands between the lines ``<!-- generated: PART -->`` and ``<!-- end PART -->``.

    Raises:
        ValueError: the page lacks the two lines.
    """
    return with_parts(page, {part: text})


def with_parts(page: Path, parts: Mapping[str, str]) -> str:
    """The text of a page with several generated parts (see :func:`with_part`), each made anew."""
    made = page.read_text(encoding="utf-8")
    for part, text in parts.items():
        begin, end = f"<!-- generated: {part} -->\n", f"<!-- end {part} -->"
        before, found, rest = made.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise ValueError(f"{page} needs a line {begin.strip()} and a line {end}: the part goes between them")
        made = "".join((before, begin, "\n", text, "\n\n", end, after))
    return made


def _is_current(path: Path, text: str) -> bool:
    try:
        return path.read_bytes() == text.encode()
    except FileNotFoundError:
        return False
