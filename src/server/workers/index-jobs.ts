/** What the main thread asks of an index worker. Plain data only: it crosses a thread boundary. */
import type { IndexView } from '../../core/index-view.ts';
import type { JsonObject } from '../../core/json.ts';
import type { Sha256 } from '../../core/digest.ts';
import type { UpstreamId } from '../../core/subject.ts';
import type { RenderPlan } from '../../registries/npm/packument-render.ts';

export type IndexJob =
  | {
      readonly kind: 'read';
      readonly upstream: UpstreamId;
      readonly name: string;
      readonly body: Sha256;
      readonly bodyPath: string;
      readonly partsPath: string;
      readonly maxBytes: number;
    }
  | { readonly kind: 'manifest'; readonly partsPath: string; readonly version: string }
  | {
      readonly kind: 'render';
      readonly partsPath: string;
      readonly plan: RenderPlan;
      readonly what: RenderWhat;
      readonly base: string;
    };

export type RenderWhat =
  | { readonly kind: 'full' }
  | { readonly kind: 'abbreviated' }
  | { readonly kind: 'version'; readonly selector: string }
  | { readonly kind: 'dist-tags' };

export interface Rendered {
  /** Undefined when the selector names nothing that stands. */
  readonly gzip: Uint8Array | undefined;
  readonly sizeBytes: number;
  /** HTTP date: an upper bound of every time shown. */
  readonly lastModified: string | undefined;
}

export interface IndexResults {
  readonly read: IndexView;
  readonly manifest: JsonObject | undefined;
  readonly render: Rendered;
}
