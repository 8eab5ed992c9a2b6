/** What an offer does, as sentences for people, the ledger and alarms. */
import { forTerminal } from '../core/encode.ts';
import type { KeyConflict } from './merge.ts';
import type { Offered } from './offer.ts';

export interface OfferLines {
  readonly changes: readonly string[];
  readonly refused: readonly string[];
}

export function linesOfOffer({ material, roots, keys, conflicts }: Offered): OfferLines {
  const changes: string[] = [];
  const refused: string[] = [];
  for (const { name, what } of roots) {
    const version = material.sigstore.find((one) => one.name === name)?.tufRoot?.version;
    const of = version === undefined ? '' : ` (TUF root ${version})`;
    if (what === 'older') refused.push(`the Sigstore root ${name} is older than the one in use${of}`);
    else changes.push(`the Sigstore root ${name} was ${what}${of}`);
  }
  for (const { host, keyid, what } of keys) {
    const key = `the key ${forTerminal(keyid, 200)} of ${host}`;
    if (what === 'unvouched') refused.push(`${key} is listed by the registry alone`);
    else changes.push(what === 'ended' ? `${key} is listed no more and has ended` : `${key} was ${what}`);
  }
  refused.push(...conflicts.map(conflictLine));
  return { changes, refused };
}

export function conflictLine({ host, keyid, kept, refused }: KeyConflict): string {
  const id = forTerminal(keyid, 200);
  return `Two keys of ${host} have the id ${id}: the one by ${kept} is used, the one by ${refused} is not`;
}
