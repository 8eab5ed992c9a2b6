import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryDirectory } from '../../../../test/support/storage-records.ts';
import type { NewAlarm } from '../../../admission/deps.ts';
import { builderKeyName } from '../../../core/build-attestation.ts';
import { artifactDigestsOf, sha256 } from '../../../core/digest.ts';
import type { JsonObject } from '../../../core/json.ts';
import { parsePurl, type Purl } from '../../../core/purl.ts';
import type { ComparisonVerdict, FoundSource, RebuildRecord } from '../../../core/rebuild.ts';
import { signingKey } from '../../../ledger/signing/key-file.ts';
import { judgeBuildStatement } from '../../../ledger/signing/may-sign.ts';
import { formatVkey } from '../../../ledger/verify/vkey.ts';
import { openStorage, type Storage } from '../../../storage/open.ts';
import { envelopeOf, payloadOf } from '../../signer/envelope.ts';
import type { BuildWatch, Rebuilder, Rebuilt } from '../deps.ts';
import { openKnownBuilds, type KnownBuilds } from '../known.ts';
import type { RebuildOneDeps } from '../rebuild-one.ts';

export const origin = 'log.example.com/gate';

export const foundSource: FoundSource = {
  source: {
    kind: 'git',
    url: 'https://forge.example.com/a/b',
    commit: 'a'.repeat(40),
    ref: 'refs/tags/v1.0.0',
    directory: '',
  },
  identity: { repository: 'https://forge.example.com/a/b', repositoryId: '1', ownerId: '2', keys: [] },
  grade: 'tag',
  confidence: 'high',
  reachable: 'yes',
  because: ['the tag v1.0.0 holds it'],
  disagreements: [],
};

export const fullIsolation: RebuildRecord['isolation'] = {
  level: 'full',
  means: 'bubblewrap 0.8.0',
  limits: { memory: 'cgroup-v2', processes: 'cgroup-v2', cpu: 'rlimit', disk: 'watchdog', time: 'watchdog' },
  missing: [],
};

export function bytesOf(purl: Purl): Uint8Array {
  return Buffer.from(`upstream's ${purl}`);
}

export function comparedAs(purl: Purl, verdict: ComparisonVerdict): Rebuilt {
  const upstream = sha256(bytesOf(purl));
  const isBad = verdict === 'suspicious' || verdict === 'unexplained';
  return {
    recipe: sha256('recipe'),
    recipeText: undefined,
    log: undefined,
    source: foundSource,
    isolation: fullIsolation,
    inputs: [{ role: 'source', name: 'source', uri: 'urn:source', digest: { sha256: sha256('source') } }],
    outcome: {
      state: 'compared',
      comparison: {
        schema: 1,
        verdict,
        upstream,
        rebuilt: sha256(`built ${purl}`),
        ladder: { d0: undefined, d1: undefined, d2: undefined, d3: undefined },
        normalisers: [],
        counts: { same: 3, forgiven: 0, benign: 0, unexplained: 0, suspicious: isBad ? 1 : 0 },
        differences: isBad
          ? [
              {
                path: 'index.js',
                kind: 'content',
                grade: verdict,
                rule: 'npm/x',
                reason: 'A line that the source does not have.',
                reached: 'main',
                shown: '+evil()',
              },
            ]
          : [],
        differencesTotal: isBad ? 1 : 0,
      },
    },
  };
}

export function notBuilt(cause: Extract<Rebuilt['outcome'], { state: 'not-built' }>['cause']): Rebuilt {
  return {
    recipe: undefined,
    recipeText: undefined,
    log: undefined,
    source: undefined,
    isolation: fullIsolation,
    inputs: [],
    outcome: { state: 'not-built', cause, message: `not built: ${cause}` },
  };
}

export interface RebuildBench {
  readonly storage: Storage;
  readonly known: KnownBuilds;
  readonly deps: RebuildOneDeps;
  readonly alarms: readonly NewAlarm[];
  readonly changed: readonly Purl[];
  readonly vkey: string;
  setTime: (text: string) => void;
}

export const builderHere = { builder: `urn:assay:builder:${origin}`, operator: 'here', host: 'here' };

export async function rebuildBench(
  context: TestContext,
  rebuild: (purl: Purl, watch: BuildWatch) => Promise<Rebuilt> | Rebuilt,
): Promise<RebuildBench> {
  const storage = await openStorage({ directory: join(await temporaryDirectory(context), 'data') });
  context.after(storage.close);
  const known = await openKnownBuilds(storage.builds, builderHere);
  const key = signingKey(builderKeyName(origin), 'ed25519', randomBytes(32));
  const alarms: NewAlarm[] = [];
  const changed: Purl[] = [];
  let now = Date.parse('2026-11-20T10:00:00.000Z');
  let ids = 0;
  const rebuilder: Rebuilder = {
    ecosystem: 'npm',
    locate: (purl) => {
      parsePurl(purl);
      return Promise.resolve({
        purl,
        artifact: artifactDigestsOf(bytesOf(purl)),
        rebuild: async (_recipe, watch) => rebuild(purl, watch),
      });
    },
  };
  return {
    storage,
    known,
    alarms,
    changed,
    vkey: formatVkey(key.verifier),
    setTime: (text) => void (now = Date.parse(text)),
    deps: {
      storage,
      by: { origin, version: '0.0.0' },
      signer: {
        builderKey: () => Promise.resolve(formatVkey(key.verifier)),
        attestBuild: (of, statement: JsonObject) => {
          const judgement = judgeBuildStatement(statement, of);
          if (!judgement.ok) throw new Error(judgement.why);
          return Promise.resolve(envelopeOf(payloadOf(statement), [key]));
        },
      },
      randomBytes: (count) => randomBytes(count),
      rebuilders: [rebuilder],
      known,
      clock: () => new Date((now += 1000)),
      newId: () => `build${(ids += 1)}`,
      raiseAlarm: (alarm) => {
        alarms.push(alarm);
        return Promise.resolve();
      },
      onChange: (purl) => {
        changed.push(purl);
        return Promise.resolve();
      },
    },
  };
}
