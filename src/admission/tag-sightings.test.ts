import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ForgeAnswers, NotChecked, TagAnswer } from '../core/forge.ts';
import type { HistoryStore } from './history-deps.ts';
import { rememberingTags } from './tag-sightings.ts';

const notChecked: NotChecked = { state: 'not-checked', why: 'a test' };
const question = {
  repositoryUri: 'https://forge.example.com/Owner/Left.git/',
  commit: 'a',
  runUri: undefined,
  tagNames: ['v1.0.0'],
};

function answering(tags: TagAnswer | NotChecked): () => Promise<ForgeAnswers> {
  return () => Promise.resolve({ repository: notChecked, commit: notChecked, run: notChecked, tags });
}

interface Memory {
  readonly seeTags: HistoryStore['seeTags'];
  readonly repositories: string[];
}

function memory(): Memory {
  const kept = new Map<string, { readonly commit: string; readonly at: string }>();
  const repositories: string[] = [];
  const seeTags: HistoryStore['seeTags'] = (repository, commits, at) => {
    repositories.push(repository);
    for (const [tag, commit] of Object.entries(commits)) if (!kept.has(tag)) kept.set(tag, { commit, at });
    return Promise.resolve(new Map(kept));
  };
  return { seeTags, repositories };
}

const clock = (): Date => new Date('2026-11-20T10:00:00.000Z');

test('a tag that was moved is told with the commit it was first seen at', async () => {
  const records = memory();
  const ask = (commit: string): Promise<ForgeAnswers> =>
    rememberingTags({
      askForge: answering({ state: 'known', commits: { 'v1.0.0': commit } }),
      records,
      clock,
    })(question);
  const firstSeen = { 'v1.0.0': { commit: 'a', at: '2026-11-20T10:00:00.000Z' } };
  assert.deepEqual((await ask('a')).tags, { state: 'known', commits: { 'v1.0.0': 'a' }, firstSeen });
  assert.deepEqual((await ask('b')).tags, { state: 'known', commits: { 'v1.0.0': 'b' }, firstSeen });
  assert.deepEqual(new Set(records.repositories), new Set(['https://forge.example.com/owner/left']));
});

test('what the forge could not tell is remembered as nothing', async () => {
  const records = memory();
  const answers = await rememberingTags({ askForge: answering(notChecked), records, clock })(question);
  assert.deepEqual(answers.tags, notChecked);
  assert.deepEqual(records.repositories, []);
});

test('a forge that answers with tags without end fills no memory', async () => {
  let given = 0;
  const commits = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`v${at}`, 'a']));
  await rememberingTags({
    askForge: answering({ state: 'known', commits }),
    records: {
      seeTags: (_repository, seen) => {
        given = Object.keys(seen).length;
        return Promise.resolve(new Map());
      },
    },
    clock,
  })(question);
  assert.equal(given, 32);
});
