export { CodedError, type CodedErrorOptions } from './coded-error.ts';
export type { AbortSignalLike, Clock } from './clock.ts';
export type { Logger } from './logger.ts';
