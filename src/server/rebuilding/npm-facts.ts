/** What is known of the build of an npm package when its result is compared. Pure. */
import type { BuildFacts } from '../../core/comparison-input.ts';
import { parsePurl } from '../../core/purl.ts';
import { leavesBuildOut } from '../../rebuild/recipe/infer/steps.ts';
import type { InspectedSource } from '../../rebuild/recipe/inspect.ts';
import { places } from '../../rebuild/recipe/plan.ts';
import type { Recipe } from '../../rebuild/recipe/recipe.ts';
import type { SourceMirror } from '../../rebuild/source/types.ts';
import type { NpmTarget } from './npm-target.ts';

export function npmFacts(
  { purl, publishedAt, release }: Pick<NpmTarget, 'purl' | 'publishedAt' | 'release'>,
  recipe: Recipe,
  { committedAt }: Pick<SourceMirror, 'committedAt'>,
  source: Pick<InspectedSource, 'digests' | 'texts' | 'namedCommit'>,
): BuildFacts {
  return {
    version: parsePurl(purl).version ?? '',
    commit: recipe.source.kind === 'git' ? recipe.source.commit : source.namedCommit,
    committedAt,
    sourceDateEpoch: recipe.environment.sourceDateEpoch,
    publishedAt,
    sourcePaths: { upstream: upstreamFolders(release.provenance), rebuilt: [places.source] },
    sourceFiles: source.digests,
    buildsLeftOut: leavesBuildOut(source.texts, recipe),
  };
}

/**
 * Where the two services whose provenance npm takes check a repository out: GitHub's runners in `work/<name>/<name>`
 * below their home (`GITHUB_WORKSPACE`), GitLab's in `/builds/<path>` (`CI_PROJECT_DIR`). Nothing is known without a verified
 * provenance.
 */
function upstreamFolders(provenance: NpmTarget['release']['provenance']): readonly string[] {
  const uri = provenance?.repositoryUri.replace(/^git\+/, '') ?? '';
  const path = URL.canParse(uri) ? new URL(uri).pathname.replace(/^\/+|\/+$|\.git$/g, '') : '';
  if (!/^[\w.-]+(?:\/[\w.-]+){1,20}$/.test(path) || path.length > 300) return [];
  const name = path.slice(path.lastIndexOf('/') + 1);
  return [`/home/runner/work/${name}/${name}`, `/Users/runner/work/${name}/${name}`, `/builds/${path}`];
}
