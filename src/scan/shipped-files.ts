/** Files that were shipped by mistake, and modes that are wrong: told by name and mode, and for `.npmrc` by content. */
import type { ScanFinding } from '../core/scan-report.ts';

type Found = Pick<ScanFinding, 'rule' | 'area' | 'severity' | 'message'>;

const names: readonly (Found & { readonly path: RegExp })[] = [
  {
    path: /(?:^|\/)\.env(?:\.(?:local|production|prod|staging))?$/,
    rule: 'configuration/environment-file',
    area: 'configuration',
    severity: 'low',
    message: 'A file of environment variables was shipped.',
  },
  {
    path: /(?:^|\/)(?:\.git-credentials|\.netrc|\.pypirc|\.htpasswd|\.dockercfg)$/,
    rule: 'secret/credential-file',
    area: 'secret',
    severity: 'medium',
    message: 'A file that holds credentials was shipped.',
  },
  {
    path: /(?:^|\/)(?:id_rsa|id_dsa|id_ecdsa|id_ed25519)$/,
    rule: 'secret/key-file',
    area: 'secret',
    severity: 'medium',
    message: 'A file with the name of a private key was shipped.',
  },
  {
    path: /(?:^|\/)(?:\.bash_history|\.zsh_history|\.node_repl_history)$/,
    rule: 'configuration/history-file',
    area: 'configuration',
    severity: 'low',
    message: 'The history of somebody’s shell was shipped.',
  },
];

/** `path` is below the top folder. */
export function shippedFindings(path: string, mode: number, bytes: Uint8Array): readonly Found[] {
  const found: Found[] = names.flatMap(({ path: form, ...rest }) => (form.test(path) ? [rest] : []));
  if (/(?:^|\/)\.npmrc$/.test(path)) found.push(npmrc(bytes));
  if ((mode & 0o6000) !== 0) {
    found.push({
      rule: 'configuration/setuid',
      area: 'configuration',
      severity: 'medium',
      message: 'The file runs with the rights of its owner.',
    });
  }
  if ((mode & 0o002) !== 0 && (mode & 0o111) !== 0) {
    found.push({
      rule: 'configuration/world-writable',
      area: 'configuration',
      severity: 'none',
      message: 'Everybody may change this program.',
    });
  }
  return found;
}

function npmrc(bytes: Uint8Array): Found {
  const text = Buffer.from(bytes.subarray(0, 64 * 1024)).toString('latin1');
  const secret = /(?:_authToken|_password|_auth)\s{0,8}=\s{0,8}(?!\$\{)["']?[A-Za-z0-9+/_-]{12}/.test(text);
  return secret
    ? {
        rule: 'secret/npmrc-token',
        area: 'secret',
        severity: 'high',
        message: 'A token of a registry was shipped.',
      }
    : {
        rule: 'configuration/npmrc',
        area: 'configuration',
        severity: 'low',
        message: 'Settings of a package manager were shipped.',
      };
}
