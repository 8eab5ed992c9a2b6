/**
 * What a comparison costs, on a made package of 20 MB: many files, one large bundle, one minified.
 *
 *     bin/node bench/compare.ts [MB]
 *
 * For each way in which the sides may differ it prints seconds of wall time, the share shown, and how many times longer
 * it takes than to hash both sides with SHA-256, which is the least that any comparison of contents does.
 */
import type { ComparedArchive, ComparedMember } from '../src/core/comparison-input.ts';
import { sha256 } from '../src/core/digest.ts';
import { compare } from '../src/rebuild/compare/compare.ts';
import { npmRules } from '../src/rebuild/compare/npm/rules.ts';

const megabytes = Number(process.argv[2] ?? 20);
const rounds = 3;

/** A small generator with a seed: the same package every time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state;
  };
}

const next = numbers(7);
function code(bytes: number): string {
  const lines: string[] = [];
  for (let length = 0; length < bytes;) {
    const line = `exports.f${next()} = function (a, b) { return require('./f${next() % 2000}.js').x * ${next()} + a - b; };`;
    lines.push(line);
    length += line.length + 1;
  }
  return `${lines.join('\n')}\n`;
}

function member(path: string, text: string): ComparedMember {
  return { path, type: 'file', mode: 0o644, linkTarget: undefined, content: Buffer.from(text, 'utf8') };
}

const total = megabytes * 1e6;
const members: readonly ComparedMember[] = [
  member('package.json', '{"name":"thing","version":"1.0.0","main":"f0.js"}\n'),
  ...Array.from({ length: 2000 }, (_, at) => member(`f${at}.js`, code((total * 0.5) / 2000))),
  member('bundle.js', code(total * 0.25)),
  member('bundle.min.js', code(total * 0.25).replaceAll('\n', '')),
];

function changed(change: (text: string, path: string) => string): readonly ComparedMember[] {
  return members.map((one) =>
    one.path === 'package.json'
      ? one
      : member(one.path, change(Buffer.from(one.content).toString('utf8'), one.path)),
  );
}

const cases: Readonly<Record<string, readonly ComparedMember[]>> = {
  'nothing differs': members,
  'one line in each bundle': changed((text, path) =>
    path.startsWith('bundle')
      ? text.slice(0, text.length / 2) + text.slice(text.length / 2).replace(' + a', ' - a')
      : text,
  ),
  'CR LF everywhere': changed((text) => text.replaceAll('\n', '\r\n')),
  'every tenth line': changed((text) => {
    let at = 0;
    return text.replaceAll('function (a, b)', (found) => ((at += 1) % 10 === 0 ? '(a, b) =>' : found));
  }),
  'every line': changed((text) => text.replaceAll('function (a, b)', '(a, b) =>')),
  'another package': changed((text) => text.replaceAll('x', 'y').replaceAll('1', 'x')),
};

function archive(some: readonly ComparedMember[], name: string): ComparedArchive {
  return { d0: sha256(name), d1: sha256(name), refusals: [], members: some };
}

const facts = {
  version: '1.0.0',
  commit: 'a'.repeat(40),
  committedAt: 1_700_000_000,
  sourceDateEpoch: 1_700_000_000,
  publishedAt: 1_700_010_000,
  sourcePaths: { upstream: ['/home/runner/work/thing/thing'], rebuilt: ['/build/source'] },
  sourceFiles: undefined,
};

function seconds(work: () => void): number {
  const times = Array.from({ length: rounds }, () => {
    const before = performance.now();
    work();
    return (performance.now() - before) / 1000;
  });
  return Math.min(...times);
}

const hashing = seconds(() => {
  for (const { content } of members) {
    sha256(content);
    sha256(content);
  }
});
console.log(
  `${megabytes} MB a side, ${members.length} files; to hash both sides takes ${hashing.toFixed(3)} s`,
);
for (const [name, upstream] of Object.entries(cases)) {
  const input = {
    upstream: archive(upstream, upstream === members ? 'same' : name),
    rebuilt: archive(members, 'same'),
    facts,
    rules: npmRules,
  };
  const { verdict, differences } = compare(input);
  const took = seconds(() => void compare(input));
  const shown = differences.reduce((sum, one) => sum + (one.shown?.length ?? 0), 0);
  console.log(
    `${name.padEnd(26)} ${took.toFixed(2).padStart(6)} s  ${(took / hashing).toFixed(0).padStart(5)} times  ${verdict.padEnd(18)} ${(shown / 1000).toFixed(0)} kB shown`,
  );
}
