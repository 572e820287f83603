"""Line plots as SVG, readable on light and dark pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import floor, log10

WIDTH, HEIGHT = 880, 400
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 64, 48
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00")
"""Okabe and Ito's, which people who see red and green alike can tell apart."""
TICKS = 6

Point = tuple[float, float]


def line_plot(title: str, across: str, up: str, lines: Mapping[str, Sequence[Point]], since: float = 0) -> str:
    """An SVG of lines from 0 on both axes.

    Args:
        title: above the plot.
        across: words of the horizontal axis.
        up: words of the vertical axis.
        lines: name → points.
        since: where a mark stands on the horizontal axis; none at 0.
    """
    most_x = max((x for points in lines.values() for x, _ in points), default=0) or 1
    step = nice_step(max((y for points in lines.values() for _, y in points), default=0) or 1)
    most_y = step * TICKS

    def place(x: float, y: float) -> str:
        right, high = x / most_x * (WIDTH - LEFT - RIGHT), y / most_y * (HEIGHT - TOP - BOTTOM)
        return f"{LEFT + right:.1f},{HEIGHT - BOTTOM - high:.1f}"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'font-family="system-ui, sans-serif" font-size="13">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="22" font-size="15">{escape(title)}</text>',
    ]
    for number in range(TICKS + 1):
        y = number * step
        x_0, height = place(0, y).split(",")
        parts += [
            f'<path d="M{place(0, y)}L{place(most_x, y)}" stroke="#ddd"/>',
            f'<text x="{float(x_0) - 8}" y="{float(height) + 4}" text-anchor="end">{y:g}</text>',
        ]
    across_step = nice_step(most_x)
    for number in range(floor(most_x / across_step) + 1):
        x_text, _ = place(number * across_step, 0).split(",")
        parts.append(
            f'<text x="{x_text}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{number * across_step:g}</text>'
        )
    if since:
        parts.append(f'<path d="M{place(since, 0)}L{place(since, most_y)}" stroke="#888" stroke-dasharray="4"/>')
    for (name, points), colour in zip(lines.items(), COLOURS, strict=False):
        way = "L".join(place(*point) for point in points)
        parts.append(
            f'<path d="M{way}" fill="none" stroke="{colour}" stroke-width="2"><title>{escape(name)}</title></path>'
        )
    for number, (name, colour) in enumerate(zip(lines, COLOURS, strict=False)):
        x = LEFT + number * (WIDTH - LEFT - RIGHT) / len(lines)
        parts += [
            f'<rect x="{x:.0f}" y="36" width="14" height="4" fill="{colour}"/>',
            f'<text x="{x + 20:.0f}" y="43">{escape(name)}</text>',
        ]
    parts += [
        f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 8}" text-anchor="end">{escape(across)}</text>',
        f'<text x="8" y="{TOP - 8}">{escape(up)}</text>',
        "</svg>\n",
    ]
    return "\n".join(parts)


def nice_step(most: float) -> float:
    """A step of 1, 2 or 5 times a power of ten, of which ``TICKS`` reach ``most``."""
    rough = most / TICKS
    power = 10.0 ** floor(log10(rough))
    return next((factor * power for factor in (1, 2, 5) if factor * power * TICKS >= most), 10 * power)


def slope(points: Sequence[Point]) -> float:
    """Slope of the line that fits the points best (least squares); 0 for fewer than two."""
    if len(points) < 2:
        return 0.0
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0
