/**
 * Builds Debian packages from source, compares each with what Debian publishes, and appends one line of JSON for each.
 *
 *   bin/node bench/debian.ts OUT [NAME…]     without names: those of support/debian-packages.json
 */
import { appendFile, chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { isAssayError, messageOf } from '../src/core/errors.ts';
import type { BuildFacts } from '../src/core/comparison-input.ts';
import { sha256 } from '../src/core/digest.ts';
import { compare } from '../src/rebuild/compare/compare.ts';
import type { Suite } from '../src/rebuild/debian/archive.ts';
import { findBinary } from '../src/rebuild/debian/binary-package.ts';
import { buildDebian, type DebianBuildDeps } from '../src/rebuild/debian/build.ts';
import { readPlainDeb } from '../src/rebuild/debian/deb.ts';
import { inflateDeb } from '../src/rebuild/debian/inflate.ts';
import { debianRules } from '../src/rebuild/debian/rules.ts';
import { findSourcePackage } from '../src/rebuild/debian/source-package.ts';
import { createSandbox } from '../src/rebuild/sandbox/sandbox.ts';
import { archiveOfApt, basesOf, openRealSuite, outputs } from '../test/support/debian.ts';

const listSchema = z.object({ packages: z.array(z.string()) });
const [out, ...names] = process.argv.slice(2);
const known = archiveOfApt();
if (out === undefined || known === undefined) throw new Error('OUT is missing, or apt has no Debian archive');
const directory = await mkdtemp(join(tmpdir(), 'assay-bench-debian-'));
await chmod(directory, 0o711);
try {
  const list = join(import.meta.dirname, 'support/debian-packages.json');
  const wanted =
    names.length > 0 ? names : listSchema.parse(JSON.parse(await readFile(list, 'utf8'))).packages;
  const clock = (): number => performance.now();
  const deps: DebianBuildDeps = {
    sandbox: await createSandbox({ directory, clock }),
    outputs,
    bases: await basesOf(known),
    monotonicMs: clock,
  };
  const suite = await openRealSuite(known);
  for (const name of wanted) {
    const line = JSON.stringify({ name, ...(await one(deps, suite, name)) });
    console.log(line.slice(0, 300));
    await appendFile(out, `${line}\n`);
  }
} finally {
  await rm(directory, { recursive: true, force: true });
}

async function one(deps: DebianBuildDeps, suite: Suite, name: string): Promise<object> {
  try {
    const binary = await findBinary(suite, name);
    const { source: of, version } = binary;
    const source = await findSourcePackage(suite, of.name, of.version);
    const built = await buildDebian(deps, { suite, binary, source });
    const seconds = Object.fromEntries(
      built.phases.map(({ phase, wallMs }) => [phase, Math.round(wallMs / 100) / 10]),
    );
    if (built.state === 'not-built')
      return { version, seconds, verdict: 'not-built', cause: built.cause, message: built.message };
    const upstreamBytes = await suite.file(binary.path, binary.file);
    const [upstream, rebuilt] = [
      readPlainDeb(await inflateDeb(deps, built.root, upstreamBytes), binary.file.sha256),
      readPlainDeb(await inflateDeb(deps, built.root, built.deb), sha256(built.deb)),
    ];
    const facts: BuildFacts = {
      version,
      commit: undefined,
      committedAt: undefined,
      sourceDateEpoch: built.sourceDateEpoch,
      publishedAt: undefined,
      sourcePaths: { upstream: [], rebuilt: [] },
      sourceFiles: undefined,
    };
    const rules = debianRules(upstream, rebuilt);
    const { verdict, counts, normalisers, differences } = compare({ upstream, rebuilt, facts, rules });
    return {
      version,
      seconds,
      verdict,
      counts,
      inputs: built.inputs.length,
      normalisers: normalisers.map(({ name: normaliser, touched }) => `${normaliser} ${touched}`),
      differences: differences.slice(0, 20).map(({ path, rule, grade }) => `${grade} ${rule} ${path}`),
    };
  } catch (error) {
    return {
      verdict: 'not-built',
      cause: isAssayError(error) ? error.code : 'error',
      message: messageOf(error),
    };
  }
}
