/** Others' checks of a whole log: Tessera's fsck, and the program that stands in `docs/auditing.md`. */
import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { goSource, once, runGo, type Tool } from './go-tools.ts';

const auditing = resolve(import.meta.dirname, '../../docs/auditing.md');

/** As the document names it, version and all. */
export async function tesseraFsck(): Promise<Tool> {
  const text = await readFile(auditing, 'utf8');
  const module = /go run (github\.com\/transparency-dev\/tessera\/cmd\/fsck@v[\d.]+)/.exec(text)?.[1] ?? '';
  return once(
    `tessera-fsck-${module.slice(module.lastIndexOf('@') + 1)}`,
    async (target) => {
      const bin = `${target}.bin`;
      const run = await runGo(['install', module], tmpdir(), { GOBIN: bin });
      if (run.code === 0) await rename(join(bin, 'fsck'), target);
      await rm(bin, { recursive: true, force: true });
      return run;
    },
    `Tessera's fsck (${module})`,
  );
}

export async function documentedAuditor(): Promise<Tool> {
  const text = await readFile(auditing, 'utf8');
  const program = /```go\n(.*?)```/s.exec(text)?.[1] ?? '';
  return once(
    `document-${createHash('sha256').update(program).digest('hex').slice(0, 16)}`,
    async (target) => {
      const folder = await mkdtemp(join(tmpdir(), 'assay-audit-'));
      try {
        for (const name of ['go.mod', 'go.sum']) await copyFile(join(goSource, name), join(folder, name));
        await writeFile(join(folder, 'main.go'), program);
        return await runGo(['build', '-o', target, '.'], folder);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    'golang.org/x/mod',
  );
}
