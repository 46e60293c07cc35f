import fs from 'node:fs';
import path from 'node:path';
import { noTimings, type Timings, timingsSchema } from '@prompt-card/pipeline';

/** Durations of earlier runs; a file that is missing or of another shape means there are none. */
export function readTimings(file: string): Timings {
  if (!fs.existsSync(file)) return noTimings;
  const parsed = timingsSchema.safeParse(JSON.parse(fs.readFileSync(file, 'utf8')));
  return parsed.success ? parsed.data : noTimings;
}

export function writeTimings(file: string, timings: Timings): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `${JSON.stringify(timings, null, 2)}\n`);
}
