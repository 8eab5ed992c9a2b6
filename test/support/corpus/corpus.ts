/** All of the corpus: incidents in their variants, and harmless packages that resemble them. */
import { npmTarball, type PackageFiles } from '../tarball.ts';
import { inert, type Incident } from './incident.ts';
import { axios } from './incidents/axios.ts';
import { chalkDebug } from './incidents/chalk-debug.ts';
import { dependencyConfusion } from './incidents/dependency-confusion.ts';
import { eventStream } from './incidents/event-stream.ts';
import { miniShaiHulud } from './incidents/mini-shai-hulud.ts';
import { nx } from './incidents/nx.ts';
import { colors, nodeIpc } from './incidents/protestware.ts';
import { shaiHulud, shaiHulud2 } from './incidents/shai-hulud.ts';
import { uaParser } from './incidents/ua-parser-js.ts';
import { unlisted } from './incidents/unlisted.ts';
import { buildTwins } from './twins/builds.ts';
import { clientTwins } from './twins/clients.ts';
import { libraryTwins } from './twins/libraries.ts';
import { toolTwins } from './twins/tools.ts';
import type { Twin } from './twins/twin.ts';
import { halfOf, variants, written, type Half, type Variant } from './variants.ts';

export const incidents: readonly Incident[] = [
  eventStream,
  uaParser,
  nx,
  shaiHulud,
  shaiHulud2,
  chalkDebug,
  axios,
  miniShaiHulud,
  nodeIpc,
  colors,
  dependencyConfusion,
  ...unlisted,
];

export const twins: readonly Twin[] = [...buildTwins, ...toolTwins, ...libraryTwins, ...clientTwins];

export interface Malicious {
  /** `<incident>/<variant>`. */
  readonly id: string;
  readonly incident: Incident;
  readonly variant: Variant;
  readonly half: Half;
  /** Made on demand: one of them has 11 MB. */
  readonly tree: () => PackageFiles;
}

export const malicious: readonly Malicious[] = incidents.flatMap((incident) =>
  variants.map((variant) => ({
    id: `${incident.id}/${variant}`,
    incident,
    variant,
    half: unlisted.includes(incident) ? 'independent' : halfOf(incident.id, variant),
    tree: () => written(incident, variant),
  })),
);

export function twinTree({ id, manifest, files }: Twin): PackageFiles {
  const entries = Object.entries(files).map(([path, text]) => [path, inert(path, text)]);
  return {
    manifest: { name: `corpus-${id}`, version: '1.2.3', license: 'MIT', ...manifest },
    files: Object.fromEntries(entries) as Readonly<Record<string, string>>,
  };
}

export function tarballOf(tree: PackageFiles): Uint8Array {
  return npmTarball(tree);
}
