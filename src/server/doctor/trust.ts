/** When the roots and keys in use run out: those of the running gate, else those that the program brings. */
import { rfc3339 } from '../../core/time.ts';
import { trustExpiries, type TrustExpiry } from '../../trust/expiry.ts';
import { pinnedTrust } from '../../trust/pinned.ts';
import type { Settings } from '../config/settings.ts';
import { controlClient } from '../control/client.ts';
import type { Finding } from './finding.ts';

export async function trustFindings({
  dataDirectory,
}: Pick<Settings, 'dataDirectory'>): Promise<readonly Finding[]> {
  const expiries = await expiriesOf(dataDirectory);
  const [first] = expiries;
  const ending = expiries.filter(({ state }) => state !== 'ahead');
  if (ending.length === 0) {
    const message =
      first === undefined ? 'nothing in use has an end' : `${textOf(first)} is the first to end`;
    return [{ state: 'good', about: 'trust', message, remedy: '' }];
  }
  return ending.map((one) => ({
    state: one.state === 'over' ? 'bad' : 'warning',
    about: 'trust',
    message: textOf(one),
    remedy: 'assay trust refresh, or assay trust import; a newer Assay brings newer roots',
  }));
}

async function expiriesOf(dataDirectory: string): Promise<readonly TrustExpiry[]> {
  try {
    return (await controlClient(dataDirectory).trust()).expiries;
  } catch {
    // No gate runs, or it is of another version: another finding says so.
    return trustExpiries(pinnedTrust(), rfc3339(new Date()));
  }
}

function textOf({ about, what, at, state }: TrustExpiry): string {
  return `${about}: ${what}, ${state === 'over' ? 'ended' : 'until'} ${at}`;
}
