/** Which rules hold where: in one function, in one small file, or in one stretch of a text that has no functions. */
import type { Sign, ChainRule } from './rules/rule.ts';
import { chainRules } from './rules/all.ts';
import type { Flow } from './syntax/facts.ts';
import type { Signal } from './signals.ts';

export interface Placed {
  readonly sign: Sign;
  readonly at: number;
}

export interface ChainHit {
  readonly rule: ChainRule;
  readonly at: number;
}

/** Functions longer than this are modules in disguise, or bundles. */
const functionLength = 20_000;
const wholeFileLength = 48_000;
const stretchLength = 8_000;

/** Chains among the signs of a parsed file. `length` is that of the file. */
export function chainsInFile(
  signs: readonly Placed[],
  functions: readonly { readonly start: number; readonly end: number }[],
  length: number,
): readonly ChainHit[] {
  const sorted = [...signs].sort((a, b) => a.at - b.at);
  if (length <= wholeFileLength) return chainsAmong(sorted);
  const found = new Map<string, ChainHit>();
  let last = -1;
  for (const { start, end } of [...functions].sort((a, b) => a.start - b.start || b.end - a.end)) {
    // Inside one that was looked at whole.
    if (end <= last || end - start > functionLength) continue;
    last = end;
    keep(found, chainsAmong(between(sorted, start, end)));
  }
  // Flows and single signs need no function around them.
  keep(found, singlesAmong(sorted));
  return [...found.values()];
}

/** Chains in a text that was not parsed: among signs that stand close together. */
export function chainsInText(signs: readonly Placed[], length = stretchLength): readonly ChainHit[] {
  const found = new Map<string, ChainHit>();
  for (const stretch of stretches(signs, length)) keep(found, chainsAmong(stretch));
  return [...found.values()];
}

export function chainsAmong(signs: readonly Placed[]): readonly ChainHit[] {
  if (signs.length === 0) return [];
  const first = new Map<Sign, number>();
  for (const { sign, at } of signs) if (!first.has(sign)) first.set(sign, at);
  return chainRules.flatMap((rule) => {
    if (!rule.all.every((list) => list.some((sign) => first.has(sign)))) return [];
    const at = Math.min(...(rule.all[0] ?? []).map((sign) => first.get(sign) ?? Number.POSITIVE_INFINITY));
    return [{ rule, at }];
  });
}

function singlesAmong(signs: readonly Placed[]): readonly ChainHit[] {
  return chainsAmong(signs).filter(({ rule }) => rule.all.length === 1);
}

/** What the words of a file must show for a flow to be possible in it, the rarest last: the tree is read only then. */
const needs: Readonly<Record<Flow, readonly (readonly Signal[])[]>> = {
  'environment-to-network': [['environment-whole'], ['network', 'raw-socket', 'dns']],
  'environment-lent-to-network': [['environment-whole'], ['network', 'raw-socket', 'dns']],
  'identity-to-network': [['host-identity'], ['network', 'raw-socket', 'dns']],
  'credentials-to-network': [
    ['credential-files', 'npm-credentials', 'browser-stores', 'wallet-files'],
    ['network', 'raw-socket'],
  ],
  'decoded-to-code': [['dynamic-code'], ['decode', 'decrypt', 'decompress']],
  'downloaded-to-code': [['dynamic-code'], ['network']],
  'downloaded-to-file': [['network'], ['file-write']],
  'downloaded-to-process': [['network'], ['process']],
  'runs-download': [['process'], ['shell-download']],
  'runs-pipe': [['process'], ['shell-pipe']],
  'runs-wipe': [['process'], ['shell-wipe']],
  'runs-publish': [['process'], ['npm-publish']],
  'runs-reverse': [['process'], ['shell-reverse']],
  'runs-agent': [['process'], ['agent-unleashed']],
  'runs-drop': [['process'], ['drop-host', 'tunnel-host', 'bare-address']],
  'hidden-module': [['dynamic-import', 'dynamic-code', 'process', 'network'], ['decode']],
  'hidden-member': [['process', 'network', 'file-write', 'decrypt', 'module-made'], ['decode']],
  'split-module': [['dynamic-import'], ['split-text']],
  'endless-noise': [['endless-loop']],
  'hidden-string': [['process', 'dynamic-code', 'network'], ['decode']],
  'hidden-url': [['network', 'process'], ['decode']],
  'runs-decoded': [['process'], ['decode', 'decrypt']],
  'downloaded-file-run': [['network'], ['file-write']],
  'data-to-code': [['dynamic-code'], ['file-read']],
  'remote-module': [['remote-import']],
  'hidden-global': [['hidden-access']],
  'invisible-text': [['invisible-decoder']],
};

/** Weaker than the rules: each is satisfied wherever the tree could show it. */
const possible: readonly (readonly (readonly Signal[])[])[] = chainRules.map((rule) =>
  rule.all.flatMap((list): readonly (readonly Signal[])[] => {
    const plain = list.flatMap((sign): readonly Signal[] =>
      Object.hasOwn(needs, sign) ? [] : weaker(sign as Signal),
    );
    if (plain.length === 0 && list.length > 0) return needs[list[0] as Flow];
    const implied = list.flatMap((sign) =>
      Object.hasOwn(needs, sign) ? (needs[sign as Flow].at(-1) ?? []) : [],
    );
    return [[...plain, ...implied]];
  }),
);

function weaker(sign: Signal): readonly Signal[] {
  if (sign === 'network-send') return ['network', 'raw-socket'];
  if (sign === 'process-detached') return ['process'];
  return [sign];
}

/** What is imported at the top is used far below. */
const imported = new Set<Sign>(['network', 'raw-socket', 'process']);
/** Under another name it is the same. */
const aliasOf: Partial<Readonly<Record<Sign, Sign>>> = {
  'module-alias': 'dynamic-import',
  'network-alias': 'network',
  'environment-module': 'environment-whole',
};
/** Rare enough to ask for such an import anywhere in the file. */
const rare = new Set<Sign>([
  'environment-whole',
  'credential-files',
  'npm-credentials',
  'browser-stores',
  'wallet-files',
  'shell-pipe',
  'shell-reverse',
  'agent-unleashed',
  'secret-scanner',
  'drop-host',
]);

export function couldMatch(given: readonly { readonly sign: Signal; readonly at: number }[]): boolean {
  const signs = given.map(({ sign, at }) => ({ sign: aliasOf[sign] ?? sign, at }));
  const imports = signs.filter(({ sign }) => imported.has(sign)).map(({ sign }) => sign);
  return stretches(signs, functionLength).some((stretch) => {
    const here = new Set(stretch.map(({ sign }) => sign));
    if (stretch.some(({ sign }) => rare.has(sign))) for (const sign of imports) here.add(sign);
    return possible.some((lists) => lists.every((list) => list.some((sign) => here.has(sign))));
  });
}

/** Overlapping by half, so that what is close together is together in one of them. */
function* stretches<T extends { readonly at: number }>(
  signs: readonly T[],
  length: number,
): Generator<readonly T[]> {
  const sorted = [...signs].sort((a, b) => a.at - b.at);
  let from = 0;
  for (let start = 0; from < sorted.length; start += length / 2) {
    const first = sorted[from]?.at ?? 0;
    if (first >= start + length) start = Math.floor(first / (length / 2)) * (length / 2);
    const stretch: T[] = [];
    for (let i = from; i < sorted.length; i += 1) {
      const sign = sorted[i];
      if (sign === undefined || sign.at >= start + length) break;
      stretch.push(sign);
    }
    if (stretch.length > 0) yield stretch;
    while (from < sorted.length && (sorted[from]?.at ?? 0) < start + length / 2) from += 1;
  }
}

function between(sorted: readonly Placed[], start: number, end: number): readonly Placed[] {
  return sorted.filter(({ at }) => at >= start && at < end);
}

function keep(found: Map<string, ChainHit>, hits: readonly ChainHit[]): void {
  for (const hit of hits) if (!found.has(hit.rule.id)) found.set(hit.rule.id, hit);
}
