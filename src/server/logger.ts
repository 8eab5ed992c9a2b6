/** Structured logs on stderr, secrets removed. */
import { pino, destination, type Logger } from 'pino';
import { redactSecrets } from '../core/errors.ts';

export type { Logger } from 'pino';

/** Field names whose values never reach a log, at any of the depths we log at. */
const secretFields = [
  'authorization',
  'token',
  'secret',
  'password',
  'cookie',
  '_authToken',
  'headers.authorization',
];

export function createLogger(level: string): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date().toISOString()}"`,
      formatters: { level: (label) => ({ level: label }) },
      redact: {
        paths: [...secretFields, ...secretFields.map((field) => `*.${field}`)],
        censor: '[redacted]',
      },
      hooks: {
        logMethod(args, method) {
          const clean = args.map((arg: unknown) => (typeof arg === 'string' ? redactSecrets(arg) : arg));
          method.apply(this, clean as Parameters<typeof method>);
        },
      },
      serializers: {
        err: (error: Error) => ({
          name: error.name,
          message: redactSecrets(error.message),
          code: (error as { code?: unknown }).code,
          stack: redactSecrets(error.stack ?? ''),
        }),
      },
    },
    destination({ dest: 2, sync: false }),
  );
}
