"""The style of the page of an evaluation, beyond what all pages share."""

STYLE = """
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
.line { stroke: var(--blue); stroke-width: 2; fill: none; stroke-linejoin: round; }
.area { fill: var(--blue); opacity: .12; } .dot { fill: var(--blue); stroke: var(--ground); stroke-width: 1.5; }
.gallery img { width: 100%; height: 200px; object-fit: contain; background: var(--card); border-radius: 6px; }
.confusion td { text-align: center; min-width: 2.2rem; }
.confusion .none { color: var(--line); }
.right { background: color-mix(in srgb, var(--right) var(--share), transparent); }
.wrong { background: color-mix(in srgb, var(--wrong) var(--share), transparent); }
.turned { vertical-align: bottom; } .turned span { writing-mode: vertical-rl; transform: rotate(180deg); }
"""
