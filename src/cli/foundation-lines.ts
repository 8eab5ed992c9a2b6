/** What a build stands on, for people: counts by class, and each input where it is asked for. */
import { forTerminal } from '../core/encode.ts';
import type { StandsOnShown } from '../server/control/catalogue-protocol.ts';
import { tableLines } from './table.ts';

type Count = StandsOnShown['counts'][number];

const roleWords: Readonly<Record<Count['role'], string>> = {
  base: 'base system',
  toolchain: 'toolchain',
  dependency: 'packages',
  'build-dependency': 'build dependencies',
};

const mostSuspected = 5;

export function foundationLines(
  { source, mode, counts, inputs }: StandsOnShown,
  shown: { readonly inputs: boolean },
): readonly string[] {
  const suspected = inputs.filter((one) => one.suspected).map(({ name }) => name);
  const more = suspected.length > mostSuspected ? ` and ${suspected.length - mostSuspected} more` : '';
  return [
    'stands on',
    ...(source === undefined
      ? []
      : [
          line(
            'source',
            `${forTerminal(source.repository, 200)}, ${source.approved ? 'approved' : 'not approved'}`,
          ),
        ]),
    ...counts.map((count) => line(roleWords[count.role], countWords(count))),
    ...(mode === 'digest-only'
      ? [line('', 'Its packages were taken by digest alone: nobody looked at them.')]
      : []),
    ...(suspected.length === 0
      ? []
      : [
          line(
            '',
            `The scanner takes ${forTerminal(suspected.slice(0, mostSuspected).join(', '), 300)}${more} for malware; let in because public for long and in no feed.`,
          ),
        ]),
    ...(shown.inputs ? ['', ...inputLines(inputs)] : []),
  ];
}

function countWords({ total, grades }: Count): string {
  const told = Object.entries(grades).filter(([, count]) => count > 0);
  return `${total} (${told.map(([grade, count]) => `${count} ${gradeWords(grade)}`).join(', ')})`;
}

function gradeWords(grade: string): string {
  return grade === 'rebuilt' || grade === 'reproduced' ? `secure/${grade}` : grade;
}

function inputLines(inputs: StandsOnShown['inputs']): readonly string[] {
  const columns = [
    { title: 'INPUT', max: 100 },
    { title: 'FOR', max: 20 },
    { title: 'CLASS', max: 24 },
    { title: 'ASSAYED', max: 10 },
  ];
  const rows = inputs.map(({ name, role, class: of, grade, assayed, suspected }) => [
    name,
    role,
    `${of}/${grade}`,
    suspected ? 'suspected' : assayed ? 'yes' : 'no',
  ]);
  return tableLines(columns, rows);
}

function line(title: string, text: string): string {
  return `  ${title.padEnd(18)} ${text}`;
}
