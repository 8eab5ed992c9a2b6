/**
 * A 7 MB packument of 3,600 versions: reading it, and rendering from its parts, against what a plain proxy does
 * on every request (parse, filter, stringify). Medians and ratios of one run; nothing here is asserted.
 * Run: bin/node bench/packument.ts
 */
import { sha256 } from '../src/core/digest.ts';
import { ownObject, ownString, type JsonObject } from '../src/core/json.ts';
import type { UpstreamId } from '../src/core/subject.ts';
import { encodeParts, manifestFrom, openParts } from '../src/registries/npm/packument-parts.ts';
import { readPackument } from '../src/registries/npm/packument-read.ts';
import { renderPackument, type RenderPlan } from '../src/registries/npm/packument-render.ts';
import { abbreviatedFields } from '../src/registries/npm/splice.ts';

const versionCount = 3600;
const rounds = 15;
const base = 'https://gate.example.com/';

const raw = Buffer.from(JSON.stringify(synthetic()), 'utf8');
const expect = { name: 'bench', upstream: 'npm' as UpstreamId, digest: sha256(raw) };
const parts = readPackument(raw, expect).parts;
const bytes = encodeParts(parts);
const file = openParts(bytes);
const hidden = ['35.9.9', '35.9.8', '35.9.7'];
const plan: RenderPlan = { hidden, kept: [], restrictions: { message: 'too young', versions: hidden } };

/** Ten admitted versions, as of a package that is used a lot, and a hundred. */
const signedPlan = (count: number): RenderPlan => ({
  ...plan,
  signed: [...file.versions.keys()].slice(-count - hidden.length, -hidden.length).map((version) => {
    const integrity =
      ownString(ownObject(manifestFrom(file, version) ?? {}, 'dist') ?? {}, 'integrity') ?? '';
    return { version, integrity, keyid: 'SHA256:bench', sig: 'MEUC'.repeat(24) };
  }),
});
const [signedTen, signedHundred] = [signedPlan(10), signedPlan(100)];

const naiveFull = median(() => naive('full'));
const naiveShort = median(() => naive('abbreviated'));
const rows: readonly (readonly [string, number, number | undefined])[] = [
  ['parse, filter, stringify: full', naiveFull, undefined],
  ['parse, filter, stringify: abbreviated', naiveShort, undefined],
  ['read (parse, check, serialise both forms)', median(() => readPackument(raw, expect)), naiveFull],
  ['encode parts', median(() => encodeParts(parts)), naiveFull],
  ['open parts', median(() => openParts(bytes)), naiveFull],
  ['render full from open parts', median(() => renderPackument(file, plan, 'full', base)), naiveFull],
  [
    'render abbreviated from open parts',
    median(() => renderPackument(file, plan, 'abbreviated', base)),
    naiveShort,
  ],
  [
    'the same with signatures of ours on 10',
    median(() => renderPackument(file, signedTen, 'abbreviated', base)),
    naiveShort,
  ],
  ['… on 100', median(() => renderPackument(file, signedHundred, 'abbreviated', base)), naiveShort],
  ['open and render full', median(() => renderPackument(openParts(bytes), plan, 'full', base)), naiveFull],
  ['one version’s manifest', median(() => manifestFrom(file, '17.5.5')), naiveFull],
];

console.log(
  `packument ${(raw.length / 1e6).toFixed(1)} MB, ${versionCount} versions; parts file ${(bytes.length / 1e6).toFixed(1)} MB; median of ${rounds}`,
);
for (const [what, ms, against] of rows) {
  const ratio = against === undefined ? '' : `  ${(ms / against).toFixed(3)} x naive`;
  console.log(`${what.padEnd(44)} ${ms.toFixed(2).padStart(8)} ms${ratio}`);
}

/** What the peers do per request. */
function naive(form: 'full' | 'abbreviated'): string {
  const document = JSON.parse(raw.toString('utf8')) as Record<string, JsonObject>;
  const gone = new Set(hidden);
  const keep = ([version]: [string, unknown]): boolean => !gone.has(version);
  const versions = Object.entries(document['versions'] ?? {}).filter(keep);
  const shown = versions.map(([version, entry]) => {
    const manifest = entry as JsonObject;
    const dist = { ...ownObject(manifest, 'dist'), tarball: `${base}bench/-/bench-${version}.tgz` };
    const fields = Object.entries({ ...manifest, dist });
    return [
      version,
      Object.fromEntries(form === 'full' ? fields : fields.filter(([key]) => abbreviatedFields.has(key))),
    ];
  });
  const time = Object.fromEntries(Object.entries(document['time'] ?? {}).filter(keep));
  const changed = { versions: Object.fromEntries(shown), time, 'dist-tags': { latest: '35.9.6' } };
  return JSON.stringify(form === 'full' ? { ...document, ...changed } : { name: 'bench', ...changed });
}

function median(work: () => unknown): number {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = process.hrtime.bigint();
    work();
    times.push(Number(process.hrtime.bigint() - start) / 1e6);
  }
  return times.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0;
}

function synthetic(): JsonObject {
  const numbers = Array.from(
    { length: versionCount },
    (_, at) => `${Math.floor(at / 100)}.${Math.floor(at / 10) % 10}.${at % 10}`,
  );
  const day = (at: number): string => new Date(Date.UTC(2015, 0, 1) + at * 86_400_000).toISOString();
  return {
    _id: 'bench',
    name: 'bench',
    'dist-tags': { latest: '35.9.9' },
    versions: Object.fromEntries(numbers.map((version) => [version, manifest(version)])),
    time: {
      created: day(0),
      modified: day(versionCount),
      ...Object.fromEntries(numbers.map((version, at) => [version, day(at)])),
    },
    readme: 'x'.repeat(20_000),
  };
}

function manifest(version: string): JsonObject {
  const list = (name: string, count: number): JsonObject =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`${name}-${at}`, `^${at}.2.3`]));
  return {
    name: 'bench',
    version,
    description: 'A package with as many versions as the largest ones have',
    license: 'MIT',
    dependencies: list('dependency', 12),
    devDependencies: list('development', 25),
    scripts: { test: 'node --test', build: 'tsc -p .', lint: 'eslint .' },
    engines: { node: '>=18' },
    _npmUser: { name: 'kim', email: 'kim@example.com' },
    maintainers: [{ name: 'kim', email: 'kim@example.com' }],
    dist: {
      integrity: `sha512-${Buffer.alloc(64, version).toString('base64')}`,
      shasum: 'a'.repeat(40),
      tarball: `https://registry.example.com/bench/-/bench-${version}.tgz`,
      fileCount: 30,
      unpackedSize: 123_456,
      signatures: [{ keyid: `SHA256:${'k'.repeat(43)}`, sig: 'M'.repeat(96) }],
    },
    _id: `bench@${version}`,
    readmeFilename: 'README.md',
    _npmOperationalInternal: {
      host: 's3://npm-registry-packages',
      tmp: `tmp/bench_${version}_1234567890_0.123456789`,
    },
  };
}
