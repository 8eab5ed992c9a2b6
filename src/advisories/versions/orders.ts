/** Which order an ecosystem has. */
import type { Ecosystem } from '../../core/purl.ts';
import { debianOrder } from './debian.ts';
import { mavenOrder } from './maven.ts';
import type { VersionOrder } from './order.ts';
import { pep440Order } from './pep440.ts';
import { semverOrder } from './semver.ts';

const orders: Readonly<Record<Ecosystem, VersionOrder>> = {
  npm: semverOrder,
  go: semverOrder,
  cargo: semverOrder,
  pypi: pep440Order,
  debian: debianOrder,
  maven: mavenOrder,
  // Tags of images have no order of their own; records about them list versions.
  oci: semverOrder,
};

export function orderOf(ecosystem: Ecosystem): VersionOrder {
  return orders[ecosystem];
}
