/** Every limit is reached in a real sandbox: with the kernel's control groups where there are some, and without. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { noSandbox, openTestSandbox, testLimits, type TestSandbox } from '../../../test/support/sandbox.ts';

const eat = ['perl', '-e', 'my @a; push @a, "x" x 1000000 while 1'];
/** Forks until it may not; says how often it could. */
const breed = [
  'perl',
  '-e',
  'my $n = 0; for (1 .. 2000) { my $p = fork; last unless defined $p; if (!$p) { sleep 30; exit } $n++ } print "forked $n"; kill 9, -1',
];

for (const cgroups of [true, false])
  describe(
    `a build is held by limits, ${cgroups ? 'with' : 'without'} control groups`,
    { skip: noSandbox ?? false },
    () => {
      let box: TestSandbox;
      before(async () => {
        box = await openTestSandbox({ cgroups });
      });
      after(() => box.close());

      it('says what holds it', () => {
        const { limits, level } = box.sandbox.isolation;
        assert.equal(level, 'full');
        assert.ok(Object.values(limits).every((means) => means !== 'none'));
        if (!cgroups)
          assert.deepEqual([limits.memory, limits.processes, limits.cpu], ['watchdog', 'rlimit', 'rlimit']);
      });

      it('cannot have more memory, by itself or with many processes', async () => {
        const limits = { ...testLimits, memoryBytes: 128 << 20 };
        const alone = await box.run(eat, { limits });
        assert.ok(alone.ended === 'memory' || (!cgroups && alone.exitCode !== 0), alone.ended);
        const each = `perl -e '$x = "x" x 45000000; sleep 20'`;
        const many = await box.run(['/bin/sh', '-c', `for i in 1 2 3 4 5; do ${each} & done; wait`], {
          limits,
        });
        assert.equal(many.ended, 'memory');
      });

      it('cannot have more processes', async () => {
        const { output } = await box.run(breed, { limits: { ...testLimits, processes: 30 } });
        const forked = Number(/forked (\d+)/.exec(output)?.[1] ?? NaN);
        assert.ok(forked >= 20 && forked <= 100, output);
      });

      it('cannot fill the disk: with a large file, with many, or with empty ones', async () => {
        const workspace = await box.sandbox.workspace();
        const out = await workspace.folder('out');
        const spec = {
          mounts: [{ from: out, to: '/out', writable: true }],
          cwd: '/out',
          limits: { ...testLimits, diskBytes: 16 << 20 },
        } as const;
        const large = await box.run(['dd', 'if=/dev/zero', 'of=large', 'bs=1M', 'count=64'], spec);
        assert.deepEqual([large.ended, large.signal], ['signal', 'SIGXFSZ']);
        await box.run(['rm', 'large'], spec);
        const ends: string[] = [];
        for (const words of ['head -c 9M /dev/zero >$i', ': >$i']) {
          const { ended } = await box.run(
            ['/bin/sh', '-c', `i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); ${words}; done`],
            spec,
          );
          ends.push(ended);
          await box.sh('cd /out && find . -type f -delete', spec);
        }
        assert.deepEqual(ends, ['disk', 'disk']);
        await workspace.remove();
        assert.equal(existsSync(out), false);
      });

      it('cannot use more than its time, nor sleep longer', async () => {
        const limits = { ...testLimits, wallMs: 700 };
        assert.equal((await box.run(['sleep', '100'], { limits })).ended, 'timeout');
        const busy = ['/bin/sh', '-c', 'trap "" XCPU TERM; while :; do :; done'];
        assert.equal(
          (await box.run(busy, { limits: { ...testLimits, cpuSeconds: 1 } })).ended === 'exit',
          false,
        );
      });

      it('does not drown Assay in output, and shows the end of it', async () => {
        const lines: number[] = [];
        const { output, ended } = await box.run(
          [
            '/bin/sh',
            '-c',
            'head -c 20000000 /dev/zero; echo; yes | head -n 100000; printf "last \\377 line"',
          ],
          { onOutput: (line) => void lines.push(line.length) },
        );
        assert.equal(ended, 'exit');
        assert.ok(output.endsWith('last \ufffd line'));
        assert.ok(output.length <= 1 << 20);
        assert.equal(lines.length, 100_002);
        assert.ok(Math.max(...lines) <= 16 * 1024);
      });
    },
  );
