import { malicious } from './corpus.ts';

/** The list of halves as the README shows it. */
export function halvesTable(): string {
  const ids = [...new Set(malicious.map(({ incident }) => incident.id))];
  const rows = ids.map((id) => {
    const own = malicious.filter(({ incident }) => incident.id === id);
    const of = (half: string): string =>
      own
        .filter((one) => one.half === half)
        .map(({ variant }) => variant)
        .join(', ');
    return `| ${id} | ${of('independent')} | ${of('tuning')} |`;
  });
  return ['| incident | independent | tuning |', '| --- | --- | --- |', ...rows].join('\n');
}
