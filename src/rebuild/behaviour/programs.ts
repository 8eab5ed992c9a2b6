/** What a process runs, as far as rules must know. Pure; command lines are the package's own words. */
import { basename } from 'node:path/posix';
import type { Process } from './events.ts';
import { absolute } from './paths.ts';
import { isBelow, type Places } from './zones.ts';

const interpreters =
  /^(?:(?:ba|da|z|k|a)?sh|node(?:js)?|bun|deno|python[\d.]*|perl[\d.]*|ruby[\d.]*|php[\d.]*|tclsh|lua[\d.]*)$/;

export function isInterpreter(path: string): boolean {
  return interpreters.test(basename(path));
}

const compilers =
  /^(?:(?:[\w-]+-)?(?:cc|gcc|g\+\+|c\+\+|cpp|clang|clang\+\+|ar|as|ld|ranlib|strip|nm|objcopy)(?:-[\d.]+)?|ld\.(?:bfd|gold|lld)|cc1|cc1plus|collect2|lto1|lto-wrapper|make|gmake|ninja|cmake|rustc|cargo|install)$/;

/** One of the base system, which the run cannot change. */
export function isCompiler(path: string): boolean {
  return isBelow('/usr', path) && !isBelow('/usr/local', path) && compilers.test(basename(path));
}

/** Of the base system, which the run cannot change. */
export function isPython(path: string): boolean {
  return /^\/usr\/bin\/python[\d.]*$/.test(path);
}

/** The dynamic linker, which starts what it is given as a program. */
const loader = /^ld(?:-linux|-musl)?[\w.-]*\.so(?:\.\d)?$/;

/** Options whose value is the next word, which is not what is run. */
const valued: readonly (readonly [RegExp, RegExp])[] = [
  [/^node/, /^(?:-r|-C|--(?:require|import|loader|experimental-loader|conditions|env-file|input-type))$/],
  [/sh$/, /^(?:[-+][a-z]*[oO]|--(?:rcfile|init-file))$/],
  [/^python/, /^-[WX]$/],
  [/^(?:perl|ruby)/, /^-I$/],
  [loader, /^--(?:library-path|preload|argv0|audit|inhibit-rpath|glibc-hwcaps-\w+)$/],
];

/** The file that an interpreter was told to run, as it was named; undefined for code on the command line or stdin. */
export function scriptNamed(program: string, argv: readonly string[]): string | undefined {
  const name = basename(program);
  if (!isInterpreter(program) && !loader.test(name)) return undefined;
  const takesNext = valued.find(([of]) => of.test(name))?.[1];
  for (let index = 1; index < Math.min(argv.length, 22); index += 1) {
    const word = argv[index] ?? '';
    if (/^-(?:-?e(?:val)?|-?p(?:rint)?|c|E)$/.test(word) || word === '-') return undefined;
    if (takesNext?.test(word) === true) index += 1;
    else if (!word.startsWith('-')) return word;
  }
  return undefined;
}

/** Absolute, and led over no links. */
export function scriptFile(program: string, argv: readonly string[], cwd: string): string | undefined {
  const named = scriptNamed(program, argv);
  return named === undefined ? undefined : absolute(cwd, named);
}

/**
 * npm itself, of the toolchain, with nothing loaded before it: it reads its own `.npmrc`. What it starts is another
 * process.
 */
export function isNpm(process: Process, { npm, tools }: Places): boolean {
  const [, script = ''] = process.argv;
  const own = isBelow(tools, process.program) && basename(process.program) === 'node';
  return own && !process.loads && script.startsWith(`${npm}/bin/np`);
}

/** Packages that fetch a binary which their dependant's author put beside a release. */
const downloaders =
  /\/node_modules\/(?:prebuild-install|node-pre-gyp|@mapbox\/node-pre-gyp|node-pre-gyp-github|install-artifact-from-github|@discordjs\/node-pre-gyp|cmake-js|node-gyp)\//;

export function isDownloader(process: Process): boolean {
  const file = scriptFile(process.program, process.argv, process.cwd);
  return (
    (file !== undefined && downloaders.test(file)) ||
    /^(?:prebuild-install|node-pre-gyp)$/.test(basename(file ?? ''))
  );
}
