/** What the newest build of a version says to policy. */
import type { PackageClass, RebuildRecord } from './rebuild.ts';

export interface RebuildFinding {
  /** Id of the build. */
  readonly build: string;
  /** Of its inputs only what is of the package itself, and with the worst differences alone. */
  readonly record: RebuildRecord;
  /** Its sub-grade of Community is not told here: that stands on other evidence. */
  readonly class: PackageClass;
  /** Another version of the package, built last, that is what upstream published. */
  readonly matchedBefore: string | undefined;
  /** Of the package a person approved sources, and it was built from none of them. */
  readonly fromOtherSource?: boolean;
}
