import { z } from 'zod';

const milliseconds = z.int().min(0).max(3_600_000);

export const serviceConfigSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
  /** The address that clients use. */
  host: z.string().default('127.0.0.1'),
  port: z.int().min(0).max(65_535),
  healthCheck: z
    .strictObject({
      path: z.string().startsWith('/').default('/health'),
      intervalMs: milliseconds.min(10).default(1_000),
      timeoutMs: milliseconds.min(10).default(2_000),
      /** Passes in a row that make an unhealthy target healthy; a new target needs one. */
      healthyThreshold: z.int().min(1).default(2),
      /** Failures in a row that make a healthy target unhealthy. */
      unhealthyThreshold: z.int().min(1).default(3),
    })
    .prefault({}),
  /** `random`: each request by weight. `sticky`: a cookie pins a session while its revision has weight. */
  mode: z.enum(['random', 'sticky']).default('random'),
  stickyCookie: z
    .string()
    .regex(/^[A-Za-z0-9_-]+$/)
    .default('lb-revision'),
  /** Whether `x-revision: <id>` on a request selects that revision, even at weight 0. */
  revisionOverride: z.boolean().default(false),
  /** A draining or removed target's requests are cut off after this. */
  deregistrationDelayMs: milliseconds.default(30_000),
  timeouts: z
    .strictObject({
      /** From the first byte of a request to the end of its head. */
      requestHeadMs: milliseconds.default(10_000),
      /** A client's connection between two requests. */
      keepAliveMs: milliseconds.default(65_000),
      /** A client that neither sends the body it announced nor reads the response it gets. */
      clientStallMs: milliseconds.default(30_000),
      connectMs: milliseconds.default(1_000),
      /** How long a request is held back while no target accepts connections. */
      connectBudgetMs: milliseconds.default(3_000),
      /** From the end of the request to the response's head. */
      responseHeadMs: milliseconds.default(60_000),
      /** Between two pieces of a response, and of an upgraded connection. */
      responseIdleMs: milliseconds.default(120_000),
    })
    .prefault({}),
  /** Makes this balancer behave like a cloud's: for tests and drills. */
  simulate: z
    .strictObject({
      /** A new desired state takes effect this much later. */
      propagationDelayMs: milliseconds.default(0),
      /** Sessions stay pinned this long after their revision lost its weight. */
      staleStickyMs: milliseconds.default(0),
    })
    .prefault({}),
});

export const loadBalancerConfigSchema = z.strictObject({
  services: z.array(serviceConfigSchema).min(1),
  admin: z.strictObject({
    host: z.literal('127.0.0.1').default('127.0.0.1'),
    port: z.int().min(0).max(65_535),
  }),
  /** Where routing and fences are kept. */
  stateFile: z.string(),
  /** Holds the admin API's bearer token; readable by its owner alone. */
  tokenFile: z.string(),
  /** How long requests in flight may take after SIGTERM. */
  shutdownMs: milliseconds.default(10_000),
});

/** How one listener behaves, with every default filled in. */
export type ServiceConfig = Readonly<z.infer<typeof serviceConfigSchema>>;
/** What a caller has to say of a listener. */
export type ServiceConfigInput = Readonly<z.input<typeof serviceConfigSchema>>;
/** What the load balancer's process reads at its start. */
export type LoadBalancerConfig = Readonly<z.infer<typeof loadBalancerConfigSchema>>;
