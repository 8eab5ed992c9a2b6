/** R8: what the index once offered for this version and now does not. Nothing else would notice: a stripped version looks never attested. */
import type { Context } from './context.ts';
import { finding, notAvailable, notChecked, verdictOf, type Verdict } from './verdict.ts';

export function stripped({ input }: Context): Verdict {
  const { history, version } = input;
  if (history === undefined) return notChecked;
  const { attestedAt, signedAt } = history.advertised;
  const { attested, signatures } = version.publication;
  if (attestedAt === undefined && signedAt === undefined && !attested && signatures === 0)
    return notAvailable;
  const rows = [
    ['attestations', attestedAt, attested],
    ['signatures', signedAt, signatures > 0],
  ] as const;
  const found = rows.flatMap(([what, since, now]) => {
    if (since === undefined || now) return [];
    const message = `The index offered ${what} for this version on ${since} and offers none now: they were taken away, or it is another publication under the same number.`;
    return [finding('stripped', what, 'fail', message, { since })];
  });
  return verdictOf(found, 'pass');
}
