/** What a busy child uses, from /proc. Where there is no /proc (macOS), limits of the heap, CPU and wall time remain. */
import { readFile } from 'node:fs/promises';

export interface Usage {
  readonly residentBytes: number;
  /** CPU time of the whole process so far. */
  readonly cpuSeconds: number;
}

/** Undefined when the process is gone or /proc is not there. */
export async function usageOf(pid: number): Promise<Usage | undefined> {
  try {
    const [status, stat] = await Promise.all([
      readFile(`/proc/${pid}/status`, 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
    ]);
    const resident = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    // Fields 14 and 15 (user and system time) in ticks of 1/100 s; the name, field 2, may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (resident === undefined) return undefined;
    return {
      residentBytes: Number(resident) * 1024,
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100,
    };
  } catch {
    return undefined;
  }
}
