import { renderPlot, type Plot } from './plot.ts';

const PLOT: Plot = {
  title: 'A <bad> release & more',
  metric: 'failed requests',
  unit: 'share',
  points: Array.from({ length: 30 }, (_, i) => ({
    atMs: 1000 * i,
    weight: 0.05,
    baseline: 0.001,
    canary: i % 7 === 0 ? null : 0.01 + i / 1000,
    harm: 10 ** (i / 10 - 2),
    promotion: i > 20 ? null : 0.01,
  })),
  marks: [
    { atMs: 0, label: '5 %', kind: 'stage' },
    { atMs: 20_000, label: 'rolled back', kind: 'rollback' },
  ],
};

describe('renderPlot', () => {
  const svg = renderPlot(PLOT);

  it('names every line beside it, the threshold and the decision', () => {
    const words = ['canary', 'stable revision', 'for a roll back', 'for promotion'];
    for (const text of [...words, 'enough', 'rolled back', '5 %', 'failed requests']) {
      expect(svg).toContain(`>${text}</text>`);
    }
  });

  it('is well-formed whatever the title says', () => {
    expect(svg).toContain('A &lt;bad&gt; release &amp; more');
    expect(svg.match(/<text/g)?.length).toBe(svg.match(/<\/text>/g)?.length);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('leaves a gap where an arm had no outcomes', () => {
    const line = /class="line canary" d="([^"]*)"/.exec(svg)?.[1] ?? '';
    expect(line.match(/M/g)?.length).toBe(5);
  });

  it('draws a rollout that has just begun', () => {
    const empty = renderPlot({ ...PLOT, points: [], marks: [] });
    expect(empty).toContain('</svg>');
    expect(empty).not.toMatch(/NaN|Infinity/);
  });
});
