import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AssayedInput } from '../../admission/build-inputs.ts';
import { artifactDigestsOf, sha256, type Sha256 } from '../../core/digest.ts';
import { isAssayError } from '../../core/errors.ts';
import type { InputMode } from '../../core/rebuild.ts';
import type { UpstreamId } from '../../core/subject.ts';
import type { TakenFile } from '../../rebuild/recipe/deps.ts';
import { npmRegistry } from './npm-registry.ts';

const own = 'npm' as UpstreamId;
const artifact = artifactDigestsOf(Buffer.from('the bytes'));
const claims = [{ algorithm: 'sha512', hex: artifact.sha512 }] as const;
const of = { name: 'tool', version: '1.0.0' };
const uri = 'https://registry.example.com/tool/-/tool-1.0.0.tgz';

function registry(inputs: InputMode, answer: AssayedInput, asked: string[] = [], built?: Sha256) {
  return npmRegistry(
    {
      settings: {
        upstreams: [],
        rebuild: { inputs, directory: '', recipes: '', concurrency: 1, automatic: false },
      },
      indexes: { look: () => Promise.resolve({ state: 'absent' }) },
      upstream: {
        fetchFile: (upstream, url) => {
          asked.push(`${upstream} ${url}`);
          const origin = { upstream, identityHost: '', urls: [url], fetchedAt: '' };
          return Promise.resolve({ artifact, origin });
        },
      },
      assayInput: ({ upstream, name, version }) => {
        asked.push(`assay ${upstream} ${name}@${version}`);
        return Promise.resolve(answer);
      },
      upstreamOf: (name) => (name.startsWith('@corp/') ? ('corp' as UpstreamId) : undefined),
    },
    own,
    built,
  );
}

const given: AssayedInput = {
  state: 'given',
  url: uri,
  artifact,
  decision: sha256('decision'),
  vouched: 'signed',
  suspected: false,
};

test('an input comes with what was decided of it, from the upstream that answers for its name', async () => {
  const asked: string[] = [];
  const { file } = registry('assayed', given, asked);
  assert.deepEqual(await file(uri, claims, of), {
    uri,
    artifact,
    decision: sha256('decision'),
    vouched: 'signed',
  });
  await file(uri, claims, { name: '@corp/tool', version: '2.0.0' });
  assert.deepEqual(asked, ['assay npm tool@1.0.0', 'assay corp @corp/tool@2.0.0']);
});

test('what is refused, could not be looked at, or is not what a recipe pinned is told apart', async () => {
  const code = async (
    answer: AssayedInput,
    wanted: Parameters<ReturnType<typeof registry>['file']>[1] = claims,
  ) =>
    registry('assayed', answer)
      .file(uri, wanted, of)
      .then(
        () => 'given',
        (error: unknown) => (isAssayError(error) ? `${error.code} ${error.message}` : 'thrown'),
      );
  assert.equal(
    await code({ state: 'refused', why: 'it is known as malicious' }),
    'BUILD_INPUT_REFUSED tool@1.0.0 may not go into the build: it is known as malicious',
  );
  assert.match(await code({ state: 'unchecked', why: 'the scanner died' }), /^BUILD_INPUT_UNCHECKED /);
  const other = [{ algorithm: 'sha512', hex: 'f'.repeat(128) }] as const;
  assert.match(await code(given, other), /^UPSTREAM_DIGEST_MISMATCH /);
  assert.equal(await code(given), 'given');
});

test('by digest alone nobody is asked, and nothing claims that somebody was', async () => {
  const asked: string[] = [];
  const { file } = registry('digest-only', { state: 'refused', why: 'never asked' }, asked);
  assert.deepEqual(await file(uri, claims, of), { uri, artifact });
  assert.deepEqual(asked, [`npm ${uri}`]);
});

test('the published bytes of what is built go into its build under no name; other bytes do', async () => {
  for (const inputs of ['assayed', 'digest-only'] as const) {
    const take = (built: Sha256): Promise<TakenFile> =>
      registry(inputs, given, [], built).file(uri, claims, of);
    await assert.rejects(take(artifact.sha256), (error) => isAssayError(error, 'BUILD_INPUT_REFUSED'));
    assert.equal((await take(sha256('other bytes'))).uri, uri);
  }
});
