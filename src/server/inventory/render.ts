/** An inventory as the text of a document. */
import { cyclonedxVersions, type CyclonedxVersion, type Bom } from '../../reports/bom.ts';
import { cyclonedxBom } from '../../reports/cyclonedx.ts';
import { documentText } from '../../reports/document.ts';
import { spdxDocument } from '../../reports/spdx.ts';

export const sbomFormats = ['cyclonedx', 'spdx'] as const;
export type SbomFormat = (typeof sbomFormats)[number];

/** `spec` is of CycloneDX; undefined: 1.6, which more programs read than 1.7. */
export function sbomText(bom: Bom, format: SbomFormat, spec: CyclonedxVersion | undefined): string {
  switch (format) {
    case 'cyclonedx':
      return documentText(cyclonedxBom(bom, spec ?? '1.6'));
    case 'spdx':
      return documentText(spdxDocument(bom));
  }
}

export function cyclonedxVersionOf(text: string): CyclonedxVersion | undefined {
  return cyclonedxVersions.find((known) => known === text);
}
