/** What a release's newest build stands on, by what is known of each input now. */
import { standsOn } from '../../catalogue/stands-on.ts';
import { parsePurl } from '../../core/purl.ts';
import type { RebuildRecord } from '../../core/rebuild.ts';
import { sameIdentity } from '../../rebuild/attest/class.ts';
import type { StandsOnShown } from '../control/catalogue-protocol.ts';
import type { Gate } from '../gate.ts';

/** Undefined: nothing is on record of what went in. */
export function standsOnShown(
  { rebuilding: { known } }: Pick<Gate, 'rebuilding'>,
  record: RebuildRecord,
): StandsOnShown | undefined {
  const { inputs, source, inputMode, purl } = record;
  if (inputs.length === 0) return undefined;
  const { ecosystem, name } = parsePurl(purl);
  const approved = known.approvedOf(ecosystem, name);
  const stands = standsOn(inputs, known.classOf);
  return {
    ...(source === undefined
      ? {}
      : {
          source: {
            repository: source.identity.repository,
            approved: approved.some((one) => sameIdentity(one, source.identity)),
          },
        }),
    ...(inputMode === undefined ? {} : { mode: inputMode }),
    counts: stands.counts.map((count) => ({ ...count, grades: { ...count.grades } })),
    inputs: stands.inputs.map(({ purl: of, ...input }) => ({
      ...input,
      ...(of === undefined ? {} : { purl: of }),
    })),
  };
}
