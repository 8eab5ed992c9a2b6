/** The fake must be true where it says so, and lie as it was told: what stands on it is worth no more. */
import assert from 'node:assert/strict';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { startFakeRegistry } from './fake-registry.ts';
import type { Lie } from './lies.ts';
import { createFakeSigstore } from './sigstore/fake-sigstore.ts';

const registry = await startFakeRegistry();
after(() => registry.close());
registry.publish({
  name: '@scope/honest',
  version: '1.0.0',
  manifest: { scripts: { install: 'node x.js' } },
  attested: true,
});
registry.publish({
  name: '@scope/honest',
  version: '1.1.0-rc.1',
  tags: ['next'],
  publishedAt: '2024-05-06T07:08:09.123Z',
});

interface Packument {
  readonly 'dist-tags': Record<string, string>;
  readonly time?: Record<string, string>;
  readonly versions: Record<string, { dist: Dist; scripts?: unknown; hasInstallScript?: boolean }>;
}

interface Dist {
  readonly integrity: string;
  readonly tarball: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
  readonly attestations?: { readonly url: string };
}

interface AttestationDocument {
  readonly attestations: readonly {
    readonly predicateType: string;
    readonly bundle: {
      readonly verificationMaterial: { readonly publicKey?: { readonly hint: string } };
      readonly dsseEnvelope: { readonly payload: string };
    };
  }[];
}

interface Statement {
  readonly subject: unknown;
  readonly predicateType: string;
  readonly predicate: unknown;
}

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${registry.url}${path}`, { headers });

test('the full document has times, tags, publisher and attestations; the abbreviated one has none but the tags', async () => {
  const full = (await (await get('@scope%2fhonest')).json()) as Packument;
  assert.deepEqual(full['dist-tags'], { latest: '1.0.0', next: '1.1.0-rc.1' });
  assert.equal(full.time?.['1.1.0-rc.1'], '2024-05-06T07:08:09.123Z');
  assert.match(
    full.versions['1.0.0']?.dist.attestations?.url ?? '',
    /attestations\/%40scope%2Fhonest@1\.0\.0$/,
  );
  const response = await get('@scope/honest', { accept: 'application/vnd.npm.install-v1+json' });
  assert.equal(response.headers.get('content-type'), 'application/vnd.npm.install-v1+json');
  const short = (await response.json()) as Packument;
  assert.equal(short.time, undefined);
  assert.equal(short.versions['1.0.0']?.scripts, undefined);
  assert.equal(short.versions['1.0.0']?.hasInstallScript, true);
});

test('every version is signed with the key that the registry shows, over its name, version and integrity', async () => {
  const { keys } = (await (await get('-/npm/v1/keys')).json()) as { keys: { keyid: string; key: string }[] };
  const { versions } = (await (await get('@scope/honest')).json()) as Packument;
  for (const [version, { dist }] of Object.entries(versions)) {
    const signature = dist.signatures[0];
    const key = keys.find(({ keyid }) => keyid === signature?.keyid);
    const publicKey = createPublicKey({
      key: Buffer.from(key?.key ?? '', 'base64'),
      format: 'der',
      type: 'spki',
    });
    const signed = Buffer.from(`@scope/honest@${version}:${dist.integrity}`);
    assert.ok(verify('sha256', signed, publicKey, Buffer.from(signature?.sig ?? '', 'base64')));
  }
});

test('a file has the bytes its integrity names, and a document answers 304 to its validator', async () => {
  const { versions } = (await (await get('@scope/honest')).json()) as Packument;
  const { tarball, integrity } = versions['1.0.0']?.dist ?? { tarball: '', integrity: '' };
  const bytes = Buffer.from(await (await fetch(tarball)).arrayBuffer());
  assert.equal(`sha512-${createHash('sha512').update(bytes).digest('base64')}`, integrity);
  assert.equal(gunzipSync(bytes).length % 512, 0);
  const etag = (await get('@scope/honest')).headers.get('etag') ?? '';
  assert.equal((await get('@scope/honest', { 'if-none-match': etag })).status, 304);
});

test("provenance is published beside the registry's own statement, about the same bytes", async () => {
  const sigstore = createFakeSigstore();
  const { bytes } = registry.publish({ name: '@scope/attested', version: '2.0.0', provenance: { sigstore } });
  const { versions } = (await (await get('@scope/attested')).json()) as Packument;
  const url = versions['2.0.0']?.dist.attestations?.url ?? '';
  const { attestations } = (await (await fetch(url)).json()) as AttestationDocument;
  const sha512 = createHash('sha512').update(bytes).digest('hex');
  const statements = attestations.map(({ bundle }) => {
    const text = Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString('utf8');
    return JSON.parse(text) as Statement;
  });
  assert.deepEqual(
    statements.map(({ subject, predicateType }) => ({ subject, predicateType })),
    attestations.map(({ predicateType }) => ({
      subject: [{ name: 'pkg:npm/%40scope/attested@2.0.0', digest: { sha512 } }],
      predicateType,
    })),
  );
  const [publish] = attestations;
  assert.equal(publish?.bundle.verificationMaterial.publicKey?.hint, registry.key.keyid);
  assert.deepEqual(statements[0]?.predicate, {
    name: '@scope/attested',
    version: '2.0.0',
    registry: `https://${new URL(registry.url).host}`,
  });
});

test('attestations can be hidden in the index, emptied, or gone behind the address it names', async () => {
  const provenance = { sigstore: createFakeSigstore() };
  registry.publish({ name: 'hidden', version: '1.0.0', provenance });
  const { versions } = (await (await get('hidden')).json()) as Packument;
  const url = versions['1.0.0']?.dist.attestations?.url ?? '';
  registry.setAttestations('hidden', '1.0.0', () => ({ attestations: [] }));
  assert.deepEqual(await (await fetch(url)).json(), { attestations: [] });
  registry.setAttestations('hidden', '1.0.0', () => undefined);
  assert.equal((await fetch(url)).status, 404);
  registry.strip('hidden', '1.0.0', ['attestations', 'signatures']);
  const after = (await (await get('hidden')).json()) as Packument;
  assert.deepEqual(Object.keys(after.versions['1.0.0']?.dist ?? {}).sort(), [
    'fileCount',
    'integrity',
    'shasum',
    'tarball',
    'unpackedSize',
  ]);
});

test('what is not there is 404, and a registry that asks for credentials gives nothing without them', async () => {
  assert.equal((await get('absent')).status, 404);
  assert.equal((await get('@scope/honest/9.9.9')).status, 404);
  const closed = await startFakeRegistry({ authorization: 'Bearer secret' });
  closed.publish({ name: 'private', version: '1.0.0' });
  assert.equal((await fetch(`${closed.url}private`)).status, 401);
  assert.equal(
    (await fetch(`${closed.url}private`, { headers: { authorization: 'Bearer secret' } })).status,
    200,
  );
  await closed.close();
});

/** What a plain client makes of an answer: its body, or that it broke. */
async function outcome(path: string): Promise<string> {
  try {
    const response = await fetch(`${registry.url}${path}`, {
      redirect: 'manual',
      signal: AbortSignal.timeout(1000),
    });
    return `${response.status} ${(await response.arrayBuffer()).byteLength}`;
  } catch {
    return 'broken';
  }
}

test('each lie is told as often as it was asked for, then the truth', async () => {
  const file = '@scope/honest/-/honest-1.0.0.tgz';
  const truth = await outcome(file);
  const lies: readonly (readonly [Lie, RegExp])[] = [
    [{ kind: 'truncate', keepBytes: 10, stated: 'full' }, /^broken$/],
    [{ kind: 'truncate', keepBytes: 10, stated: 'short' }, /^200 10$/],
    [{ kind: 'truncate', keepBytes: 10, stated: 'none' }, /^broken$/],
    [{ kind: 'body', body: 'x' }, /^200 1$/],
    [{ kind: 'status', status: 429, headers: { 'retry-after': '1' } }, /^429 /],
    [{ kind: 'redirect', to: 'http://registry.example.com/' }, /^302 0$/],
    [{ kind: 'html' }, /^200 /],
    [{ kind: 'hang', when: 'before-headers' }, /^broken$/],
    [{ kind: 'hang', when: 'mid-body' }, /^broken$/],
    [{ kind: 'slow', bytes: 1, pauseMs: 200 }, /^broken$/],
    [{ kind: 'oversize', bytes: 1_000_000 }, /^200 10\d{5}$/],
    [{ kind: 'stated-length', bytes: 1_000_000 }, /^broken$/],
    [{ kind: 'gzip-bomb', bytes: 1_000_000 }, /^200 1000000$/],
    [{ kind: 'drop' }, /^broken$/],
    [{ kind: 'garbage' }, /^broken$/],
  ];
  for (const [lie, expected] of lies) {
    registry.lie({ path: `/${file}`, times: 1 }, lie);
    assert.match(await outcome(file), expected, lie.kind);
    assert.equal(await outcome(file), truth, `after ${lie.kind}`);
  }
  registry.lie({ path: /honest-1/, times: 1 }, { kind: 'flip-bit', atByte: 40 });
  const honest = await (await get(file)).text();
  assert.notEqual(await (await get(file)).text(), honest, 'a flipped bit');
});

test('bytes can change, versions vanish, and times and tags move', async () => {
  registry.publish({ name: 'moving', version: '1.0.0' });
  registry.publish({ name: 'moving', version: '1.1.0' });
  const before = await (await get('moving')).text();
  registry.replaceBytes({ name: 'moving', version: '1.0.0', files: { 'index.js': 'changed' } });
  const changed = await (await get('moving')).text();
  assert.notEqual(changed, before);
  registry.unpublish('moving', '1.1.0');
  const left = (await (await get('moving')).json()) as Packument;
  assert.deepEqual([Object.keys(left.versions), left['dist-tags']], [['1.0.0'], { latest: '1.0.0' }]);
  registry.setTime('moving', '1.0.0', null);
  assert.equal(((await (await get('moving')).json()) as Packument).time?.['1.0.0'], undefined);
});
