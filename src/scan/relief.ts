/** Alarms that another file of the package may take back: what data holds, and what a function reads of its argument. */
import type { ScanFinding } from '../core/scan-report.ts';
import { pathsOf } from './bystanders.ts';
import { normal } from './install-commands.ts';
import { isPlainNames } from './plain-data.ts';
import { readsByName } from './syntax/lent.ts';
import type { Doubts, Loan } from './syntax/loan.ts';
import { parseCode } from './syntax/tree.ts';

interface SeenFile {
  readonly path: string;
  /** As they were shipped. */
  readonly bytes: Uint8Array;
}

export interface Relief {
  readonly saw: (file: SeenFile) => void;
  /** The last word about a file counts; undefined: its alarms stay as they are. */
  readonly doubt: (path: string, doubts: Doubts | undefined) => void;
  /** The findings, milder where nothing of what was feared is there. */
  readonly relieved: (findings: readonly ScanFinding[]) => readonly ScanFinding[];
}

const mostPaths = 20_000;
const readerBytes = 16 * 1024;
const mostJudged = 200;
const mostReaderBytes = 2 * 1024 * 1024;

export function createRelief(): Relief {
  // By path in small letters, as some file systems see them: false where two files share one.
  const plain = new Map<string, boolean>();
  const scripts = new Map<string, SeenFile | undefined>();
  const doubted = new Map<string, Doubts>();
  const judged = new Map<string, boolean>();
  let kept = 0;
  return {
    saw: ({ path, bytes }) => {
      const key = path.toLowerCase();
      if (key.endsWith('.json')) {
        if (plain.size < mostPaths || plain.has(key)) plain.set(key, !plain.has(key) && isPlainNames(bytes));
        return;
      }
      if (scripts.size >= mostPaths && !scripts.has(key)) return;
      const keep = !scripts.has(key) && isReader(path, bytes) && kept + bytes.length <= mostReaderBytes;
      if (keep) kept += bytes.length;
      scripts.set(key, keep ? { path, bytes: Buffer.from(bytes) } : undefined);
    },
    doubt: (path, doubts) => {
      if (doubts === undefined) doubted.delete(path);
      else doubted.set(path, doubts);
    },
    relieved: (findings) =>
      findings.map((finding) => {
        const doubts = doubted.get(finding.path);
        if (doubts === undefined || finding.area !== 'malware') return finding;
        if (finding.rule === 'malware/data-to-code' && isPlain(finding.path, doubts.data, plain))
          return { ...finding, severity: 'low', capped: 'the data holds names alone' };
        if (
          finding.rule === 'malware/exfiltrate-environment' &&
          scripts.size < mostPaths &&
          areByName(finding.path, doubts.loans, scripts, judged)
        )
          return { ...finding, severity: 'low', capped: 'single variables are read of it' };
        return finding;
      }),
  };
}

/** A small script with something in it that is called an environment. */
function isReader(path: string, bytes: Uint8Array): boolean {
  if (bytes.length > readerBytes || !/\.[cm]?[jt]s$|(?:^|\/)[^.]+$/i.test(path)) return false;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
  return /prox|\benv/i.test(text);
}

function isPlain(from: string, names: readonly string[], plain: ReadonlyMap<string, boolean>): boolean {
  if (names.length === 0) return false;
  return names
    .flatMap((name) => name.split('\n'))
    .every((name) => {
      if (!/^\.{1,2}\/[\w@./-]+\.json$/.test(name)) return false;
      const at = pathsOf(from, name).map((path) => plain.get(normal(path).toLowerCase()));
      return at.length > 0 && at.every((is) => is === true);
    });
}

/** Every file that such a specifier could mean is one that reads by name; folders are not followed. */
function areByName(
  from: string,
  loans: readonly Loan[],
  scripts: ReadonlyMap<string, SeenFile | undefined>,
  judged: Map<string, boolean>,
): boolean {
  if (loans.length === 0) return false;
  return loans.every(({ specifier, exported, index }) => {
    if (!/^\.{1,2}\/[\w@./-]+$/.test(specifier)) return false;
    const meant = pathsOf(from, specifier)
      .flatMap((at) => ['', '.js', '.cjs', '.mjs', '.ts'].map((end) => normal(at + end).toLowerCase()))
      .filter((at) => scripts.has(at))
      .map((at) => scripts.get(at));
    return meant.length > 0 && meant.every((file) => isByName(file, exported, index, judged));
  });
}

/** `judged`: by file and argument, so that no file is read anew for every caller. */
function isByName(
  file: SeenFile | undefined,
  name: string | undefined,
  index: number,
  judged: Map<string, boolean>,
): boolean {
  if (file === undefined) return false;
  const key = JSON.stringify([file.path, name, index]);
  const known = judged.get(key);
  if (known !== undefined) return known;
  if (judged.size >= mostJudged) return false;
  const parsed = parseCode(file.path, Buffer.from(file.bytes).toString('utf8'));
  const is = parsed.state === 'parsed' && parsed.clean && readsByName(parsed.program, name, index);
  judged.set(key, is);
  return is;
}
