/** Which scripts npm runs when a package is installed as a dependency, in its order. Pure. */
import type { ObserveRequest } from './deps.ts';

export interface LifecycleScript {
  readonly event: string;
  readonly command: string;
  /** From the top of the package; empty for its own. */
  readonly folder: string;
}

/** Of everything that is within: what is bundled, then the package itself. */
export function allScripts(
  request: Pick<ObserveRequest, 'scripts' | 'hasBindingGyp' | 'fromGit' | 'bundled'>,
): readonly LifecycleScript[] {
  const { bundled = [] } = request;
  return [
    ...bundled.flatMap(({ folder, ...own }) =>
      lifecycleScripts(own).map((script) => ({ ...script, folder })),
    ),
    ...lifecycleScripts(request),
  ];
}

/** As reports name it. */
export function scriptName({ event, folder }: LifecycleScript): string {
  return folder === '' ? event : `${event} of ${folder.slice(folder.lastIndexOf('node_modules/') + 13)}`;
}

/**
 * As @npmcli/arborist's rebuild does: `node-gyp rebuild` stands in where there is a `binding.gyp` and neither `install` nor
 * `preinstall`; `prepare` only for what comes from git.
 */
export function lifecycleScripts({
  scripts,
  hasBindingGyp,
  fromGit = false,
}: Pick<ObserveRequest, 'scripts' | 'hasBindingGyp' | 'fromGit'>): readonly LifecycleScript[] {
  const of = (event: string): string => (Object.hasOwn(scripts, event) ? (scripts[event] ?? '') : '');
  const implied = hasBindingGyp && of('install') === '' && of('preinstall') === '';
  const commands: readonly (readonly [string, string])[] = [
    ['preinstall', of('preinstall')],
    ['install', implied ? 'node-gyp rebuild' : of('install')],
    ['postinstall', of('postinstall')],
    ['prepare', fromGit ? of('prepare') : ''],
  ];
  return commands.flatMap(([event, command]) =>
    command.trim() === '' ? [] : [{ event, command, folder: '' }],
  );
}
