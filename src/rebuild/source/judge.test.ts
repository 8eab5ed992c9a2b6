import assert from 'node:assert/strict';
import { it } from 'node:test';
import { sha256 } from '../../core/digest.ts';
import type { FoundSource } from '../../core/rebuild.ts';
import { doubtPacked } from './judge.ts';

const found: FoundSource = {
  source: { kind: 'archive', url: 'https://a.example.com/a.tgz', sha256: sha256('a'), directory: '' },
  identity: { repository: 'https://a.example.com/', repositoryId: undefined, ownerId: undefined, keys: [] },
  grade: 'archive',
  confidence: 'medium',
  reachable: 'not-available',
  because: [],
  disagreements: [],
};

it('doubts an archive that is made as npm packs, and not a commit whatever its folders are called', () => {
  const doubted = doubtPacked(found);
  assert.equal(doubted.confidence, 'low');
  assert.match(doubted.disagreements.join(), /may be the published file itself/);
  const source = {
    kind: 'git',
    url: 'https://git.example.com/a',
    commit: 'a'.repeat(40),
    ref: undefined,
    directory: '',
  } as const;
  const git: FoundSource = { ...found, source, grade: 'tag' };
  assert.equal(doubtPacked(git), git);
});
