/**
 * TanStack, 11 May 2026 (postmortem at TanStack/tanstack.com): malware took the workflow's identity during its tests.
 * True provenance from the right repository, workflow and branch; both runs ended in failure; two versions of each of 42
 * packages within minutes, with an optional dependency on a commit in git. Four packages stand for the 42.
 */
import { publishAll, timeline, trustedPublisher, type Release, type Scenario } from './scenario.ts';

const at = timeline('2026-05-11T19:20:00Z');
const run = {
  repository: 'TanStack/router',
  repositoryId: '413506590',
  ownerId: '72518640',
  workflow: '.github/workflows/release.yml',
  ref: 'refs/heads/main',
};
const packages = [
  '@tanstack/history',
  '@tanstack/router-core',
  '@tanstack/react-router',
  '@tanstack/start-client-core',
];

/** One release takes a run: all packages of a day share it, each a minute after the other. */
const release = (version: string, when: string, minutes: number): Release => ({
  version,
  at: new Date(Date.parse(at(when)) + minutes * 60_000).toISOString(),
  run,
  publisher: trustedPublisher,
  tag: null,
});

const history: readonly (readonly [string, string])[] = [
  ['1.161.0', '2026-02-16T10:00:00Z'],
  ['1.162.0', '2026-02-26T12:00:00Z'],
  ['1.163.0', '2026-03-09T09:00:00Z'],
  ['1.164.0', '2026-03-21T17:00:00Z'],
  ['1.165.0', '2026-04-05T08:00:00Z'],
  ['1.166.0', '2026-04-20T11:00:00Z'],
  ['1.167.0', '2026-05-02T14:00:00Z'],
];

const payload = {
  manifest: {
    optionalDependencies: {
      '@tanstack/setup': 'github:tanstack/router#79ac49eedf774dd4b0cfa308722bc463cfe5885c',
    },
  },
  files: { 'router_init.js': 'void 0;\n' },
  conclusion: 'failure',
} as const;

export const tanstack2026: Scenario = {
  title: 'TanStack 2026: true provenance from a run that failed, two versions of many packages in minutes',
  publish: (stage) => {
    for (const [index, name] of packages.entries()) {
      publishAll(stage, name, [
        ...history.map(([version, when]) => release(version, when, index)),
        { ...release('1.168.1', '2026-05-11T19:20:00Z', 0), ...payload },
        { ...release('1.168.2', '2026-05-11T19:26:00Z', 0), ...payload },
      ]);
    }
  },
  indexes: packages,
  // That the first one is part of a burst nobody can know yet: whose it is shows when provenance was verified.
  suspects: packages.flatMap((name, index) =>
    ['1.168.1', '1.168.2'].map((version) => ({
      name,
      version,
      outcome: 'block' as const,
      rules: ['npm/run-conclusion', 'npm/dependency-changed', ...(index === 0 ? [] : ['npm/burst'])],
      words: [/failure/, /@tanstack\/setup/, ...(index === 0 ? [] : [/ten minutes/])],
    })),
  ),
  innocent: [
    ['@tanstack/react-router', '1.167.0'],
    ['@tanstack/history', '1.167.0'],
  ],
};
