import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attestedInput, documentOf, registryKey } from '../../../test/support/attested-input.ts';
import { sampleBytes } from '../../../test/support/collector-input.ts';
import { releasedOf } from '../../../test/support/sigstore/statements.ts';
import { identityOf, provenanceV1, workflowRun } from '../../../test/support/sigstore/workflow-run.ts';
import type { Evidence } from '../../core/evidence.ts';
import type { SignerIdentity } from '../../core/identity.ts';
import { isJsonObject, ownObject, type Json, type JsonObject } from '../../core/json.ts';
import { verifyBundle } from '../../sigstore/verify.ts';
import { createProvenanceCollector } from './collect.ts';
import { publicationFrom, unkeepableField, workflowPath } from './fields.ts';

const collector = createProvenanceCollector({ verify: (request) => Promise.resolve(verifyBundle(request)) });

async function collect(document: JsonObject): Promise<Evidence> {
  return collector.collect(attestedInput(document));
}

const firstId = (evidence: Evidence): string | undefined => evidence.items[0]?.id;
const offersOf = (document: JsonObject): readonly Json[] => document['attestations'] as readonly Json[];
const offering = (...offers: readonly Json[]): JsonObject => ({ attestations: offers });

test('provenance is signed by the certificate of a build, not by a key or a person', async () => {
  const key = { keyid: registryKey.key.keyid, privateKey: registryKey.privateKey };
  assert.equal(firstId(await collect(documentOf({ attest: { key } }))), 'provenance/provenance-signer');
  const person = {
    subject: { kind: 'email', value: 'jane@example.com' },
    issuer: 'https://accounts.example.com',
  } as const;
  assert.equal(
    firstId(await collect(documentOf({ attest: { identity: person } }))),
    'provenance/signer-no-build',
  );
  const withRepository = { ...person, sourceRepositoryUri: 'https://github.com/example-owner/example' };
  const claimed = await collect(documentOf({ attest: { identity: withRepository } }));
  assert.equal(firstId(claimed), 'provenance/signer-no-build');
});

test('each field of the provenance that the certificate backs must agree with it', async () => {
  const other = {
    repository: 'example-owner/other',
    repositoryId: '1',
    ownerId: '2',
    workflow: '.github/workflows/ci.yml',
    ref: 'refs/heads/evil',
    commit: '0'.repeat(40),
    trigger: 'pull_request_target',
    runner: 'self-hosted',
    runId: '1',
  } as const;
  const released = releasedOf('sample', '1.2.3', sampleBytes);
  for (const [field, value] of Object.entries(other)) {
    const lie = () => provenanceV1(released, workflowRun({ [field]: value }));
    const evidence = await collect(documentOf({ statement: lie }));
    assert.equal(evidence.facts['state'], 'invalid', field);
    assert.match(evidence.items[0]?.id ?? '', /^provenance\/disagrees-/, field);
    assert.deepEqual([evidence.facts['crypto'], evidence.facts['identity']], ['pass', 'fail']);
  }
});

/** Every text in a predicate, changed one at a time. */
function* variants(value: Json, path: readonly string[] = []): Generator<readonly [string, Json]> {
  if (typeof value === 'string') {
    yield [path.join('.'), `${value}x`];
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  for (const [key, inner] of Object.entries(value) as readonly (readonly [string, Json])[]) {
    for (const [where, changed] of variants(inner, [...path, key])) {
      yield [where, isJsonObject(value) ? { ...value, [key]: changed } : value.with(Number(key), changed)];
    }
  }
}

test('any other text in a predicate is noticed, but for those that no certificate holds', async () => {
  const free = { v1: ['buildDefinition.buildType'], 'v0.2': ['buildType', 'builder.id'] };
  for (const slsa of ['v1', 'v0.2'] as const) {
    const documents: JsonObject[] = [];
    let predicate: Json = {};
    documentOf({ slsa, statement: (statement) => ((predicate = statement['predicate'] ?? {}), statement) });
    const unnoticed: string[] = [];
    for (const [where, changed] of variants(predicate)) {
      const document = documentOf({ slsa, statement: (statement) => ({ ...statement, predicate: changed }) });
      documents.push(document);
      if ((await collect(document)).result === 'pass') unnoticed.push(where);
    }
    assert.ok(documents.length > 8);
    assert.deepEqual(unnoticed, free[slsa]);
  }
});

test('two provenances that name different builds are ambiguous, the same twice is not', async () => {
  const [, one] = offersOf(documentOf());
  const [, other] = offersOf(documentOf({ run: { repository: 'example-owner/other' } }));
  assert.ok(one !== undefined && other !== undefined);
  assert.equal(firstId(await collect(offering(one, other))), 'provenance/ambiguous');
  assert.equal((await collect(offering(one, one))).result, 'pass');
});

test('a workflow has one source: none, two, or a list too long cannot be read', async () => {
  const sources = async (change: (list: readonly Json[]) => Json) =>
    collect(
      documentOf({
        statement: (statement) => {
          const predicate = ownObject(statement, 'predicate') ?? {};
          const definition = ownObject(predicate, 'buildDefinition') ?? {};
          const resolvedDependencies = change(definition['resolvedDependencies'] as readonly Json[]);
          return {
            ...statement,
            predicate: { ...predicate, buildDefinition: { ...definition, resolvedDependencies } },
          };
        },
      }),
    );
  assert.equal((await sources((list) => list)).result, 'pass');
  for (const change of [
    () => [],
    (list: readonly Json[]) => [...list, ...list],
    () => 'one',
    (list: readonly Json[]) => Array.from({ length: 17 }, () => list[0] ?? null),
  ])
    assert.equal(firstId(await sources(change)), 'provenance/predicate-malformed');
});

test('an identity that facts could not keep exactly is refused', async () => {
  for (const ownerUri of [`https://github.com/${'x'.repeat(1500)}`, 'https://github.com/a\nb']) {
    const identity = { ...identityOf(workflowRun()), ownerUri };
    const evidence = await collect(documentOf({ attest: { identity } }));
    assert.equal(evidence.facts['state'], 'invalid');
    assert.equal(evidence.facts['ownerUri'], null);
  }
});

// ---- look-alikes ----

test("a reusable workflow signs for its caller, and GitLab's jobs for theirs", async () => {
  const caller = identityOf(workflowRun());
  const reusable = 'https://github.com/example-tools/builders/.github/workflows/build.yml@refs/tags/v2';
  const signer = { subject: { kind: 'uri', value: reusable }, buildSignerUri: reusable } as const;
  const byReusable = (id: string) =>
    documentOf({
      attest: { identity: { ...caller, ...signer } },
      statement: (statement) => withBuilder(statement, id),
    });
  assert.equal((await collect(byReusable(reusable))).result, 'pass');
  assert.equal((await collect(byReusable(reusable))).facts['signer'], reusable);
  // As slsa-github-generator's delegators do it.
  assert.equal((await collect(byReusable(reusable.replace('build.yml', 'builder.yml')))).result, 'pass');
  for (const other of [
    reusable.replace('builders', 'others'),
    reusable.replace('github.com', 'github.com.evil.example'),
    reusable.replace('tags/v2', 'tags/v1'),
    `${reusable}/.github/workflows/x.yml@refs/tags/v2`,
  ])
    assert.equal(firstId(await collect(byReusable(other))), 'provenance/disagrees-signer', other);

  const project = 'https://gitlab.com/example-group/example';
  const job = `${project}/-/jobs/4262132160`;
  const config = `${project}//.gitlab-ci.yml@refs/heads/main`;
  const identity = {
    subject: { kind: 'uri', value: config },
    issuer: 'https://gitlab.com',
    buildSignerUri: config,
    runnerEnvironment: 'gitlab-hosted',
    sourceRepositoryUri: project,
    sourceRepositoryDigest: caller.sourceRepositoryDigest,
    sourceRepositoryRef: 'refs/heads/main',
    buildConfigUri: config,
    buildTrigger: 'push',
    runInvocationUri: job,
  } as const;
  const ofJob = (change: { readonly run?: string; readonly source?: string; readonly runner?: string }) => {
    const source = {
      uri: `git+${change.source ?? project}`,
      digest: { sha1: identity.sourceRepositoryDigest ?? '' },
    };
    const predicate = {
      buildType: 'https://github.com/npm/cli/gitlab/v0alpha1',
      builder: { id: `${change.runner ?? project}/-/runners/12270857` },
      invocation: { configSource: { ...source, entryPoint: 'publish' }, parameters: {}, environment: {} },
      metadata: { buildInvocationId: change.run ?? job },
      materials: [source],
    };
    return documentOf({
      slsa: 'v0.2',
      attest: { identity },
      statement: (statement) => ({ ...statement, predicate }),
    });
  };
  const right = await collect(ofJob({}));
  assert.deepEqual([right.result, right.facts['workflow'], right.items], ['pass', '.gitlab-ci.yml', []]);
  const evil = 'https://gitlab.com/evil/example';
  assert.equal(firstId(await collect(ofJob({ run: `${evil}/-/jobs/1` }))), 'provenance/disagrees-run');
  assert.equal(firstId(await collect(ofJob({ source: evil }))), 'provenance/disagrees-repository');
  assert.equal(firstId(await collect(ofJob({ runner: evil }))), 'provenance/disagrees-repository');
});

function withBuilder(statement: JsonObject, id: string): JsonObject {
  const predicate = ownObject(statement, 'predicate') ?? {};
  const runDetails = { ...ownObject(predicate, 'runDetails'), builder: { id } };
  return { ...statement, predicate: { ...predicate, runDetails } };
}

// ---- facts and back ----

test('what history learns from stored evidence is the identity that was verified', async () => {
  const evidence = await collect(documentOf());
  assert.deepEqual(publicationFrom('1.2.3', evidence), {
    version: '1.2.3',
    identity: identityOf(workflowRun()),
    signedTime: '2026-10-31T23:59:56.000Z',
    workflow: '.github/workflows/release.yml',
    predicateType: 'https://slsa.dev/provenance/v1',
  });
  assert.equal(publicationFrom('1.2.3', { ...evidence, result: 'fail' }), undefined);
  assert.equal(
    publicationFrom('1.2.3', { ...evidence, facts: { ...evidence.facts, signedTime: null } }),
    undefined,
  );
  assert.equal(publicationFrom('1.2.3', await collect(offering())), undefined);
});

test("a workflow's path is what lies between its repository and its ref, whatever names hold", () => {
  const identity = identityOf(workflowRun());
  const path = (change: Partial<SignerIdentity>) => workflowPath({ ...identity, ...change });
  const repository = 'https://github.com/example-owner/example';
  const ref = 'refs/tags/pkg@1.0.0';
  assert.equal(path({ sourceRepositoryRef: ref, buildConfigUri: `${repository}/a.yml@${ref}` }), 'a.yml');
  assert.equal(path({ buildConfigUri: `${repository}/a.yml@evil.yml@refs/heads/main` }), 'a.yml@evil.yml');
  assert.equal(path({ buildConfigUri: `${repository}/a.yml@refs/heads/other` }), 'a.yml');
  assert.equal(path({ buildConfigUri: `${repository}//.gitlab-ci.yml@refs/heads/main` }), '.gitlab-ci.yml');
  assert.equal(
    path({ buildConfigUri: `${repository}-fork/a.yml@refs/heads/main` }),
    `${repository}-fork/a.yml`,
  );
  assert.equal(path({ buildConfigUri: undefined }), undefined);
});

test('a field that facts could not keep exactly is named', () => {
  const identity = identityOf(workflowRun());
  assert.equal(unkeepableField(identity), undefined);
  assert.equal(unkeepableField({ ...identity, ownerId: 'x'.repeat(1001) }), 'ownerId');
  assert.equal(unkeepableField({ ...identity, issuer: '\ud800' }), 'issuer');
  assert.equal(unkeepableField({ ...identity, buildTrigger: 'push\0' }), 'buildTrigger');
  assert.equal(
    unkeepableField({ ...identity, subject: { kind: 'uri', value: 'x'.repeat(1001) } }),
    'subject',
  );
});
