/**
 * Answers from an opened parts file: byte ranges of the versions that stand, our own URL in the gap of each,
 * and the small fields made anew. What is not steered passes through as upstream sent it: clients' own
 * defences read `dist.signatures`, `dist.attestations`, `_npmUser` and `time`.
 */
import { forTerminalLines } from './lines.ts';
import { modifiedOf } from './modified.ts';
import type { PartsFile, SplicedText } from './packument-parts.ts';
import type { RenderPlan } from './render-plan.ts';
import {
  keptText,
  standingTags,
  standingTime,
  standingVersions,
  type Form,
  type StandingVersion,
} from './standing.ts';

export type { RenderPlan } from './render-plan.ts';
export type { Form } from './standing.ts';

type Chunk = Uint8Array | string;

/**
 * `registryBase` ends with `/`. Every `dist.tarball` becomes `<registryBase><name>/-/<file>`, upstream's own file
 * name: pnpm 11+ compares a lockfile's URL with it. Throws INDEX_INVALID for a kept manifest without a tarball.
 */
export function renderPackument(
  parts: PartsFile,
  plan: RenderPlan,
  form: Form,
  registryBase: string,
): Uint8Array {
  const members =
    form === 'full' ? fullMembers(parts, plan, registryBase) : abbreviatedMembers(parts, plan, registryBase);
  return join(['{', ...members.flatMap((chunks, at) => (at === 0 ? chunks : [',', ...chunks])), '}']);
}

/** `selector`: a version, or a tag as steered. Undefined when it names nothing that stands. */
export function renderVersion(
  parts: PartsFile,
  plan: RenderPlan,
  selector: string,
  registryBase: string,
): Uint8Array | undefined {
  const version = standingTags(parts, plan).tags.get(selector) ?? selector;
  const found = standingVersions(parts, plan).find((one) => one.version === version);
  return found === undefined
    ? undefined
    : join(versionChunks(parts, found, 'full', tarballPrefix(parts, registryBase)));
}

export function renderDistTags(parts: PartsFile, plan: RenderPlan): Uint8Array {
  return join([object(standingTags(parts, plan).tags)]);
}

/** Members of the document, each as its chunks; in upstream's order, `time` and `policyRestrictions` last where it has none. */
function fullMembers(parts: PartsFile, plan: RenderPlan, base: string): readonly (readonly Chunk[])[] {
  const rendered = renderedMembers(parts, plan, 'full', base);
  const members: (readonly Chunk[])[] = [];
  for (const { key, span } of parts.fields) {
    const own = rendered.get(key);
    rendered.delete(key);
    if (own !== undefined) members.push([`${JSON.stringify(key)}:`, ...own]);
    else if (span !== undefined)
      members.push([`${JSON.stringify(key)}:`, parts.body.subarray(span.start, span.end)]);
  }
  for (const [key, chunks] of rendered) members.push([`${JSON.stringify(key)}:`, ...chunks]);
  return members;
}

function abbreviatedMembers(parts: PartsFile, plan: RenderPlan, base: string): readonly (readonly Chunk[])[] {
  const rendered = renderedMembers(parts, plan, 'abbreviated', base);
  const modified = modifiedOf(parts, plan);
  const first = [
    ['name', parts.name] as const,
    ...(modified === undefined ? [] : [['modified', modified] as const]),
  ];
  return [
    ...first.map(([key, value]) => [`${JSON.stringify(key)}:${JSON.stringify(value)}`]),
    ...[...rendered].map(([key, chunks]) => [`${JSON.stringify(key)}:`, ...chunks]),
  ];
}

/** The fields a plan shapes, in the same way in both forms. */
function renderedMembers(
  parts: PartsFile,
  plan: RenderPlan,
  form: Form,
  base: string,
): Map<string, readonly Chunk[]> {
  const members = new Map<string, readonly Chunk[]>();
  members.set('dist-tags', [object(standingTags(parts, plan).tags)]);
  members.set('versions', versionsChunks(parts, plan, form, base));
  const time = standingTime(parts, plan);
  if (time !== undefined) members.set('time', [object(time)]);
  if (plan.restrictions !== undefined) members.set('policyRestrictions', [restrictions(plan.restrictions)]);
  return members;
}

function versionsChunks(parts: PartsFile, plan: RenderPlan, form: Form, base: string): readonly Chunk[] {
  const prefix = tarballPrefix(parts, base);
  const chunks: Chunk[] = ['{'];
  for (const [at, standing] of standingVersions(parts, plan).entries()) {
    chunks.push(`${at === 0 ? '' : ','}${JSON.stringify(standing.version)}:`);
    chunks.push(...versionChunks(parts, standing, form, prefix));
  }
  chunks.push('}');
  return chunks;
}

function versionChunks(
  parts: PartsFile,
  standing: StandingVersion,
  form: Form,
  prefix: Uint8Array,
): readonly Chunk[] {
  if (standing.from === 'kept') {
    const text: SplicedText = keptText(standing.kept, form);
    return [text.before, prefix, text.after];
  }
  const [before, after] = standing.spans[form];
  return [parts.body.subarray(before.start, before.end), prefix, parts.body.subarray(after.start, after.end)];
}

/** Escaped for the middle of a JSON string. */
function tarballPrefix(parts: PartsFile, base: string): Uint8Array {
  return Buffer.from(JSON.stringify(`${base}${parts.name}/-/`).slice(1, -1), 'utf8');
}

/**
 * What npm-pick-manifest reads (npm 11 and 12): a version found only here makes npm print
 * `Could not download … due to policy violations:` and the message. It looks at `name` and `version` only.
 */
function restrictions({ message, versions }: NonNullable<RenderPlan['restrictions']>): string {
  const entries = versions.map((version) => [version, { version }] as const);
  return `{"message":${JSON.stringify(forTerminalLines(message))},"versions":${object(entries)}}`;
}

/** A JSON object from entries, whatever their keys: none of them ever becomes a property of an object here. */
function object(entries: Iterable<readonly [string, unknown]>): string {
  return `{${Array.from(entries, ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`;
}

function join(chunks: readonly Chunk[]): Uint8Array {
  const bytes = chunks.map((chunk) => (typeof chunk === 'string' ? Buffer.from(chunk, 'utf8') : chunk));
  // Not from Node's shared pool: the answer is handed between threads.
  const whole = Buffer.allocUnsafeSlow(bytes.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of bytes) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
