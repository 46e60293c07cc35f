import { STARTED_AT_MS, sampleLogbook } from '../testing/sample-log.ts';
import { type Palette, liveFrame } from './live-frame.ts';

const same = (text: string) => text;
const plain: Palette = { good: same, bad: same, busy: same, quiet: same, strong: same };
const { log } = sampleLogbook();
const frame = (rows: number, columns: number) =>
  liveFrame(log, STARTED_AT_MS + 4_000, { rows, columns }, plain);

describe('liveFrame', () => {
  it('shows what is done, what is under way, and every revision with asked and measured shares', () => {
    expect(frame(40, 120).join('\n')).toMatchInlineSnapshot(`
      "canary 7: running · 4.0 s

        ✔ start backend r2 – evidence 0 (0.5 s)
        ✔ wait until backend r2 is healthy, at most 10 s – evidence 1 (0.5 s)
        ✔ send 5 % to backend r2 and measure it on 200 requests – evidence 2 (0.5 s)
        ▶ compare backend r2 at 5 % with backend r1 for 10 s, 1.0 s – 10 of 200
        8 more steps

        revision    asked  measured  requests  errors  p50 ms  p95 ms  p99 ms
        backend r1   95 %    95.0 %       190       0     3.8     3.8     3.8
        backend r2    5 %     5.0 %        10       1     3.8     3.8     3.8

      Interrupting is safe: what serves goes on serving. Go on later with npx nx run deploy:canary, go back with npx nx run d…"
    `);
  });

  it('fits the terminal, keeping the newest steps', () => {
    const small = frame(13, 40);
    expect(small.length).toBeLessThanOrEqual(13);
    for (const line of small) expect(line.length).toBeLessThanOrEqual(44);
    expect(small.join('\n')).toContain('▶ compare backend r2');
  });
});
