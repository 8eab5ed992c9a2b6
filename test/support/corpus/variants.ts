/** Writes an incident in eight ways. Which of them are kept apart as the independent half is fixed by a hash. */
import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { PackageFiles } from '../tarball.ts';
import { inert, type Incident, type Payload } from './incident.ts';
import { padded } from './padding.ts';
import {
  collapse,
  concatenated,
  hexEscaped,
  quoted,
  renameAll,
  rewriteStrings,
  tabled,
} from './transforms.ts';

export const variants = [
  'plain',
  'minified',
  'base64',
  'split',
  'renamed',
  'concatenated',
  'string-table',
  'escaped',
] as const;
export type Variant = (typeof variants)[number];
export type Half = 'independent' | 'tuning';

/** Half of an incident's variants are never shown to who writes rules: those whose hash of `<incident>/<variant>` is lower. */
export function halfOf(incidentId: string, variant: Variant): Half {
  const hash = (name: string): string => createHash('sha256').update(`${incidentId}/${name}`).digest('hex');
  const ordered = [...variants].sort((a, b) => (hash(a) < hash(b) ? -1 : 1));
  return ordered.indexOf(variant) < variants.length / 2 ? 'independent' : 'tuning';
}

/** The incident's package tree. */
export function written(incident: Incident, variant: Variant): PackageFiles {
  const told = variant === 'renamed' ? remarked(incident) : incident;
  const files: Record<string, string> = {};
  for (const [path, text] of Object.entries(told.files)) files[path] = inert(path, text);
  told.payloads.forEach((payload, index) => {
    for (const [path, code] of Object.entries(programs(payload, variant, index))) {
      const program = inert(path, code, payload.format);
      const grows = path === payload.path && payload.padToBytes !== undefined;
      files[path] = grows ? padded(program, payload.padToBytes ?? 0) : program;
    }
  });
  return { manifest: { name: told.name, version: told.version, license: 'MIT', ...told.manifest }, files };
}

function programs(payload: Payload, variant: Variant, index: number): Readonly<Record<string, string>> {
  if (variant === 'split') return split(payload);
  const code = whole(payload);
  return { [payload.path]: rewritten(payload, code, variant, index) };
}

function rewritten(
  payload: Payload,
  code: string,
  variant: Exclude<Variant, 'split'>,
  index: number,
): string {
  switch (variant) {
    case 'plain':
      return code;
    case 'minified':
      return `${collapse(renameAll(code, shortName))}\n`;
    case 'base64':
      return wrapped(payload, code, index);
    case 'renamed':
      return renameAll(code, plainWord);
    case 'concatenated':
      return rewriteStrings(code, concatenated);
    case 'string-table':
      return `${collapse(tabled(renameAll(code, mangled)))}\n`;
    case 'escaped':
      return collapse(rewriteStrings(renameAll(code, mangled), hexEscaped));
  }
}

function heading(payload: Payload, code: string): string {
  const mentioned = Object.entries(payload.uses).filter(([name]) => mentions(code, name));
  const lines = mentioned.map(([name, module]) =>
    payload.format === 'esm'
      ? `import ${name} from ${quoted(module)};\n`
      : `const ${name} = require(${quoted(module)});\n`,
  );
  return lines.join('');
}

const mentions = (code: string, name: string): boolean =>
  new RegExp(`(?<![\\w$.])${name}(?![\\w$])`).test(code);

function whole(payload: Payload): string {
  const code = payload.sections.map((section) => section.code.replace(/^\n/, '')).join('\n');
  return `${heading(payload, code)}${code}`;
}

const partNames = ['options', 'tools', 'client', 'format'];

/** Every section in a file of its own; the last one stays in the payload's place. */
function split(payload: Payload): Readonly<Record<string, string>> {
  const folder = posix.dirname(payload.path);
  const extension = posix.extname(payload.path);
  const base = posix.basename(payload.path, extension);
  const partOf = (index: number): string => `${base}-${partNames[index] ?? index}${extension}`;
  const last = payload.sections.length - 1;
  const isModule = payload.format === 'esm';
  const entries = payload.sections.map(({ code, provides }, index) => {
    const text = index === last ? code : code.replaceAll("require('./", "require('../");
    const imports = payload.sections.slice(0, index).flatMap((earlier, at) => {
      const names = earlier.provides.filter((name) => mentions(text, name)).join(', ');
      const from = quoted(`./${index === last ? 'internal/' : ''}${partOf(at)}`);
      if (names === '') return [];
      return [isModule ? `import { ${names} } from ${from};\n` : `const { ${names} } = require(${from});\n`];
    });
    const given = `{ ${provides.join(', ')} }`;
    const exported = index === last ? '' : isModule ? `export ${given};\n` : `module.exports = ${given};\n`;
    const path = index === last ? payload.path : posix.join(folder, 'internal', partOf(index));
    return [path, `${heading(payload, text)}${imports.join('')}${text}${exported}`] as const;
  });
  return Object.fromEntries(entries);
}

/** The program as base64 text and one of the ways to run a text; `index` and the length of the name choose which. */
function wrapped({ format, uses, path }: Payload, code: string, index: number): string {
  const text = quoted(Buffer.from(inert(path, code, format)).toString('base64'));
  if (format === 'esm') return `await import('data:text/javascript;base64,' + ${text});\n`;
  if (Object.keys(uses).length === 0) return `eval(atob(${text}));\n`;
  const source = `Buffer.from(${text}, 'base64').toString('utf8')`;
  const ways = [
    `eval(${source});\n`,
    `new Function('require', 'module', '__dirname', '__filename', ${source})(require, module, __dirname, __filename);\n`,
    `module._compile(${source}, __filename);\n`,
    `require('vm').runInThisContext(require('module').wrap(${source}))(exports, require, module, __filename, __dirname);\n`,
  ];
  return ways[(path.length + index) % ways.length] ?? '';
}

/** Every mark replaced, the longest first, in paths, manifest and code. */
function remarked(incident: Incident): Incident {
  const ordered = Object.entries(incident.marks).sort(([a], [b]) => b.length - a.length);
  const text = ordered.reduce(
    (changed, [from, to]) => changed.replaceAll(from, to),
    JSON.stringify(incident),
  );
  return JSON.parse(text) as Incident;
}

const shortName = (index: number): string =>
  `${String.fromCharCode(97 + (index % 26))}${index < 26 ? '' : Math.floor(index / 26)}`;
const mangled = (index: number): string => `_0x${(0x3a91 + index * 0x11f3).toString(16)}`;
const words = [
  'widget',
  'layout',
  'panel',
  'margin',
  'column',
  'border',
  'header',
  'footer',
  'shape',
  'glyph',
];
const plainWord = (index: number): string => {
  const word = words[index % words.length] ?? 'thing';
  return index < words.length ? word : `${word}${Math.floor(index / words.length)}`;
};
