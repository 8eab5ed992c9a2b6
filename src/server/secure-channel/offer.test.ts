import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Shelf } from '../../admission/shelf.ts';
import type { ReleaseSummary } from '../../admission/deps.ts';
import { artifactDigestsOf, sha256, type Sha256 } from '../../core/digest.ts';
import { formatPurl, parsePurl, type Purl } from '../../core/purl.ts';
import { anonymous, type UpstreamId } from '../../core/subject.ts';
import type { StoredBuild } from '../../storage/builds.ts';
import type { KnownBuild } from '../rebuilding/known.ts';
import type { BuiltFile, UnusableFile } from './built-files.ts';
import { createOffers, isServed, type OfferDeps } from './offer.ts';

const upstream = 'npm' as UpstreamId;
const upstreamBytes = artifactDigestsOf(Buffer.from('upstream'));
const identity = { repository: 'https://forge.example.com/a', repositoryId: '1', ownerId: '2', keys: [] };

interface Told {
  readonly versions: readonly string[];
  readonly hidden?: readonly string[];
  readonly built?: readonly string[];
  /** Version → why not. */
  readonly lacking?: Readonly<Record<string, string>>;
  readonly admitted?: readonly ReleaseSummary[];
  readonly unusable?: string;
  readonly onAsked?: (artifact: Sha256) => void;
}

function offersOf(told: Told) {
  const { versions, hidden = [], built = [], lacking = {}, admitted = [], unusable } = told;
  const shelf = {
    view: {
      tags: { latest: versions.at(-1) ?? '' },
      versions: versions.map((version) => ({
        version,
        file: `a-${version}.tgz`,
        claimedTime: undefined,
        deprecated: undefined,
      })),
    },
    visible: versions.filter((version) => !hidden.includes(version)),
    hidden: hidden.map((version) => ({
      version,
      why: 'It is malware.',
      rules: [],
      until: undefined,
      caseId: undefined,
    })),
    kept: [],
  } as unknown as Shelf;
  const buildOf = (purl: Purl): readonly KnownBuild[] => {
    const { version = '' } = parsePurl(purl);
    const comparison = { verdict: 'equivalent', rebuilt: sha256('built') };
    const record = {
      purl,
      artifact: upstreamBytes.sha256,
      isolation: { level: 'full' },
      source: { identity },
      outcome: { state: 'compared', comparison },
    };
    return built.includes(version)
      ? ([{ id: `build-${version}`, record }] as unknown as readonly KnownBuild[])
      : [];
  };
  const ready: BuiltFile | UnusableFile =
    unusable === undefined
      ? {
          state: 'ready',
          digests: artifactDigestsOf(Buffer.from('built')),
          manifest: {},
          build: { id: 'b', eventId: 'e' } as StoredBuild,
        }
      : { state: 'unusable', why: unusable };
  const deps: OfferDeps = {
    serve: 'secure',
    shelves: { show: async () => shelf },
    store: { releasesOf: async () => admitted },
    known: {
      ofVersion: buildOf,
      approvedOf: () => [],
      missingToServe: (purl, artifact) => {
        told.onAsked?.(artifact);
        return lacking[parsePurl(purl).version ?? ''];
      },
    },
    files: { of: async () => ready },
    signatures: { of: async () => [] },
  };
  return createOffers(deps);
}

const offered = async (told: Told) => {
  const offer = (await offersOf(told).ofPackage(upstream, 'a', anonymous)) ?? assert.fail();
  return {
    served: offer.served.map(({ version }) => version),
    missing: Object.fromEntries(offer.missing.map(({ version, why }) => [version, why])),
  };
};

test('only what was built, may be served and stands is there; of all else the reason is told, with a command', async () => {
  const { served, missing } = await offered({
    versions: ['1.0.0', '1.1.0', '1.2.0', '1.3.0'],
    hidden: ['1.2.0'],
    built: ['1.0.0', '1.1.0', '1.2.0'],
    lacking: { '1.1.0': 'Nobody approved its source yet.' },
  });
  assert.deepEqual(served, ['1.0.0']);
  assert.match(
    missing['1.1.0'] ?? '',
    /Community. Nobody approved its source yet. .*assay source approve pkg:npm\/a@1\.1\.0/,
  );
  assert.match(missing['1.2.0'] ?? '', /It is malware\. See assay explain a@1\.2\.0/);
  assert.match(missing['1.3.0'] ?? '', /nobody built it here yet.*assay rebuild pkg:npm\/a@1\.3\.0/);
});

test('a built file that did not stand its checks is not there', async () => {
  const { served, missing } = await offered({
    versions: ['1.0.0'],
    built: ['1.0.0'],
    unusable: 'It is damaged.',
  });
  assert.deepEqual([served, missing], [[], { '1.0.0': 'It is damaged.' }]);
});

test('a build is judged by the bytes that were admitted, not by those that it says it was compared with', async () => {
  const asked: Sha256[] = [];
  const digests = artifactDigestsOf(Buffer.from('admitted'));
  const release = {
    version: '1.0.0',
    file: 'renamed.tgz',
    admittedAt: '2026-01-01T00:00:00.000Z',
    digests,
  } as unknown as ReleaseSummary;
  await offered({
    versions: ['1.0.0'],
    built: ['1.0.0'],
    admitted: [release],
    onAsked: (one) => asked.push(one),
  });
  assert.deepEqual(asked, [digests.sha256]);
  const file = await offersOf({ versions: [], built: ['1.0.0'], lacking: { '1.0.0': 'no' } }).ofVersion(
    formatPurl('npm', 'a', '1.0.0'),
    sha256('x'),
  );
  assert.equal(isServed(file), false);
});
