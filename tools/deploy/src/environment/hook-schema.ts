import { z } from 'zod';

const seconds = z.number().min(0).max(86_400);

const webhookSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe('Receives a POST with JSON; 2xx is success'),
  secretVariable: z
    .string()
    .regex(/^[A-Z_][A-Z0-9_]*$/)
    .optional()
    .describe('Name of the environment variable that holds the key for the signature'),
});

/** What is called, and how patiently. */
const callFields = {
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/)
    .describe('Unique among hooks and notifications; said in verdicts'),
  command: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Program and arguments, run in the workspace without a shell; 0 is success'),
  webhook: webhookSchema.optional().describe('Instead of a command'),
  timeoutSeconds: seconds.default(60).describe('For one attempt; then it is ended'),
  retries: z.int().min(0).max(10).default(0).describe('Further attempts after one that failed'),
  retryDelaySeconds: seconds.default(1).describe('Before the first retry; doubled with each'),
};

export const hookSchema = z
  .strictObject({
    ...callFields,
    moment: z
      .enum(['before', 'during', 'after'])
      .describe('Before the step acts, while it works, or once it has passed'),
    steps: z
      .array(
        z.enum([
          'migrate',
          'deploy',
          'await-healthy',
          'smoke-test',
          'set-weight',
          'analyse',
          'promote',
          'drain',
          'retire',
        ]),
      )
      .min(1)
      .describe('Kinds of steps it belongs to; `deploy:canary --dry-run` shows a plan’s steps'),
    weights: z
      .array(z.int().min(0).max(100))
      .min(1)
      .optional()
      .describe('Only at steps that have one of these weights (`set-weight`, `analyse`)'),
    required: z
      .boolean()
      .default(true)
      .describe('Whether its failure is the step’s failure; otherwise it is only written down'),
  })
  .refine(callsOneThing, { message: 'needs either a command or a webhook' });

export const notificationSchema = z
  .strictObject({
    ...callFields,
    events: z
      .array(z.enum(['started', 'paused', 'rolling-back', 'blocked', 'promoted', 'rolled-back']))
      .min(1)
      .describe('What it tells of'),
  })
  .refine(callsOneThing, { message: 'needs either a command or a webhook' });

export type HookDefinition = Readonly<z.infer<typeof hookSchema>>;
export type NotificationDefinition = Readonly<z.infer<typeof notificationSchema>>;
/** The part that says what to call. */
export type CallDefinition = Pick<HookDefinition, keyof typeof callFields>;

function callsOneThing(call: { readonly command?: unknown; readonly webhook?: unknown }): boolean {
  return (call.command === undefined) !== (call.webhook === undefined);
}
