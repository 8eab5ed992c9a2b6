/** What is expected of a package's publications, for its operator: shown, set by hand, forgotten. */
import { randomBytes } from 'node:crypto';
import { recordExpectations } from '../../admission/expect.ts';
import type { HistoryStore } from '../../admission/history-deps.ts';
import { AssayError } from '../../core/errors.ts';
import type { ExpectedIdentity, Expectation } from '../../core/expectation.ts';
import { formatPurl } from '../../core/purl.ts';
import { localOperator, type UpstreamId } from '../../core/subject.ts';
import { rfc3339 } from '../../core/time.ts';
import { isPackageName } from '../../registries/npm/names.ts';
import type {
  ExpectAnswer,
  ExpectationShown,
  ExpectChanged,
  ExpectForget,
  ExpectHistory,
  ExpectQuery,
  ExpectSet,
  IdentityGiven,
} from '../control/expect-protocol.ts';
import type { Gate } from '../gate.ts';

type Needs = Pick<Gate, 'settings' | 'routes' | 'clock' | 'raiseEpoch'> & {
  readonly storage: { readonly history: HistoryStore };
};

interface Named {
  readonly upstream: UpstreamId;
  readonly name: string;
}

/** Throws EXPECTATION_NO_UPSTREAM, STORAGE_*. */
export async function showExpectations(gate: Needs, query: ExpectQuery): Promise<ExpectAnswer> {
  const { upstream, name } = named(gate, query);
  const { history } = gate.storage;
  const [inForce, revisions, publications] = await Promise.all([
    history.expectations(upstream, name),
    history.expectationHistory(upstream, name),
    history.publications(upstream, name),
  ]);
  const entryOf = ({ line, revision }: Expectation): string =>
    revisions.find(({ expectation }) => expectation.line === line && expectation.revision === revision)
      ?.eventId ?? '';
  return {
    upstream,
    name,
    expectations: inForce.map((one) => shown(one, entryOf(one))),
    verified: publications.map(({ publication }) => ({
      version: publication.version,
      signedTime: publication.signedTime,
      repository: publication.identity.sourceRepositoryUri,
    })),
  };
}

/** Throws EXPECTATION_NO_UPSTREAM, STORAGE_*. */
export async function expectationHistory(gate: Needs, query: ExpectQuery): Promise<ExpectHistory> {
  const { upstream, name } = named(gate, query);
  const revisions = await gate.storage.history.expectationHistory(upstream, name);
  return {
    upstream,
    name,
    revisions: revisions.map(({ expectation, eventId }) => shown(expectation, eventId)),
  };
}

/**
 * For one line, or for the package and every line that has an expectation: else the line's own would go on refusing
 * what was just allowed for the package. Throws EXPECTATION_NO_UPSTREAM, STORAGE_*.
 */
export async function setExpectation(gate: Needs, request: ExpectSet): Promise<ExpectChanged> {
  const { line, identity, reason } = request;
  return change(gate, named(gate, request), (inForce, { upstream, name, at }) => {
    const lines = line === undefined ? ['*', ...linesOf(inForce)] : [line];
    return lines.map((of) => {
      const before = inForce.find((one) => one.line === of) ?? inForce.find((one) => one.line === '*');
      return {
        upstream,
        name,
        line: of,
        revision: (inForce.find((one) => one.line === of)?.revision ?? 0) + 1,
        origin: 'set',
        standing: 'firm',
        identity: identityOf(identity),
        rank: 'provenance',
        tagTemplate: before?.tagTemplate,
        installScripts: before?.installScripts ?? [],
        publishers: before?.publishers ?? [],
        intervalMs: before?.intervalMs,
        learnedFrom: [],
        reason,
        principal: localOperator,
        at,
      };
    });
  });
}

/**
 * Of the package and all its lines: nothing is compared until enough that is published later was allowed. Throws
 * EXPECTATION_UNKNOWN when there is nothing, EXPECTATION_NO_UPSTREAM, STORAGE_*.
 */
export async function forgetExpectations(gate: Needs, request: ExpectForget): Promise<ExpectChanged> {
  const of = named(gate, request);
  const { history } = gate.storage;
  const known = [
    ...(await history.expectations(of.upstream, of.name)),
    ...(await history.publications(of.upstream, of.name)),
  ];
  if (known.length === 0)
    throw new AssayError('EXPECTATION_UNKNOWN', `nothing is expected of ${JSON.stringify(of.name)}`);
  return change(gate, of, (inForce, { upstream, name, at }) =>
    ['*', ...linesOf(inForce)].map((line) => ({
      upstream,
      name,
      line,
      revision: (inForce.find((one) => one.line === line)?.revision ?? 0) + 1,
      origin: 'set',
      standing: 'provisional',
      identity: undefined,
      rank: 'none',
      tagTemplate: undefined,
      installScripts: [],
      publishers: [],
      intervalMs: undefined,
      learnedFrom: [],
      reason: request.reason,
      principal: localOperator,
      at,
    })),
  );
}

async function change(
  gate: Needs,
  { upstream, name }: Named,
  revise: (inForce: readonly Expectation[], of: Named & { readonly at: string }) => readonly Expectation[],
): Promise<ExpectChanged> {
  const rooms = { clock: gate.clock, randomBytes, records: gate.storage.history };
  const purl = formatPurl('npm', name);
  const at = rfc3339(gate.clock());
  const recorded = await recordExpectations(rooms, { upstream, name, purl }, (inForce) =>
    revise(inForce, { upstream, name, at }),
  );
  if (recorded.length === 0)
    throw new AssayError(
      'STORAGE_FAILED',
      'other expectations of this package kept being recorded; try again',
    );
  // What was refused by the old ones is asked again, whoever asks for it next.
  await gate.raiseEpoch('feeds');
  return {
    upstream,
    name,
    changed: recorded.map(({ expectation, event }) => shown(expectation, event.eventId)),
  };
}

function linesOf(inForce: readonly Expectation[]): readonly string[] {
  return inForce.flatMap(({ line }) => (line === '*' ? [] : [line]));
}

function named({ routes, settings }: Needs, { name, upstream }: ExpectQuery): Named {
  const meant =
    upstream === undefined
      ? routes(name)?.upstream
      : settings.upstreams.find(({ id }) => id === upstream)?.id;
  if (meant === undefined || !isPackageName(name))
    throw new AssayError(
      'EXPECTATION_NO_UPSTREAM',
      `no upstream ${upstream === undefined ? '' : `${JSON.stringify(upstream)} `}has a package ${JSON.stringify(name)}`,
    );
  return { upstream: meant, name };
}

function identityOf(given: IdentityGiven): ExpectedIdentity {
  const { issuer, repositoryUri, repositoryId, ownerUri, ownerId } = given;
  return {
    issuer,
    repositoryUri,
    repositoryId,
    ownerUri,
    ownerId,
    workflows: given.workflows ?? [],
    signers: given.signers ?? [],
    refs: given.refs ?? [],
    triggers: given.triggers ?? [],
    runners: given.runners ?? [],
    predicateTypes: [],
  };
}

function shown(expectation: Expectation, eventId: string): ExpectationShown {
  const { upstream: _upstream, name: _name, identity, ...rest } = expectation;
  const { installScripts, publishers, learnedFrom, principal } = expectation;
  return {
    ...rest,
    installScripts: [...installScripts],
    publishers: [...publishers],
    learnedFrom: [...learnedFrom],
    principal: { ...principal },
    eventId,
    ...(identity === undefined
      ? {}
      : {
          identity: {
            ...identity,
            workflows: [...identity.workflows],
            signers: [...identity.signers],
            refs: [...identity.refs],
            triggers: [...identity.triggers],
            runners: [...identity.runners],
            predicateTypes: [...identity.predicateTypes],
          },
        }),
  };
}
