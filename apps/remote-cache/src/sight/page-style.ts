/** The page's one style sheet; light or dark as the reader's system is. */
export const pageStyle = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5d6b7e; --line: #e3e8ef; --card: #fff;
  --ground: #f5f7fa; --accent: #2563eb; --alarm: #b42318; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf4; --soft: #94a3b8; --line: #2b3645;
  --card: #18212d; --ground: #0f1620; --accent: #60a5fa; --alarm: #f97066; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
header, main { max-width: 72rem; margin: 0 auto; padding: 0 1.5rem; }
header { display: flex; align-items: baseline; gap: 1rem; flex-wrap: wrap; padding-top: 2rem; }
h1 { font-size: 1.5rem; margin: 0; letter-spacing: -0.01em; }
header p, .tile p, .empty { color: var(--soft); margin: 0; font-size: 0.85rem; }
main { display: grid; gap: 1.25rem; padding-top: 1.25rem; padding-bottom: 3rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 1.25rem; }
.tile, .card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.tile { padding: 1rem 1.25rem; }
.tile h2 { font-size: 0.8rem; font-weight: 500; color: var(--soft); margin: 0; }
.tile strong { display: block; font-size: 1.7rem; line-height: 1.3; font-weight: 650;
  font-variant-numeric: tabular-nums; letter-spacing: -0.02em; }
.tile.alarming { border-color: var(--alarm); }
.tile.alarming strong { color: var(--alarm); }
.card { padding: 1.1rem 1.25rem 1.25rem; min-width: 0; }
.card h2 { font-size: 1rem; margin: 0 0 0.6rem; }
.pair { display: grid; grid-template-columns: minmax(0, 3fr) minmax(0, 2fr); gap: 1.25rem; align-items: start; }
@media (max-width: 56rem) { .pair { grid-template-columns: minmax(0, 1fr); } }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-size: 0.78rem; font-weight: 500; color: var(--soft); }
th, td { padding: 0.4rem 1rem 0.4rem 0; border-bottom: 1px solid var(--line); white-space: nowrap; }
tbody tr:last-child td { border-bottom: 0; }
th:last-child, td:last-child { padding-right: 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.target { color: var(--soft); }
.bar { width: 32%; }
.bar div { height: 0.55rem; min-width: 2px; border-radius: 3px; background: var(--accent); }
code { font: 0.85em ui-monospace, "DejaVu Sans Mono", monospace; }
`;
