import { fieldErrors } from '@prompt-card/contract';
import type { FastifyInstance, FastifySchemaCompiler } from 'fastify';
import { serializerCompiler } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import { ProblemError } from '../problem-error.ts';

/** Requests are parsed by the contract's schemas; what does not fit is named field by field. */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema }) => {
  return (data) => {
    const parsed = schema.safeParse(data);
    if (parsed.success) return { value: parsed.data };
    const errors = fieldErrors(parsed.error.issues);
    const detail = errors.map(({ field, message }) => `${field || 'request'}: ${message}`);
    return { error: new ProblemError('INVALID_REQUEST', detail.join('; '), errors) };
  };
};

export function addValidation(app: FastifyInstance): void {
  // Fastify reads plain text by default; here a body is JSON or refused.
  app.removeContentTypeParser('text/plain');
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
}
