/** More packages of the configured registry, some of which want a network or a compiler. */
import assert from 'node:assert/strict';
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
    name: 'protobufjs',
    version: '7.2.4',
    scripts: { postinstall: 'node scripts/postinstall' },
  },
  {
    name: 'husky',
    version: '4.3.8',
    scripts: { install: 'node husky install', postinstall: 'opencollective-postinstall || exit 0' },
    beside: {
      'opencollective-postinstall': '2.0.3',
      'ci-info': '2.0.0',
      'which-pm-runs': '1.0.0',
      'find-versions': '4.0.0',
      'semver-regex': '3.1.4',
      slash: '3.0.0',
      'pkg-dir': '5.0.0',
      'find-up': '5.0.0',
      'locate-path': '6.0.0',
      'p-locate': '5.0.0',
      'p-limit': '3.1.0',
      'yocto-queue': '0.1.0',
      'path-exists': '4.0.0',
      chalk: '4.1.2',
      'compare-versions': '3.6.0',
      cosmiconfig: '7.1.0',
      'please-upgrade-node': '3.2.0',
      'semver-compare': '1.0.0',
    },
  },
  {
    name: 'bufferutil',
    version: '4.0.7',
    scripts: { install: 'node-gyp-build' },
    beside: { 'node-gyp-build': '4.6.0' },
  },
  {
    name: 'es5-ext',
    version: '0.10.64',
    scripts: { postinstall: ' node -e "try{require(\'./_postinstall\')}catch(e){}" || exit 0' },
  },
  { name: 'simple-git-hooks', version: '2.11.1', scripts: { postinstall: 'node ./postinstall.js' } },
  {
    name: 'vue-demi',
    version: '0.14.10',
    scripts: { postinstall: 'node -e "try{require(\'./scripts/postinstall.js\')}catch(e){}"' },
  },
  {
    name: 'msw',
    version: '2.4.9',
    scripts: { postinstall: 'node -e "try{require(\'./config/scripts/postinstall\')}catch(e){}"' },
  },
  // It writes to node_modules/.prisma.
  { name: '@prisma/client', version: '5.20.0', scripts: { postinstall: 'node scripts/postinstall.js' } },
  {
    name: 'yarn',
    version: '1.22.22',
    scripts: { preinstall: ':; (node ./preinstall.js > /dev/null 2>&1 || true)' },
  },
  {
    name: 'sharp',
    version: '0.33.5',
    scripts: { install: 'node install/check' },
    beside: {
      '@img/sharp-libvips-linux-x64': '1.0.4',
      '@img/sharp-linux-x64': '0.33.5',
      color: '4.2.3',
      'color-convert': '2.0.1',
      'color-name': '1.1.4',
      'color-string': '1.9.1',
      'detect-libc': '2.1.2',
      'is-arrayish': '0.3.4',
      semver: '7.8.6',
      'simple-swizzle': '0.2.4',
    },
  },
  {
    name: '@swc/core',
    version: '1.7.26',
    scripts: { postinstall: 'node postinstall.js' },
    beside: { '@swc/core-linux-x64-gnu': '1.7.26', '@swc/counter': '0.1.3', '@swc/types': '0.1.28' },
  },
  {
    name: 'argon2',
    version: '0.41.1',
    scripts: { install: 'node-gyp-build' },
    beside: { '@phc/format': '1.0.0', 'node-addon-api': '8.9.2', 'node-gyp-build': '4.8.4' },
  },
  {
    name: 'workerd',
    version: '1.20240925.0',
    scripts: { postinstall: 'node install.js' },
    beside: { '@cloudflare/workerd-linux-64': '1.20240925.0' },
  },
  {
    name: 'cpu-features',
    version: '0.0.10',
    scripts: { install: 'node buildcheck.js > buildcheck.gypi && node-gyp rebuild' },
    beside: { buildcheck: '0.0.7', nan: '2.30.0' },
  },
];

describe('more honest packages of the registry', { skip: noBuilds ?? false }, () => {
  let real: RealBehaviours;
  before(async () => {
    real = await openRealBehaviours();
  });
  after(() => real.close());

  for (const one of packages)
    it(`${one.name} ${one.version} is fine`, async () => assertHonest(await real.observe(one)));

  it('esbuild without its binary asks the registry for it, by npm, and that is no contact with strangers', async () => {
    const { report, output } = await real.observe({
      name: 'esbuild',
      version: '0.19.0',
      scripts: { postinstall: 'node install.js' },
    });
    assert.deepEqual([report.ended, report.whole], ['failed', true], output);
    assert.ok(report.actions.includes('connect:registry'), report.actions.join());
    assert.ok(!report.actions.some((action) => action.startsWith('read:')), report.actions.join());
    const rules = report.findings.map(({ rule, message }) => `${rule}: ${message}`);
    assert.ok(
      rules.every((text) => text.startsWith('behaviour/contact-outside:')),
      rules.join('\n'),
    );
  });

  it('an addon is built by node-gyp, with the headers that come with Node', async () => {
    const source = `#include <node_api.h>
      static napi_value init(napi_env env, napi_value exports) { return exports; }
      NAPI_MODULE(NODE_GYP_MODULE_NAME, init)\n`;
    const observed = await real.observeAddon({
      'binding.gyp': '{"targets":[{"target_name":"own","sources":["own.c"]}]}',
      'own.c': source,
    });
    assertHonest(observed);
    assert.deepEqual(observed.report.scripts, ['install']);
    assert.match(observed.output, /gyp info ok/);
  });
});
