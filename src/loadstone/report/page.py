"""The style that all pages share: light and dark, as the reader's own system is set; and the page around a body."""

from __future__ import annotations

from html import escape

BASE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --ground: #fff; --line: #d8dee6; --card: #f4f6f9;
  --blue: #2563b0; --right: #2e9e5b; --wrong: #d4552f; --amber: #b7791f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #9aa5b4; --ground: #14181e; --line: #323a45;
  --card: #1e242c; --blue: #6ea8f0; --right: #3fb574; --wrong: #e4714d; --amber: #e0b050; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); max-width: 1180px;
  margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.4rem; margin: 0; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .4rem; }
h3 { font-size: 1rem; margin: 1.4rem 0 .1rem; } p { color: var(--soft); margin: .2rem 0 .8rem; }
figure { margin: 0; } figcaption { font-size: .82rem; color: var(--soft); overflow-wrap: anywhere; }
figcaption b { color: var(--ink); }
svg { width: 100%; height: auto; } svg text { font-size: 9px; fill: var(--soft); }
.grid { stroke: var(--line); stroke-width: 1; fill: none; }
"""


def page(title: str, style: str, body: str) -> str:
    """Return a whole page; `style` comes after the shared one, and `body` is HTML."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{BASE}{style}</style></head>\n<body>\n{body}\n</body></html>\n"
    )
