/** Errors of building from source and of comparing. Kept sorted. */
export const rebuildErrors = {
  BASE_UNAVAILABLE: {
    meaning: 'The small system that a build runs in could not be made, or is not as it was made.',
    remedy:
      'On Debian or Ubuntu: `apt-get install mmdebstrap`, and an archive that apt knows; as a user other than root also `uidmap` and an entry in /etc/subuid.',
  },
  BUILD_OUTPUT_INVALID: {
    meaning: 'What a build left is not what it was to make, or cannot be read without being led elsewhere.',
    remedy: 'Look at the log of the build. A link or a device where a file should be is no accident.',
  },
  COMPARISON_BUSY: {
    meaning: 'Too many packages wait to be compared with what was built.',
    remedy: 'Try again in a few seconds.',
  },
  COMPARISON_FAILED: {
    meaning:
      'The process that compares two archives died, or reached its limit of memory, CPU or time. Nothing was learnt of the difference.',
    remedy: 'Ask again; if it fails each time, the package is hostile or larger than what is compared.',
  },
  REBUILD_NOT_FOUND: {
    meaning: 'There is no such build, or none of this package.',
    remedy: '`assay rebuild --list` shows what was asked for; `assay rebuild PURL` builds it.',
  },
  REBUILD_UNAVAILABLE: {
    meaning: 'This gate builds nothing.',
    remedy: 'Set `rebuild.enabled` in the configuration, and see `assay doctor` for what the machine lacks.',
  },
  REBUILD_UNSUPPORTED: {
    meaning: 'Packages of this kind are not built from source here.',
    remedy: 'npm packages (pkg:npm/…) and Debian packages (pkg:deb/debian/…) are.',
  },
  RECIPE_INVALID: {
    meaning: "A recipe, or a person's correction of one, is not in the form of a recipe.",
    remedy:
      'The message names the place. `assay rebuild` shows the recipe that was used; start from that one.',
  },
  SANDBOX_FAILED: {
    meaning: 'The sandbox for a build could not be set up, so nothing was run in it.',
    remedy:
      'Read the message: mostly a path that the uid of the builds cannot reach, or no space on the disk.',
  },
  SANDBOX_UNAVAILABLE: {
    meaning: 'This machine cannot run a build apart from everything else, so none is run.',
    remedy:
      'Linux with bubblewrap 0.8 or newer is needed (`apt-get install bubblewrap`) and unprivileged user namespaces; the message names what is missing.',
  },
  SOURCE_INVALID: {
    meaning: 'A repository or archive is not what its name says, or holds what no source may hold.',
    remedy:
      'Nothing is built from it. If you trust it, look at it yourself, and name another commit or archive in a recipe.',
  },
  SOURCE_NOT_APPROVED: {
    meaning: 'There is no approval of that source to take back.',
    remedy: '`assay source list` shows what was approved.',
  },
  SOURCE_UNREADABLE: {
    meaning: 'The source of a version could not be read.',
    remedy:
      'The message says what git or the host answered. Where its host is gone, name an archive in a recipe: `assay rebuild --recipe`.',
  },
} as const;
