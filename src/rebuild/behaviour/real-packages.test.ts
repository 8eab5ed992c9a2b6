/** Packages of the configured registry whose install scripts are known: honest, so nothing may be found. */
import { after, before, describe, it } from 'node:test';
import {
  assertHonest,
  openRealBehaviours,
  type HonestPackage,
  type RealBehaviours,
} from '../../../test/support/real-behaviours.ts';
import { noBuilds } from '../../../test/support/builds.ts';

const packages: readonly HonestPackage[] = [
  {
    name: 'core-js',
    version: '3.32.0',
    scripts: { postinstall: 'node -e "try{require(\'./postinstall\')}catch(e){}"' },
  },
  {
    name: 'esbuild',
    version: '0.19.0',
    scripts: { postinstall: 'node install.js' },
    beside: { '@esbuild/linux-x64': '0.19.0' },
  },
];

describe('honest packages of the registry', { skip: noBuilds ?? false }, () => {
  let real: RealBehaviours;
  before(async () => {
    real = await openRealBehaviours();
  });
  after(() => real.close());

  for (const one of packages)
    it(`${one.name} ${one.version} is fine`, async () => assertHonest(await real.observe(one)));
});
