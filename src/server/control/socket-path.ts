/** Where the control socket is. A Unix socket's path has a hard limit: 104 bytes on macOS, 108 on Linux, with the final NUL. */
import { join } from 'node:path';
import { AssayError } from '../../core/errors.ts';
import { controlSocketName } from './protocol.ts';

const maxPathBytes = 103;

/** Throws CONTROL_SOCKET_PATH_TOO_LONG, before `listen` would cut the path or fail without a reason. */
export function controlSocketPath(dataDirectory: string): string {
  const path = join(dataDirectory, controlSocketName);
  const bytes = Buffer.byteLength(path);
  if (bytes > maxPathBytes) {
    throw new AssayError(
      'CONTROL_SOCKET_PATH_TOO_LONG',
      `${path} is ${bytes} bytes long; a Unix socket's path may have ${maxPathBytes}`,
    );
  }
  return path;
}
