/** Reading what a request says against the shape it must have. */
import { AssayError } from '../../core/errors.ts';
import type { z } from '../zod.ts';

/** Throws REQUEST_INVALID. */
export function parseWith<S extends z.ZodType>(schema: S, value: unknown): z.infer<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new AssayError(
    'REQUEST_INVALID',
    `the body is not what it must be: ${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? ''}`,
  );
}
