/** Small git repositories, made anew by each test, and what a search of them needs besides. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { artifactDigestsOf, type Sha256 } from '../../../core/digest.ts';
import type { SourceBlobs, SourceDeps, TagMemory } from '../deps.ts';
import type { ReleaseFacts, SourceSearch } from '../types.ts';
import { gitHere } from './git-here.ts';

export interface MadeRepository {
  readonly path: string;
  /** Writes files (undefined: removes one) and commits everything. Returns the commit. */
  readonly commit: (files: Readonly<Record<string, string | undefined>>, message?: string) => string;
  readonly git: (...args: readonly string[]) => string;
  readonly remove: () => void;
}

export function makeRepository(): MadeRepository {
  const path = mkdtempSync(join(tmpdir(), 'assay-repository-'));
  let seconds = 1_700_000_000;
  const git = (...args: readonly string[]): string => {
    const date = `${seconds} +0000`;
    return execFileSync('git', [...args], {
      cwd: path,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        HOME: path,
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_AUTHOR_NAME: 'A',
        GIT_AUTHOR_EMAIL: 'a@example.com',
        GIT_COMMITTER_NAME: 'C',
        GIT_COMMITTER_EMAIL: 'c@example.com',
        GIT_AUTHOR_DATE: date,
        GIT_COMMITTER_DATE: date,
        GIT_ALLOW_PROTOCOL: 'file',
      },
    }).trim();
  };
  git('init', '-q', '-b', 'main');
  return {
    path,
    git,
    commit: (files, message = 'change') => {
      seconds += 60;
      for (const [name, text] of Object.entries(files)) {
        const file = join(path, name);
        if (text === undefined) rmSync(file);
        else {
          mkdirSync(dirname(file), { recursive: true });
          writeFileSync(file, text);
        }
      }
      git('add', '-A');
      git('commit', '-q', '--allow-empty', '-m', message);
      return git('rev-parse', 'HEAD');
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}

export function manifest(name: string, version: string, more: object = {}): string {
  return `${JSON.stringify({ name, version, ...more }, null, 2)}\n`;
}

export interface MemoryBlobs extends SourceBlobs {
  readonly all: ReadonlyMap<string, Uint8Array>;
  readonly get: (digest: Sha256) => Uint8Array;
}

export function memoryBlobs(): MemoryBlobs {
  const all = new Map<string, Uint8Array>();
  return {
    all,
    get: (digest) => all.get(digest) ?? new Uint8Array(),
    path: (digest) => Promise.resolve(all.has(digest) ? `/blobs/${digest}` : undefined),
    create: () => {
      const chunks: Uint8Array[] = [];
      return Promise.resolve({
        write: (chunk) => Promise.resolve(void chunks.push(Uint8Array.from(chunk))),
        commit: () => {
          const bytes = Buffer.concat(chunks);
          const digests = artifactDigestsOf(bytes);
          all.set(digests.sha256, bytes);
          return Promise.resolve(digests);
        },
        abort: () => Promise.resolve(),
      });
    },
  };
}

export function memoryTags(): TagMemory {
  const seen = new Map<string, { commit: string; at: string }>();
  return {
    seen: (repository, commits) => {
      const answers = Object.entries(commits).map(([tag, commit]) => {
        const key = `${repository} ${tag}`;
        const first = seen.get(key) ?? { commit, at: '2026-01-01T00:00:00.000Z' };
        seen.set(key, first);
        return [tag, first] as const;
      });
      return Promise.resolve(new Map(answers));
    },
  };
}

const unasked = { state: 'not-checked', why: 'no forge in this test' } as const;

/** Git runs on this machine, and `https://git.example.com/<anything>` is the repository at `path`. */
export function sourceDeps(
  path: string,
  more: Partial<SourceDeps> = {},
): SourceDeps & { readonly blobs: MemoryBlobs } {
  const git = gitHere();
  const blobs = memoryBlobs();
  return {
    git: { open: () => git.open({ kind: 'file', path }) },
    files: { read: () => Promise.resolve(undefined) },
    tags: memoryTags(),
    forge: {
      repository: () => Promise.resolve(unasked),
      commit: () => Promise.resolve(unasked),
      review: () => Promise.resolve(unasked),
    },
    archives: () => Promise.resolve([]),
    ...more,
    blobs,
  };
}

export function release(name: string, version: string, more: Partial<ReleaseFacts> = {}): ReleaseFacts {
  const repository = 'https://git.example.com/acme/repo.git';
  return { name, version, repository, gitHead: undefined, provenance: undefined, ...more };
}

export function isFound(search: SourceSearch): Extract<SourceSearch, { state: 'found' }> {
  assert.equal(search.state, 'found', search.because.join('\n'));
  assert.ok(search.state === 'found');
  return search;
}
