import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { sha256, type Sha256 } from '../../core/digest.ts';
import { formatPurl } from '../../core/purl.ts';
import {
  comparisonVerdicts,
  notBuiltCauses,
  sourceGrades,
  type FoundSource,
  type RebuildRecord,
  type SourceIdentity,
} from '../../core/rebuild.ts';
import { classOf, secureVerdicts, type ClassInput, type WitnessedBuild } from './class.ts';

const artifact = sha256('upstream');
const identity: SourceIdentity = {
  repository: 'https://forge.example.com/a/b',
  repositoryId: '1',
  ownerId: '2',
  keys: [],
};
const found: FoundSource = {
  source: {
    kind: 'git',
    url: 'https://forge.example.com/a/b',
    commit: 'a'.repeat(40),
    ref: 'refs/tags/v1.0.0',
    directory: '',
  },
  identity,
  grade: 'tag',
  confidence: 'high',
  reachable: 'yes',
  because: [],
  disagreements: [],
};
const record: RebuildRecord = {
  schema: 1,
  purl: formatPurl('npm', 'a', '1.0.0'),
  artifact,
  recipe: sha256('recipe'),
  recipeText: undefined,
  log: undefined,
  source: found,
  isolation: {
    level: 'full',
    means: 'bubblewrap 0.8.0',
    limits: {
      memory: 'cgroup-v1',
      processes: 'cgroup-v1',
      cpu: 'rlimit',
      disk: 'watchdog',
      time: 'watchdog',
    },
    missing: [],
  },
  inputs: [],
  outcome: {
    state: 'compared',
    comparison: {
      schema: 1,
      verdict: 'equivalent',
      upstream: artifact,
      rebuilt: sha256('rebuilt'),
      ladder: { d0: undefined, d1: undefined, d2: undefined, d3: undefined },
      normalisers: [],
      counts: { same: 1, forgiven: 0, benign: 0, unexplained: 0, suspicious: 0 },
      differences: [],
      differencesTotal: 0,
    },
  },
  startedAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T00:00:10.000Z',
};

const here = (one: RebuildRecord): WitnessedBuild => ({
  record: one,
  builder: 'b1',
  operator: 'o1',
  host: 'h1',
});
const input = (one: RebuildRecord, more: Partial<ClassInput> = {}): ClassInput => ({
  artifact,
  builds: [here(one)],
  approved: [identity],
  reviewed: [],
  upstream: { attested: false, signed: true },
  ...more,
});
const compared = (verdict: (typeof comparisonVerdicts)[number]): RebuildRecord['outcome'] =>
  record.outcome.state === 'compared'
    ? { state: 'compared', comparison: { ...record.outcome.comparison, verdict } }
    : record.outcome;

/** Mostly what makes Secure, so that one wrong thing among right ones is tried often. */
function mostly<T>(right: T, ...others: readonly T[]): fc.Arbitrary<T> {
  return fc.oneof(
    { weight: 8, arbitrary: fc.constant(right) },
    { weight: 1, arbitrary: fc.constantFrom(...others) },
  );
}

const records: fc.Arbitrary<RebuildRecord> = fc
  .record({
    level: mostly<RebuildRecord['isolation']['level']>('full', 'partial', 'none'),
    verdict: mostly<(typeof comparisonVerdicts)[number]>('identical', ...comparisonVerdicts),
    built: mostly(true, false),
    hasSource: mostly(true, false),
    kind: mostly<FoundSource['source']['kind']>('git', 'archive', 'debian-source'),
    grade: fc.constantFrom(...sourceGrades),
    confidence: mostly<FoundSource['confidence']>('high', 'medium', 'low'),
    reachable: mostly<FoundSource['reachable']>('yes', 'no', 'not-available', 'not-checked'),
    about: mostly(artifact, sha256('other')),
    owner: mostly<string | undefined>('2', '3', undefined),
    keys: mostly<readonly string[]>([], ['F'], ['F', 'G']),
    cause: fc.constantFrom(...notBuiltCauses),
  })
  .map(
    ({ level, verdict, built, hasSource, kind, grade, confidence, reachable, about, owner, keys, cause }) => {
      const source: FoundSource['source'] =
        kind === 'git'
          ? found.source
          : kind === 'archive'
            ? { kind, url: 'https://files.example.com/a.tar.gz', sha256: sha256('a'), directory: '' }
            : {
                kind,
                archive: 'debian',
                suite: 's',
                component: 'main',
                name: 'a',
                version: '1',
                dsc: sha256('d'),
                signedBy: keys,
              };
      return {
        ...record,
        artifact: about,
        isolation: { ...record.isolation, level },
        source: hasSource
          ? {
              ...found,
              source,
              grade,
              confidence,
              reachable,
              identity: { ...identity, ownerId: owner, keys },
            }
          : undefined,
        outcome: built ? compared(verdict) : { state: 'not-built' as const, cause, message: '' },
      };
    },
  );

describe('the class of a release', () => {
  it('is secure for an equal build in full isolation from an approved, reachable source', () => {
    assert.deepEqual([classOf(input(record)).class, classOf(input(record)).grade], ['secure', 'rebuilt']);
  });

  it('is secure for no other record than those', () => {
    fc.assert(
      fc.property(records, mostly([identity], []), fc.boolean(), (one, approved, attested) => {
        const told = classOf(input(one, { approved, upstream: { attested, signed: true } }));
        const { source, outcome } = one;
        const may =
          outcome.state === 'compared' &&
          secureVerdicts.includes(outcome.comparison.verdict) &&
          one.isolation.level === 'full' &&
          one.artifact === artifact &&
          source !== undefined &&
          source.confidence !== 'low' &&
          approved.length === 1 &&
          source.identity.ownerId === '2' &&
          source.identity.keys.length === 0 &&
          source.source.kind !== 'debian-source' &&
          (source.source.kind === 'git' ? source.reachable === 'yes' : source.reachable !== 'no');
        assert.equal(told.class, may ? 'secure' : 'community');
        if (!may) assert.equal(told.grade, attested ? 'attested' : 'signed');
        assert.notEqual(told.grade, 'reproduced');
      }),
      { numRuns: 2000 },
    );
  });

  it('says why it is no better', () => {
    const why = (one: RebuildRecord, approved = [identity]): string =>
      classOf(input(one, { approved })).because;
    assert.match(why(record, []), /Nobody approved its source/);
    assert.match(why(record, [{ ...identity, ownerId: '9' }]), /another than the approved one/);
    assert.match(
      why({ ...record, isolation: { ...record.isolation, level: 'partial', missing: ['No seccomp.'] } }),
      /partial isolation: No seccomp/,
    );
    assert.match(why({ ...record, outcome: compared('unexplained') }), /not what upstream published/);
    assert.match(why({ ...record, source: { ...found, reachable: 'no' } }), /not reachable/);
    assert.match(why({ ...record, source: { ...found, confidence: 'low' } }), /not sure enough/);
    const archive = {
      kind: 'archive',
      url: 'https://a.example.com/',
      sha256: artifact,
      directory: '',
    } as const;
    assert.match(why({ ...record, source: { ...found, source: archive, reachable: 'no' } }), /not reachable/);
    assert.match(why({ ...record, artifact: sha256('other') }), /compared with other bytes/);
    assert.match(classOf(input(record, { builds: [] })).because, /not built here/);
  });

  it('knows a Debian source by its keys, and needs the approval of all of them', () => {
    const debian: FoundSource = {
      ...found,
      source: {
        kind: 'debian-source',
        archive: 'debian',
        suite: 'stable',
        component: 'main',
        name: 'a',
        version: '1',
        dsc: sha256('d'),
        signedBy: ['F'],
      },
      identity: { repository: 'debian/stable/a', repositoryId: undefined, ownerId: undefined, keys: ['F'] },
      reachable: 'not-available',
    };
    const of = (approved: readonly SourceIdentity[], source = debian): string =>
      classOf(input({ ...record, source }, { approved })).class;
    assert.equal(of([debian.identity]), 'secure');
    assert.equal(of([]), 'community');
    assert.equal(of([{ ...debian.identity, keys: ['G'] }]), 'community');
    assert.equal(
      of([debian.identity], {
        ...debian,
        source: { ...debian.source, signedBy: [] } as FoundSource['source'],
      }),
      'community',
    );
  });

  it('is secure by a corrected recipe only where exactly that correction was reviewed', () => {
    const correction = {
      digest: sha256('corrected'),
      who: 'Ann',
      why: 'make',
      at: '2026-01-01T00:00:00Z',
    };
    const of = (reviewed: ClassInput['reviewed']): string =>
      classOf(input({ ...record, correction }, { reviewed })).class;
    assert.deepEqual(
      [of([]), of([sha256('another')]), of([correction.digest])],
      ['community', 'community', 'secure'],
    );
  });

  it('is never secure when its own published file went into the build, under whatever name', () => {
    const of = (role: string, name: string, digest = sha256('other'), contains?: readonly string[]) => {
      const input_ = { role, name, uri: 'u', digest: { sha256: digest } };
      const inputs = [contains === undefined ? input_ : { ...input_, contains }];
      return classOf(input({ ...record, inputs }));
    };
    for (const role of ['dependency', 'toolchain']) {
      assert.equal(of(role, 'a@1.0.0').class, 'community', role);
      assert.equal(of(role, 'b@7.0.0', artifact).class, 'community', role);
      assert.match(of(role, 'a@1.0.0').because, /itself \(a@1\.0\.0\): that it matches proves nothing/);
    }
    assert.equal(of('source', 'source', artifact).class, 'community');
    assert.equal(of('source', 'source').class, 'secure');
    // Its index is no file of it, and other packages are others.
    for (const [role, name] of [
      ['dependency-index', 'a'],
      ['dependency', '@x/a@1.0.0'],
      ['dependency', 'aa@1.0.0'],
    ] as const)
      assert.equal(of(role, name).because, classOf(input(record)).because, name);
  });

  it('tells of other versions of itself that it was built with', () => {
    const of = (name: string, contains?: readonly string[]) => {
      const one = {
        role: contains === undefined ? 'dependency' : 'base',
        name,
        uri: 'u',
        digest: { sha256: sha256('x') },
      };
      return classOf(input({ ...record, inputs: [contains === undefined ? one : { ...one, contains }] }));
    };
    for (const told of [of('a@0.9.0'), of('base', ['a 0.9.0 amd64', 'b 1 amd64'])]) {
      assert.equal(told.class, 'secure');
      assert.match(told.because, /versions of itself went into the build: a@0\.9\.0\./);
    }
    // A base system of Debian holds what it is made of.
    assert.match(of('base', ['a 1.0.0 amd64']).because, /a@1\.0\.0/);
  });

  it('tells of a Debian package that it was built on a system which is made of it', () => {
    const keys = ['F'];
    const purl = formatPurl('debian', 'sed', '4.9-1+deb12u1');
    const source: FoundSource = {
      ...found,
      source: {
        kind: 'debian-source',
        archive: 'debian',
        suite: 's',
        component: 'main',
        name: 'sed',
        version: '4.9-1',
        dsc: sha256('d'),
        signedBy: keys,
      },
      identity: { ...identity, keys },
      reachable: 'not-available',
    };
    const named = (name: string, digest: Sha256): RebuildRecord['inputs'] => [
      { role: 'build-dependency', name, uri: 'u', digest: { sha256: digest } },
    ];
    const of = (inputs: RebuildRecord['inputs']) =>
      classOf(input({ ...record, purl, source, inputs }, { approved: [source.identity] }));
    const told = of(named('sed 4.9-1+deb12u1 amd64', artifact));
    assert.equal(told.class, 'secure');
    assert.match(told.because, /versions of itself went into the build: sed@4\.9-1\+deb12u1\./);
    assert.doesNotMatch(of(named('bash 5.2 amd64', sha256('bash'))).because, /of itself/);
    const asSource = { role: 'source', name: 'sed.deb', uri: 'u', digest: { sha256: artifact } };
    assert.equal(of([asSource]).class, 'community');
  });

  it('is reproduced only where builders of different operators on different hosts agree', () => {
    const grade = (other: Partial<WitnessedBuild>): string =>
      classOf(input(record, { builds: [here(record), { ...here(record), ...other }] })).grade;
    assert.equal(grade({ builder: 'b2', operator: 'o2', host: 'h2' }), 'reproduced');
    assert.equal(grade({ builder: 'b2', operator: 'o2' }), 'rebuilt');
    assert.equal(grade({ builder: 'b2', host: 'h2' }), 'rebuilt');
    assert.equal(grade({ operator: 'o2', host: 'h2' }), 'rebuilt');
    assert.equal(
      grade({
        builder: 'b2',
        operator: 'o2',
        host: 'h2',
        record: { ...record, outcome: compared('unexplained') },
      }),
      'rebuilt',
    );
  });

  it('is not secure while another builder finds it suspicious, or a newer build here does', () => {
    const bad = { ...record, outcome: compared('suspicious') };
    const other = { record: bad, builder: 'b2', operator: 'o2', host: 'h2' };
    assert.equal(classOf(input(record, { builds: [here(record), other] })).class, 'community');
    assert.equal(classOf(input(record, { builds: [here(bad), here(record)] })).class, 'community');
  });
});
