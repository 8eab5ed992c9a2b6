/** What a reader of figures needs to know of the machine. */
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

export function machineFacts(): string {
  const gigabytes = (totalmem() / 2 ** 30).toFixed(0);
  const load = loadavg()[0]?.toFixed(1) ?? '?';
  const cores = availableParallelism();
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  return `${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cores} cores (${model}), ${gigabytes} GB, load before the run ${load}`;
}
