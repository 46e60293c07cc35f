import { z } from 'zod';

/** zod compiles its schemas with `Function` where it may; the content security policy says it may not. */
z.config({ jitless: true });
