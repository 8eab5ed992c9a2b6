/** Code made so that people do not see or understand it: mangled names, characters without shape, far to the right. */
import type { Severity } from '../core/advisory.ts';
import { bufferOf, farRightOf, invisibleFacts, isOnlyAscii } from './byte-facts.ts';
import { outOfSight } from './out-of-sight.ts';
import type { SignalHit } from './text-signals.ts';

export interface HiddenFinding {
  readonly rule: string;
  readonly severity: Severity;
  readonly atInstall: Severity;
  readonly at: number;
  readonly message: string;
}

/** javascript-obfuscator writes hundreds of `_0x` names, and these tests of its own. */
const mangledNames = 60;
/** Flags of regions are six such characters; nobody writes a dozen. */
const invisibleCharacters = 12;

export function hiddenFindings(bytes: Uint8Array, hits: readonly SignalHit[]): readonly HiddenFinding[] {
  return [
    ...mangled(bytes, hits),
    ...signsOnly(bytes),
    ...farRight(bytes),
    ...(isOnlyAscii(bytes) ? [] : invisible(bytes, hits)),
  ];
}

function mangled(bytes: Uint8Array, hits: readonly SignalHit[]): readonly HiddenFinding[] {
  const names = hits.filter(({ signal }) => signal === 'mangled-name');
  const first = names[0];
  if (first === undefined || names.length < mangledNames) return [];
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, 400_000)).toString(
    'latin1',
  );
  const rotates = /\['push'\]\(|\["push"\]\(|\.push\(\w+\.shift\(\)\)|!!\[\]|\bparseInt\(_0x/.test(text);
  return [
    {
      rule: 'malware/obfuscated',
      severity: rotates ? 'high' : 'medium',
      atInstall: 'critical',
      at: first.at,
      message: 'A tool made this code unreadable: not small, as a minifier does, but hidden.',
    },
  ];
}

const lookedAt = 1200;

/** Programs of brackets, signs and nothing else (JSFuck). Three places are looked at. */
function signsOnly(bytes: Uint8Array): readonly HiddenFinding[] {
  if (bytes.length < lookedAt) return [];
  const places = [0, Math.floor((bytes.length - lookedAt) / 2), bytes.length - lookedAt];
  const at = places.find((from) => {
    let signs = 0;
    for (let i = from; i < from + lookedAt; i += 1) if (isSign(bytes[i])) signs += 1;
    return signs > 0.95 * lookedAt;
  });
  if (at === undefined) return [];
  return [
    {
      rule: 'malware/obfuscated',
      severity: 'high',
      atInstall: 'critical',
      at,
      message: 'It is written with brackets and signs alone, so that nobody can read it.',
    },
  ];
}

/** `[`, `]`, `(`, `)`, `!`, `+`. */
function isSign(byte: number | undefined): boolean {
  return byte === 0x5b || byte === 0x5d || byte === 0x28 || byte === 0x29 || byte === 0x21 || byte === 0x2b;
}

function farRight(bytes: Uint8Array): readonly HiddenFinding[] {
  const code = [farRightOf(bytes), ...outOfSight(bytes)].flatMap((at) => {
    const text = at === -1 ? undefined : codeAt(bytes, at);
    return text === undefined ? [] : [{ at, acts: actsBy.test(text) }];
  });
  const worst = code.find(({ acts }) => acts) ?? code[0];
  if (worst === undefined) return [];
  return [
    {
      rule: 'malware/code-out-of-sight',
      severity: worst.acts ? 'high' : 'low',
      atInstall: 'critical',
      at: worst.at,
      message: 'Code stands so far to the right, or so far down, that no editor shows it.',
    },
  ];
}

const actsBy = /\b(?:eval|require|import|fetch|Function|atob|global|globalThis|process|constructor)\b/;

function codeAt(bytes: Uint8Array, at: number): string | undefined {
  const [after] = bufferOf(bytes)
    .toString('latin1', at, at + 400)
    .split('\n', 1);
  if (after === undefined || !/^[\w$;(!'"[{`]/.test(after)) return undefined;
  return /[(=[]/.test(after) ? after : undefined;
}

function invisible(bytes: Uint8Array, hits: readonly SignalHit[]): readonly HiddenFinding[] {
  const { invisibleRun, invisibleAt, bidiAt, fillerAt } = invisibleFacts(bytes);
  const found: HiddenFinding[] = [];
  if (invisibleRun >= invisibleCharacters) {
    const runs = hits.some(({ signal }) => signal === 'dynamic-code' || signal === 'decode');
    found.push({
      rule: 'malware/invisible-characters',
      severity: runs ? 'high' : 'medium',
      atInstall: 'critical',
      at: invisibleAt,
      message: `It holds ${invisibleRun} characters in a row that nobody can see, enough to hide code in.`,
    });
  }
  if (bidiAt !== -1) {
    found.push({
      rule: 'malware/bidi-control',
      severity: 'low',
      atInstall: 'medium',
      at: bidiAt,
      message: 'A control character makes code read in another order than it runs (CVE-2021-42574).',
    });
  }
  if (fillerAt !== -1) {
    found.push({
      rule: 'malware/invisible-name',
      severity: 'low',
      atInstall: 'medium',
      at: fillerAt,
      message: 'A letter without shape can be a name that nobody sees (CVE-2021-42574 and its like).',
    });
  }
  return found;
}
