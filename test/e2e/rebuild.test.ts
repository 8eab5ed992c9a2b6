/**
 * The life of a rebuild with a real gate, a real sandbox, real git and the real npm: a clean source whose published tarball
 * was poisoned is caught, explained and refused; its honest version becomes Secure when a person approved the source.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import type { UpstreamId } from '../../src/core/subject.ts';
import { controlClient } from '../../src/server/control/client.ts';
import { defaultFetchLimits } from '../../src/server/config/defaults.ts';
import type { BuilderKeysAnswer } from '../../src/server/control/ledger-protocol.ts';
import type {
  JobList,
  JobShown,
  RebuildProof,
  RebuildReport,
  RebuildWatched,
} from '../../src/server/control/rebuild-protocol.ts';
import type { CatalogueAnswer } from '../../src/server/control/catalogue-protocol.ts';
import { parseVkey } from '../../src/ledger/verify/vkey.ts';
import { logOnlyPolicy, type TrustPolicy } from '../../src/ledger/verify/policy.ts';
import { sha256Bytes } from '../../src/ledger/leaf.ts';
import type { Sha256 } from '../../src/core/digest.ts';
import { verifyBuild, type BuildProof } from '../../src/server/verifying/build.ts';
import { noBuilds } from '../support/builds.ts';
import { composeGate, upstreamSettings, type ComposedGate } from '../support/composed-gate.ts';
import { requestControl } from '../support/control.ts';
import { startFakeRegistry, type FakeRegistry } from '../support/fake-registry.ts';
import { machineRegistry } from '../support/machine.ts';
import { packedFiles, repositoryOf, type Files } from '../support/published-source.ts';

const root = resolve(import.meta.dirname, '../..');
const name = '@victim/tool';

const source: Files = {
  'package.json': `${JSON.stringify({ name, version: '1.0.0', main: 'index.js', files: ['index.js'] }, null, 2)}\n`,
  'index.js': "'use strict';\nmodule.exports = function add(a, b) {\n  return a + b;\n};\n",
  'README.md': '# tool\n',
};

describe('a rebuild', { skip: noBuilds ?? false }, () => {
  let registry: FakeRegistry;
  let folder: string;
  let commits: Readonly<Record<string, string>>;
  let gate: ComposedGate;

  before(async () => {
    registry = await startFakeRegistry();
    folder = await mkdtemp(join(tmpdir(), 'assay-rebuild-'));
    // Builds run as another user, who must be able to enter it.
    await chmod(folder, 0o755);
    commits = await repositoryOf(join(folder, 'repository'), {
      '1.0.0': sourceOf('1.0.0'),
      '1.0.1': sourceOf('1.0.1'),
    });
    for (const version of ['1.0.0', '1.0.1'])
      registry.publish({
        name,
        version,
        tarball: await packed(version, version === '1.0.1'),
        manifest: JSON.parse(manifestOf(version)) as Record<string, string>,
        publishedAt: '2026-01-01T00:00:00.000Z',
      });
  });
  after(async () => {
    await registry.close();
    await rm(folder, { recursive: true, force: true });
  });

  const ask = <T>(path: string, body: unknown): Promise<T> =>
    requestControl<T>(gate.directory, 'POST', path, body);
  const tarball = (version: string): Promise<Response> => fetch(`${gate.url}${name}/-/tool-${version}.tgz`);

  async function rebuilt(version: string): Promise<RebuildWatched> {
    const purl = `pkg:npm/%40victim/tool@${version}`;
    const job = await ask<JobShown>('/rebuilds', { purl, recipe: recipeFor(version) });
    for (;;) {
      const watched = await ask<RebuildWatched>('/rebuilds/watch', { id: job.id, after: 0 });
      const { state, attempt, message = '' } = watched.job;
      if (state === 'done') return watched;
      const lines = watched.lines.map(({ text }) => text).join('\n');
      assert.ok(
        state === 'running' || (state === 'waiting' && attempt === 0),
        `${state}: ${message}\n${lines}`,
      );
      await new Promise((look) => setTimeout(look, 200));
    }
  }

  function recipeFor(version: string): string {
    return JSON.stringify({
      schema: 1,
      purl: `pkg:npm/%40victim/tool@${version}`,
      author: {
        kind: 'person',
        who: 'a tester',
        why: 'the forge is this machine',
        at: '2026-11-20T00:00:00Z',
      },
      source: { kind: 'git', url: `file://${folder}/repository`, commit: commits[version], directory: '' },
    });
  }

  it('of an honest version matches, is Secure once its source is approved and its recipe reviewed, and is proven offline', async (t) => {
    gate = await started(t, registry);
    assert.equal((await tarball('1.0.0')).status, 200);
    const { outcome } = await rebuilt('1.0.0');
    assert.ok(outcome !== undefined);
    assert.ok(['identical', 'identical-container', 'equivalent'].includes(outcome.verdict), outcome.verdict);
    assert.equal(outcome.isolation, 'full', outcome.missing.join(' '));
    assert.equal(outcome.class.class, 'community');
    await ask('/sources/approve', { purl: 'pkg:npm/%40victim/tool@1.0.0', reason: 'it is ours' });
    const { packages: unreviewed } = await ask<CatalogueAnswer>('/catalogue', {});
    assert.match(unreviewed[0]?.because ?? '', /corrected by a tester, and nobody else reviewed/);
    await ask('/recipes/review', {
      purl: 'pkg:npm/%40victim/tool@1.0.0',
      action: 'approve',
      reviewer: 'another tester',
      reason: 'it names the source alone',
    });
    const { packages } = await ask<CatalogueAnswer>('/catalogue', {});
    const shown = packages.map((one) => `${one.purl} ${one.class}/${one.grade}`);
    assert.deepEqual(shown, ['pkg:npm/%40victim/tool@1.0.0 secure/rebuilt']);
    await knowsTheLocked(await packed('1.0.0', false));
    await proves(outcome.purl, outcome.artifact as Sha256);
    await changesTheKey(outcome.purl, outcome.artifact as Sha256);
    await catchesThePoisoned();
  });

  async function disclosed(query: string): Promise<string> {
    for (;;) {
      const { disclosure, waiting } = await ask<{ disclosure: string; waiting: number }>('/ledger/disclose', {
        query,
        fields: ['subject', 'statement'],
      });
      if (waiting === 0 && disclosure.includes('"envelope"')) return disclosure;
      await new Promise((look) => setTimeout(look, 100));
    }
  }

  async function proofOf(purl: string): Promise<BuildProof> {
    const { comparison, provenance, eventId, builderEventId } = await ask<RebuildProof>('/rebuilds/proof', {
      purl,
    });
    return {
      purl,
      comparison,
      ...(provenance === undefined ? {} : { provenance }),
      disclosure: await disclosed(eventId),
      builderKey: await disclosed(builderEventId ?? ''),
    };
  }

  async function trusted(): Promise<TrustPolicy> {
    const { vkeys } = await requestControl<{ vkeys: string[] }>(gate.directory, 'GET', '/ledger');
    return logOnlyPolicy(vkeys.flatMap((vkey) => parseVkey(vkey, sha256Bytes) ?? []));
  }

  /** What the old key signed is proven as before; what is built next is signed by a key that the ledger knew before. */
  async function changesTheKey(purl: string, artifact: Sha256): Promise<void> {
    const before = await proofOf(purl);
    const { keys } = await ask<BuilderKeysAnswer>('/ledger/rotate-builder-key', {});
    assert.deepEqual(
      keys.map(({ inForce }) => inForce),
      [true, false],
    );
    const trust = await trusted();
    for (const proof of [before, await proofOf(purl)])
      assert.ok(verifyBuild({ about: purl, artifact, proof, trust }).verified);
    await rebuilt('1.0.0');
    const after = await proofOf(purl);
    assert.notEqual(after.builderKey, before.builderKey);
    const { verified, steps } = verifyBuild({ about: purl, artifact, proof: after, trust });
    assert.ok(verified, JSON.stringify(steps));
    const crossed = { ...after, builderKey: before.builderKey };
    assert.ok(!verifyBuild({ about: purl, artifact, proof: crossed, trust }).verified);
    const tooLate = { ...before, builderKey: after.builderKey };
    assert.ok(!verifyBuild({ about: purl, artifact, proof: tooLate, trust }).verified);
  }

  /** A lockfile names bytes: those of another file of that name are not the ones that were built. */
  async function knowsTheLocked(published: Uint8Array): Promise<void> {
    const purl = 'pkg:npm/%40victim/tool@1.0.0';
    const sri = (bytes: Uint8Array): string =>
      `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
    const classOf = async (...integrity: string[]): Promise<string | undefined> => {
      const locked = { purls: [purl], integrity: { [purl]: integrity } };
      return (await ask<CatalogueAnswer>('/catalogue', locked)).packages[0]?.class;
    };
    const [ours, other] = [sri(published), sri(Buffer.from('other bytes'))];
    assert.deepEqual(
      [await classOf(ours), await classOf(other), await classOf(ours, other), await classOf('no digest')],
      ['secure', 'community', 'community', 'community'],
    );
  }

  async function proves(purl: string, artifact: Sha256): Promise<void> {
    const proof = await proofOf(purl);
    const { comparison, provenance } = proof;
    const trust = await trusted();
    const verified = verifyBuild({ about: purl, artifact, proof, trust });
    assert.deepEqual(
      verified.steps.map(({ name: step, result }) => `${step} ${result}`),
      [
        'ledger passed',
        'bytes passed',
        'builder passed',
        'comparison passed',
        'provenance passed',
        'verdict passed',
      ],
    );
    assert.ok(verified.verified);
    const others: readonly Partial<BuildProof>[] = [
      { comparison: provenance ?? '' },
      { provenance: comparison },
      { provenance: undefined },
      { builderKey: undefined },
      { builderKey: proof.disclosure },
      { comparison: comparison.replace(/"sig":"../, '"sig":"AA') },
    ];
    for (const other of others)
      assert.ok(!verifyBuild({ about: purl, artifact, proof: { ...proof, ...other }, trust }).verified);
    assert.ok(!verifyBuild({ about: purl, artifact: 'f'.repeat(64) as Sha256, proof, trust }).verified);
    assert.ok(!verifyBuild({ about: purl, artifact, proof, trust: logOnlyPolicy([]) }).verified);
  }

  /** Admitted before anybody built it: it is revoked. */
  async function catchesThePoisoned(): Promise<void> {
    assert.equal((await tarball('1.0.1')).status, 200, 'nothing else sees it');
    const { outcome } = await rebuilt('1.0.1');
    assert.equal(outcome?.verdict, 'suspicious');
    assert.equal(outcome?.class.class, 'community');
    const { text } = await ask<RebuildReport>('/rebuilds/report', { purl: outcome?.purl, form: 'text' });
    assert.match(text, /index\.js/);
    assert.match(text, /1337/);
    assert.match(text, /Commits since 1\.0\.0: 1 by 1 person, 0 new; who reviewed them is not known/);
    assert.match(text, /Counted from the version admitted last: [0-9a-f]{40}\./);
    const { matches } = await controlClient(gate.directory).explain(`${name}@1.0.1`);
    const commits = matches[0]?.evidence.find(({ kind }) => kind === 'commits');
    assert.deepEqual([commits?.result, commits?.summary.startsWith('Commits since')], ['not-checked', true]);
    const refused = await tarball('1.0.1');
    assert.equal(refused.status, 403);
    const said = await refused.text();
    assert.match(said, /rebuild|not what its source makes/);
    assert.equal((await tarball('1.0.0')).status, 200);
    const { alarms } = await requestControl<{ alarms: { kind: string; message: string }[] }>(
      gate.directory,
      'GET',
      '/alarms',
    );
    const kinds = alarms.map(({ kind }) => kind);
    assert.ok(kinds.includes('rebuild-suspicious') && kinds.includes('rebuild-regression'), kinds.join());
    assert.match(
      alarms.find(({ kind }) => kind === 'rebuild-regression')?.message ?? '',
      /stay with 1\.0\.0: npm install --save-exact @victim\/tool@1\.0\.0/,
    );
    await buildsAgainFromClean();
  }

  /** At once and by itself, with nothing that the first build unpacked. */
  async function buildsAgainFromClean(): Promise<void> {
    for (;;) {
      const { jobs } = await ask<JobList>('/rebuilds/list', { limit: 10 });
      const again = jobs.find(({ reason }) => reason === 'regression');
      assert.ok(again !== undefined);
      const { lines } = await ask<RebuildWatched>('/rebuilds/watch', { id: again.id, after: 0 });
      if (again.state === 'done') {
        assert.match(lines[0]?.text ?? '', /^From clean/);
        break;
      }
      await new Promise((look) => setTimeout(look, 300));
    }
    const { alarms } = await requestControl<{ alarms: { kind: string; message: string }[] }>(
      gate.directory,
      'GET',
      '/alarms',
    );
    assert.ok(
      alarms.some(({ message }) =>
        message.includes('once more from clean, pkg:npm/%40victim/tool@1.0.1 still'),
      ),
    );
  }
});

function manifestOf(version: string): string {
  return (source['package.json'] ?? '').replace('"1.0.0"', `"${version}"`);
}

function sourceOf(version: string): Files {
  return { ...source, 'package.json': manifestOf(version) };
}

async function started(t: TestContext, registry: FakeRegistry): Promise<ComposedGate> {
  const { url, cafile } = await machineRegistry();
  return composeGate(t, {
    upstreams: [
      upstreamSettings(registry.url, { id: 'corp' as UpstreamId, scopes: ['@victim'] }),
      upstreamSettings(url, cafile === undefined ? {} : { caFile: cafile }),
    ],
    fetchLimits: defaultFetchLimits,
    rebuild: {
      // Base roots are kept there between runs.
      directory: join(root, '.cache'),
      recipes: join(root, '.cache/no-recipes'),
      concurrency: 1,
      automatic: false,
      inputs: 'assayed',
    },
  });
}

/** As its publisher packs it; a poisoned one has a line that the source does not have. */
function packed(version: string, poisoned: boolean): Promise<Buffer> {
  const files = sourceOf(version);
  const evil =
    files['index.js']?.replace('return a + b;', 'if (a === 1337) return b;\n  return a + b;') ?? '';
  return packedFiles(poisoned ? { ...files, 'index.js': evil } : files);
}
