/**
 * axios, 31 March 2026 (axios/axios#10604): stolen credentials published 1.14.1 after a history of publications by the
 * workflow's own identity, and 0.30.4 on a line that was always published by hand; both with a dependency that was made
 * for it hours before, another e-mail address of the account, and no gitHead.
 */
import { publishAll, timeline, trustedPublisher, type Release, type Scenario } from './scenario.ts';

const attack = '2026-03-31T00:21:00Z';
const at = timeline(attack);
const run = {
  repository: 'axios/axios',
  repositoryId: '23088740',
  ownerId: '32372333',
  workflow: '.github/workflows/publish.yml',
  ref: 'refs/heads/v1.x',
};

const maintainer = { name: 'jasonsaayman', email: 'maintainer@example.com' };
const dependencies = { 'follow-redirects': '^1.15.11', 'form-data': '^4.0.5', 'proxy-from-env': '^2.1.0' };
const oldDependencies = { 'follow-redirects': '^1.15.4', 'form-data': '^4.0.4', 'proxy-from-env': '^1.1.0' };

const withToken = (version: string, when: string): Release => ({
  version,
  at: at(when),
  run: { ...run, workflow: '.github/workflows/publish.yml' },
  publisher: maintainer,
  manifest: { dependencies },
});
const withIdentity = (version: string, when: string): Release => ({
  version,
  at: at(when),
  run,
  publisher: trustedPublisher,
  manifest: { dependencies },
});
const byHand = (version: string, when: string): Release => ({
  version,
  at: at(when),
  publisher: maintainer,
  manifest: { dependencies: oldDependencies },
});

const history: readonly Release[] = [
  byHand('0.30.0', '2025-03-26T12:00:00Z'),
  withToken('1.11.0', '2025-07-22T19:00:00Z'),
  byHand('0.30.1', '2025-08-04T20:00:00Z'),
  withToken('1.12.0', '2025-09-11T20:00:00Z'),
  withToken('1.12.2', '2025-09-14T12:00:00Z'),
  byHand('0.30.2', '2025-09-29T18:00:00Z'),
  withToken('1.13.0', '2025-10-27T15:00:00Z'),
  withToken('1.13.2', '2025-11-04T21:00:00Z'),
  withIdentity('1.13.4', '2026-01-27T19:00:00Z'),
  withIdentity('1.13.5', '2026-02-08T16:00:00Z'),
  byHand('0.30.3', '2026-02-18T17:00:00Z'),
  withIdentity('1.13.6', '2026-02-27T18:00:00Z'),
  withIdentity('1.14.0', '2026-03-27T19:00:00Z'),
];

const thief = { ...maintainer, email: 'stolen-account@example.net' };

const stolen = (version: string, when: string, before: Record<string, string>): Release => ({
  version,
  at: at(when),
  publisher: thief,
  withoutCheckout: true,
  manifest: { dependencies: { ...before, 'plain-crypto-js': '^4.2.1' } },
});

export const axios2026: Scenario = {
  title: 'axios 2026: published with stolen credentials after attested history, and on a line without one',
  publish: (stage) => {
    publishAll(stage, 'plain-crypto-js', [
      { version: '4.2.0', at: at('2026-03-30T05:57:00Z'), publisher: { name: 'nobody-known' } },
      {
        version: '4.2.1',
        at: at('2026-03-30T23:59:00Z'),
        publisher: { name: 'nobody-known' },
        manifest: { scripts: { postinstall: 'node setup.js' } },
        files: { 'setup.js': 'void 0;\n' },
      },
    ]);
    publishAll(stage, 'axios', [
      ...history,
      stolen('1.14.1', attack, dependencies),
      stolen('0.30.4', '2026-03-31T01:00:00Z', oldDependencies),
    ]);
  },
  indexes: ['plain-crypto-js', 'axios'],
  suspects: [
    {
      name: 'axios',
      version: '1.14.1',
      outcome: 'hold',
      rules: ['npm/trust-downgrade', 'npm/publisher-changed'],
      words: [/provenance|trusted publish/i, /e-?mail/i],
    },
    {
      name: 'axios',
      version: '0.30.4',
      outcome: 'hold',
      rules: ['npm/trust-downgrade', 'npm/publisher-changed', 'npm/dependency-changed'],
      words: [/e-?mail/i, /plain-crypto-js/],
    },
  ],
  innocent: [
    ['axios', '1.14.0'],
    ['axios', '0.30.3'],
  ],
};
