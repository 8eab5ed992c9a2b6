import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { isAssayError } from '../../../core/errors.ts';
import { diffLines, withoutSecrets } from './diff.ts';
import {
  applyEdits,
  editorOf,
  revertExactly,
  revertSettings,
  type SettingPlace,
  type WantedEdit,
} from './edits.ts';
import { bunfigRegistries, npmrcRegistries, yarnrcRegistries } from './registries.ts';

const gate = 'http://127.0.0.1:4873/';
const ini: SettingPlace = { form: 'ini', key: 'registry' };
const yarnrc: SettingPlace = { form: 'yarnrc', key: 'registry' };
const yaml: SettingPlace = { form: 'yaml', path: ['npmRegistryServer'] };
const list: SettingPlace = { form: 'yaml-list', key: 'unsafeHttpWhitelist', entry: '127.0.0.1' };
const toml: SettingPlace = { form: 'toml', table: 'install', key: 'registry' };

const set = (place: SettingPlace, text: string, value: string = gate): string =>
  applyEdits(text, [{ place, value }]).text;

test('.npmrc: the setting is added or replaced, every other byte stays', () => {
  assert.equal(set(ini, ''), `registry=${gate}\n`);
  assert.equal(set(ini, '# mine\r\nfund=false\r\n'), `# mine\r\nfund=false\r\nregistry=${gate}\r\n`);
  assert.equal(set(ini, 'fund=false'), `fund=false\nregistry=${gate}\n`);
  assert.equal(
    set(ini, 'registry = https://a.example.com/\nfund=false\n'),
    `registry = ${gate}\nfund=false\n`,
  );
  assert.equal(
    set(ini, '@corp:registry=https://c.example.com/\n'),
    `@corp:registry=https://c.example.com/\nregistry=${gate}\n`,
  );
  assert.equal(set(ini, '[section]\nregistry=x\n'), `registry=${gate}\n[section]\nregistry=x\n`);
});

test('.npmrc: the last registry counts for npm, so the last one is replaced', () => {
  assert.equal(
    set(ini, 'registry=https://a.example.com/\nregistry=https://b.example.com/\n'),
    `registry=https://a.example.com/\nregistry=${gate}\n`,
  );
});

test('.yarnrc: quoted and bare values', () => {
  assert.equal(set(yarnrc, ''), `registry "${gate}"\n`);
  assert.equal(
    set(yarnrc, '# x\nregistry "https://a.example.com/"\nlastUpdateCheck 1\n'),
    `# x\nregistry "${gate}"\nlastUpdateCheck 1\n`,
  );
  assert.equal(set(yarnrc, 'registry https://a.example.com/\n'), `registry "${gate}"\n`);
  assert.equal(set(yarnrc, '"registry" "https://a.example.com/"\n'), `"registry" "${gate}"\n`);
});

test('.yarnrc.yml: a value is replaced where it stands; comments and order stay', () => {
  assert.equal(set(yaml, ''), `npmRegistryServer: "${gate}"\n`);
  assert.equal(
    set(yaml, 'nodeLinker: pnp # why\nnpmRegistryServer: https://a.example.com # old\n'),
    `nodeLinker: pnp # why\nnpmRegistryServer: "${gate}" # old\n`,
  );
  assert.equal(set(yaml, 'npmRegistryServer:\nx: 1\n'), `npmRegistryServer: "${gate}"\nx: 1\n`);
});

test('.yarnrc.yml: an entry joins a list that is there, in either style, or makes one', () => {
  const entries = (text: string): unknown =>
    (parse(set(list, text)) as Record<string, unknown>)['unsafeHttpWhitelist'];
  assert.deepEqual(entries(''), ['127.0.0.1']);
  assert.deepEqual(entries('x: 1'), ['127.0.0.1']);
  assert.deepEqual(entries('unsafeHttpWhitelist: [a, b]\n'), ['127.0.0.1', 'a', 'b']);
  assert.deepEqual(entries('unsafeHttpWhitelist: []\n'), ['127.0.0.1']);
  assert.deepEqual(entries('unsafeHttpWhitelist:\n  - a\n  - b # c\nx: 1\n'), ['127.0.0.1', 'a', 'b']);
  assert.deepEqual(entries('unsafeHttpWhitelist:\n- a\n'), ['127.0.0.1', 'a']);
  assert.equal(set(list, 'unsafeHttpWhitelist: ["127.0.0.1"]\n'), 'unsafeHttpWhitelist: ["127.0.0.1"]\n');
});

test('bunfig.toml: the table is found or added', () => {
  assert.equal(set(toml, ''), `[install]\nregistry = "${gate}"\n`);
  assert.equal(set(toml, '[install]\ncache = false\n'), `[install]\nregistry = "${gate}"\ncache = false\n`);
  assert.equal(
    set(toml, "[install]\nregistry = 'https://a.example.com' # x\n"),
    `[install]\nregistry = "${gate}" # x\n`,
  );
  assert.equal(
    set(toml, '[test]\nregistry = "not this"\n'),
    `[test]\nregistry = "not this"\n[install]\nregistry = "${gate}"\n`,
  );
});

test('what cannot be edited safely is left alone, with a reason', () => {
  const unsafe: readonly (readonly [SettingPlace, string])[] = [
    [toml, '[install]\nregistry = { url = "https://a.example.com", token = "x" }\n'],
    [toml, '[install.registry]\nurl = "https://a.example.com"\n'],
    [toml, 'install.registry = "https://a.example.com"\n'],
    [toml, 'install = { registry = "https://a.example.com" }\n'],
    [toml, 'x = """\n[install]\nregistry = "y"\n"""\n'],
    [yaml, 'npmRegistryServer: {a: 1}\n'],
    [yaml, '{npmRegistryServer: a}\n'],
    [yaml, 'a: 1\na: 2\n'],
    [yaml, '- a\n'],
    [list, 'unsafeHttpWhitelist: a\n'],
  ];
  for (const [place, text] of unsafe) {
    assert.throws(
      () => set(place, text),
      (error) => isAssayError(error, 'RC_FILE_UNUSABLE'),
      text,
    );
  }
});

const npmrcLine = fc.constantFrom(
  'fund=false',
  '# registry=https://comment.example.com/',
  '; note',
  '',
  'registry=https://a.example.com/',
  'registry = "https://b.example.com/"',
  '@corp:registry=https://c.example.com/',
  '//c.example.com/:_authToken=${T}',
  '[section]',
  '  indented=1',
);
const yarnrcLine = fc.constantFrom(
  '# x',
  '',
  'registry "https://a.example.com/"',
  '"registry" https://b.example.com/',
  'lastUpdateCheck 12',
  '--install.x true',
  'yarn-path "./y.js"',
);
const yamlText = fc
  .subarray(
    [
      'nodeLinker: pnp # why',
      'npmRegistryServer: https://a.example.com',
      'unsafeHttpWhitelist:\n  - a.example.com\n  - b.example.com',
      '# npmRegistryServer: x',
      'npmScopes:\n  corp:\n    npmRegistryServer: https://c.example.com',
    ],
    { minLength: 0 },
  )
  .map((parts) => parts.join('\n'));
const tomlText = fc
  .subarray(
    [
      'telemetry = false',
      '[install]\ncache = false # x',
      '[install.scopes]\n"@corp" = "https://c.example.com"',
      '[test]\nregistry = "other"',
    ],
    { minLength: 0 },
  )
  .map((parts) => parts.join('\n'));
const joined = (line: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.array(line, { maxLength: 8 }).map((lines) => lines.join('\n'));

const files: fc.Arbitrary<{ readonly text: string; readonly wanted: readonly WantedEdit[] }> = fc.oneof(
  joined(npmrcLine).map((text) => ({ text, wanted: [{ place: ini, value: gate }] })),
  joined(yarnrcLine).map((text) => ({ text, wanted: [{ place: yarnrc, value: gate }] })),
  yamlText.map((text) => ({
    text,
    wanted: [
      { place: yaml, value: gate },
      { place: list, value: '127.0.0.1' },
    ],
  })),
  tomlText.map((text) => ({ text, wanted: [{ place: toml, value: gate }] })),
);
const ends = fc.constantFrom('', '\n', '\n\n');
const breaks = fc.constantFrom('\n', '\r\n');

test('for any file: the settings are read back, and undo restores every byte', () => {
  fc.assert(
    fc.property(files, ends, breaks, ({ text, wanted }, end, eol) => {
      const before = `${text}${end}`.replaceAll('\n', eol);
      const { text: after, edits } = applyEdits(before, wanted);
      for (const { place, value } of wanted)
        assert.equal(editorOf(place).read(after), value, JSON.stringify(after));
      assert.equal(revertExactly(after, edits), before);
      assert.equal(applyEdits(after, wanted).edits.length, 0, 'a second time changes nothing');
    }),
    { numRuns: 1000 },
  );
});

test('for any file that was changed since: undo takes back our settings only', () => {
  fc.assert(
    fc.property(files, ({ text, wanted }) => {
      const before = text === '' || text.endsWith('\n') ? text : `${text}\n`;
      const { text: after, edits } = applyEdits(before, wanted);
      const later = `# added later\n${after}`;
      const undone = revertSettings(later, edits);
      assert.ok(undone.startsWith('# added later\n'));
      for (const { place } of wanted) {
        if (edits.length === wanted.length)
          assert.equal(editorOf(place).read(undone), editorOf(place).read(before));
      }
    }),
    { numRuns: 500 },
  );
});

test('undo leaves a setting alone that a person changed since', () => {
  const { text, edits } = applyEdits('registry=https://a.example.com/\n', [{ place: ini, value: gate }]);
  const later = text.replace(gate, 'https://chosen.example.com/');
  assert.equal(revertSettings(later, edits), later);
  assert.equal(revertExactly(later, edits), undefined);
});

test('the diff shows what changes with two lines around it, and no credentials', () => {
  assert.deepEqual(
    diffLines('a\nb\nc\nregistry=x\nd\ne\nf\n', 'a\nb\nc\nregistry=y\nd\ne\nf\n').map(
      ({ mark, text }) => mark + text,
    ),
    [' b', ' c', '-registry=x', '+registry=y', ' d', ' e'],
  );
  assert.deepEqual(
    diffLines('', 'x\n').map(({ mark }) => mark),
    ['+'],
  );
  for (const line of [
    '//h/:_authToken=npm_secret',
    '_auth = c2VjcmV0',
    'npmAuthToken: "secret"',
    'registry = { url = "u", token = "secret" }',
  ]) {
    assert.doesNotMatch(withoutSecrets(line), /npm_secret|c2VjcmV0|"secret"/, line);
  }
  assert.equal(withoutSecrets('registry=https://a.example.com/'), 'registry=https://a.example.com/');
});

test('scopes that go elsewhere are found in each kind of file', () => {
  assert.deepEqual(
    [...npmrcRegistries('@corp:registry=https://c.example.com/\nregistry=x\n').scopes],
    [['@corp', 'https://c.example.com/']],
  );
  assert.deepEqual(
    [
      ...yarnrcRegistries('npmScopes:\n  corp:\n    npmRegistryServer: https://c.example.com\n  other: {}\n')
        .scopes,
    ],
    [['@corp', 'https://c.example.com']],
  );
  const bunfig =
    '[install]\nregistry = "https://a.example.com"\n[install.scopes]\n"@corp" = "https://c.example.com"\nother = { token = "$T", url = "https://o.example.com/" }\n[test]\nx = "https://t.example.com"\n';
  assert.deepEqual(
    [...bunfigRegistries(bunfig).scopes],
    [
      ['@corp', 'https://c.example.com'],
      ['@other', 'https://o.example.com/'],
    ],
  );
});
