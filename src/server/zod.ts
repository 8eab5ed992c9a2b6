/**
 * Zod, set up once. `jitless`: it never compiles schemas with `new Function`, so that the process can run
 * with code generation from strings switched off. Import `z` from here, never from 'zod'.
 */
import * as z from 'zod';

z.config({ jitless: true });

export { z };
