/**
 * Releases with attestations by a Sigstore of the tests' own: what is true in any of its forms is served, and what is
 * false although everything about it is well signed is refused, by the rule that should see it.
 */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { JsonObject } from '../../src/core/json.ts';
import { composeGate } from '../support/composed-gate.ts';
import type { ProvenanceInput } from '../support/fake-attestations.ts';
import { startFakeForge } from '../support/fake-forge.ts';
import { tarballName, type PublishInput } from '../support/fake-package.ts';
import { get } from '../support/http.ts';
import { publishAll, trustedPublisher, type Stage } from '../support/incidents/scenario.ts';
import { createFakeSigstore } from '../support/sigstore/fake-sigstore.ts';
import { publishPredicateType, publishStatement, releasedOf } from '../support/sigstore/statements.ts';
import { identityOf, workflowRun, type WorkflowRun } from '../support/sigstore/workflow-run.ts';

interface AttestedStage extends Stage {
  readonly ask: (name: string, version?: string) => Promise<Said>;
  readonly look: (name: string) => Promise<unknown>;
}

interface Said {
  readonly status: number;
  readonly outcome?: string;
  readonly rules: readonly string[];
  readonly text: string;
}

const suspectVersion = '1.5.0';
const other = createFakeSigstore('other');

async function startStage(t: TestContext): Promise<AttestedStage> {
  const forge = await startFakeForge();
  t.after(() => forge.close());
  const sigstore = createFakeSigstore();
  const forges = [{ host: 'github.com', kind: 'github', api: forge.url, token: undefined }] as const;
  const { registry, url } = await composeGate(t, { forges }, { sigstore: [sigstore.trust] });
  return {
    registry,
    forge,
    sigstore,
    look: (name) => get(`${url}${name}`),
    ask: async (name, version = suspectVersion) => {
      const { status, body } = await get(`${url}${name}/-/${tarballName(name, version)}`);
      if (status === 200) return { status, rules: [], text: '' };
      const said = JSON.parse(body.toString('utf8')) as {
        readonly outcome: string;
        readonly rules?: readonly string[];
        readonly error: string;
      };
      return { status, outcome: said.outcome, rules: said.rules ?? [], text: said.error };
    },
  };
}

/** Each package has a repository of its own, and so tags of its own. */
function repositoryOf(name: string): string {
  return `example-owner/${name.slice(name.indexOf('/') + 1)}`;
}

const hourMs = 3_600_000;
const fourDaysAgo = new Date(Date.now() - 100 * hourMs).toISOString();

/** Five attested versions over months. */
function publishHistory(stage: Stage, name: string): void {
  const days = [200, 160, 120, 80, 40];
  publishAll(
    stage,
    name,
    days.map((day, index) => ({
      version: `1.${index}.0`,
      at: new Date(Date.now() - day * 24 * hourMs).toISOString(),
      run: { repository: repositoryOf(name) },
      publisher: trustedPublisher,
    })),
  );
}

type Change = Partial<Omit<ProvenanceInput, 'run' | 'sigstore'>> & {
  readonly run?: Partial<WorkflowRun>;
  readonly sigstore?: ProvenanceInput['sigstore'];
};

/** One more version, as true as the others but for the change. */
function publishSuspect(
  stage: Stage,
  name: string,
  change: Change,
  more: Partial<PublishInput> = {},
): { readonly bytes: Uint8Array } {
  const whole = workflowRun({ repository: repositoryOf(name), runId: '77001', ...change.run });
  stage.forge.record(whole, { at: new Date(fourDaysAgo), tag: `v${suspectVersion}` });
  return stage.registry.publish({
    name,
    version: suspectVersion,
    publishedAt: fourDaysAgo,
    publisher: { ...trustedPublisher, gitHead: whole.commit },
    provenance: { sigstore: stage.sigstore, ...change, run: whole },
    ...more,
  });
}

function assertRefused(said: Said, outcome: 'hold' | 'block', rule: string, words: RegExp): void {
  assert.equal(said.status, 403, said.text);
  assert.equal(said.outcome, outcome, said.text);
  assert.ok(said.rules.includes(rule), `${rule} is missing of ${said.text}`);
  assert.match(said.text, words);
}

const trueForms: Readonly<Record<string, Change>> = {
  'provenance v1 in a bundle 0.1': { attest: { version: '0.1' } },
  'provenance v1 in a bundle 0.2': { attest: { version: '0.2' } },
  'provenance v1 in a bundle 0.3': { attest: { version: '0.3', entry: 'dsse' } },
  'provenance v0.2': { slsa: 'v0.2' },
  'provenance with a timestamp of an authority': { attest: { timestamp: true } },
  'provenance alone, without the publish attestation': { withoutPublish: true },
};

test('a release is served with true attestations in any of their forms', async (t) => {
  const stage = await startStage(t);
  for (const [index, [what, change]] of Object.entries(trueForms).entries()) {
    const name = `@forms/true-${index}`;
    publishHistory(stage, name);
    publishSuspect(stage, name, change);
    const said = await stage.ask(name);
    assert.equal(said.status, 200, `${what}: ${said.text}`);
  }
});

test('certificates as of early 2023, with the deprecated extensions alone, are understood', async (t) => {
  const stage = await startStage(t);
  const old = { slsa: 'v0.2', attest: { version: '0.1', leaf: { extensions: 'deprecated' } } } as const;
  publishSuspect(stage, 'early', old);
  const said = await stage.ask('early');
  assert.equal(said.status, 200, said.text);
});

type Statement = JsonObject & { readonly subject: readonly JsonObject[]; readonly predicate: JsonObject };

const withSubject =
  (edit: (subject: JsonObject) => readonly JsonObject[]) =>
  (statement: JsonObject): JsonObject => ({
    ...statement,
    subject: (statement as Statement).subject.flatMap(edit),
  });
const elsewhere = (statement: JsonObject): JsonObject => {
  const text = JSON.stringify(statement['predicate']);
  const predicate = text.replaceAll('example-owner/', 'somebody/');
  return { ...statement, predicate: JSON.parse(predicate) as JsonObject };
};

const otherDigest = { sha512: 'ab'.repeat(64) };
const lies: readonly (readonly [string, Change, RegExp])[] = [
  [
    'about another package',
    { statement: withSubject((one) => [{ ...one, name: 'pkg:npm/other@1.5.0' }]) },
    /other@1\.5\.0/,
  ],
  [
    'about another version',
    { statement: withSubject((one) => [{ ...one, name: 'pkg:npm/lie-1@1.4.0' }]) },
    /about/,
  ],
  ['about other bytes', { statement: withSubject((one) => [{ ...one, digest: otherDigest }]) }, /bytes/],
  [
    'about two packages',
    { statement: withSubject((one) => [one, { ...one, name: 'pkg:npm/x@1.0.0' }]) },
    /2 subjects/,
  ],
  [
    'about no bytes that can be compared',
    { statement: withSubject((one) => [{ ...one, digest: { sha1: '00'.repeat(20) } }]) },
    /SHA-512/,
  ],
  ['that names another repository than its certificate', { statement: elsewhere }, /repository/],
  ['by another Sigstore', { sigstore: other }, /do not hold|unknown|trust/],
  [
    'by another certificate authority',
    { attest: { using: { authority: other.parts.authority } } },
    /certificate/,
  ],
  ['in another log', { attest: { using: { log: other.parts.log } } }, /log/],
  ['whose certificate was never logged', { attest: { leaf: { logs: [] } } }, /certificate/],
  [
    'signed after its certificate ended',
    { attest: { loggedAt: new Date(Date.parse(fourDaysAgo) + hourMs) } },
    /certificate/,
  ],
  [
    'with a publish attestation of another version',
    {
      publishStatement: (one) => ({
        ...one,
        predicate: { ...(one['predicate'] as JsonObject), version: '1.4.0' },
      }),
    },
    /another package or version/,
  ],
  [
    'with a publish attestation of another registry',
    {
      publishStatement: (one) => ({
        ...one,
        predicate: { ...(one['predicate'] as JsonObject), registry: 'https://registry.example.com' },
      }),
    },
    /another registry/,
  ],
];

test('well signed provenance is blocked when it is', async (t) => {
  const stage = await startStage(t);
  for (const [index, [what, change, words]] of lies.entries()) {
    await t.test(what, async () => {
      publishSuspect(stage, `lie-${index}`, change);
      assertRefused(await stage.ask(`lie-${index}`), 'block', 'npm/provenance', words);
    });
  }
});

test('anybody can sign a publish attestation with a certificate: only the registry may', async (t) => {
  const stage = await startStage(t);
  const { bytes } = publishSuspect(stage, 'self-published', {});
  const released = releasedOf('self-published', suspectVersion, bytes);
  const host = `https://${new URL(stage.registry.url).host}`;
  const statement = publishStatement(released, host);
  const identity = identityOf(workflowRun({ repository: repositoryOf('self-published') }));
  const bundle = stage.sigstore.attest({ statement, identity, at: new Date(fourDaysAgo) });
  stage.registry.setAttestations('self-published', suspectVersion, (document) => {
    const [, provenance] = (document as { readonly attestations: readonly JsonObject[] }).attestations;
    return { attestations: [{ predicateType: publishPredicateType, bundle }, provenance ?? {}] };
  });
  assertRefused(
    await stage.ask('self-published'),
    'block',
    'npm/provenance',
    /not signed by a key of the registry/,
  );
});

test('the attestations of another release are none of this one', async (t) => {
  const stage = await startStage(t);
  publishSuspect(stage, 'lender', {});
  publishSuspect(stage, 'borrower', {});
  let lent: JsonObject | undefined;
  stage.registry.setAttestations('lender', suspectVersion, (document) => (lent = document));
  stage.registry.setAttestations('borrower', suspectVersion, () => lent);
  assertRefused(await stage.ask('borrower'), 'block', 'npm/provenance', /lender/);
  assert.equal((await stage.ask('lender')).status, 200);
});

const changes: readonly (readonly [string, Partial<WorkflowRun>, 'hold' | 'block', string, RegExp])[] = [
  [
    'another repository of the same name, made after the first was deleted',
    { repositoryId: '999' },
    'block',
    'npm/source-changed',
    /999/,
  ],
  [
    'another repository',
    { repository: 'mallory/example', repositoryId: '998', ownerId: '997' },
    'block',
    'npm/source-changed',
    /mallory\/example/,
  ],
  [
    'another workflow',
    { workflow: '.github/workflows/test.yml' },
    'hold',
    'npm/builder-changed',
    /test\.yml/,
  ],
  ['a self-hosted runner', { runner: 'self-hosted' }, 'hold', 'npm/builder-changed', /self-hosted/],
  ['another branch', { ref: 'refs/heads/patch-1' }, 'hold', 'npm/ref-or-trigger', /patch-1/],
  ['a pull request', { trigger: 'pull_request_target' }, 'hold', 'npm/ref-or-trigger', /pull_request_target/],
];

test('true provenance is refused after a history when it comes from', async (t) => {
  const stage = await startStage(t);
  for (const [index, [what, change, outcome, rule, words]] of changes.entries()) {
    await t.test(what, async () => {
      const name = `changed-${index}`;
      publishHistory(stage, name);
      publishSuspect(stage, name, { run: change });
      assertRefused(await stage.ask(name), outcome, rule, words);
      const before = await stage.ask(name, '1.4.0');
      assert.equal(before.status, 200, `what came before is served: ${before.text}`);
    });
  }
});

test('two versions of one hand do not vouch for each other, whichever is asked for first', async (t) => {
  const stage = await startStage(t);
  publishHistory(stage, 'twins');
  const selfHosted = { run: { runner: 'self-hosted' } } as const;
  publishSuspect(stage, 'twins', selfHosted);
  publishSuspect(stage, 'twins', selfHosted, { version: '1.5.1' });
  for (const version of ['1.5.1', suspectVersion])
    assertRefused(await stage.ask('twins', version), 'hold', 'npm/builder-changed', /self-hosted/);
});

test('what an index offered and no longer offers is missed, also when a mirror took it away for all versions', async (t) => {
  const stage = await startStage(t);
  publishHistory(stage, 'stripped');
  publishSuspect(stage, 'stripped', {});
  await stage.look('stripped');
  for (const version of ['1.0.0', '1.1.0', '1.2.0', '1.3.0', '1.4.0', suspectVersion])
    stage.registry.strip('stripped', version, ['signatures', 'attestations']);
  assertRefused(await stage.ask('stripped'), 'block', 'npm/stripped', /offered attestations/);
});

test('attestations that are advertised and missing, or none in a list, are asked for again and then served', async (t) => {
  const stage = await startStage(t);
  for (const [name, document] of [
    ['gone', undefined],
    ['empty', { attestations: [] }],
  ] as const) {
    publishSuspect(stage, name, {});
    let kept: JsonObject | undefined;
    stage.registry.setAttestations(name, suspectVersion, (one) => {
      kept = one;
      return document;
    });
    assertRefused(await stage.ask(name), 'hold', 'npm/provenance', /404|empty/);
    stage.registry.setAttestations(name, suspectVersion, () => kept);
  }
});

test('a release without attestations or signatures is served: there is nothing to verify', async (t) => {
  const stage = await startStage(t);
  stage.registry.publish({ name: 'plain', version: suspectVersion, publishedAt: fourDaysAgo });
  stage.registry.strip('plain', suspectVersion, ['signatures']);
  assert.equal((await stage.ask('plain')).status, 200);
});
