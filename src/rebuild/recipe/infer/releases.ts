/**
 * Releases of Node with the npm that came with each, as Node's own release notes and `index.json` say. Not all: of each
 * line those with which something changed for whoever packs. Older than 8 is left out: npm before 5.8 wrote clocks and
 * modes into tarballs (npm/npm#20027), so that no toolchain gives the same bytes, and a newer one the same content.
 */
export interface NodeRelease {
  readonly node: string;
  /** Day of the release. */
  readonly date: string;
  readonly npm: string;
}

/** `version date npm`, oldest line first. */
const table = `
8.9.4 2018-01-02 5.6.0
8.11.4 2018-08-15 5.6.0
8.12.0 2018-09-10 6.4.1
8.16.0 2019-04-16 6.4.1
8.17.0 2019-12-17 6.13.4
10.0.0 2018-04-24 5.6.0
10.9.0 2018-08-15 6.2.0
10.13.0 2018-10-30 6.4.1
10.15.3 2019-03-05 6.4.1
10.16.0 2019-05-28 6.9.0
10.17.0 2019-10-22 6.11.3
10.18.0 2019-12-17 6.13.4
10.19.0 2020-02-05 6.13.4
10.20.1 2020-04-12 6.14.4
10.24.1 2021-04-06 6.14.12
12.0.0 2019-04-23 6.9.0
12.13.0 2019-10-21 6.12.0
12.14.0 2019-12-17 6.13.4
12.18.0 2020-06-02 6.14.4
12.18.3 2020-07-22 6.14.6
12.19.0 2020-10-06 6.14.8
12.22.1 2021-04-06 6.14.12
12.22.12 2022-04-05 6.14.16
14.0.0 2020-04-21 6.14.4
14.15.0 2020-10-27 6.14.8
14.16.0 2021-02-23 6.14.11
14.17.1 2021-06-15 6.14.13
14.18.0 2021-09-28 6.14.15
14.19.0 2022-02-01 6.14.16
14.21.3 2023-02-16 6.14.18
16.0.0 2021-04-20 7.10.0
16.13.0 2021-10-26 8.1.0
16.13.2 2022-01-10 8.1.2
16.14.0 2022-02-08 8.3.1
16.14.2 2022-03-17 8.5.0
16.15.0 2022-04-26 8.5.5
16.16.0 2022-07-07 8.11.0
16.17.0 2022-08-16 8.15.0
16.18.0 2022-10-12 8.19.2
16.19.0 2022-12-13 8.19.3
16.20.2 2023-08-08 8.19.4
18.0.0 2022-04-19 8.6.0
18.12.0 2022-10-25 8.19.2
18.13.0 2023-01-05 8.19.3
18.14.0 2023-02-02 9.3.1
18.15.0 2023-03-05 9.5.0
18.16.0 2023-04-12 9.5.1
18.17.0 2023-07-18 9.6.7
18.18.0 2023-09-18 9.8.1
18.19.0 2023-11-29 10.2.3
18.20.0 2024-03-26 10.5.0
18.20.4 2024-07-08 10.7.0
18.20.8 2025-03-27 10.8.2
20.0.0 2023-04-18 9.6.4
20.9.0 2023-10-24 10.1.0
20.10.0 2023-11-22 10.2.3
20.11.0 2024-01-09 10.2.4
20.12.0 2024-03-26 10.5.0
20.14.0 2024-05-28 10.7.0
20.16.0 2024-07-24 10.8.1
20.17.0 2024-08-21 10.8.2
20.19.0 2025-03-13 10.8.2
22.0.0 2024-04-24 10.5.1
22.11.0 2024-10-29 10.9.0
22.14.0 2025-02-11 10.9.2
22.18.0 2025-07-31 10.9.3
22.21.0 2025-10-20 10.9.4
24.0.0 2025-05-06 11.3.0
24.11.0 2025-10-28 11.6.1
24.12.0 2025-12-10 11.6.2
`;

export const nodeReleases: readonly NodeRelease[] = table
  .trim()
  .split('\n')
  .map((line) => {
    const [node = '', date = '', npm = ''] = line.split(' ');
    return { node, date, npm };
  });

/** From when on an even line was the one that most used: its first long-term-support release. */
const longTermSupport: Readonly<Record<number, string>> = {
  8: '2017-10-31',
  10: '2018-10-30',
  12: '2019-10-21',
  14: '2020-10-27',
  16: '2021-10-26',
  18: '2022-10-25',
  20: '2023-10-24',
  22: '2024-10-29',
  24: '2025-10-28',
};

export function majorOf(version: string): number {
  return Number(version.split('.', 1)[0]);
}

/** The newest release of a line on that day, or the line's first. */
export function newestOf(major: number, day: string): NodeRelease | undefined {
  const line = releasesOf(major);
  return line.filter(({ date }) => date <= day).at(-1) ?? line[0];
}

/** Oldest first. */
export function releasesOf(major: number): readonly NodeRelease[] {
  return nodeReleases.filter(({ node }) => majorOf(node) === major);
}

/** Lines that there were on that day: the long-term-support ones newest first, then the newer ones. */
export function linesAt(day: string): readonly number[] {
  const majors = Object.keys(longTermSupport).map(Number);
  const supported = majors.filter((major) => (longTermSupport[major] ?? '') <= day).reverse();
  const begun = majors.filter(
    (major) =>
      !supported.includes(major) &&
      nodeReleases.some(({ node, date }) => majorOf(node) === major && date <= day),
  );
  const lines = [...supported, ...begun];
  return lines.length > 0 ? lines : [8];
}

/** The npm of the time of a Node that the table does not have: that of the release before it. */
export function npmFor(node: string, day: string): string {
  const line = releasesOf(majorOf(node));
  const minor = (version: string): readonly number[] => version.split('.').map(Number);
  const [, wantedMinor = 0, wantedPatch = 0] = minor(node);
  const before = line.filter((release) => {
    const [, ownMinor = 0, ownPatch = 0] = minor(release.node);
    return ownMinor < wantedMinor || (ownMinor === wantedMinor && ownPatch <= wantedPatch);
  });
  const known = before.at(-1) ?? line[0];
  if (known !== undefined) return known.npm;
  return nodeReleases.filter(({ date }) => date <= day).at(-1)?.npm ?? '6.14.18';
}
