/**
 * Bait: credentials that look like a developer's, made anew for each run, so that a value that turns up somewhere says where
 * it was taken. Pure; nothing here opens anything anywhere.
 */
import { crc32 } from 'node:zlib';

export interface Honeytokens {
  /** Below the home folder. All of them are bait: an honest install script has no business in one. */
  readonly files: readonly HoneytokenFile[];
  /** Files that make a home look lived in; to read them is nothing. */
  readonly plain: readonly { readonly path: string; readonly content: string }[];
  readonly environment: Readonly<Record<string, string>>;
  /** Names of the tokens whose value is in the bytes (latin1) or text, also in base64 or hex. Sorted. */
  readonly tokensIn: (text: string) => readonly string[];
}

export interface HoneytokenFile {
  readonly path: string;
  readonly content: string;
  readonly token: string;
}

export interface Identity {
  readonly user: string;
  readonly hostname: string;
  /** Folder of the project below the home. */
  readonly project: string;
}

type Random = (count: number) => Uint8Array;

const letters = 'abcdefghijklmnopqrstuvwxyz';
const base62 = `${letters}${letters.toUpperCase()}0123456789`;
const digits62 = `0123456789${letters.toUpperCase()}${letters}`;
const base32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function word(random: Random, count: number, alphabet: string): string {
  return [...random(count)].map((byte) => alphabet[byte % alphabet.length] ?? '').join('');
}

function one(random: Random, of: readonly string[]): string {
  const [high = 0, low = 0] = random(2);
  return of[(high * 256 + low) % of.length] ?? '';
}

/**
 * GitHub's and npm's tokens end in a checksum, which whoever steals them can look at first: CRC-32 of the 30 letters
 * before, in base 62 (GitHub, "Behind GitHub's new authentication token formats", 2021).
 */
function checked(prefix: string, random: Random): string {
  const secret = word(random, 30, base62);
  let rest = crc32(secret);
  let sum = '';
  for (let at = 0; at < 6; at += 1) {
    sum = `${digits62[rest % 62] ?? ''}${sum}`;
    rest = Math.floor(rest / 62);
  }
  return `${prefix}${secret}${sum}`;
}

/** A name that nobody can tell a sandbox by: the fixed host name of another one was what malware looked for. */
export function randomIdentity(random: Random): Identity {
  const first = [
    'alex',
    'chris',
    'dana',
    'eli',
    'jamie',
    'jordan',
    'kim',
    'lee',
    'maria',
    'nina',
    'pat',
    'robin',
    'sam',
    'tom',
  ];
  const kind = ['thinkpad', 'xps', 'desktop', 'latitude', 'workstation', 'ubuntu', 'devbox'];
  const folder = ['code', 'dev', 'git', 'projects', 'repos', 'src', 'work'];
  const thing = [
    'admin',
    'api',
    'app',
    'backend',
    'dashboard',
    'frontend',
    'portal',
    'service',
    'site',
    'web',
  ];
  const user = `${one(random, first)}${word(random, 2, letters)}`;
  return {
    user,
    hostname: `${one(random, [user, one(random, first)])}-${one(random, kind)}-${word(random, 3, '0123456789')}`,
    project: `${one(random, folder)}/${one(random, thing)}-${word(random, 4, letters)}`,
  };
}

export function makeHoneytokens(random: Random, registryHost: string): Honeytokens {
  const make = {
    'npm token': checked('npm_', random),
    'npm token of the environment': checked('npm_', random),
    'SSH key': word(random, 280, base62),
    'AWS key': word(random, 40, base62),
    'AWS key of the environment': word(random, 40, base62),
    'Google Cloud key': word(random, 64, base62),
    'Azure token': word(random, 64, base62),
    'Kubernetes token': word(random, 64, base62),
    'Docker login': word(random, 44, base62),
    'git credentials': checked('ghp_', random),
    'GitHub login': checked('gho_', random),
    'GitHub token of the environment': checked('ghp_', random),
    wallet: word(random, 88, base62),
    'browser logins': word(random, 96, base62),
    'browser extension wallet': word(random, 96, base62),
    'shell history': word(random, 32, base62),
    'password store': word(random, 96, base62),
  } as const;
  const access = `AKIA${word(random, 16, base32)}`;
  const profile = `${word(random, 8, `${letters}0123456789`)}.default-release`;
  const file = (
    token: keyof typeof make,
    path: string,
    content: (value: string) => string,
  ): HoneytokenFile => ({
    token,
    path,
    content: `${content(make[token])}\n`,
  });
  const lines = (text: string): string => (text.match(/.{1,70}/g) ?? []).join('\n');
  return {
    files: [
      file('npm token', '.npmrc', (value) => `//${registryHost}/:_authToken=${value}`),
      file(
        'SSH key',
        '.ssh/id_ed25519',
        (value) =>
          `-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n${lines(value)}\n-----END OPENSSH PRIVATE KEY-----`,
      ),
      file(
        'AWS key',
        '.aws/credentials',
        (value) => `[default]\naws_access_key_id = ${access}\naws_secret_access_key = ${value}`,
      ),
      file('Google Cloud key', '.config/gcloud/application_default_credentials.json', (value) =>
        JSON.stringify(
          {
            client_id: '764086051850-6qr4p6.apps.googleusercontent.com',
            refresh_token: `1//0${value}`,
            type: 'authorized_user',
          },
          null,
          2,
        ),
      ),
      file('Azure token', '.azure/msal_token_cache.json', (value) =>
        JSON.stringify({ AccessToken: { secret: value } }),
      ),
      file(
        'Kubernetes token',
        '.kube/config',
        (value) => `apiVersion: v1\nkind: Config\nusers:\n- name: admin\n  user:\n    token: ${value}`,
      ),
      file('Docker login', '.docker/config.json', (value) =>
        JSON.stringify({ auths: { [`registry.${registryHost}`]: { auth: value } } }, null, 2),
      ),
      file('git credentials', '.git-credentials', (value) => `https://dev:${value}@github.com`),
      file(
        'GitHub login',
        '.config/gh/hosts.yml',
        (value) => `github.com:\n    oauth_token: ${value}\n    git_protocol: https`,
      ),
      file('wallet', '.config/solana/id.json', (value) =>
        JSON.stringify([...Buffer.from(value)].slice(0, 64)).concat(` "${value}"`),
      ),
      file('wallet', '.electrum/wallets/default_wallet', (value) =>
        JSON.stringify({ keystore: { seed: value, type: 'bip32' } }),
      ),
      file('wallet', '.config/Exodus/exodus.wallet/seed.seco', (value) => value),
      file(
        'browser logins',
        '.config/google-chrome/Default/Login Data',
        (value) => `SQLite format 3 ${value}`,
      ),
      file('browser logins', '.config/google-chrome/Default/Cookies', (value) => `SQLite format 3 ${value}`),
      file('browser logins', `.mozilla/firefox/${profile}/logins.json`, (value) =>
        JSON.stringify({ logins: [{ encryptedPassword: value }] }),
      ),
      file('browser logins', `.mozilla/firefox/${profile}/key4.db`, (value) => `SQLite format 3 ${value}`),
      file(
        'browser extension wallet',
        '.config/google-chrome/Default/Local Extension Settings/nkbihfbeogaeaoehlefnkodbefgpgknn/000003.log',
        (value) => value,
      ),
      file(
        'shell history',
        '.bash_history',
        (value) => `ls\ngit status\nexport API_KEY=${value}\nnpm run dev`,
      ),
      file('shell history', '.zsh_history', (value) => `: 1700000000:0;export API_KEY=${value}`),
      file('password store', '.local/share/keyrings/login.keyring', (value) => `GnomeKeyring\n\r${value}`),
    ],
    plain: [
      { path: '.bashrc', content: '[ -z "$PS1" ] && return\nalias ll="ls -l"\n' },
      { path: '.profile', content: 'umask 022\n' },
      { path: '.gitconfig', content: '[user]\n\tname = Developer\n[credential]\n\thelper = store\n' },
      { path: '.ssh/known_hosts', content: '' },
      { path: '.config/google-chrome/Local State', content: '{}\n' },
      {
        path: '.mozilla/firefox/profiles.ini',
        content: `[Profile0]\nName=default\nIsRelative=1\nPath=${profile}\n`,
      },
    ],
    environment: {
      NPM_TOKEN: make['npm token of the environment'],
      GITHUB_TOKEN: make['GitHub token of the environment'],
      AWS_ACCESS_KEY_ID: `AKIA${word(random, 16, base32)}`,
      AWS_SECRET_ACCESS_KEY: make['AWS key of the environment'],
    },
    tokensIn: finder(make),
  };
}

/** Long enough that no other text has it, short enough that one cut into pieces is still found. */
const pieceLength = 20;
/** A needle is no shorter than `stride` + `gramLength`: so one of its grams lies at a multiple of `stride` in the text. */
const stride = 12;
const gramLength = 8;

interface Gram {
  readonly name: string;
  readonly needle: string;
  readonly offset: number;
}

/**
 * As it is, in hex, backwards, and in base64 at each of its three offsets: what is around it does not matter. All that is
 * written goes through here, so only every twelfth place of a text is looked up.
 */
function finder(tokens: Readonly<Record<string, string>>): (text: string) => readonly string[] {
  const grams = new Map<string, Gram[]>();
  for (const [name, value] of Object.entries(tokens))
    for (const needle of needlesOf(value))
      for (let offset = 0; offset < stride; offset += 1) {
        const gram = needle.slice(offset, offset + gramLength);
        grams.set(gram, [...(grams.get(gram) ?? []), { name, needle, offset }]);
      }
  return (text) => {
    if (text.length < pieceLength) return [];
    // Names of DNS know no case.
    const lower = text.toLowerCase();
    const found = new Set<string>();
    for (let at = 0; at + gramLength <= lower.length; at += stride)
      for (const { name, needle, offset } of grams.get(lower.slice(at, at + gramLength)) ?? [])
        if (lower.startsWith(needle, at - offset)) found.add(name);
    return [...found].sort();
  };
}

function needlesOf(value: string): readonly string[] {
  // Prefixes such as `npm_` are no secret.
  const secret = value.replace(/^(?:npm|gh[op])_/, '');
  return [secret.slice(0, pieceLength), secret.slice(-pieceLength)].flatMap(encodings);
}

function backwards(text: string): string {
  return Array.from(text).reverse().join('');
}

function encodings(piece: string): readonly string[] {
  const bytes = Buffer.from(piece);
  const base64 = [0, 1, 2].map((offset) =>
    Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '')
      // The first letters hold bits of what is before, the last one of what is behind.
      .slice([0, 2, 3][offset])
      .slice(0, -1),
  );
  return [piece, bytes.toString('hex'), backwards(piece), ...base64].map((one) => one.toLowerCase());
}
