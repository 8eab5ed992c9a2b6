/** docs/errors.md: every error code, what it means, what to do. */
import { errorCodes } from '../../src/core/error-codes.ts';
import { cellText, tableOf } from './markdown.ts';

export function errorsPage(): string {
  const sorted = Object.entries(errorCodes).sort(([a], [b]) => (a < b ? -1 : 1));
  const rows = sorted.map(([code, entry]) => [
    `\`${code}\``,
    cellText(entry.meaning),
    cellText(entry.remedy),
  ]);
  return `# Error codes

Generated from \`src/core/error-codes.ts\` by \`scripts/generate-docs.ts\`: change it there. Codes are never renamed or reused.

${tableOf(['Code', 'Meaning', 'What to do'], rows)}
`;
}
