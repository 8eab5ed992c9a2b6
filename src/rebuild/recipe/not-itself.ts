import { AssayError } from '../../core/errors.ts';
import { parsePurl, type Purl } from '../../core/purl.ts';

/**
 * A package may need itself to be built, in an earlier version. The very version, as published, goes into its build neither as a tool
 * nor as a dependency: a tampered one would make itself again, and match. Throws BUILD_INPUT_REFUSED.
 */
export function refuseItself(built: Purl, input: { readonly name: string; readonly version: string }): void {
  const { name, version } = parsePurl(built);
  if (input.name === name && input.version === version)
    throw new AssayError(
      'BUILD_INPUT_REFUSED',
      `${name}@${version} may not go into the build: it is what is built, as upstream published it`,
    );
}
