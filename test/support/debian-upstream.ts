/** Upstream's source archives as Debian keeps them, fetched by apt from the archive that this machine is set to. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Site and suite of the machine's own `main`; undefined where apt is not set up. */
async function archiveOfMachine(): Promise<string | undefined> {
  try {
    const format = ['--format', '$(SITE) $(CODENAME) $(COMPONENT)', 'Created-By: Packages'];
    const { stdout } = await execute('apt-get', ['indextargets', ...format]);
    const line = stdout.split('\n').find((one) => /^\S+\/debian \w+ main$/.test(one));
    return line === undefined ? undefined : `${existsSync(keyring) ? `[signed-by=${keyring}] ` : ''}${line}`;
  } catch {
    return undefined;
  }
}

type Apt = (...rest: readonly string[]) => Promise<unknown>;

/** apt with lists of its own in the folder, which the machine's have no part in; undefined where it is not set up. */
async function aptIn(folder: string, kind: 'deb' | 'deb-src'): Promise<Apt | undefined> {
  const archive = await archiveOfMachine();
  if (archive === undefined) return undefined;
  await writeFile(join(folder, 'sources.list'), `${kind} ${archive}\n`);
  await mkdir(join(folder, 'lists/partial'), { recursive: true });
  const options = Object.entries({
    'Dir::Etc::sourcelist': join(folder, 'sources.list'),
    'Dir::Etc::sourceparts': '-',
    'Dir::State::lists': join(folder, 'lists'),
    'Dir::Cache::pkgcache': '',
    'Dir::Cache::srcpkgcache': '',
    'APT::Sandbox::User': '',
  }).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  return (...rest) =>
    execute('apt-get', [...options, ...rest], { cwd: folder, timeout: 120_000 }).catch(() => undefined);
}

/** Puts `<name>_<version>.orig.tar.gz` into the folder. Undefined when all came, else why not. */
export async function fetchUpstreamSources(
  folder: string,
  names: readonly string[],
): Promise<string | undefined> {
  const apt = await aptIn(folder, 'deb-src');
  if (apt === undefined) return 'apt is not set up here';
  await apt('update');
  // One by one, and whatever apt says of Debian's own part: only upstream's archive is wanted.
  for (const name of names) await apt('source', '--download-only', name);
  const there = await readdir(folder);
  const missing = names.filter(
    (name) => !there.some((file) => file.startsWith(`${name}_`) && file.includes('.orig.tar.')),
  );
  return missing.length === 0 ? undefined : `apt could not fetch the source of ${missing.join(', ')}`;
}

/** Unpacks Debian packages into the folder's `unpacked`, without installing them. Undefined when all came, else why not. */
export async function unpackPackages(folder: string, names: readonly string[]): Promise<string | undefined> {
  const apt = await aptIn(folder, 'deb');
  if (apt === undefined) return 'apt is not set up here';
  await apt('update');
  for (const name of names) {
    await apt('download', name);
    const file = (await readdir(folder)).find((one) => one.startsWith(`${name}_`) && one.endsWith('.deb'));
    if (file === undefined) return `apt could not fetch ${name}`;
    await execute('dpkg-deb', ['--extract', join(folder, file), join(folder, 'unpacked')]);
  }
  return undefined;
}
