/** What the commands of install scripts say themselves, and which files they name. */
import type { Severity } from '../core/advisory.ts';
import type { Signal } from './signals.ts';
import type { Flow } from './syntax/state.ts';
import { commandLine, unquoted } from './command-line.ts';
import { signalsInString } from './text-signals.ts';

export interface CommandFinding {
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
}

/** Builds and fetches of native code by the tools everybody uses: nothing to say. */
const known =
  /^(?:(?:npx |pnpm |yarn )?(?:node-gyp(?:-build)?(?: rebuild| build| configure)?(?: -{1,2}[\w=-]+)*|node-gyp-build(?:-optional-packages)?|prebuild-install(?: -{1,2}[\w= -]+)?|node-pre-gyp install(?: --[\w=-]+)*|prebuildify|husky(?: install)?|patch-package|opencollective(?:-postinstall)?(?: \|\| (?:true|exit 0))?|napi-postinstall [\w@/. -]+|cmake-js(?: \w+)*)(?:\s*(?:\|\||&&)\s*)?)+$/;

const rows: readonly {
  readonly any: readonly Signal[];
  readonly and?: readonly Signal[];
  readonly finding: CommandFinding;
}[] = [
  {
    any: ['drop-host', 'tunnel-host', 'bare-address'],
    finding: {
      rule: 'malware/install-drop',
      severity: 'critical',
      message: 'The install script speaks to a drop, a tunnel or a bare address.',
    },
  },
  {
    any: ['shell-pipe'],
    and: ['shell-download'],
    finding: {
      rule: 'malware/install-download-pipe',
      severity: 'critical',
      message: 'The install script downloads a script and runs it.',
    },
  },
  {
    any: ['shell-reverse'],
    finding: {
      rule: 'malware/install-reverse-shell',
      severity: 'critical',
      message: 'The install script connects a shell to a socket.',
    },
  },
  {
    any: ['shell-wipe'],
    finding: {
      rule: 'malware/install-wipe',
      severity: 'critical',
      message: 'The install script deletes the home folder or everything.',
    },
  },
  {
    any: ['agent-unleashed'],
    finding: {
      rule: 'malware/install-agent',
      severity: 'critical',
      message: 'The install script starts a coding agent that asks nobody.',
    },
  },
  {
    any: ['credential-files', 'npm-credentials', 'environment-secret', 'browser-stores'],
    finding: {
      rule: 'malware/install-credentials',
      severity: 'high',
      message: 'The install script names credentials.',
    },
  },
  {
    any: ['shell-download', 'network'],
    finding: { rule: 'malware/install-download', severity: 'high', message: 'The install script downloads.' },
  },
  {
    any: ['decode', 'dynamic-code', 'process'],
    finding: {
      rule: 'malware/install-inline-code',
      severity: 'high',
      message: 'The install script holds code that decodes or starts something.',
    },
  },
  {
    any: ['npm-publish'],
    finding: {
      rule: 'malware/install-publish',
      severity: 'critical',
      message: 'The install script publishes.',
    },
  },
];

const longestCommand = 20_000;

const signalsOf: Partial<Readonly<Record<Flow, readonly Signal[]>>> = {
  'runs-download': ['shell-download'],
  'runs-pipe': ['shell-pipe', 'shell-download'],
  'runs-decoded': ['decode'],
  'runs-wipe': ['shell-wipe'],
};

/** Commands that run what the command itself does not show. */
const indirections: readonly { readonly form: RegExp; readonly finding: CommandFinding }[] = [
  {
    form: /\bnpm_package_(?!json|name|version|resolved|integrity)\w|\bnpm_config_(?:user_agent|.{0,20}cmd)\b.{0,20}\|\s{0,4}(?:ba)?sh/,
    finding: {
      rule: 'malware/install-indirect',
      severity: 'high',
      message: 'The install script runs text that stands elsewhere in the manifest.',
    },
  },
  {
    form: /\b(?:npm|pnpm|yarn)\s{1,4}(?:i|install|add)\s[^&|;\n]{0,200}(?:https?:|git\+|github:)/,
    finding: {
      rule: 'malware/install-download',
      severity: 'high',
      message: 'The install script installs a package from an address.',
    },
  },
  {
    form: /\b(?:python\d?|perl|ruby|php)\s{1,4}-(?:c|e|r)\b/,
    finding: {
      rule: 'malware/install-inline-code',
      severity: 'high',
      message: 'The install script holds code of another language.',
    },
  },
  {
    form: /(?:^|[;&|]\s{0,4})(?:cat|head|tail|sed|awk|tr|rev)\s[^|\n]{1,200}\|\s{0,4}(?:node|(?:ba|z)?sh|python\d?)\b/,
    finding: {
      rule: 'malware/install-indirect',
      severity: 'high',
      message: 'The install script runs what it takes out of a file.',
    },
  },
  {
    form: /\b(?:npx|bunx|pnpm\s{1,4}(?:dlx|exec)|yarn\s{1,4}dlx|npm\s{1,4}exec)\s(?!\s{0,4}(?:--no|only-allow|husky|patch-package|node-gyp|prebuild|napi|lerna|tsc|rimraf|simple-git-hooks|lefthook|is-ci|playwright|puppeteer|cypress|opencollective|electron))/,
    finding: {
      rule: 'malware/install-other-package',
      severity: 'medium',
      message: 'The install script fetches and runs another package.',
    },
  },
];

export function commandFindings(command: string): readonly CommandFinding[] {
  if (known.test(command.slice(0, 500).trim())) return [];
  const plain = unquoted(command.slice(0, longestCommand));
  const signals = new Set(signalsInString(plain).map(({ signal }) => signal));
  for (const flow of commandLine(command)) for (const signal of signalsOf[flow] ?? []) signals.add(signal);
  if (/\b(?:child_process|eval\(|atob\(|base64)/.test(command)) signals.add('dynamic-code');
  const found = rows.find(
    ({ any, and = any }) => any.some((one) => signals.has(one)) && and.some((one) => signals.has(one)),
  );
  if (found !== undefined) return [found.finding];
  if (/\b(?:nslookup|dig|ping|nc)\s/.test(command) && /\$\(|`|whoami|hostname/.test(command)) {
    return [
      {
        rule: 'malware/install-name-lookup',
        severity: 'critical',
        message: 'The install script tells the names of this machine to a name server.',
      },
    ];
  }
  const indirect = indirections.find(({ form }) => form.test(plain));
  if (indirect !== undefined) return [indirect.finding];
  if (/\bnode\s+(?:-e|--eval|-p)\b/.test(command)) {
    return [
      {
        rule: 'malware/install-inline',
        severity: 'low',
        message: 'The install script holds code of its own.',
      },
    ];
  }
  return [];
}

/** Paths below the top folder that a command names: `node scripts/x` stands for `scripts/x.js` as well. */
export function filesNamedIn(command: string): readonly string[] {
  const text = command.slice(0, longestCommand).replace(/\$\{?\w{1,40}\}?\//g, './');
  const named = (text.match(/[\w@./\\-]{1,200}/g) ?? []).slice(0, 200);
  const folders = [...text.matchAll(/\bcd\s{1,4}([\w@./\\-]{1,200})/g)]
    .slice(0, 5)
    .map(([, folder = '']) => folder);
  const below = folders.flatMap((folder) => named.map((path) => `${folder}/${path}`));
  return [...new Set([...named, ...below].map(normal))].filter((path) => path !== '' && path !== '.');
}

export function normal(path: string): string {
  const parts: string[] = [];
  for (const part of path.replaceAll('\\', '/').split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}

/** Files that Node would take for a specifier, most likely first. */
export function candidates(path: string): readonly string[] {
  return [
    path,
    ...['.js', '.cjs', '.mjs', '.ts', '.json', '/index.js', '/index.cjs', '/index.mjs'].map(
      (end) => path + end,
    ),
  ];
}
