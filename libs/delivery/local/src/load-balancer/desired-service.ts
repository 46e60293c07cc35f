import { z } from 'zod';

const identifier = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/);

export const desiredTargetSchema = z.strictObject({
  /** The revision that this target runs; several targets may run the same one. */
  revision: identifier,
  host: z.string().min(1).max(255),
  port: z.int().min(1).max(65_535),
  /** Its share of new requests is weight / sum of the weights of healthy, active targets. */
  weight: z.number().min(0).max(1_000_000),
  /** A draining target finishes what it has and gets nothing new. */
  state: z.enum(['active', 'draining']),
});

export const fenceSchema = z.strictObject({
  /** Monotonically increasing: who writes with a lower one than the highest seen is refused. */
  fence: z.int().min(0),
  /** Who writes, for the message that the refused one reads. */
  holder: z.string().min(1).max(200),
});

export const desiredServiceSchema = z
  .strictObject({ ...fenceSchema.shape, targets: z.array(desiredTargetSchema).max(64) })
  .refine(
    ({ targets }) =>
      new Set(targets.map(({ host, port }) => `${host}:${port}`)).size === targets.length,
    { message: 'two targets have the same address', path: ['targets'] },
  );

/** One process that can serve requests of a service. */
export type DesiredTarget = Readonly<z.infer<typeof desiredTargetSchema>>;

/** A claim to be in charge of a service. */
export type Fence = Readonly<z.infer<typeof fenceSchema>>;

/** Everything a service's routing should be, replaced as a whole. */
export interface DesiredService extends Fence {
  readonly targets: readonly DesiredTarget[];
}
