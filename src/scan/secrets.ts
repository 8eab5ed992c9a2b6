/** Leaked secrets: what can be recognised by its form, and where there is a checksum, by that. Nothing is asked online. */
import { crc32 } from 'node:zlib';
import type { Severity } from '../core/advisory.ts';

export interface Secret {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  /** As much of it as may be shown. */
  readonly shown: string;
}

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Tokens of npm and GitHub end with six characters that are the CRC-32 of the rest, in base 62. */
export function hasTokenChecksum(token: string): boolean {
  const body = /^(?:npm|gh[oprsu])_([A-Za-z0-9]{30})([A-Za-z0-9]{6})$/.exec(token);
  if (body === null) return false;
  let value = crc32(body[1] ?? '');
  let digits = '';
  for (let i = 0; i < 6; i += 1) {
    digits = (base62[value % 62] ?? '') + digits;
    value = Math.floor(value / 62);
  }
  return digits === body[2];
}

const plainForms: readonly (Omit<Secret, 'shown'> & { readonly form: RegExp })[] = [
  {
    form: /^AKIA[A-Z0-9]{16}$/,
    rule: 'secret/aws-key-id',
    severity: 'low',
    message: 'An AWS access key id; alone it opens nothing.',
  },
  { form: /^xox[bp]-/, rule: 'secret/slack-token', severity: 'high', message: 'A token of Slack.' },
  { form: /^sk_live_/, rule: 'secret/stripe-key', severity: 'high', message: 'A live key of Stripe.' },
  {
    form: /^github_pat_/,
    rule: 'secret/github-token',
    severity: 'medium',
    message: 'A token for GitHub of the kind without a checksum.',
  },
  { form: /^pypi-/, rule: 'secret/pypi-token', severity: 'high', message: 'A token for PyPI.' },
  {
    form: /^sk-ant-/,
    rule: 'secret/anthropic-key',
    severity: 'medium',
    message: 'A key for a language model.',
  },
  { form: /^glpat-/, rule: 'secret/gitlab-token', severity: 'medium', message: 'A token of GitLab.' },
];

/** `around` begins with the mark that was found; for private keys with the end of their first line. */
export function secretAt(mark: string, around: string): Secret | undefined {
  if (mark === 'PRIVATE KEY-----') return privateKey(around);
  const text = /^[A-Za-z0-9_-]{1,120}/.exec(around)?.[0] ?? '';
  const shown = `${text.slice(0, 8)}…`;
  if (/^(?:npm|gh[oprsu])_/.test(text)) {
    if (!hasTokenChecksum(text.slice(0, text.indexOf('_') + 37))) return undefined;
    const whose = text.startsWith('npm') ? 'an npm registry' : 'GitHub';
    return {
      rule: 'secret/token',
      severity: 'high',
      message: `A token for ${whose}; its checksum is right.`,
      shown,
    };
  }
  // Without a checksum: documentation shows tokens of one repeated letter or of x's.
  if (new Set(text.slice(-16)).size < 6 || /example|xxxx|0000|1234567/i.test(text)) return undefined;
  const known = plainForms.find(({ form }) => form.test(text));
  return known === undefined
    ? undefined
    : { rule: known.rule, severity: known.severity, message: known.message, shown };
}

/** A header alone is in every library that reads keys: key material must follow. Line ends may be written `\n`. */
function privateKey(around: string): Secret | undefined {
  const body = around.slice('PRIVATE KEY-----'.length, 3000).replace(/\\[rn]|[\s"'+,`]/g, '');
  const material = /^[A-Za-z0-9+/=:-]{0,200}?([A-Za-z0-9+/]{100})/.exec(body)?.[1] ?? '';
  if (new Set(material).size < 20) return undefined;
  return {
    rule: 'secret/private-key',
    severity: 'high',
    message: 'A private key.',
    shown: 'PRIVATE KEY-----…',
  };
}
