"""The style of the page of an evaluation: light and dark, as the reader's own system is set."""

STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5b6675; --ground: #fff; --line: #d8dee6; --card: #f4f6f9;
  --blue: #2563b0; --right: #2e9e5b; --wrong: #d4552f; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #9aa5b4; --ground: #14181e; --line: #323a45;
  --card: #1e242c; --blue: #6ea8f0; --right: #3fb574; --wrong: #e4714d; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground); max-width: 1180px;
  margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.4rem; margin: 0; overflow-wrap: anywhere; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .4rem; }
h3 { font-size: 1rem; margin: 1.4rem 0 .1rem; } p { color: var(--soft); margin: .2rem 0 .8rem; }
.cards { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1rem 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .6rem 1rem; }
.card span { display: block; color: var(--soft); font-size: .85rem; } .card b { font-size: 1.5rem; }
.notes { color: var(--soft); padding-left: 1.1rem; }
.side { display: flex; flex-wrap: wrap; gap: 2rem; align-items: flex-start; } .wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .88rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: .2rem 0; }
th, td { padding: .18rem .6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
th:first-child { text-align: left; font-weight: 500; }
.plots, .gallery { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(210px, 1fr)); }
figure { margin: 0; } figcaption { font-size: .82rem; color: var(--soft); overflow-wrap: anywhere; }
figcaption b { color: var(--ink); }
svg { width: 100%; height: auto; } svg text { font-size: 9px; fill: var(--soft); }
.grid { stroke: var(--line); stroke-width: 1; fill: none; }
.line { stroke: var(--blue); stroke-width: 2; fill: none; stroke-linejoin: round; }
.area { fill: var(--blue); opacity: .12; } .dot { fill: var(--blue); stroke: var(--ground); stroke-width: 1.5; }
.gallery img { width: 100%; height: 200px; object-fit: contain; background: var(--card); border-radius: 6px; }
.confusion td { text-align: center; min-width: 2.2rem; }
.confusion .none { color: var(--line); }
.right { background: color-mix(in srgb, var(--right) var(--share), transparent); }
.wrong { background: color-mix(in srgb, var(--wrong) var(--share), transparent); }
.turned { vertical-align: bottom; } .turned span { writing-mode: vertical-rl; transform: rotate(180deg); }
"""
