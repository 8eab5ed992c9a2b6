/** A signal to people: changed bytes, corruption, a refused attack. A record from the start. */
import type { JsonObject } from './json.ts';

export const alarmKinds = [
  'bytes-changed',
  'version-vanished',
  'blob-corrupt',
  'archive-attack',
  'manifest-confusion',
  'upstream-redirect-refused',
  'upstream-lied',
  'reader-died',
  'ledger-stopped',
  'ledger-forked',
  'signature-invalid',
  'provenance-invalid',
  'provenance-stripped',
  'source-changed',
  'publish-burst',
  'trust-root-expiring',
  'trust-root-changed',
  'trust-conflict',
  'malware-admitted',
  'rebuild-suspicious',
  'behaviour-suspicious',
  'rebuild-regression',
] as const;
export type AlarmKind = (typeof alarmKinds)[number];

export interface Alarm {
  readonly id: string;
  readonly kind: AlarmKind;
  readonly severity: 'warning' | 'critical';
  /** What it is about: a purl, or an upstream's key. */
  readonly about: string;
  readonly message: string;
  readonly data: JsonObject;
  /** RFC 3339 UTC. The same kind, subject and data raise one alarm whose `count` and `lastAt` rise. */
  readonly firstAt: string;
  readonly lastAt: string;
  readonly count: number;
}
