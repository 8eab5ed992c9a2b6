/** What data is, by where it comes from: commands whose output is private, variables that hold secrets. */
import type { Tag } from './calls.ts';

/** Of a command line: what its output tells. */
export function outputTags(command: string): readonly Tag[] {
  const text = command.slice(0, 2000);
  const tags: Tag[] = [];
  if (/(?:^|[;&|]|\bsh\s+-c|\/c)\s*(?:env|printenv|set|export -p)\s*(?:$|[;&|>])/.test(text))
    tags.push('environment');
  if (/\b(?:whoami|hostname|ifconfig|ipconfig|uname -a|id -un)\b|\/etc\/passwd/.test(text))
    tags.push('identity');
  if (
    /\bgh auth (?:token|status -t)|\bgit credential|\bnpm (?:config get|token)|find-(?:generic|internet)-password|\bgcloud auth print|\baws (?:configure get|sts get-session)|\baz account get-access-token|\bop (?:read|item get)\b|\bpass show\b|\bvault (?:read|kv get|print token)/.test(
      text,
    )
  )
    tags.push('credentials');
  return tags;
}

const vendors: readonly (readonly [RegExp, Tag])[] = [
  [/^(?:NPM|NODE_AUTH|YARN_NPM)_?(?:AUTH_)?TOKEN/, 'secret-npm'],
  [/^(?:GH|GITHUB|GIT)_(?:TOKEN|PAT)/, 'secret-github'],
  [/^AWS_(?:SECRET_ACCESS_KEY|SESSION_TOKEN|ACCESS_KEY_ID)/, 'secret-cloud'],
  [
    /^(?:GOOGLE_APPLICATION_CREDENTIALS|AZURE_CLIENT_SECRET|VAULT_TOKEN|DIGITALOCEAN_TOKEN|CLOUDFLARE_API_TOKEN)/,
    'secret-cloud',
  ],
  [/^(?:OPENAI|ANTHROPIC|GEMINI)_API_KEY|^SLACK_(?:BOT_)?TOKEN|^STRIPE_SECRET/, 'secret-other'],
];

/** Whose secret a variable of the environment is. */
export function secretVendor(name: string): Tag | undefined {
  return vendors.find(([form]) => form.test(name))?.[1];
}

/** One secret is sent to its owner; those of several are collected. */
export function areSecretsOfSeveral(tags: ReadonlySet<Tag>): boolean {
  return [...tags].filter((tag) => tag.startsWith('secret-')).length >= 2;
}
