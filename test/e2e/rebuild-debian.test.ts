/**
 * `assay rebuild pkg:deb/debian/ucf` as a person runs it, against Debian's real archive: built in the real sandbox, bit for bit what
 * Debian publishes, Community until somebody approved the source, then Secure, and proven by a file alone.
 */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { findBinary } from '../../src/rebuild/debian/binary-package.ts';
import { buildDependencies } from '../../src/rebuild/debian/build-dependencies.ts';
import { findSourcePackage } from '../../src/rebuild/debian/source-package.ts';
import { requestControl } from '../support/control.ts';
import { archiveOfApt, debianBases, openRealSuite } from '../support/debian.ts';
import { startFakeRegistry, type FakeRegistry } from '../support/fake-registry.ts';
import { startGate, type CommandResult, type Gate } from '../support/gate.ts';
import { noSandbox } from '../support/sandbox.ts';

const known = archiveOfApt();
const root = resolve(import.meta.dirname, '../..');
const purl = 'pkg:deb/debian/ucf';

describe(
  'a Debian package',
  { skip: noSandbox ?? (known === undefined && 'apt knows no archive of Debian 12') },
  () => {
    let registry: FakeRegistry;
    let gate: Gate;
    before(async () => {
      assert.ok(known !== undefined);
      registry = await startFakeRegistry();
      // Made before anything is waited for: the first time takes minutes, and it is kept.
      const suite = await openRealSuite(known);
      const { source } = await findBinary(suite, 'ucf');
      const found = await findSourcePackage(suite, source.name, source.version);
      const packages = await buildDependencies([suite], found, 'all');
      await (await debianBases()).base(packages, [suite]);
      gate = await startGate({
        upstream: registry.url,
        env: { ASSAY_REBUILD_DIRECTORY: join(root, '.cache') },
      });
    });
    after(async () => {
      await gate.remove();
      await registry.close();
    });

    async function assay(code: number, ...args: readonly string[]): Promise<CommandResult> {
      const result = await gate.command(...args);
      assert.equal(result.code, code, `${args.join(' ')}\n${result.stdout}\n${result.stderr}`);
      return result;
    }

    it('is found, built, Secure once its source is approved, and proven without a gate', async () => {
      const found = (await assay(0, 'source', 'find', purl)).stdout;
      assert.match(found, /pkg:deb\/debian\/ucf@3\.0043/);
      assert.match(found, /found by +debian-source, confidence high, reachable: not-available/);
      assert.match(found, /keys +(?:[0-9A-F]{40}(?:, )?)+/);
      assert.match(found, /approved +no/);

      const built = (await assay(0, 'rebuild', purl, '--watch')).stdout;
      assert.match(built, /identical/);
      assert.match(built, /community/i);
      assert.match((await assay(0, 'rebuild', 'report', purl)).stdout, /identical/);

      await assay(0, 'source', 'approve', purl, '--reason', 'Debian, as this machine has it');
      assert.match((await assay(0, 'catalogue')).stdout, /ucf.*secure\/rebuilt/i);
      await provedOffline();

      await assay(0, 'source', 'revoke', purl, '--reason', 'to see that it counts');
      assert.doesNotMatch((await assay(0, 'catalogue')).stdout, /secure\/rebuilt/i);
    });

    async function provedOffline(): Promise<void> {
      const suite = await openRealSuite(known ?? assert.fail());
      const binary = await findBinary(suite, 'ucf');
      await writeFile(join(gate.folder, 'ucf.deb'), await suite.file(binary.path, binary.file));
      await writeFile(join(gate.folder, 'other.deb'), 'another file');
      const { vkeys } = await requestControl<{ vkeys: string[] }>(gate.dataDirectory, 'GET', '/ledger');
      await writeFile(join(gate.folder, 'log.vkey'), `${vkeys.join('\n')}\n`);
      let proof = await gate.command('rebuild', 'proof', purl, '--output', 'ucf.json');
      // The entry is sealed a second after it was made.
      for (let tries = 0; proof.code !== 0 && tries < 50; tries += 1) {
        await wait(200);
        proof = await gate.command('rebuild', 'proof', purl, '--output', 'ucf.json');
      }
      assert.equal(proof.code, 0, proof.stderr);
      await gate.stop();
      const verified = await assay(0, 'verify', 'ucf.deb', '--build', 'ucf.json', '--vkey', 'log.vkey');
      assert.match(verified.stdout, /identical/);
      await assay(1, 'verify', 'other.deb', '--build', 'ucf.json', '--vkey', 'log.vkey');
      gate = await startGate({
        upstream: registry.url,
        after: gate,
        env: { ASSAY_REBUILD_DIRECTORY: join(root, '.cache') },
      });
    }
  },
);
