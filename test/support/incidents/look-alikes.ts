/**
 * What looks like a downgrade and was none: releases that tools which rank publications alone refuse (pnpm/pnpm#10202,
 * pnpm/pnpm#10622, mcollina/fastq#109). Dates and kinds of publication are the real ones where those threads name them;
 * e-mail addresses are not, and who published an old version is from memory.
 */
import { publishAll, trustedPublisher, type Release, type Stage } from './scenario.ts';

export interface LookAlike {
  readonly name: string;
  readonly version: string;
  /** Why it is refused by others. */
  readonly looks: string;
  readonly releases: readonly Release[];
  /**
   * Its line had more before, and nothing tells it from a quiet theft: held until it stood in the open for a fortnight.
   * The others are served as soon as the cooldown is over.
   */
  readonly fortnight?: true;
}

export function publishLookAlike(stage: Stage, { name, releases }: LookAlike): void {
  publishAll(stage, name, releases);
}

/** The whole history moved, so that the version in question is as young as that. */
export function asOf(lookAlike: LookAlike, ageMs: number): LookAlike {
  const at = lookAlike.releases.find(({ version }) => version === lookAlike.version)?.at ?? '';
  const moveMs = Date.now() - ageMs - Date.parse(at);
  const released = ({ at }: Release): number => Date.parse(at) + moveMs;
  const moved = lookAlike.releases.map((one) => ({ ...one, at: new Date(released(one)).toISOString() }));
  return { ...lookAlike, releases: moved.filter(({ at }) => Date.parse(at) < Date.now()) };
}

interface Origin {
  readonly repository: string;
  readonly repositoryId: string;
  readonly ownerId: string;
  readonly ref: string;
}

function person(name: string): { readonly name: string; readonly email: string } {
  return { name, email: `${name}@example.com` };
}

/** Version, day, and who; with an origin: with provenance. */
function release(version: string, day: string, by: string | Release['publisher'], run?: Origin): Release {
  const publisher = typeof by === 'string' ? person(by) : (by ?? {});
  const at = day.includes('T') ? day : `${day}T12:00:00.000Z`;
  return { version, at, publisher, ...(run === undefined ? {} : { run }) };
}

const semverRun: Origin = {
  repository: 'npm/node-semver',
  repositoryId: '1357199',
  ownerId: '6078720',
  ref: 'refs/heads/main',
};
const prettierRun: Origin = {
  repository: 'prettier/eslint-config-prettier',
  repositoryId: '80087146',
  ownerId: '25822731',
  ref: 'refs/heads/main',
};
const fastqRun: Origin = {
  repository: 'mcollina/fastq',
  repositoryId: '36763174',
  ownerId: '52195',
  ref: 'refs/heads/master',
};
const axiosRun: Origin = {
  repository: 'axios/axios',
  repositoryId: '23088740',
  ownerId: '32372333',
  ref: 'refs/heads/v1.x',
};

export const lookAlikes: readonly LookAlike[] = [
  {
    name: 'semver',
    version: '6.3.1',
    looks: 'a fix for an old major version by hand, three days after 7.5.4 with provenance',
    releases: [
      release('5.6.0', '2018-10-10', 'isaacs'),
      release('5.7.0', '2019-03-26', 'isaacs'),
      release('6.0.0', '2019-03-26T18:00:00.000Z', 'isaacs'),
      release('6.1.0', '2019-05-22', 'isaacs'),
      release('6.2.0', '2019-06-24', 'isaacs'),
      release('6.3.0', '2019-07-23', 'isaacs'),
      release('5.7.1', '2019-08-12', 'isaacs'),
      release('7.0.0', '2019-12-14', 'isaacs'),
      release('7.3.0', '2020-04-14', 'isaacs'),
      release('7.3.6', '2022-04-05', 'lukekarrys'),
      release('7.3.7', '2022-04-12', 'lukekarrys'),
      release('7.3.8', '2022-10-04', 'lukekarrys'),
      release('7.4.0', '2023-04-10', 'npm-cli-ops'),
      release('7.5.0', '2023-04-17', 'npm-cli-ops'),
      release('7.5.1', '2023-05-12', 'npm-cli-ops', semverRun),
      release('7.5.2', '2023-06-15', 'npm-cli-ops', semverRun),
      release('7.5.3', '2023-06-22', 'npm-cli-ops', semverRun),
      release('7.5.4', '2023-07-07', 'npm-cli-ops', semverRun),
      release('5.7.2', '2023-07-10T21:30:00.000Z', 'lukekarrys'),
      release('6.3.1', '2023-07-10T22:30:00.000Z', 'lukekarrys'),
      release('7.6.0', '2024-02-05', 'npm-cli-ops', semverRun),
    ],
  },
  {
    name: 'eslint-config-prettier',
    version: '8.10.2',
    looks:
      'clean versions after a theft, on two old lines within minutes, by hand, after 10.1.5 with provenance',
    releases: [
      release('8.7.0', '2023-03-06', 'lydell'),
      release('8.8.0', '2023-03-20', 'lydell'),
      release('8.9.0', '2023-07-27', 'lydell'),
      release('8.10.0', '2023-08-03', 'lydell'),
      release('9.0.0', '2023-08-05', 'lydell'),
      release('9.1.0', '2023-12-02', 'lydell'),
      release('10.0.1', '2025-01-13', 'jounqin'),
      release('10.0.2', '2025-02-26', 'jounqin'),
      release('10.1.1', '2025-03-07', 'jounqin'),
      release('10.1.2', '2025-04-10', 'jounqin'),
      release('10.1.4', '2025-05-09T10:00:00.000Z', 'jounqin', prettierRun),
      release('10.1.5', '2025-05-09T13:00:00.000Z', 'jounqin', prettierRun),
      release('10.1.8', '2025-07-18T21:00:00.000Z', 'jounqin', prettierRun),
      release('8.10.2', '2025-07-19T01:18:00.000Z', 'jounqin'),
      release('9.1.2', '2025-07-19T01:19:00.000Z', 'jounqin'),
    ],
  },
  {
    name: 'fastq',
    version: '1.20.2',
    fortnight: true,
    looks:
      'published by hand again by its author after two versions of a trusted publisher, on the same line',
    releases: [
      release('1.15.0', '2022-12-19', 'matteo.collina'),
      release('1.16.0', '2023-12-30', 'matteo.collina'),
      release('1.17.0', '2024-01-28', 'matteo.collina'),
      release('1.17.1', '2024-02-05', 'matteo.collina'),
      release('1.18.0', '2025-01-02', 'matteo.collina'),
      release('1.19.0', '2025-02-03', 'matteo.collina'),
      release('1.19.1', '2025-02-26', 'matteo.collina'),
      release('1.20.0', '2025-12-22', trustedPublisher, fastqRun),
      release('1.20.1', '2025-12-23', trustedPublisher, fastqRun),
      release('1.20.2', '2026-08-27', 'matteo.collina'),
    ],
  },
  {
    name: 'axios-old-line',
    version: '0.30.3',
    looks: 'an old line that is always published by hand, after 1.13.5 of a trusted publisher',
    releases: [
      release('0.29.0', '2024-11-21', 'jasonsaayman'),
      release('0.30.0', '2025-03-26', 'jasonsaayman'),
      release('1.12.2', '2025-09-14', 'jasonsaayman', axiosRun),
      release('0.30.2', '2025-09-29', 'jasonsaayman'),
      release('1.13.2', '2025-11-04', 'jasonsaayman', axiosRun),
      release('1.13.4', '2026-01-27', trustedPublisher, axiosRun),
      release('1.13.5', '2026-02-08', trustedPublisher, axiosRun),
      release('0.30.3', '2026-02-18', 'jasonsaayman'),
    ],
  },
];
