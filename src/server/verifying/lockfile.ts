/** Every artifact of a lockfile against the gate's signature over it: what `audit signatures` does, without npm or pnpm. */
import { integrityOf, parseIntegrity, type Sha512 } from '../../core/digest.ts';
import { isAssayError, messageOf } from '../../core/errors.ts';
import type { LockedEntry, Lockfile } from '../../registries/npm/lockfiles/types.ts';
import { gateDocument, type GatewayTarget } from '../control/gateway-client.ts';
import { gateSignatureStep, jsonObjectOf, type GateKeys } from './gate-signature.ts';
import type { Step } from './steps.ts';

export interface LockedVerification {
  readonly entry: LockedEntry;
  readonly step: Step;
}

export interface LockfileVerification {
  readonly checked: readonly LockedVerification[];
  /** Workspaces, links, local files: no registry has them. */
  readonly local: number;
  readonly verified: boolean;
}

export interface LockfileInput {
  readonly lockfile: Lockfile;
  readonly target: GatewayTarget;
  readonly keys: GateKeys;
  readonly onProgress: (done: number, of: number) => void;
}

const parallel = 8;
const manifestBytes = 4 * 1024 * 1024;

/** Throws GATE_UNREACHABLE. */
export async function verifyLockfile(input: LockfileInput): Promise<LockfileVerification> {
  const entries = distinct(input.lockfile.entries.filter(({ source }) => source !== 'local'));
  const checked: LockedVerification[] = [];
  let done = 0;
  const queue = entries.values();
  const work = async (): Promise<void> => {
    for (const entry of queue) {
      checked.push({ entry, step: await stepOf(entry, input) });
      input.onProgress((done += 1), entries.length);
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  const order = new Map(entries.map((entry, at) => [entry, at]));
  checked.sort((a, b) => (order.get(a.entry) ?? 0) - (order.get(b.entry) ?? 0));
  return {
    checked,
    local: input.lockfile.entries.filter(({ source }) => source === 'local').length,
    verified: checked.length > 0 && checked.every(({ step }) => step.result === 'passed'),
  };
}

async function stepOf(entry: LockedEntry, { target, keys }: LockfileInput): Promise<Step> {
  const name = 'gate signature';
  if (entry.source !== 'registry' || entry.version === undefined)
    return { name, result: 'not-available', text: 'It does not come from a registry: no gate signs it.' };
  const integrity = sha512Of(entry.integrity);
  if (integrity === undefined)
    return {
      name,
      result: 'not-checked',
      text: 'The lockfile has no SHA-512 of its tarball to compare, or several.',
    };
  try {
    const path = `${encodeURIComponent(entry.name)}/${encodeURIComponent(entry.version)}`;
    const bytes = await gateDocument(target, path, manifestBytes);
    const manifest = bytes === undefined ? undefined : jsonObjectOf(bytes);
    if (manifest === undefined)
      return {
        name,
        result: 'failed',
        text: 'The gate does not offer this version: it is refused, or unknown.',
      };
    return gateSignatureStep({ name: entry.name, version: entry.version, integrity }, manifest, keys);
  } catch (error) {
    if (!isAssayError(error, 'CONTROL_ANSWER_INVALID')) throw error;
    return { name, result: 'not-checked', text: messageOf(error) };
  }
}

/** In the one form that is signed. Of several, a client takes bytes that any one of them names. */
function sha512Of(integrity: string | undefined): string | undefined {
  const claimed = parseIntegrity(integrity ?? '').filter(({ algorithm }) => algorithm === 'sha512');
  const [hex, ...others] = new Set(claimed.map((claim) => claim.hex));
  return hex === undefined || others.length > 0 ? undefined : integrityOf(hex as Sha512);
}

/** The same artifact in several places of the tree is one. */
function distinct(entries: readonly LockedEntry[]): readonly LockedEntry[] {
  const keyed = entries.map(
    (entry) => [JSON.stringify([entry.source, entry.name, entry.version, entry.integrity]), entry] as const,
  );
  return [...new Map(keyed.toReversed()).values()].toReversed();
}
