/** One locked artifact against the gate: assayed as an install would, no bytes served. */
import { parseIntegrity } from '../../core/digest.ts';
import { AssayError, isAssayError } from '../../core/errors.ts';
import { parsePurl } from '../../core/purl.ts';
import { claimsMatch } from '../../admission/claims.ts';
import type { FileOutcome } from '../../admission/admit.ts';
import type { ReleaseRecord } from '../../admission/deps.ts';
import { isPackageName } from '../../registries/npm/names.ts';
import type { Caller } from '../callers.ts';
import { checkLine, type CheckLine, type CheckResult } from '../control/protocol.ts';
import { fileOf } from './file-of.ts';
import type { Gate } from '../gate.ts';
import { isServed } from '../secure-channel/offer.ts';
import { knownOf } from './known.ts';
import { decisionShown, reasonShown } from './shown.ts';

/** Never throws: what could not be checked is answered `not-checked`, with the reason. */
export async function checkOne(gate: Gate, caller: Caller, text: string, base: string): Promise<CheckResult> {
  let purl = '';
  try {
    const line = checkLine.parse(JSON.parse(text));
    purl = line.purl;
    return await checked(gate, caller, line, base);
  } catch (error) {
    return notChecked(purl, error);
  }
}

async function checked(gate: Gate, caller: Caller, line: CheckLine, base: string): Promise<CheckResult> {
  const { ecosystem, name, version } = parsePurl(line.purl);
  const route = ecosystem === 'npm' ? gate.routes(name) : undefined;
  if (route === undefined || version === undefined || !isPackageName(name)) {
    throw new AssayError('PURL_INVALID', `no upstream answers for ${line.purl}`);
  }
  if (route.needsToken && !caller.grants.has(route.upstream)) {
    throw new AssayError(
      'TOKEN_REQUIRED',
      `${name} is served only to callers with a token for ${route.upstream}`,
    );
  }
  const file = await fileOf(gate, route.upstream, name, version);
  if (file === undefined)
    throw new AssayError('INDEX_VERSION_ABSENT', `upstream lists no ${name}@${version}`);
  const request = { upstream: route.upstream, name, file, principal: caller.principal };
  const outcome = await gate.admission.admit(request);
  return resultOf(gate, caller, line, outcome, base);
}

async function resultOf(
  gate: Gate,
  caller: Caller,
  line: CheckLine,
  outcome: FileOutcome,
  base: string,
): Promise<CheckResult> {
  if (outcome.state === 'absent')
    throw new AssayError('INDEX_VERSION_ABSENT', `upstream lists no ${line.purl}`);
  const { release } = outcome;
  const { name, version = '' } = parsePurl(line.purl);
  const { decision } = release;
  const refused = decision.outcome !== 'allow';
  const useInstead = refused
    ? await gate.recommend(decision, release.subject.upstream, caller.principal)
    : undefined;
  const { caseId, caseUrl, until } = decisionShown(release, { base });
  return {
    purl: line.purl,
    outcome: decision.outcome,
    reasons: (refused ? decision.reasons : decision.warnings).map(reasonShown),
    ...(caseId === undefined || caseUrl === undefined ? {} : { caseId, caseUrl }),
    ...(useInstead === undefined ? {} : { useInstead }),
    ...(until === undefined ? {} : { until }),
    integrityMatches: await integrityMatches(gate, line, release),
    ...(await knownOf(gate, { upstream: release.subject.upstream, name, version }, release)),
  };
}

/** Upstream's bytes as they were admitted, or the file that was built here, as the Secure channel serves it. */
async function integrityMatches(
  { secureChannel }: Pick<Gate, 'secureChannel'>,
  { integrity }: CheckLine,
  { artifact, subject }: Pick<ReleaseRecord, 'artifact' | 'subject'>,
): Promise<boolean | null> {
  if (integrity === undefined || artifact === undefined) return null;
  const claims = parseIntegrity(integrity);
  const match = claimsMatch(claims, artifact);
  if (match !== 'other') return match === 'unknown' ? null : true;
  const built = await secureChannel.offers.ofVersion(subject.purl, artifact.sha256);
  return isServed(built) && claimsMatch(claims, built.digests) === 'same';
}

function notChecked(purl: string, error: unknown): CheckResult {
  const problem = isAssayError(error)
    ? { code: error.code, message: error.message }
    : { code: 'CHECK_LINE_INVALID', message: 'the line is not what a check line must be' };
  return { purl: purl.slice(0, 1024), outcome: 'not-checked', reasons: [], integrityMatches: null, problem };
}
