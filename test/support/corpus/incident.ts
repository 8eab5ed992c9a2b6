/** The shape of an incident retold: code that looks like it in every respect a reader of bytes can see, and cannot run. */
import type { JsonObject } from '../../../src/core/json.ts';

/**
 * One program of the package, in pieces that can stand in one file or in several. House rules of this code, so that the
 * rewriting in `transforms.ts` stays simple: statements end in `;`, comments have lines of their own, no template
 * literals, no quoted keys, and a local name is never also a key or a property.
 */
export interface Payload {
  readonly path: string;
  readonly format: 'cjs' | 'esm';
  /** Local name → module, written at the top of every file that mentions the name. */
  readonly uses: Readonly<Record<string, string>>;
  /** In order. A later section may mention the names that an earlier one provides. */
  readonly sections: readonly Section[];
  /** Filled up with harmless obfuscated text to exactly this size, whatever the variant. */
  readonly padToBytes?: number;
}

export interface Section {
  readonly provides: readonly string[];
  readonly code: string;
}

export interface Incident {
  readonly id: string;
  /** What the write-ups say, in our words. */
  readonly story: string;
  readonly sources: readonly string[];
  readonly name: string;
  readonly version: string;
  /** Merged over name, version and licence. */
  readonly manifest: JsonObject;
  readonly payloads: readonly Payload[];
  /** Shell scripts, the host package's own harmless code, readmes: the same in every variant but for the marks. */
  readonly files: Readonly<Record<string, string>>;
  /** What a list of known names would look for (file names, campaign words), with what `renamed` writes instead. */
  readonly marks: Readonly<Record<string, string>>;
}

/** No package has this file, and every file of the corpus needs it first: nothing after that line is ever run. */
export const missingPiece = 'corpus-missing-piece';

/** Below every path that code of the corpus names, and where it starts programs: no machine has such a folder. */
export const noSuchFolder = 'corpus-no-such-folder';

/** The code with its safety line; `path` tells the format. Shell scripts and hashbangs keep their first line first. */
export function inert(path: string, code: string, format: 'cjs' | 'esm' = 'cjs'): string {
  if (/\.(?:sh|bat|ps1|cmd)$/.test(path)) return inertShell(path, code);
  if (!/\.[cm]?[jt]s$/.test(path) && !code.startsWith('#!/usr/bin/env node')) return code;
  const isModule = format === 'esm' || path.endsWith('.mjs');
  const line = isModule ? `import './${missingPiece}.mjs';\n` : `require('./${missingPiece}.cjs');\n`;
  const hashbang = /^#![^\n]*\n/.exec(code)?.[0] ?? '';
  return `${hashbang}${line}${code.slice(hashbang.length)}`;
}

function inertShell(path: string, code: string): string {
  if (path.endsWith('.sh')) {
    const hashbang = /^#![^\n]*\n/.exec(code)?.[0] ?? '#!/bin/sh\n';
    return `${hashbang}. /${noSuchFolder}/profile || exit 1\n${code.replace(/^#![^\n]*\n/, '')}`;
  }
  return path.endsWith('.ps1')
    ? `. "/${noSuchFolder}/profile.ps1"; if (-not $?) { exit 1 }\n${code}`
    : `@if not exist "/${noSuchFolder}/profile" exit /b 1\r\n${code}`;
}
