/** How a run goes, ends and is bounded, whatever the scripts do. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { BehaviourReport } from '../../core/behaviour.ts';
import type { Sha256 } from '../../core/digest.ts';
import type { RunResult, RunSpec, Workspace } from '../../core/sandbox.ts';
import {
  foundIn,
  observedOf,
  openBehaviourWorld,
  type BehaviourWorld,
} from '../../../test/support/behaviour.ts';
import { file, member, tarball } from '../../../test/support/tar-builder.ts';
import { noSandbox } from '../../../test/support/sandbox.ts';
import type { ObserveDeps } from './deps.ts';
import { observeInstall } from './observe.ts';

describe('watching install scripts', { skip: noSandbox ?? false }, () => {
  let world: BehaviourWorld;
  before(async () => {
    world = await openBehaviourWorld();
  });
  after(() => world.close());

  it('gives scripts what npm gives them, in its order, and stops where one fails', async () => {
    const show = `node -e "const e=process.env;console.log([e.npm_lifecycle_event,e.npm_package_name,e.npm_package_config_port,e.npm_command,e.INIT_CWD+'/node_modules/watched'===process.cwd(),'SOURCE_DATE_EPOCH' in e].join())"`;
    const outcome = observedOf(
      await world.observe({
        scripts: {
          postinstall: 'never',
          install: `${show}; own-tool; exit 3`,
          preinstall: show,
          prepare: 'never',
        },
        dependencies: {
          'node_modules/tools': {
            'package.json': '{"bin":{"own-tool":"t.js"}}',
            't.js': '#!/usr/bin/env node\nconsole.log("of .bin")\n',
          },
        },
      }),
    );
    assert.deepEqual(outcome.output.trim().split('\n'), [
      'preinstall,watched,,install,true,false',
      'install,watched,,install,true,false',
      'of .bin',
    ]);
    assert.deepEqual([outcome.report.scripts, outcome.report.ended], [['preinstall', 'install'], 'failed']);
    assert.deepEqual(outcome.report.findings, []);
    const first = JSON.parse(outcome.events.split('\n')[0] ?? '') as object;
    assert.deepEqual(Object.keys(first).slice(0, 6), [
      'at',
      'seconds',
      'script',
      'process',
      'parent',
      'kind',
    ]);
  });

  it('runs the scripts of what is bundled too, as npm does, each in its own folder', async () => {
    const bundled = [
      {
        folder: 'node_modules/@in/side',
        scripts: { install: 'echo $npm_lifecycle_event in $PWD' },
        hasBindingGyp: false,
      },
    ];
    const files = { 'node_modules/@in/side/package.json': '{"name":"@in/side","version":"1.0.0"}' };
    const outcome = observedOf(await world.observe({ scripts: {}, files }, { bundled }));
    assert.match(
      outcome.output,
      /^install in \/home\/\S+\/node_modules\/watched\/node_modules\/@in\/side\n$/,
    );
    assert.deepEqual(outcome.report.scripts, ['install of @in/side']);
  });

  it('stands in a home, on a machine and with bait of its own each time', async () => {
    const look = { scripts: { install: 'echo $HOME $(hostname) $INIT_CWD $NPM_TOKEN; id -un; ls ~/.ssh' } };
    const [one, two] = [
      observedOf(await world.observe(look)).output,
      observedOf(await world.observe(look)).output,
    ];
    const words = one.split(/\s+/);
    assert.match(one, /^\/home\/\w+ \S+ \/home\/\S+ npm_\w{36}\n\w+\nid_ed25519\nknown_hosts\n$/);
    for (const word of words.slice(0, 4)) assert.ok(!two.split(/\s+/).includes(word), word);
  });

  it('does not tell by its parent’s name or its resolver that nobody is at home', async () => {
    const look = {
      scripts: {
        install: `tr '\\0' ' ' < /proc/$PPID/cmdline; echo; cat /etc/resolv.conf; grep TracerPid /proc/self/status; node -e "require('dns').lookup('a.example.com', (e) => console.log(e.code))"`,
      },
    };
    const { output, report } = observedOf(await world.observe(look));
    assert.match(output, /^npm install *\nnameserver 127\.0\.0\.53\nTracerPid:\t0\nEAI_AGAIN\n$/);
    assert.deepEqual(foundIn(report), ['contact-outside medium']);
    assert.ok(report.actions.includes('connect:a.example.com'), report.actions.join());
  });

  it('lays out no bait under another name: links in archives lead nowhere while others are unpacked', async () => {
    const inner = 'node_modules/watched/node_modules/two';
    const request = world.request({ scripts: { install: 'cat node_modules/two/h; ls node_modules/two' } });
    const outer = tarball(
      file('package/package.json', '{"name":"watched","version":"1.0.0"}'),
      member({ path: 'package/node_modules/two/s', flag: '2', linkname: '../../../../../..' }),
      member({ path: 'package/node_modules/one', flag: '2', linkname: '../../../../../..' }),
    );
    const two = tarball(
      file('package/package.json', '{"name":"two","version":"1.0.0"}'),
      file('package/seen', ''),
      member({ path: 'package/h', flag: '1', linkname: 'package/s/.npmrc' }),
    );
    const outcome = await observeInstall(world.deps, {
      ...request,
      package: world.give('watched', outer),
      dependencies: [{ ...world.give('two', two), folder: inner }],
    });
    // It is unpacked without what is none, or not at all.
    if (outcome.state === 'observed') assert.doesNotMatch(outcome.output, /_authToken/);
    else assert.deepEqual(outcome.state === 'failed' && outcome.code, 'BEHAVIOUR_INPUT_INVALID');
  });

  it('waits for what was detached, and tells of it', async () => {
    const late = "setTimeout(() => require('fs').readFileSync(process.env.HOME + '/.npmrc'), 2500)";
    const outcome = observedOf(
      await world.observe({
        scripts: {
          postinstall: `node -e "require('child_process').spawn(process.execPath,['late.js'],{detached:true,stdio:'ignore'}).unref()"`,
        },
        files: { 'late.js': late },
      }),
    );
    assert.deepEqual(foundIn(outcome.report), ['honeytoken-read high', 'left-running medium']);
    const brief = await world.observe({ scripts: { postinstall: 'sleep 0.1 &' } });
    assert.deepEqual(foundIn(observedOf(brief).report), []);
  });

  it('is not blinded by a script that ends the one that started it', async () => {
    const outcome = observedOf(
      await world.observe({ scripts: { install: 'kill -9 $PPID; sleep 1; cat ~/.npmrc' } }),
    );
    const { ended, whole } = outcome.report;
    assert.deepEqual([ended, whole, foundIn(outcome.report)], ['killed', false, ['unwatched medium']]);
  });

  it('can be cancelled, and says so', async () => {
    const stop = new AbortController();
    const request = world.request({ scripts: { install: 'echo up; sleep 60' } });
    const outcome = await observeInstall(world.deps, {
      ...request,
      signal: stop.signal,
      onLine: () => stop.abort(),
    });
    assert.deepEqual(outcome.state === 'failed' && outcome.code, 'BEHAVIOUR_CANCELLED');
  });

  it('runs nothing of other bytes than the digest names, nor of what cannot be unpacked', async () => {
    const request = world.request({ scripts: { install: 'true' } });
    const swapped = world.request({ scripts: { install: 'false' } });
    const other = { ...request, package: { ...request.package, path: swapped.package.path } };
    const broken = { ...request, package: world.give('watched', Buffer.from('no archive')) };
    for (const bad of [other, broken]) {
      const outcome = await observeInstall(world.deps, bad);
      assert.equal(
        outcome.state === 'failed' && outcome.code,
        'BEHAVIOUR_INPUT_INVALID',
        JSON.stringify(outcome),
      );
    }
  });
});

describe('a record of calls', () => {
  const start = '9 1.0 execve("/usr/local/lib/nodejs/bin/node", [PROGRAM, INPUT], []) = 0\n';
  const script = `9 2.0 clone(child_stack=NULL, flags=SIGCHLD) = 10
10 2.1 execve("/bin/sh", ["sh", "-c", "true"], []) = 0
10 2.2 exit_group(0) = ?
`;
  const end = '9 3.0 exit_group(0) = ?\n';

  /** A run that left this record, and ended well itself. */
  async function recorded(text: string): Promise<BehaviourReport> {
    const folder = mkdtempSync('/tmp/assay-record-');
    const given = Buffer.from('bytes');
    writeFileSync(join(folder, 'x.tgz'), given);
    try {
      const workspace: Workspace = {
        path: folder,
        folder: (name) => mkdir(join(folder, name)).then(() => join(folder, name)),
        give: () => Promise.resolve(),
        // What a run left there can be such that it stays for a while.
        remove: () => Promise.reject(new Error('it cannot be removed')),
      };
      const run = async ({ trace, command }: RunSpec): Promise<RunResult> => {
        const words = command.map((word) => JSON.stringify(word)).join(', ');
        const filled = text.replace('PROGRAM, INPUT', words);
        if (trace !== undefined) await writeFile(trace.toPath, filled);
        return {
          ended: 'exit',
          exitCode: 0,
          signal: undefined,
          output: '',
          cpuMs: 1,
          peakBytes: 1,
          wallMs: 1,
          clock: 'running',
        };
      };
      const outcome = await observeInstall(
        {
          sandbox: { workspace: () => Promise.resolve(workspace), run },
          isolation: 'full',
          random: (count) => new Uint8Array(count),
          monotonicMs: () => 0,
        },
        {
          package: {
            path: join(folder, 'x.tgz'),
            sha256: createHash('sha256').update(given).digest('hex') as Sha256,
            name: 'x',
            version: '1.0.0',
          },
          dependencies: [],
          scripts: { install: 'true' },
          hasBindingGyp: false,
          toolchain: { base: '/', node: '/', npm: '/', nodeVersion: '20.0.0', npmVersion: '10.0.0' },
          registryHosts: [],
        },
      );
      return observedOf(outcome).report;
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  it('is told of, also where what the run left cannot be removed', async () => {
    assert.deepEqual((await recorded(start + script + end)).scripts, ['install']);
  });

  it('that goes to the end is whole, and one that stops before it says that something got out of sight', async () => {
    const whole = await recorded(start + script + end);
    assert.deepEqual([whole.whole, foundIn(whole)], [true, []]);
    const short = await recorded(start + script);
    assert.deepEqual([short.whole, foundIn(short)], [false, ['unwatched high']]);
  });

  it('of npm, which reads its own settings, is fine, and not of what was loaded into it', async () => {
    const node = '/usr/local/lib/nodejs/bin/node';
    const npm = '/usr/local/lib/node_modules/npm/bin/npm-cli.js';
    const of = async (environment: string) => {
      const started = `9 2.0 clone(child_stack=NULL, flags=SIGCHLD) = 10
10 2.1 execve("${node}", ["node", "${npm}"], ${environment}) = 0
10 2.1 openat(AT_FDCWD</>, "/home/alexaa/.npmrc", O_RDONLY) = 3</home/alexaa/.npmrc>
10 2.2 exit_group(0) = ?
`;
      return foundIn(await recorded(start + started + end));
    };
    for (const environment of ['[]', '["NODE_ENV=x", "PATH=/bin"]', '["OPENSSL_CONF=/dev/null"]'])
      assert.deepEqual(await of(environment), [], environment);
    const many = Array.from({ length: 4001 }, (_, at) => `"A${at}=x"`).join(', ');
    for (const environment of [
      '["NODE_OPTIONS=-r x"]',
      '["LD_AUDIT=./x.so"]',
      '["LD_LIBRARY_PATH=."]',
      '["OPENSSL_CONF=./x.cnf"]',
      `[${many}, "LD_PRELOAD=./x.so"]`,
    ])
      assert.deepEqual(await of(environment), ['honeytoken-read high'], environment.slice(0, 50));
  });

  it('that is cut, as on a full disk, is not whole, and accuses nobody', async () => {
    for (const text of [start + script + '9 3.0 exit_gr', start + script.repeat(2).trimEnd()]) {
      const cut = await recorded(text);
      assert.deepEqual([cut.whole, foundIn(cut)], [false, []]);
    }
  });
});

describe('without a sandbox', () => {
  const refusing = (): never => {
    throw new Error('nothing may be run');
  };
  const deps: ObserveDeps = {
    sandbox: { workspace: refusing, run: refusing },
    isolation: 'none',
    random: refusing,
    monotonicMs: () => 0,
  };
  const request = {
    package: { path: '/none', sha256: '0' as never, name: 'x', version: '1.0.0' },
    dependencies: [],
    scripts: {},
    hasBindingGyp: false,
    toolchain: { base: '/', node: '/', npm: '/', nodeVersion: '20.0.0', npmVersion: '10.0.0' },
    registryHosts: [],
  };

  it('a package without install scripts is a result, and costs nothing', async () => {
    assert.deepEqual(await observeInstall(deps, request), { state: 'no-script' });
    const only = { test: 'x', prepare: 'x', postinstall: '  ' };
    assert.deepEqual(await observeInstall(deps, { ...request, scripts: only }), { state: 'no-script' });
  });

  it('scripts are not run, and that is never a pass', async () => {
    for (const change of [
      { scripts: { install: 'x' } },
      { hasBindingGyp: true },
      { scripts: { prepare: 'x' }, fromGit: true },
    ]) {
      const outcome = await observeInstall(deps, { ...request, ...change });
      assert.equal(outcome.state, 'not-observed');
    }
  });

  it('a name that leads elsewhere is no folder', async () => {
    const sandboxed: ObserveDeps = { ...deps, isolation: 'full', random: (count) => new Uint8Array(count) };
    for (const name of ['..', '../x', 'a/../b', '@x/..', 'a b', 'a\n', '/x', ''])
      assert.equal(
        (
          await observeInstall(sandboxed, {
            ...request,
            scripts: { install: 'x' },
            package: { ...request.package, name },
          })
        ).state,
        'failed',
        name,
      );
  });
});
