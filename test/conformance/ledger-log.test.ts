/**
 * Whole logs, made by the real writer, against programs that share no line with it: Go's sumdb/tlog, Tessera's fsck,
 * and the program in docs/auditing.md. Sizes around every edge of tiles; then the log of a gate, over HTTP.
 */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { LedgerStatus } from '../../src/server/control/ledger-protocol.ts';
import { writeBundle } from '../../src/server/auditing/bundle.ts';
import { entryFields, type DiscloseAnswer } from '../../src/server/control/ledger-protocol.ts';
import { formatVkey } from '../../src/ledger/verify/vkey.ts';
import { composeGate } from '../support/composed-gate.ts';
import { requestControl } from '../support/control.ts';
import { documentedAuditor, tesseraFsck } from '../support/go-auditors.ts';
import { goChecker, runProgram, type GoRun, type Tool } from '../support/go-tools.ts';
import { addEvents, memoryWorld, sequenceAll, startedLog } from '../support/log/world.ts';

const [checker, tessera, auditor] = await Promise.all([goChecker(), tesseraFsck(), documentedAuditor()]);

function missing(tool: Tool): string | false {
  return 'missing' in tool ? tool.missing : false;
}

function run(tool: Tool, args: readonly string[], cwd?: string): Promise<GoRun> {
  assert.ok('program' in tool);
  return runProgram(tool.program, args, cwd === undefined ? {} : { cwd });
}

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'assay-log-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A log on disk that grows through the real writer, as a gate's does. */
async function growingLog(t: TestContext): Promise<{
  readonly folder: string;
  readonly vkey: string;
  readonly growTo: (size: number) => Promise<void>;
}> {
  const folder = await folderFor(t);
  const world = memoryWorld();
  const log = await startedLog(world);
  const [key] = world.signer.trust.logKeys;
  assert.ok(key !== undefined);
  const onDisk = new Set<string>();
  return {
    folder,
    vkey: formatVkey(key),
    growTo: async (size) => {
      addEvents(world, size - log.state().size);
      await sequenceAll(log);
      assert.equal(log.state().size, size);
      const { files } = world.tiles;
      for (const path of [...onDisk].filter((known) => !files.has(known))) {
        await rm(join(folder, path));
        onDisk.delete(path);
      }
      for (const [path, bytes] of files) {
        if (onDisk.has(path) && path !== 'checkpoint') continue;
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), bytes);
        onDisk.add(path);
      }
    },
  };
}

async function fsck(url: string, vkeyFile: string): Promise<string> {
  const flags = [`--storage_url=${url}`, `--public_key=${vkeyFile}`, '--N=8', '--ui=false', '--logtostderr'];
  const { stdout, stderr } = await run(tessera, flags);
  return stdout + stderr;
}

const sizes = [0, 1, 2, 255, 256, 257, 511, 512, 513, randomInt(514, 5000), randomInt(5000, 65_000)];
const large = [65_535, 65_536, 65_537];

test(
  'Go verifies checkpoint, tiles, entries, inclusion and consistency of logs of every size',
  { skip: missing(checker) },
  async (t) => {
    const log = await growingLog(t);
    const seen: { readonly size: number; readonly file: string }[] = [];
    for (const size of [...sizes, ...large]) {
      await log.growTo(size);
      const whole = await run(checker, ['log', log.folder, log.vkey]);
      assert.equal(whole.code, 0, `size ${size}: ${whole.stderr}`);
      assert.equal((JSON.parse(whole.stdout) as { readonly size: number }).size, size);
      for (const older of seen) {
        const grown = await run(checker, ['consistent', log.folder, log.vkey, older.file]);
        assert.equal(grown.code, 0, `from ${older.size} to ${size}: ${grown.stderr}`);
      }
      const file = join(log.folder, `seen-${size}`);
      await writeFile(file, await readFile(join(log.folder, 'checkpoint')));
      seen.push({ size, file });
    }
  },
);

test(
  "Tessera's fsck accepts the log at every size, and finds one flipped bit",
  { skip: missing(tessera) },
  async (t) => {
    const log = await growingLog(t);
    const vkeyFile = join(log.folder, 'vkey');
    await writeFile(vkeyFile, log.vkey);
    for (const size of [...sizes.slice(1), 65_536, 65_537]) {
      await log.growTo(size);
      assert.match(
        await fsck(`file://${log.folder}`, vkeyFile),
        new RegExp(`Successfully fsck'd log with size ${size} `),
      );
    }
    for (const path of ['tile/0/003', 'tile/1/000', 'tile/entries/007', 'tile/2/000.p/1', 'checkpoint']) {
      const file = join(log.folder, path);
      const bytes = await readFile(file);
      const at = Math.floor(bytes.length / 2);
      const before = bytes.readUInt8(at);
      bytes.writeUInt8(before ^ 4, at);
      await writeFile(file, bytes);
      assert.doesNotMatch(await fsck(`file://${log.folder}`, vkeyFile), /Successfully/, path);
      bytes.writeUInt8(before, at);
      await writeFile(file, bytes);
    }
  },
);

interface GateLog {
  readonly base: string;
  readonly vkey: string;
  readonly decide: (names: readonly string[]) => Promise<LedgerStatus>;
  readonly directory: string;
}

async function gateLog(t: TestContext): Promise<GateLog> {
  // The registry's key is known from the start: to learn it would be an entry too.
  const { url, registry, directory } = await composeGate(t, {}, { sigstore: [] });
  const untilLogged = async (size: number): Promise<LedgerStatus> => {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const status = await requestControl<LedgerStatus>(directory, 'GET', '/ledger');
      if (status.size >= size && status.waiting === 0 && status.vkeys.length > 0) return status;
      assert.ok(Date.now() < deadline, JSON.stringify(status));
    }
  };
  const { vkeys } = await untilLogged(0);
  return {
    base: `${url}-/ledger/`,
    vkey: vkeys[0] ?? '',
    directory,
    decide: async (names) => {
      const { size } = await untilLogged(0);
      for (const name of names) registry.publish({ name, version: '1.0.0' });
      await Promise.all(names.map((name) => fetch(`${url}${name}/-/${name}-1.0.0.tgz`)));
      return untilLogged(size + names.length);
    },
  };
}

test("Tessera's fsck accepts the log of a gate, over HTTP", { skip: missing(tessera) }, async (t) => {
  const log = await gateLog(t);
  const vkeyFile = join(await folderFor(t), 'vkey');
  await writeFile(vkeyFile, `${log.vkey}\n`);
  const { size } = await log.decide(Array.from({ length: 20 }, (_, n) => `tessera-${n}`));
  assert.equal(size, 20);
  assert.match(await fsck(log.base, vkeyFile), /Successfully fsck'd log with size 20 /);
});

test(
  'Go reads the log of a gate over HTTP, and counts its entries by type',
  { skip: missing(checker) },
  async (t) => {
    const log = await gateLog(t);
    await log.decide(['one', 'two', 'three']);
    const { code, stdout, stderr } = await run(checker, ['log', log.base, log.vkey]);
    assert.equal(code, 0, stderr);
    const told = JSON.parse(stdout) as { readonly size: number; readonly types: unknown };
    assert.deepEqual([told.size, told.types], [3, { 'decision/v1': 3 }]);
  },
);

test('the program in docs/auditing.md does what the page says', { skip: missing(auditor) }, async (t) => {
  const log = await gateLog(t);
  const cwd = await folderFor(t);
  const watch = (): Promise<GoRun> => run(auditor, [log.base, log.vkey], cwd);
  await log.decide(['first', 'second']);
  const first = await watch();
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stdout, /^2 entries, root /);
  await log.decide(['third']);
  assert.match((await watch()).stdout, /grew from 2 to 3 entries and took nothing back/);

  const { disclosure } = await requestControl<DiscloseAnswer>(log.directory, 'POST', '/ledger/disclose', {
    query: 'third@1.0.0',
    fields: entryFields,
  });
  const bundle = join(cwd, 'third.proof');
  await writeBundle(bundle, disclosure);
  const [proof, entry] = [join(bundle, '2.tlog-proof'), join(bundle, '2.entry')];
  assert.match(
    (await run(auditor, [proof, log.vkey, entry], cwd)).stdout,
    /^entry 2 is in the log of 3 entries\n$/,
  );
  await writeFile(entry, (await readFile(entry, 'utf8')).replace('decision', 'Decision'));
  const altered = await run(auditor, [proof, log.vkey, entry], cwd);
  assert.equal(altered.code, 1);
  assert.match(altered.stderr, /NOT IN THE LOG/);

  // The page's Python, on the same disclosure: every commitment is the entry's, and an altered payload is not.
  const page = await readFile(join(import.meta.dirname, '../../docs/auditing.md'), 'utf8');
  const script = join(cwd, 'open.py');
  await writeFile(script, /```python\n(.*?)```/s.exec(page)?.[1] ?? '');
  const open = async (): Promise<readonly string[]> => {
    const { stdout, stderr } = await runProgram('python3', [script, join(bundle, 'disclosure.json')], {
      cwd,
    });
    return [...stdout.matchAll(/^2 (\w+ (?:True|False)) /gm)].map(([, verdict = '']) => verdict + stderr);
  };
  assert.deepEqual(await open(), ['subject True', 'actor True', 'statement True', 'prev True']);
  await writeFile(join(bundle, 'disclosure.json'), disclosure.replace('anonymous', 'Anonymous'));
  assert.deepEqual(await open(), ['subject True', 'actor False', 'statement True', 'prev True']);

  const seen = join(cwd, 'seen');
  await writeFile(seen, (await readFile(seen, 'utf8')).replace('\n3\n', '\n9\n'));
  assert.match((await watch()).stderr, /not signed by this key/);
});
