/** The checks that read the code without running it. All of them run, so that one look shows everything. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

interface Check {
  readonly name: string;
  readonly command: readonly string[];
}

const codeFolders = ['src', 'test', 'scripts', 'bench'];

function checksOf(root: string): readonly Check[] {
  const tool = (name: string): string => join(root, 'node_modules/.bin', name);
  const folders = codeFolders.filter((folder) => existsSync(join(root, folder)));
  const node = process.execPath;
  return [
    { name: 'types', command: [node, join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'] },
    { name: 'lint', command: [tool('oxlint'), '--type-aware', '--deny-warnings', ...folders] },
    { name: 'format', command: [tool('oxfmt'), '--check', ...folders] },
    { name: 'unused code', command: [node, join(root, 'node_modules/knip/bin/knip.js'), '--no-progress'] },
    { name: 'generated docs', command: [node, 'scripts/generate-docs.ts', '--check'] },
  ];
}

interface Run {
  readonly code: number | null;
  readonly output: string;
}

function runQuietly(root: string, command: readonly string[]): Promise<Run> {
  const [program = '', ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk: Buffer): void => void (output += chunk.toString('utf8'));
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => resolve({ code: null, output: `${output}${error.message}\n` }));
    child.on('close', (code) => resolve({ code, output }));
  });
}

export async function runChecks(root: string): Promise<boolean> {
  let allPass = true;
  for (const check of checksOf(root)) {
    const started = Date.now();
    const { code, output } = await runQuietly(root, check.command);
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    console.log(`${code === 0 ? '✔' : '✖'} ${check.name} (${seconds} s)`);
    if (code === 0) continue;
    allPass = false;
    console.log(output.trimEnd());
  }
  return allPass;
}
