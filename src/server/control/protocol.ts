/**
 * What the command line and a running gate say to each other. Two surfaces, one file:
 *
 * **Control socket**: HTTP/1.1 over the Unix socket `<data>/control.sock` (directory mode 0700: who can open
 * it is the operator). JSON in, JSON out. Routes:
 *
 * | Route | Body | Answer |
 * |---|---|---|
 * | `GET /status` | | `StatusAnswer` |
 * | `POST /explain` | `explainRequest` | `ExplainAnswer`; 404 EXPLAIN_NOTHING_FOUND |
 * | `GET /config` | | `ConfigAnswer` |
 * | `POST /tokens` | `TokenRequest` | 201 `TokenCreated`; 409 TOKEN_NAME_TAKEN; 400 TOKEN_UPSTREAM_UNKNOWN |
 * | `GET /tokens` | | `TokenList` |
 * | `DELETE /tokens/<name, percent-encoded>` | | `TokenRevoked`; 404 TOKEN_UNKNOWN |
 * | `GET /alarms?limit=<n>` | | `AlarmList`, last seen first |
 * | `GET /decisions?name=<package>&outcome=<o>&limit=<n>` | | `DecisionList`, newest first |
 *
 * `limit` is 1..1000, 100 when absent. Every failure is `ErrorAnswer` with a 4xx or 5xx status.
 *
 * **Gateway**, read-only and subject to the same rules on Host and tokens as package traffic:
 *
 * | Route | Body | Answer |
 * |---|---|---|
 * | `GET /-/health` | | 200 when ready, else 503: `HealthAnswer` |
 * | `POST /-/assay/v1/check` | NDJSON of `CheckLine` | NDJSON of `CheckResult`: one a line, in the order asked |
 * | `GET /-/assay/v1/case/<case id>` | | `CaseAnswer`; 404 CASE_UNKNOWN |
 * | `GET /-/assay/v1/keys` | | `{keys}` as npm's clients take them: those with which the gate itself signs releases |
 *
 * A check answers line by line as results become known, so a client may show progress. It assays what was
 * never seen (fetches, reads, decides, records), as an install would, but serves no bytes. More than
 * `checkLimits.lines` lines or a line over `checkLimits.lineBytes` is 413 CHECK_TOO_LARGE before any answer;
 * a line that cannot be read is answered as `not-checked`, never dropped.
 *
 * Times are RFC 3339, UTC. Readers ignore fields they do not know: fields are added, never changed.
 */
import { alarmKinds } from '../../core/alarm.ts';
import { outcomes } from '../../core/decision.ts';
import { results } from '../../core/evidence.ts';
import { z } from '../zod.ts';
import { standsOnShown } from './catalogue-protocol.ts';
import { currencyShown, licenceShown, vexOfVersion } from './known-protocol.ts';

export const controlSocketName = 'control.sock';

export const checkLimits = { lines: 500, lineBytes: 16_384, answerLineBytes: 262_144 } as const;

const time = z.string().max(40);
const text = z.string().max(20_000);
const count = z.number().int().min(0);

export const errorAnswer = z.object({
  error: z.object({
    /** A code of `core/error-codes.ts`. */
    code: z.string().max(100),
    message: text,
    hint: text,
    retryAfterSeconds: z.number().optional(),
  }),
});
export type ErrorAnswer = z.infer<typeof errorAnswer>;

// ---- decisions as shown to people ----

/** `Reason` of core/decision.ts. */
export const reasonShown = z.object({
  rule: text,
  mode: z.enum(['off', 'audit', 'warn', 'enforce']),
  outcome: z.enum(outcomes),
  evidence: text,
  result: z.enum([...results, 'missing', 'listed']),
  short: text,
  why: text,
  remedy: text,
  items: z.array(text),
  until: time.optional(),
});
export type ReasonShown = z.infer<typeof reasonShown>;

export const evidenceShown = z.object({
  kind: text,
  result: z.enum(results),
  summary: text,
  /** At most 50; `moreItems` counts the others. */
  items: z.array(z.object({ id: text, message: text })).max(50),
  moreItems: count,
  tool: z.object({ name: text, version: text }),
  collectedAt: time,
});
export type EvidenceShown = z.infer<typeof evidenceShown>;

/** One release with its decision in force. */
export const decisionShown = z.object({
  purl: text,
  name: text,
  version: text,
  file: text,
  upstream: text,
  channel: text,
  outcome: z.enum(outcomes),
  reasons: z.array(reasonShown),
  warnings: z.array(reasonShown),
  decidedAt: time,
  validUntil: time,
  /** First `allow`; absent when it was never admitted. */
  admittedAt: time.optional(),
  caseId: z.string().optional(),
  caseUrl: z.string().optional(),
  useInstead: text.optional(),
  /** When waiting alone will lift the refusal. */
  until: time.optional(),
});
export type DecisionShown = z.infer<typeof decisionShown>;

export const explanation = decisionShown.extend({
  /** Rules in `audit` mode that would have refused: shown to the operator only. */
  audits: z.array(reasonShown),
  evidence: z.array(evidenceShown),
  artifact: z.object({ sha256: z.string(), sha512: z.string(), sizeBytes: count }).optional(),
  /** URLs asked, in order, without credentials. */
  fetchedFrom: z.array(text).optional(),
  policy: z.string(),
  facts: z.string(),
  assessment: z.string(),
  /** Id of the outbox event (ledger entry) of the last transition. */
  eventId: z.string().optional(),
  /** What its newest build stands on; of the inputs only those that the scanner suspects. */
  standsOn: standsOnShown.optional(),
});
export type Explanation = z.infer<typeof explanation>;

// ---- control socket ----

export const statusAnswer = z.object({
  version: text,
  pid: count,
  node: text,
  startedAt: time,
  /** Where package managers connect; ends with `/`. */
  url: text,
  /** The listener for what was built here; `closed`: it could not be opened. */
  secureChannel: z.object({
    state: z.enum(['open', 'closed', 'off']),
    /** Ends with `/`. */
    url: text.optional(),
    serve: z.enum(['secure', 'built']),
    missing: z.enum(['refuse', 'main']),
  }),
  dataDirectory: text,
  ready: z.boolean(),
  /** Why it is not ready, or what needs attention; one sentence each. */
  problems: z.array(text),
  counts: z.object({ allow: count, hold: count, block: count }),
  /** Install scripts that wait to be watched, or are; `idle`: why nobody watches. */
  behaviour: z.object({ waiting: count, running: count, idle: text.optional() }),
  /** Builds from source; `isolation`: as it was probed for the first build of this gate. */
  builds: z.object({
    waiting: count,
    running: count,
    isolation: z.object({ level: text, missing: z.array(text) }).optional(),
  }),
  alarms: count,
  policy: z.object({ preset: text, digest: z.string() }),
  upstreams: z.array(
    z.object({
      id: text,
      url: text,
      identityHost: text,
      scopes: z.array(text),
      /** `untried`: nothing was asked of it yet; `failing`: last answer was an error; `open`: the breaker refuses for now. */
      state: z.enum(['untried', 'up', 'failing', 'open']),
      lastSuccessAt: time.optional(),
      lastFailureAt: time.optional(),
      lastError: text.optional(),
    }),
  ),
});
export type StatusAnswer = z.infer<typeof statusAnswer>;

/** `query`: a case id, its short form (`AS-7Q2M`), `name@version`, a purl, or the URL a client printed. */
/** Longest question, in characters. */
export const explainedLength = 2048;
export const explainRequest = z.object({ query: z.string().min(1).max(explainedLength) });

/** More than one when a short form or a bare name is ambiguous; never empty. */
export const explainAnswer = z.object({ matches: z.array(explanation).min(1).max(20), more: count });
export type ExplainAnswer = z.infer<typeof explainAnswer>;

/** One setting in force: `assay config` prints these. Secrets are already `[redacted]`. */
export const settingShown = z.object({
  key: text,
  /** JSON text of the value. */
  value: text,
  source: z.enum(['default', 'file', 'environment', 'flag', 'package manager', 'stored']),
  /** `file:line:column`, the variable's or the flag's name; absent for defaults. */
  where: text.optional(),
});

export const configAnswer = z.object({ settings: z.array(settingShown) });
export type ConfigAnswer = z.infer<typeof configAnswer>;

/** Upstreams the token opens (those that need credentials); empty: it only stands for a known caller. */
export const tokenRequest = z.object({
  name: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/),
  upstreams: z.array(z.string().max(64)).max(100),
  expiresAt: time,
});
export type TokenRequest = z.infer<typeof tokenRequest>;

export const tokenShown = z.object({
  name: text,
  upstreams: z.array(text),
  createdAt: time,
  expiresAt: time,
  revokedAt: time.optional(),
  lastUsedAt: time.optional(),
});
export type TokenShown = z.infer<typeof tokenShown>;

/** `secret` is shown this once; only its SHA-256 is stored. */
export const tokenCreated = tokenShown.extend({ secret: z.string().min(20).max(200) });
export type TokenCreated = z.infer<typeof tokenCreated>;

export const tokenList = z.object({ tokens: z.array(tokenShown) });
export type TokenList = z.infer<typeof tokenList>;

export const tokenRevoked = z.object({ name: text, revokedAt: time });
export type TokenRevoked = z.infer<typeof tokenRevoked>;

export const alarmShown = z.object({
  id: text,
  kind: z.enum(alarmKinds),
  severity: z.enum(['warning', 'critical']),
  about: text,
  message: text,
  firstAt: time,
  lastAt: time,
  count,
});
export type AlarmShown = z.infer<typeof alarmShown>;

/** `more`: how many there are beyond `limit`. */
export const alarmList = z.object({ alarms: z.array(alarmShown), more: count });
export type AlarmList = z.infer<typeof alarmList>;

export const decisionList = z.object({ decisions: z.array(decisionShown), more: count });
export type DecisionList = z.infer<typeof decisionList>;

// ---- gateway ----

/** `service` lets a client tell a gate from any other registry before it writes a configuration. */
export const healthAnswer = z.object({
  service: z.literal('assay'),
  version: text,
  ready: z.boolean(),
  problems: z.array(text),
});
export type HealthAnswer = z.infer<typeof healthAnswer>;

/** One locked artifact. The lockfile's own claims come along, so that the gate can compare them. */
export const checkLine = z.object({
  /** With a version. */
  purl: z.string().max(1024),
  /** File name as the lockfile's URL ends, when it has one. */
  file: z.string().max(1024).optional(),
  /** SRI text of the lockfile. */
  integrity: z.string().max(2048).optional(),
  /** The URL the lockfile records. */
  url: z.string().max(4096).optional(),
});
export type CheckLine = z.infer<typeof checkLine>;

/** Kinds of evidence about who published a release. */
export const publicationKinds = ['signatures', 'provenance', 'expectations'] as const;

export const checkResult = z.object({
  /** As asked; empty when the line could not be read. */
  purl: z.string().max(1024),
  /** `not-checked`: no decision could be made (`problem` says why). It never counts as passed. */
  outcome: z.enum([...outcomes, 'not-checked']),
  /** Deciding reasons when held or blocked; warnings when allowed. */
  reasons: z.array(reasonShown),
  caseId: z.string().optional(),
  caseUrl: z.string().optional(),
  useInstead: text.optional(),
  until: time.optional(),
  /** Do the lockfile's digests name the admitted bytes? `null`: it has none, or no bytes were read. `false` is a violation. */
  integrityMatches: z.boolean().nullable(),
  /** What was verified of its publication. Absent when nothing was assessed: it was refused by its index, or not checked. */
  verified: z.record(z.enum(publicationKinds), z.enum(results)).optional(),
  /** Absent when the gate's index does not list it. */
  currency: currencyShown.optional(),
  /** Absent when its licence was not looked at. */
  licence: licenceShown.optional(),
  vex: vexOfVersion.optional(),
  problem: z.object({ code: z.string(), message: text }).optional(),
});
export type CheckResult = z.infer<typeof checkResult>;

/** The public face of a case: what the refused client was told, no more. */
export const caseAnswer = z.object({
  caseId: z.string(),
  short: z.string(),
  caseUrl: z.string(),
  purl: text,
  name: text,
  version: text,
  outcome: z.enum(['hold', 'block']),
  reasons: z.array(reasonShown),
  useInstead: text.optional(),
  until: time.optional(),
  decidedAt: time,
  policy: z.string(),
});
export type CaseAnswer = z.infer<typeof caseAnswer>;
