/** One entry of `dist.signatures` against the registry's keys: signature first, then usage, then the key's window. */
import type { RegistryKey } from '../../core/trust.ts';
import type { SignatureEntry } from './read.ts';
import { isSignedBy, publicKeyOf } from './verify.ts';
import { isRetired, judgeWindow, type PublicationTimes, type WindowVerdict } from './window.ts';

export interface EntryContext {
  /** All keys of the identity host, retired ones too. */
  readonly keys: readonly RegistryKey[];
  /** `name@version:integrity`, in bytes. */
  readonly text: Uint8Array;
  readonly times: PublicationTimes;
}

export type EntryVerdict =
  | { readonly state: 'unknown-key'; readonly keyid: string }
  | { readonly state: 'wrong'; readonly keyid: string; readonly id: string; readonly why: string }
  | {
      readonly state: 'signed';
      readonly key: RegistryKey;
      readonly retired: boolean;
      readonly window: Exclude<WindowVerdict, { state: 'broken' }>;
    };

/** How good a window's verdict is, best first. */
const order: readonly WindowVerdict['state'][] = ['held', 'unproven', 'broken'];

export function judgeEntry(
  { keyid, signature }: SignatureEntry,
  { keys, text, times }: EntryContext,
): EntryVerdict {
  const wrong = (what: string, why: string): EntryVerdict => ({
    state: 'wrong',
    keyid,
    id: `signatures/${what}`,
    why,
  });
  const named = keys.filter((key) => key.keyid === keyid);
  if (named.length === 0) return { state: 'unknown-key', keyid };
  if (!named.some((key) => publicKeyOf(key) !== undefined))
    return wrong('key-unusable', 'The key we have under this id is not ECDSA P-256.');
  const key = named.find((one) => isSignedBy(one, text, signature, times.now));
  if (key === undefined)
    return wrong('bad-signature', 'A signature does not verify for this name, version and integrity.');
  const windows = key.usages.filter(({ usage }) => usage === 'signatures');
  const [best] = windows
    .map((window) => ({ window, verdict: judgeWindow(window, times) }))
    .sort((a, b) => order.indexOf(a.verdict.state) - order.indexOf(b.verdict.state));
  if (best === undefined) return wrong('key-usage', 'The key that signed is not meant for signing packages.');
  const { verdict } = best;
  if (verdict.state === 'broken') return { state: 'wrong', keyid, id: verdict.id, why: verdict.why };
  return { state: 'signed', key, retired: isRetired(best.window, times.now), window: verdict };
}
