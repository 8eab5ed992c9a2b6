import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPurl } from '../../core/purl.ts';
import type { FoundSource } from '../../core/rebuild.ts';
import type { UpstreamId } from '../../core/subject.ts';
import { earlierSource, type EarlierStorage } from './earlier-source.ts';

const upstream = 'npm' as UpstreamId;
const purl = formatPurl('npm', 'thing', '2.0.0');
const repository = 'https://git.example.com/acme/repo';
const [a, b] = ['a'.repeat(40), 'b'.repeat(40)];

interface Built {
  readonly version: string;
  readonly commit: string;
  readonly branches?: readonly string[];
  readonly reachable?: FoundSource['reachable'];
}

/** `builds`: newest first. */
function storage(builds: readonly Built[], admitted: readonly string[], refused: readonly string[] = []) {
  const summary = ({ commit, branches, reachable = 'yes' }: Built) => ({
    source: { source: { kind: 'git', url: repository, commit }, reachable, branches },
  });
  return {
    builds: {
      ofPackage: () =>
        Promise.resolve(
          builds.map((one) => ({ purl: formatPurl('npm', 'thing', one.version), summary: summary(one) })),
        ),
    },
    admission: {
      releasesOf: () =>
        Promise.resolve([
          ...admitted.map((version) => ({ version, admittedAt: '2026-01-01T00:00:00Z' })),
          ...refused.map((version) => ({ version, admittedAt: undefined })),
        ]),
    },
  } as unknown as EarlierStorage;
}

const of = (...args: Parameters<typeof storage>) => earlierSource(storage(...args), { purl, upstream });

test('it is the newest one before that was admitted, also where a later one was built, or refused', async () => {
  const builds = [
    { version: '1.9.0', commit: b },
    { version: '1.8.0', commit: a, branches: ['refs/heads/main'] },
  ];
  assert.deepEqual(await of(builds, ['1.8.0', '1.7.0', '3.0.0'], ['1.9.5']), {
    version: '1.8.0',
    admitted: true,
    found: { repository, commit: a, branches: ['refs/heads/main'] },
  });
});

test('where none was admitted it is the newest one built; where none was built, its tag has to tell', async () => {
  const { version, admitted, found } =
    (await of(
      [
        { version: '1.10.0', commit: a },
        { version: '1.9.0', commit: b },
      ],
      [],
    )) ?? {};
  assert.deepEqual([version, admitted, found?.commit], ['1.10.0', false, a]);
  assert.deepEqual(await of([], ['1.0.0']), { version: '1.0.0', admitted: true, found: undefined });
  assert.equal(await of([{ version: '2.0.0', commit: a }], ['2.0.0', '2.1.0']), undefined);
});

test('branches are remembered as they were before anything was moved, and what nothing led to counts for nothing', async () => {
  const builds: readonly Built[] = [
    { version: '1.0.0', commit: a, branches: [] },
    { version: '1.0.0', commit: a, branches: ['refs/heads/main'] },
    { version: '1.0.0', commit: b, branches: ['refs/heads/other'] },
  ];
  assert.deepEqual((await of(builds, []))?.found?.branches, ['refs/heads/main']);
  assert.equal(await of([{ version: '1.0.0', commit: a, reachable: 'no' }], []), undefined);
});
