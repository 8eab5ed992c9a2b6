/** The file of a version, as the gate knows it. */
import { gateItself, type UpstreamId } from '../../core/subject.ts';
import type { Gate } from '../gate.ts';

/** By the index as it stands now, else by what was admitted before. Throws UPSTREAM_*. */
export async function fileOf(
  gate: Gate,
  upstream: UpstreamId,
  name: string,
  version: string,
): Promise<string | undefined> {
  const shelf = await gate.shelves.show({ upstream, name, principal: gateItself });
  const listed = shelf?.view.versions.find((one) => one.version === version)?.file;
  if (listed !== undefined) return listed;
  const releases = await gate.storage.admission.releasesOf(upstream, name);
  return releases.find((one) => one.version === version && one.admittedAt !== undefined)?.file;
}
