/** What `assay verify FILE --bundle F` does, over every case of the public Sigstore suite: its wrapper must not soften a verdict. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { isAssayError } from '../../src/core/errors.ts';
import {
  keyFrom,
  readBundleFile,
  trustFrom,
  verifyFile,
  type ExpectedSigner,
} from '../../src/server/verifying/file.ts';

const cases = join(
  process.env['ASSAY_SHARED'] ?? join(import.meta.dirname, '../../../shared'),
  'vectors/sigstore-conformance/bundle-verify',
);
const skip = existsSync(cases) ? false : 'ASSAY_SHARED/vectors/sigstore-conformance is not there';

/** Whom a case means that does not say so itself: the two addresses that the suite's README quotes. */
function usualSigner(): readonly string[] {
  const readme = readFileSync(join(cases, 'README.md'), 'utf8');
  return [...readme.matchAll(/"(https:[^"]+)"/g)].map(([, address = '']) => address);
}

async function verified(name: string, [subject = '', issuer = '']: readonly string[]): Promise<boolean> {
  const at = (file: string): string => join(cases, name, file);
  const text = (file: string, otherwise: string): string =>
    existsSync(at(file)) ? readFileSync(at(file), 'utf8').trim() : otherwise;
  const expected: ExpectedSigner = existsSync(at('key.pub'))
    ? await keyFrom(at('key.pub'))
    : {
        kind: 'certificate',
        subject: text('identity', subject),
        issuer: text('issuer', issuer),
      };
  const bytes = readFileSync(existsSync(at('artifact')) ? at('artifact') : join(cases, 'a.txt'));
  const trust = await trustFrom(existsSync(at('trusted_root.json')) ? at('trusted_root.json') : undefined);
  const bundle = await readBundleFile(at('bundle.sigstore.json')).catch(() => ({}));
  const thing = { kind: 'bytes', bytes } as const;
  return verifyFile({ about: name, thing, bundle, trust, expected, now: '2026-11-20T12:00:00.000Z' })
    .verified;
}

test('a file of the public suite verifies exactly where the suite says so', { skip }, async () => {
  const names = readdirSync(cases, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );
  assert.ok(names.length > 50);
  const signer = usualSigner();
  for (const name of names) {
    // A key or a root that cannot be read is told as such, before anything is verified.
    const found = await verified(name, signer).catch((error: unknown) => {
      assert.ok(isAssayError(error, 'USAGE_INVALID') || isAssayError(error, 'TRUST_INVALID'), name);
      return false;
    });
    assert.equal(found, !name.endsWith('_fail'), name);
  }
});
