/** The command line's side of the control socket (routes and shapes in `protocol.ts`). */
import type { z } from '../zod.ts';
import {
  catalogueAnswer,
  type CatalogueRequest,
  releaseCatalogue,
  type CatalogueAnswer,
  type ReleaseCatalogue,
} from './catalogue-protocol.ts';
import {
  expectAnswer,
  expectChanged,
  expectHistory,
  type ExpectAnswer,
  type ExpectChanged,
  type ExpectForget,
  type ExpectHistory,
  type ExpectQuery,
  type ExpectSet,
} from './expect-protocol.ts';
import {
  feedImported,
  feedOverridden,
  feedsAnswer,
  type FeedImport,
  type FeedImported,
  type FeedOverride,
  type FeedOverrideEnd,
  type FeedOverridden,
  type FeedsAnswer,
} from './feed-protocol.ts';
import {
  builderKeysAnswer,
  discloseAnswer,
  eraseAnswer,
  ledgerStatus,
  registryKeysAnswer,
  rotateKeyAnswer,
  summaryAnswer,
  type BuilderKeysAnswer,
  type DiscloseAnswer,
  type EraseAnswer,
  type LedgerStatus,
  type RegistryKeysAnswer,
  type RotateKeyAnswer,
  type SummaryAnswer,
} from './ledger-protocol.ts';
import { bodyText, errorFrom, exchange, parseAnswer, type Exchange } from './exchange.ts';
import {
  alarmList,
  configAnswer,
  decisionList,
  explainAnswer,
  statusAnswer,
  tokenCreated,
  tokenList,
  tokenRevoked,
  type AlarmList,
  type ConfigAnswer,
  type DecisionList,
  type ExplainAnswer,
  type StatusAnswer,
  type TokenCreated,
  type TokenList,
  type TokenRequest,
  type TokenRevoked,
} from './protocol.ts';
import { pullsAnswer, type PullsAnswer, type PullsRequest } from './pull-protocol.ts';
import { replayAnswer, type ReplayAnswer } from './replay-protocol.ts';
import {
  jobList,
  jobShown,
  rebuildCancelled,
  rebuildProof,
  rebuildReport,
  rebuildWatched,
  type JobList,
  type JobShown,
  type RebuildCancelled,
  type RebuildProof,
  type RebuildReport,
  type RebuildRequest,
  type RebuildWatched,
  type ReportForm,
} from './rebuild-protocol.ts';
import {
  behaviourEvents,
  behaviourShown,
  watchFollowed,
  watchShown,
  type BehaviourEvents,
  type BehaviourShown,
  type WatchFollowed,
  type WatchShown,
} from './behaviour-protocol.ts';
import { controlSocketPath } from './socket-path.ts';
import {
  recipeListAnswer,
  recipeReviewed,
  recipeShown,
  type RecipeListAnswer,
  type RecipeListed,
  type RecipeQuery,
  type RecipeReviewAsked,
  type RecipeReviewed,
  type RecipeShown,
} from './recipe-protocol.ts';
import {
  sourceApproved,
  sourceFinding,
  sourceListAnswer,
  sourceRevoked,
  type SourceApprove,
  type SourceApproved,
  type SourceFinding,
  type SourceListAnswer,
  type SourceListed,
  type SourceQuery,
  type SourceRevoke,
  type SourceRevoked,
} from './source-protocol.ts';
import {
  trustAnswer,
  trustHistory,
  trustImported,
  trustRefreshed,
  type TrustAnswer,
  type TrustHistory,
  type TrustImport,
  type TrustImported,
  type TrustRefreshed,
} from './trust-protocol.ts';

import {
  vexAdded,
  vexAnswer,
  vexImported,
  vexRemoved,
  vexStatements,
  type VexAbout,
  type VexAdd,
  type VexAdded,
  type VexAnswer,
  type VexImport,
  type VexImported,
  type VexRemoved,
  type VexStatements,
} from './vex-protocol.ts';

export interface DecisionQuery {
  readonly name?: string;
  readonly outcome?: string;
  readonly limit?: number;
}

/** Every method throws GATE_NOT_RUNNING, CONTROL_ANSWER_INVALID, or the code the gate answered. */
export interface ControlClient {
  readonly status: () => Promise<StatusAnswer>;
  readonly explain: (query: string) => Promise<ExplainAnswer>;
  /** `query` as `replayRequest` says. */
  readonly replay: (query: string) => Promise<ReplayAnswer>;
  readonly pulls: (request: PullsRequest) => Promise<PullsAnswer>;
  readonly config: () => Promise<ConfigAnswer>;
  readonly createToken: (request: TokenRequest) => Promise<TokenCreated>;
  readonly tokens: () => Promise<TokenList>;
  readonly revokeToken: (name: string) => Promise<TokenRevoked>;
  readonly alarms: (limit: number) => Promise<AlarmList>;
  readonly decisions: (query: DecisionQuery) => Promise<DecisionList>;
  readonly ledger: () => Promise<LedgerStatus>;
  /** `query` as `discloseRequest` says. */
  readonly disclose: (query: string, fields: readonly string[]) => Promise<DiscloseAnswer>;
  readonly erase: (eventId: string, field: string, reason: string) => Promise<EraseAnswer>;
  readonly rotateKey: (step: string) => Promise<RotateKeyAnswer>;
  readonly expectations: (query: ExpectQuery) => Promise<ExpectAnswer>;
  readonly expectationHistory: (query: ExpectQuery) => Promise<ExpectHistory>;
  readonly setExpectation: (request: ExpectSet) => Promise<ExpectChanged>;
  readonly forgetExpectations: (request: ExpectForget) => Promise<ExpectChanged>;
  /** `query` as `discloseRequest` says. */
  readonly summaries: (query: string) => Promise<SummaryAnswer>;
  readonly registryKeys: () => Promise<RegistryKeysAnswer>;
  readonly rotateRegistryKey: () => Promise<RegistryKeysAnswer>;
  readonly builderKeys: () => Promise<BuilderKeysAnswer>;
  readonly rotateBuilderKey: () => Promise<BuilderKeysAnswer>;
  readonly trust: () => Promise<TrustAnswer>;
  readonly trustHistory: () => Promise<TrustHistory>;
  /** Answers when every repository was asked. */
  readonly refreshTrust: () => Promise<TrustRefreshed>;
  readonly importTrust: (request: TrustImport) => Promise<TrustImported>;
  readonly feeds: () => Promise<FeedsAnswer>;
  /** Answers when it is in force, which may take minutes. */
  readonly importFeed: (request: FeedImport) => Promise<FeedImported>;
  readonly overrideAdvisory: (request: FeedOverride) => Promise<FeedOverridden>;
  readonly endOverride: (request: FeedOverrideEnd) => Promise<FeedOverridden>;
  readonly vex: () => Promise<VexAnswer>;
  readonly vexAbout: (request: VexAbout) => Promise<VexStatements>;
  /** Answers when it is in force. */
  readonly importVex: (request: VexImport) => Promise<VexImported>;
  readonly addVex: (request: VexAdd) => Promise<VexAdded>;
  readonly rebuild: (request: RebuildRequest) => Promise<JobShown>;
  readonly rebuilds: (limit: number) => Promise<JobList>;
  readonly watchRebuild: (id: string, after: number) => Promise<RebuildWatched>;
  /** Answers when it ended. */
  readonly cancelRebuild: (id: string) => Promise<RebuildCancelled>;
  readonly rebuildReport: (purl: string, form: ReportForm) => Promise<RebuildReport>;
  readonly rebuildProof: (purl: string) => Promise<RebuildProof>;
  readonly catalogue: (request: CatalogueRequest) => Promise<CatalogueAnswer>;
  readonly behaviour: (purl: string) => Promise<BehaviourShown>;
  readonly watchBehaviour: (purl: string) => Promise<WatchShown>;
  readonly followBehaviour: (purl: string, after: number) => Promise<WatchFollowed>;
  readonly behaviourEvents: (purl: string) => Promise<BehaviourEvents>;
  readonly releaseCatalogue: (purl: string) => Promise<ReleaseCatalogue>;
  readonly showRecipe: (query: RecipeQuery) => Promise<RecipeShown>;
  readonly reviewRecipe: (request: RecipeReviewAsked) => Promise<RecipeReviewed>;
  readonly listRecipeReviews: (query: RecipeListed) => Promise<RecipeListAnswer>;
  /** Answers when the source was looked for: minutes. */
  readonly findSource: (query: SourceQuery) => Promise<SourceFinding>;
  readonly approveSource: (request: SourceApprove) => Promise<SourceApproved>;
  readonly revokeSource: (request: SourceRevoke) => Promise<SourceRevoked>;
  readonly listSources: (query: SourceListed) => Promise<SourceListAnswer>;
  readonly removeVex: (request: { readonly id: string }) => Promise<VexRemoved>;
}

const maxAnswerBytes = 32 * 1024 * 1024;
const idleMs = 30_000;
/** Repositories that do not answer take their time. */
const refreshIdleMs = 600_000;
/** A whole feed is fetched and read. */
const importIdleMs = 45 * 60_000;

/** Throws CONTROL_SOCKET_PATH_TOO_LONG. Connects anew for each call. */
export function controlClient(dataDirectory: string): ControlClient {
  const socketPath = controlSocketPath(dataDirectory);
  const call = <S extends z.ZodType>(
    method: Exchange['method'],
    path: string,
    schema: S,
    body?: unknown,
    longestMs = idleMs,
  ): Promise<z.infer<S>> => callSocket(socketPath, method, path, schema, body, longestMs);
  return {
    status: () => call('GET', '/status', statusAnswer),
    explain: (query) => call('POST', '/explain', explainAnswer, { query }),
    replay: (query) => call('POST', '/replay', replayAnswer, { query }),
    pulls: (request) => call('POST', '/pulls', pullsAnswer, request),
    config: () => call('GET', '/config', configAnswer),
    createToken: (request) => call('POST', '/tokens', tokenCreated, request),
    tokens: () => call('GET', '/tokens', tokenList),
    revokeToken: (name) => call('DELETE', `/tokens/${encodeURIComponent(name)}`, tokenRevoked),
    alarms: (limit) => call('GET', `/alarms?limit=${limit}`, alarmList),
    decisions: (query) => call('GET', `/decisions?${queryText(query)}`, decisionList),
    ledger: () => call('GET', '/ledger', ledgerStatus),
    disclose: (query, fields) => call('POST', '/ledger/disclose', discloseAnswer, { query, fields }),
    erase: (eventId, field, reason) => call('POST', '/ledger/erase', eraseAnswer, { eventId, field, reason }),
    rotateKey: (step) => call('POST', '/ledger/rotate-key', rotateKeyAnswer, { step }),
    expectations: (query) => call('POST', '/expectations', expectAnswer, query),
    expectationHistory: (query) => call('POST', '/expectations/history', expectHistory, query),
    setExpectation: (request) => call('POST', '/expectations/set', expectChanged, request),
    forgetExpectations: (request) => call('POST', '/expectations/forget', expectChanged, request),
    trust: () => call('GET', '/trust', trustAnswer),
    trustHistory: () => call('GET', '/trust/history', trustHistory),
    refreshTrust: () => call('POST', '/trust/refresh', trustRefreshed, undefined, refreshIdleMs),
    importTrust: (request) => call('POST', '/trust/import', trustImported, request),
    feeds: () => call('GET', '/feeds', feedsAnswer),
    importFeed: (request) => call('POST', '/feeds/import', feedImported, request, importIdleMs),
    overrideAdvisory: (request) => call('POST', '/feeds/overrides', feedOverridden, request),
    endOverride: (request) => call('POST', '/feeds/overrides/end', feedOverridden, request),
    vex: () => call('GET', '/vex', vexAnswer),
    vexAbout: (request) => call('POST', '/vex/about', vexStatements, request),
    importVex: (request) => call('POST', '/vex/import', vexImported, request, importIdleMs),
    addVex: (request) => call('POST', '/vex/statements', vexAdded, request),
    rebuild: (request) => call('POST', '/rebuilds', jobShown, request),
    rebuilds: (limit) => call('POST', '/rebuilds/list', jobList, { limit }),
    watchRebuild: (id, after) => call('POST', '/rebuilds/watch', rebuildWatched, { id, after }),
    cancelRebuild: (id) => call('POST', '/rebuilds/cancel', rebuildCancelled, { id }, refreshIdleMs),
    rebuildReport: (purl, form) => call('POST', '/rebuilds/report', rebuildReport, { purl, form }),
    rebuildProof: (purl) => call('POST', '/rebuilds/proof', rebuildProof, { purl }),
    catalogue: (request) => call('POST', '/catalogue', catalogueAnswer, request, refreshIdleMs),
    behaviour: (purl) => call('POST', '/behaviour', behaviourShown, { purl }),
    watchBehaviour: (purl) => call('POST', '/behaviour/watch', watchShown, { purl }),
    followBehaviour: (purl, after) => call('POST', '/behaviour/follow', watchFollowed, { purl, after }),
    behaviourEvents: (purl) => call('POST', '/behaviour/events', behaviourEvents, { purl }),
    releaseCatalogue: (purl) => call('POST', '/catalogue/release', releaseCatalogue, { purl }, refreshIdleMs),
    showRecipe: (query) => call('POST', '/recipes/show', recipeShown, query),
    reviewRecipe: (request) => call('POST', '/recipes/review', recipeReviewed, request),
    listRecipeReviews: (query) => call('POST', '/recipes/list', recipeListAnswer, query),
    findSource: (query) => call('POST', '/sources/find', sourceFinding, query, importIdleMs),
    approveSource: (request) => call('POST', '/sources/approve', sourceApproved, request, importIdleMs),
    revokeSource: (request) => call('POST', '/sources/revoke', sourceRevoked, request),
    listSources: (query) => call('POST', '/sources/list', sourceListAnswer, query),
    removeVex: (request) => call('POST', '/vex/remove', vexRemoved, request),
    summaries: (query) => call('POST', '/ledger/summary', summaryAnswer, { query }),
    registryKeys: () => call('GET', '/ledger/registry-keys', registryKeysAnswer),
    rotateRegistryKey: () => call('POST', '/ledger/rotate-registry-key', registryKeysAnswer, {}),
    builderKeys: () => call('GET', '/ledger/builder-keys', builderKeysAnswer),
    rotateBuilderKey: () => call('POST', '/ledger/rotate-builder-key', builderKeysAnswer, {}, refreshIdleMs),
  };
}

function queryText(query: DecisionQuery): string {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined);
  return new URLSearchParams(pairs.map(([key, value]) => [key, String(value)])).toString();
}

async function callSocket<S extends z.ZodType>(
  socketPath: string,
  method: Exchange['method'],
  path: string,
  schema: S,
  body: unknown,
  longestMs: number,
): Promise<z.infer<S>> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const input: Exchange = {
    target: { socketPath },
    method,
    path,
    headers: {
      host: 'assay',
      accept: 'application/json',
      ...(text === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) }),
    },
    body: text,
    idleMs: longestMs,
    unreachable: 'GATE_NOT_RUNNING',
    name: `the gate's control socket ${socketPath}`,
  };
  const response = await exchange(input);
  const answer = await bodyText(input, response, maxAnswerBytes);
  const status = response.statusCode ?? 0;
  if (status < 200 || status > 299) throw errorFrom(input.name, status, answer);
  return parseAnswer(input.name, schema, answer);
}
