import { z } from 'zod';

/** One service behind HAProxy: a frontend, and a backend with a fixed number of slots. */
export const haproxyServiceSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
  /** Where clients reach it on 127.0.0.1; 0 takes any free port. */
  port: z.int().min(0).max(65_535),
  /** Whether `x-revision: <id>` on a request selects that revision, even at weight 0. */
  revisionOverride: z.boolean().default(false),
  healthCheck: z.strictObject({
    /** Written into HAProxy's configuration, so only what a URL's path and query may hold. */
    path: z.string().regex(/^\/[A-Za-z0-9/._~!&()*+,;=:@%?-]*$/),
    intervalMs: z.int().min(10).max(3_600_000).default(1_000),
    timeoutMs: z.int().min(10).max(3_600_000).default(2_000),
  }),
});

/** A service with every default filled in. */
export type HaproxyService = Readonly<z.infer<typeof haproxyServiceSchema>>;
/** What a caller has to say of a service. */
export type HaproxyServiceInput = Readonly<z.input<typeof haproxyServiceSchema>>;
