import { Cron } from 'croner';
import { z } from 'zod';

/** A stretch of time, come round again and again, in which nothing new goes out. */
export const freezeWindowSchema = z.strictObject({
  name: z.string().min(1).describe('Said when a rollout is refused'),
  cron: z
    .string()
    .refine(isCron, { message: 'must be a cron expression with five fields' })
    .describe('When the window begins: minute, hour, day of month, month, day of week'),
  hours: z.number().positive().max(8_784).describe('How long it lasts'),
  timeZone: z
    .string()
    .refine(isTimeZone, { message: 'must be an IANA time zone like Europe/Berlin' })
    .describe('Whose clock the expression means, e.g. `Europe/Berlin` or `UTC`'),
});

export type FreezeWindow = Readonly<z.infer<typeof freezeWindowSchema>>;

function isCron(expression: string): boolean {
  try {
    return expression.trim().split(/\s+/).length === 5 && new Cron(expression).nextRun() !== null;
  } catch {
    return false;
  }
}

function isTimeZone(name: string): boolean {
  try {
    return name !== '' && new Intl.DateTimeFormat('en', { timeZone: name }).format(0) !== '';
  } catch {
    return false;
  }
}
