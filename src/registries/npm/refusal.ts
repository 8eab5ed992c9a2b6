/**
 * A refusal in npm's terms: 403, because 404 and 410 let clients go on elsewhere and 5xx makes them retry.
 * npm prints reason phrase and `error`; pnpm up to 11 and Yarn print the phrase only; so each stands alone.
 */
import { shortCase } from '../../core/case.ts';
import type { Reason } from '../../core/decision.ts';
import { forHeader, forTerminal } from '../../core/encode.ts';
import type { Json } from '../../core/json.ts';
import type { Refusal } from '../../core/refusal.ts';
import { jsonAnswer, longestReason, type HttpAnswer } from './http-answer.ts';
import { instantFrom, instantOf } from './instant.ts';
import { longestNotice } from './notice.ts';

const mostReasons = 3;
const longestWhy = 320;
/** A cause shorter than this says nothing. */
const shortestCause = 16;

export function npmRefusal(refusal: Refusal): HttpAnswer {
  return jsonAnswer(403, refusalPhrase(refusal), refusalBody(refusal), {
    // An optional dependency that is refused is dropped by npm without a word: the notice is printed all the same.
    'npm-notice': refusalNotice(refusal),
    'assay-case': forHeader(refusal.caseId),
  });
}

/**
 * `Held AS-7Q2M: published 5 h ago; use 3.2.0; https://gate.example.com/-/case/…`, at most 120 printable ASCII
 * characters. The case URL is never cut: where it leaves no room, the version to use goes first, then the URL.
 */
export function refusalPhrase(refusal: Refusal): string {
  const head = `${verb(refusal)} ${shortCase(refusal.caseId)}: `;
  const use = refusal.useInstead === undefined ? '' : `; use ${forHeader(refusal.useInstead, 40)}`;
  const url = `; ${forHeader(refusal.caseUrl, 500)}`;
  const tail =
    [use + url, url, use, ''].find((text) => head.length + shortestCause + text.length <= longestReason) ??
    '';
  return `${head}${cause(refusal, longestReason - head.length - tail.length)}${tail}`;
}

/** For the `npm-notice` header. */
export function refusalNotice(refusal: Refusal): string {
  const what = `${verb(refusal).toLowerCase()} ${refusal.name}@${refusal.version}`;
  return forHeader(
    `assay: ${what}: ${cause(refusal, 60)}; ${forHeader(refusal.caseUrl, 100)}`,
    longestNotice,
  );
}

/** What npm prints under the phrase. Each line went through the terminal's encoder. */
export function refusalText(refusal: Refusal): string {
  const { useInstead, until } = refusal;
  const lines: string[] = [
    '',
    line(verb(refusal).toUpperCase(), forTerminal(`${refusal.name}@${refusal.version}`, 300)),
  ];
  lines.push(...whyLines(refusal.reasons));
  lines.push(line('rules', `${ruleList(refusal.reasons)} (policy ${refusal.policy.slice(0, 12)})`));
  if (useInstead !== undefined) lines.push(line('use', useText(refusal.name, useInstead)));
  if (until !== undefined) lines.push(line('wait', `free at ${instantFrom(until)} by waiting alone`));
  lines.push(...remedyLines(refusal.reasons));
  lines.push(line('need it?', `ask for an exception: ${forTerminal(refusal.caseUrl, 300)}`));
  lines.push(
    line('proof', `assay explain ${shortCase(refusal.caseId)} (decided ${instantOf(refusal.decidedAt)})`),
  );
  return lines.join('\n');
}

/** For scripts beside the text for people. */
function refusalBody(refusal: Refusal): Json {
  return {
    error: refusalText(refusal),
    code: 'POLICY_REFUSED',
    outcome: refusal.outcome,
    package: refusal.purl,
    case: refusal.caseId,
    caseUrl: forTerminal(refusal.caseUrl),
    rules: refusal.reasons.map((reason) => forTerminal(reason.rule, 100)),
    useInstead: refusal.useInstead === undefined ? null : forTerminal(refusal.useInstead, 256),
    until: refusal.until ?? null,
  };
}

function verb(refusal: Refusal): 'Held' | 'Blocked' {
  return refusal.outcome === 'hold' ? 'Held' : 'Blocked';
}

function cause(refusal: Refusal, room: number): string {
  const more = refusal.reasons.length > 1 ? ` (+${refusal.reasons.length - 1})` : '';
  const first = refusal.reasons[0]?.short ?? 'refused by policy';
  return `${forHeader(first.replaceAll(';', ','), Math.max(0, room - more.length))}${more}`.slice(
    0,
    Math.max(0, room),
  );
}

function whyLines(reasons: readonly Reason[]): readonly string[] {
  const lines = reasons
    .slice(0, mostReasons)
    .map((reason, at) => line(at === 0 ? 'why' : '', forTerminal(reason.why, longestWhy)));
  const more = reasons.length - mostReasons;
  return more > 0 ? [...lines, line('', `and ${more} more: see the case`)] : lines;
}

function remedyLines(reasons: readonly Reason[]): readonly string[] {
  const remedies = [...new Set(reasons.map((reason) => reason.remedy))]
    .filter((text) => text !== '')
    .slice(0, 2);
  return remedies.map((text, at) => line(at === 0 ? 'next' : '', forTerminal(text, longestWhy)));
}

function ruleList(reasons: readonly Reason[]): string {
  return forTerminal([...new Set(reasons.map((reason) => reason.rule))].join(', '), longestWhy);
}

/** A command is offered only where no shell could read the name as anything else. */
function useText(name: string, version: string): string {
  const spec = `${name}@${version}`;
  const text = `${forTerminal(spec, 300)}, the newest version that policy allows`;
  return /^[A-Za-z0-9@/._+-]+$/.test(spec) ? `${text}: npm i ${spec}` : text;
}

function line(label: string, text: string): string {
  return `  ${label.padEnd(9)}${text}`;
}
