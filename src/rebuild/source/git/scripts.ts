/**
 * What git is asked, as constants for `/bin/sh`: what is hostile comes as an argument behind `--`, or as a line of a file
 * that is read as a list of object names. Answers go to files, bounded where git would go on.
 */

/** `$1`: the remote. */
export const listRefs = `
git ls-remote --symref -- "$1" HEAD 'refs/heads/*' 'refs/tags/*' > refs
`;

/** All branches and tags, into a fresh bare repository. Its objects are kept as packs. `$1`: the remote. */
export const fetchAll = `
git init -q --bare repository
cd repository
git fetch -q --no-tags --no-write-fetch-head --no-recurse-submodules -- "$1" \
  '+refs/heads/*:refs/heads/*' '+refs/tags/*:refs/tags/*'
git commit-graph write --reachable --no-progress || true
`;

/** Commits by name, one at a time: forges have those that no branch or tag leads to. `$1`: the remote; then commits. */
export const fetchCommits = `
cd repository
remote="$1"
shift
for commit in "$@"; do
  git cat-file -e "$commit^{commit}" 2>/dev/null ||
    git fetch -q --no-tags --no-write-fetch-head --no-recurse-submodules -- "$remote" "$commit" || true
done
`;

/** Objects by name, or by `<commit>:<path>`: one a line in the file `asked`. */
export const readObjects = `
cd repository
git cat-file --batch --buffer < ../asked > ../objects
`;

/**
 * Refs from which a commit can be reached: the default branch first, then at most `refsShown` branches and as many tags.
 * `$1`: the default branch or nothing, `$2`: the commit.
 */
const refsShown = 40;
export const refsWith = `
cd repository
: > ../reach
if [ -n "$1" ] && git merge-base --is-ancestor "$2" "$1" 2>/dev/null; then echo "$1" >> ../reach; fi
for where in refs/tags refs/heads; do
  git for-each-ref --count=${refsShown} --format="%(refname)" --contains "$2" "$where" >> ../reach 2>/dev/null || true
done
`;

/** Paths of every `package.json` of a commit, ended by NUL. `$1`: the commit. */
const manifestsShown = 4000;
export const listManifests = `
cd repository
git ls-tree -r -z --full-tree --name-only "$1" |
  { grep -z -E '(^|/)package\\.json$' || true; } | head -z -n ${manifestsShown} > ../manifests
`;

/** Commits of all branches that touched a file, parents after children. `$1`: its path. */
const commitsShown = 5000;
export const commitsOf = `
cd repository
git log --branches --topo-order --format=%H -n ${commitsShown} -- ":(literal,top)$1" > ../commits
`;

/** A commit with all its trees and files. `$1`: the commit. */
export const exportCommit = `
cd repository
git rev-list --objects --no-object-names --no-walk=unsorted "$1" > ../names
git cat-file --batch --buffer < ../names > ../objects
`;

/** Commits between a ref's tip and a commit, with their parents. `$1`: the ref or commit, `$2`: the commit. */
const historyShown = 200_000;
export const commitsBetween = `
cd repository
git rev-list --parents --ancestry-path -n ${historyShown} "$1" "^$2" > ../between
`;

/** Unpacks the file `archive` and says what came out of it: hashes of files, those that can be run, where links lead. */
export const listArchive = `
rm -rf unpacked
mkdir unpacked
tar -x -f archive -C unpacked --no-same-owner --no-same-permissions --delay-directory-restore
cd unpacked
find . -type f -print0 | xargs -0 -r sha256sum -z > ../hashes
find . -type f -perm -u+x -print0 > ../executables
find . -type l -printf '%p\\0%l\\0' > ../links
cd ..
rm -rf unpacked archive
`;

/**
 * Commits that came with the second since the first, newest first; what each touched; who wrote and put in what the first has;
 * and how the two are related. `$1`: the earlier commit, `$2`: the commit; then branches, of which `has` gets those that lead
 * to the first.
 */
export const sinceShown = 2000;
export const earlierShown = 50_000;
const touchedBytes = 32 * 1024 * 1024;
export const commitsSince = `
cd repository
from="$1"
to="$2"
shift 2
git rev-list -n ${sinceShown} "$to" "^$from" > ../since
git rev-list --count "$to" "^$from" > ../count
{ git diff-tree --stdin --root -r -c -z --raw --no-renames < ../since 2>/dev/null && printf 'end\\0'; } |
  head -c ${touchedBytes} > ../touched
git rev-list --count "$from" > ../earlier-count
git log --no-mailmap --format='%ae%x00%an%x00%ce%x00%cn' -n ${earlierShown} "$from" | sort -u > ../people
if git merge-base --is-ancestor "$from" "$to"; then echo descends; fi > ../related
if git merge-base "$from" "$to" > /dev/null; then echo related; fi >> ../related
: > ../has
for branch in "$@"; do
  if git merge-base --is-ancestor "$from" "$branch" 2>/dev/null; then echo "$branch"; fi >> ../has
done
`;
