/** Why a version is not on the channel, and what a person does about it. */
import { parsePurl, type Purl } from '../../core/purl.ts';
import { sameIdentity } from '../../rebuild/attest/class.ts';
import type { KnownBuild, KnownBuilds } from '../rebuilding/known.ts';

export interface NotServed {
  /** A few words, for a reason phrase. */
  readonly short: string;
  /** One or two sentences, with the command. */
  readonly why: string;
}

/** `sentence`: what is missing, as the class tells it. Its texts may be hostile. */
export function reasonFor(
  known: Pick<KnownBuilds, 'approvedOf'>,
  purl: Purl,
  build: KnownBuild | undefined,
  sentence: string,
): NotServed {
  const named = nameOf(purl);
  if (build === undefined)
    return {
      short: `not built here; assay rebuild ${named}`,
      why: `It is Community: nobody built it here yet. Build it: assay rebuild ${purl} --watch`,
    };
  const { outcome, isolation, source } = build.record;
  const told = (short: string, todo: string): NotServed => ({
    short,
    why: sentence.includes('assay ')
      ? `It is Community. ${sentence}`
      : `It is Community. ${sentence} ${todo}`,
  });
  const report = `Why: assay rebuild report ${purl}`;
  if (outcome.state === 'not-built') return told('it could not be built here', report);
  if (outcome.comparison.verdict === 'suspicious')
    return told(`suspicious; assay rebuild report ${named}`, report);
  if (isolation.level !== 'full') return told('not built in full isolation', 'See assay doctor.');
  // What a sentence asks for by itself (a review of the recipe) comes before the source.
  if (sentence.includes('assay ')) return told('one thing is missing', report);
  const { ecosystem, name } = parsePurl(purl);
  const isApproved =
    source !== undefined &&
    known.approvedOf(ecosystem, name).some((one) => sameIdentity(one, source.identity));
  return isApproved
    ? told(`${outcome.comparison.verdict}; assay rebuild report ${named}`, report)
    : told('its source is not approved', `After a look at it: assay source approve ${purl} --reason TEXT`);
}

export function withheldByPolicy(purl: Purl, why: string): NotServed {
  const asking = `assay explain ${nameOf(purl)}`;
  return { short: `withheld; ${asking}`, why: `Policy withholds it: ${why} See ${asking}` };
}

function nameOf(purl: Purl): string {
  const { name, version } = parsePurl(purl);
  return version === undefined ? name : `${name}@${version}`;
}
