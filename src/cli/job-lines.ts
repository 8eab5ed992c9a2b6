/** Jobs of the queue for a person: what runs, what waits, and what ended, grouped by why. */
import { forTerminal } from '../core/encode.ts';
import type { NotBuiltCause } from '../core/rebuild.ts';
import type { JobShown } from '../server/control/rebuild-protocol.ts';
import { tableLines } from './table.ts';

interface Group {
  readonly title: string;
  /** What a person can do; empty: nothing. */
  readonly advice: string;
  readonly jobs: readonly JobShown[];
}

export function jobLines(jobs: readonly JobShown[]): readonly string[] {
  return groupsOf(jobs).flatMap(({ title, advice, jobs: of }, index) => [
    ...(index === 0 ? [] : ['']),
    `${title} (${of.length})`,
    ...(advice === '' ? [] : [`  ${advice}`]),
    ...tableLines(columns, of.map(rowOf)).map((line) => `  ${line}`),
  ]);
}

const columns = [
  { title: 'PACKAGE', max: 80 },
  { title: 'WHAT', max: 60 },
  { title: 'ASKED BY', max: 12 },
  { title: 'AT', max: 20 },
  { title: 'ID', max: 40 },
];

function rowOf(job: JobShown): readonly string[] {
  const at = job.endedAt ?? job.startedAt ?? job.createdAt;
  return [
    job.purl,
    whatOf(job),
    reasons[job.reason] ?? job.reason,
    at.slice(0, 19).replace('T', ' '),
    job.id,
  ];
}

function whatOf({ state, phase, attempt, notBefore, verdict, message }: JobShown): string {
  switch (state) {
    case 'running':
      return attempt > 1 ? `${phase}, attempt ${attempt}` : phase;
    case 'waiting':
      return attempt > 0
        ? `again at ${notBefore.slice(11, 19)}${message === undefined ? '' : `: ${message}`}`
        : '';
    case 'done':
      return verdict ?? '';
    case 'failed':
    case 'cancelled':
      return message ?? '';
    default:
      return state satisfies never;
  }
}

const reasons: Readonly<Record<string, string>> = {
  asked: 'a person',
  used: 'use',
  regression: 'regression',
};

/** What is under way first, then what somebody may have to look at. */
function groupsOf(jobs: readonly JobShown[]): readonly Group[] {
  const of = (state: JobShown['state'], hasCause?: boolean): readonly JobShown[] =>
    jobs.filter(
      (job) => job.state === state && (hasCause === undefined || (job.cause !== undefined) === hasCause),
    );
  return [
    { title: 'running', advice: '', jobs: of('running') },
    { title: 'waiting', advice: '', jobs: of('waiting', false) },
    ...byCause(of('waiting', true), 'waiting after', false),
    ...byCause(of('failed'), 'not built:', true),
    { title: 'cancelled', advice: '', jobs: of('cancelled') },
    { title: 'done', advice: '', jobs: of('done') },
  ].filter(({ jobs: some }) => some.length > 0);
}

function byCause(jobs: readonly JobShown[], words: string, advises: boolean): readonly Group[] {
  const groups = new Map<string, JobShown[]>();
  for (const job of jobs) {
    const cause = job.cause ?? 'unknown';
    groups.set(cause, [...(groups.get(cause) ?? []), job]);
  }
  return [...groups]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([cause, of]) => ({
      title: `${words} ${forTerminal(cause, 40)}`,
      advice: advises ? (adviceFor[cause as NotBuiltCause] ?? '') : '',
      jobs: of,
    }));
}

const adviceFor: Readonly<Partial<Record<NotBuiltCause, string>>> = {
  'no-source': 'Name the source in a recipe: assay rebuild PURL --recipe FILE',
  'no-commit': 'Name the commit in a recipe: assay rebuild PURL --recipe FILE',
  unsupported: 'A recipe may name what was not recognised: assay rebuild report PURL --recipe',
  'fetch-failed': 'Ask again when the host can be reached.',
  dependencies: 'See which are missing: assay rebuild report PURL --log',
  'build-failed': 'See why: assay rebuild report PURL --log, and correct the recipe.',
  'pack-failed': 'See why: assay rebuild report PURL --log, and correct the recipe.',
  timeout: 'See how far it came: assay rebuild report PURL --log',
  'out-of-memory': 'See how far it came: assay rebuild report PURL --log',
  sandbox: 'See what this machine lacks: assay doctor',
};
