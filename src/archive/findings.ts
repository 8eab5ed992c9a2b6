/** Why an archive is refused: one stable id and one sentence each. Ids are never renamed or reused. */
import type { EvidenceItem } from '../core/evidence.ts';
import type { JsonObject } from '../core/json.ts';

const sentences = {
  'archive/checksum': 'A header block fails its checksum',
  'archive/colliding-path':
    'Two members have names that are one name on case-insensitive or normalising file systems',
  'archive/colliding-after-strip':
    'Two members become one file when the top folder is taken off, as installers do',
  'archive/data-after-end':
    'There is data after the end of the archive, which some readers read and others do not',
  'archive/device': 'A member is a device',
  'archive/directory-size': 'A directory has a size, which readers skip differently',
  'archive/disagreement': 'Two independent readers see different members',
  'archive/duplicate-path': 'Two members have the same path',
  'archive/empty': 'The archive holds no members',
  'archive/fifo': 'A member is a named pipe',
  'archive/field-junk': 'A header field holds bytes after its end, which some readers read',
  'archive/file-as-directory': 'One path is both a file and a directory',
  'archive/format': 'A header is of no known tar format',
  'archive/gzip-corrupt': 'The compressed data is damaged',
  'archive/gzip-extra-member': 'A second gzip member follows the first: some readers read it, others stop',
  'archive/gzip-header': 'The gzip header uses options that readers treat differently',
  'archive/gzip-trailing-data': 'There is data after the end of the compressed stream',
  'archive/gzip-truncated': 'The compressed data ends too early',
  'archive/hardlink': 'A member is a hard link',
  'archive/linkname': 'A member that is no link names a link target',
  'archive/member-type': 'A member is of a type that readers treat differently',
  'archive/meta-dangling': 'An extended header describes no member',
  'archive/meta-empty': 'An extended header is empty, and some readers then take the next content for it',
  'archive/meta-stacked': 'Extended headers are stacked on one member, which readers combine differently',
  'archive/meta-too-large': 'An extended header is too large',
  'archive/not-gzip': 'The file is not gzip-compressed',
  'archive/number': 'A numeric header field is malformed',
  'archive/outside-top-folder': 'A member lies outside a top folder: installers place it differently',
  'archive/partial-block': 'The archive ends in the middle of a block',
  'archive/path-absolute': 'A path is absolute',
  'archive/path-backslash': 'A path holds a backslash, a separator for some readers',
  'archive/path-control': 'A path holds control characters',
  'archive/path-dot': 'A path starts with a `.` segment',
  'archive/path-dotdot': 'A path holds a `..` segment',
  'archive/path-drive': 'A path segment begins like a drive, which some readers strip',
  'archive/path-empty': 'A path, or a segment of it, is empty',
  'archive/path-encoding': 'A path is not valid UTF-8',
  'archive/path-stream': 'A path segment names a stream of another file, as NTFS spells it',
  'archive/path-too-deep': 'A path is nested deeper than the limit',
  'archive/path-too-long': 'A path, or a segment of it, is longer than the limit',
  'archive/pax-duplicate-key': 'An extended header gives the same key twice',
  'archive/pax-global': 'A global extended header says more than a comment',
  'archive/pax-key': 'An extended header has a key that readers treat differently',
  'archive/pax-malformed': 'An extended header is malformed',
  'archive/pax-size':
    'An extended header gives another size than the header itself (CVE-2025-62518, CVE-2026-53655)',
  'archive/pax-value': 'An extended header has a value that readers split differently',
  'archive/ratio': 'The archive expands more than the limit',
  'archive/sparse': 'A member is a sparse file',
  'archive/special-mode': 'A member has a setuid, setgid or sticky bit',
  'archive/symlink': 'A member is a symbolic link',
  'archive/too-large': 'The unpacked archive is larger than the limit',
  'archive/too-many-entries': 'The archive has more members than the limit',
  'archive/too-many-folders': 'The archive names more folders than the limit',
  'archive/trailing-slash-file':
    'A file has a path that ends like a directory, which readers take for either',
  'archive/truncated': 'The archive ends inside a member',
} as const;

export type FindingId = keyof typeof sentences;

export const findingIds = Object.keys(sentences) as readonly FindingId[];

/** More than this many findings say nothing new: reading stops. */
export const maxFindings = 32;

/** `detail` may quote the archive: it is shortened here, and encoded by whoever shows it. */
export function finding(id: FindingId, detail = '', data?: JsonObject): EvidenceItem {
  const message = detail === '' ? `${sentences[id]}.` : `${sentences[id]}: ${clip(detail)}.`;
  return data === undefined ? { id, message } : { id, message, data };
}

/** A path for a message or for data: well-formed and bounded. */
export function clip(text: string, maxLength = 300): string {
  return (text.length <= maxLength ? text : `${text.slice(0, maxLength)}...`).toWellFormed();
}
