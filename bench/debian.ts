/**
 * Builds Debian packages from source, compares each with what Debian publishes, and appends one line of JSON for each.
 *
 *   bin/node bench/debian.ts OUT [NAME…]                  without names: those of support/debian-packages.json
 *   bin/node bench/debian.ts --keep FOLDER OUT [NAME…]    keeps both packages of each, without compression, to look at
 */
import { appendFile, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { isAssayError, messageOf } from '../src/core/errors.ts';
import { compare } from '../src/rebuild/compare/compare.ts';
import type { Suite } from '../src/rebuild/debian/archive.ts';
import { findBinary } from '../src/rebuild/debian/binary-package.ts';
import { readPlainDeb } from '../src/rebuild/debian/deb.ts';
import {
  rebuildDebian,
  type DebianRebuildDeps,
  type EarlierSuite,
  type PlainDeb,
} from '../src/rebuild/debian/rebuild.ts';
import { debianRules } from '../src/rebuild/debian/rules.ts';
import { createSandbox } from '../src/rebuild/sandbox/sandbox.ts';
import { archiveOfApt, debianBases, openRealSuite, outputs } from '../test/support/debian.ts';

const listSchema = z.object({ packages: z.array(z.string()) });
const { values, positionals } = parseArgs({ options: { keep: { type: 'string' } }, allowPositionals: true });
const [out, ...names] = positionals;
const known = archiveOfApt();
if (out === undefined || known === undefined) throw new Error('OUT is missing, or apt has no Debian archive');
const directory = await mkdtemp(join(tmpdir(), 'assay-bench-debian-'));
await chmod(directory, 0o711);
try {
  const list = join(import.meta.dirname, 'support/debian-packages.json');
  const wanted =
    names.length > 0 ? names : listSchema.parse(JSON.parse(await readFile(list, 'utf8'))).packages;
  const clock = (): number => performance.now();
  const deps: DebianRebuildDeps = {
    compare: async (theirs, ours, facts) => {
      if (values.keep !== undefined) await keep(values.keep, theirs, ours);
      const [upstream, rebuilt] = [readPlainDeb(theirs.plain, theirs.d0), readPlainDeb(ours.plain, ours.d0)];
      return compare({ upstream, rebuilt, facts, rules: debianRules(upstream, rebuilt) });
    },
    sandbox: await createSandbox({ directory, clock }),
    outputs,
    bases: await debianBases(),
    monotonicMs: clock,
  };
  const suite = await openRealSuite(known);
  const before = openRealSuite({ archive: known.archive, suite: 'bullseye' });
  const earlier = async (): Promise<EarlierSuite> => ({
    suite: await before,
    releasedAt: Date.UTC(2021, 7, 14) / 1000,
  });
  for (const name of wanted) {
    const line = JSON.stringify({ name, ...(await one(deps, suite, earlier, name)) });
    console.log(line.slice(0, 300));
    await appendFile(out, `${line}\n`);
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}

/** Named by what the package says it is: `<name>.published.deb`, `<name>.built.deb`. */
async function keep(folder: string, theirs: PlainDeb, ours: PlainDeb): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { members } = readPlainDeb(theirs.plain, theirs.d0);
  const control = members.find(({ path }) => path === 'control/control')?.content ?? new Uint8Array();
  const name = /^Package: ([a-z0-9][a-z0-9+.-]*)$/m.exec(Buffer.from(control).toString())?.[1] ?? theirs.d0;
  await writeFile(join(folder, `${name}.published.deb`), theirs.plain);
  await writeFile(join(folder, `${name}.built.deb`), ours.plain);
}

async function one(
  deps: DebianRebuildDeps,
  suite: Suite,
  earlier: () => Promise<EarlierSuite>,
  name: string,
): Promise<object> {
  try {
    const binary = await findBinary(suite, name);
    const { outcome, phases, inputs } = await rebuildDebian(deps, { suite, binary, earlier });
    // Twice, where it was built in two bases.
    const seconds: Record<string, number> = {};
    for (const { phase, wallMs } of phases)
      seconds[phase] = Math.round((seconds[phase] ?? 0) * 10 + wallMs / 100) / 10;
    const said = { version: binary.version, seconds, inputs: inputs.length };
    if (outcome.state === 'not-built')
      return { ...said, verdict: 'not-built', cause: outcome.cause, message: outcome.message };
    const { verdict, counts, normalisers, differences } = outcome.comparison;
    return {
      ...said,
      verdict,
      counts,
      normalisers: normalisers.map(({ name: normaliser, touched }) => `${normaliser} ${touched}`),
      differences: differences
        .slice(0, 20)
        .map(({ path, rule, grade, reason }) => `${grade} ${rule} ${path}: ${reason}`),
    };
  } catch (error) {
    return {
      verdict: 'not-built',
      cause: isAssayError(error) ? error.code : 'error',
      message: messageOf(error),
    };
  }
}
