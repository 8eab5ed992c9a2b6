/** Errors of building from source and of comparing. Kept sorted. */
export const rebuildErrors = {
  BASE_UNAVAILABLE: {
    meaning: 'The small system that a build runs in could not be made, or is not as it was made.',
    remedy:
      'On Debian or Ubuntu: `apt-get install mmdebstrap`, and an archive that apt knows; as a user other than root also `uidmap` and an entry in /etc/subuid.',
  },
  BEHAVIOUR_UNAVAILABLE: {
    meaning: 'Install scripts cannot be run and watched on this machine, so nobody knows what they do.',
    remedy:
      'Linux with bubblewrap, mmdebstrap and strace is needed, and isolation must be full; the message names what is missing.',
  },
  BEHAVIOUR_UNKNOWN: {
    meaning: 'Nobody ran and watched the install scripts of that version here.',
    remedy: '`assay behaviour PURL --watch` runs them now, in the sandbox.',
  },
  BUILD_INPUT_REFUSED: {
    meaning:
      'A package that a build from source asks for may not go into it: it is malicious, or not what it says it is.',
    remedy:
      'The message names the package and the rule. Where the rule is wrong, set the advisory aside (`assay feed override`) or list the package as allowed; a recipe can name another version.',
  },
  BUILD_INPUT_UNCHECKED: {
    meaning: 'A package that a build from source asks for could not be looked at, so it was not let in.',
    remedy: 'The build is tried again by itself. If it stays so, the message names the check that fails.',
  },
  BEHAVIOUR_CANCELLED: {
    meaning: 'Install scripts were being watched when somebody stopped that.',
    remedy: 'Nothing was learnt of them. Ask again.',
  },
  BEHAVIOUR_INPUT_INVALID: {
    meaning:
      'Install scripts could not be watched, because the package or one of its dependencies cannot be put where npm would.',
    remedy:
      'The message says which. Other bytes than the digest names are no accident; an archive that cannot be unpacked is refused elsewhere too.',
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
  DEBIAN_ARCHIVE_INVALID: {
    meaning:
      'What a Debian archive gave is not in the form that it has to have, or is of another suite than the one asked for.',
    remedy: 'Nothing of it was used. Try another mirror; if it stays so, tell those who run the archive.',
  },
  DEBIAN_FILE_INVALID: {
    meaning: 'A file of a Debian archive has other bytes than those its signed index names by SHA-256.',
    remedy:
      'Nothing of it was used. A mirror that is just being updated does this for minutes; try again, or another one.',
  },
  DEBIAN_PACKAGE_ABSENT: {
    meaning: "The Debian archive's signed indexes name no such package, version or source.",
    remedy: 'Look at the suite in the configuration: it may have another version by now.',
  },
  DEBIAN_RELEASE_EXPIRED: {
    meaning: 'The Release file of a Debian suite is no longer valid, or is of the future.',
    remedy:
      "Look at this machine's clock first, then at the mirror: one that stands still hides security updates.",
  },
  DEBIAN_RELEASE_REPLAYED: {
    meaning: 'A Debian archive gave an older Release file than one that was seen from it already.',
    remedy:
      'Try another mirror. Somebody who holds back updates does this, and so does a mirror that was restored.',
  },
  DEBIAN_SIGNATURE_INVALID: {
    meaning: 'No pinned key signed what a Debian archive gave, or there is text outside of what is signed.',
    remedy:
      'Compare the fingerprints in the configuration with those that Debian publishes; else distrust the mirror.',
  },
  REBUILD_NOT_FOUND: {
    meaning: 'There is no such build, or none of this package.',
    remedy: '`assay rebuild list` shows what was asked for; `assay rebuild PURL` builds it.',
  },
  REBUILD_UNAVAILABLE: {
    meaning: 'This gate builds nothing.',
    remedy: 'Set `rebuild.enabled` in the configuration, and see `assay doctor` for what the machine lacks.',
  },
  REBUILD_UNSUPPORTED: {
    meaning: 'Packages of this kind are not built from source here.',
    remedy: 'npm packages (pkg:npm/…) and Debian packages (pkg:deb/debian/…) are.',
  },
  RECIPE_DIFFERS: {
    meaning: 'The newest build was made by another correction than the one that was to be reviewed.',
    remedy: '`assay recipe show PURL` shows it with its digest. Look at it anew before you approve it.',
  },
  RECIPE_INVALID: {
    meaning: "A recipe, or a person's correction of one, is not in the form of a recipe.",
    remedy:
      'The message names the place. `assay rebuild` shows the recipe that was used; start from that one.',
  },
  RECIPE_NOT_CORRECTED: {
    meaning:
      'No person corrected the recipe that the newest build was made by, so there is nothing to review.',
    remedy: '`assay rebuild PURL --recipe FILE` builds by a corrected one.',
  },
  RECIPE_NOT_REVIEWED: {
    meaning: 'No such correction of a recipe was approved, so there is nothing to take back.',
    remedy: '`assay recipe list` shows those that are.',
  },
  RECIPE_REVIEW_OWN: {
    meaning: 'Whoever corrected a recipe cannot be the one who reviews it.',
    remedy: 'Ask somebody else to look at it, and give their name with --reviewer.',
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
  SOURCE_DIFFERS: {
    meaning:
      'The source that was found is another than the one that was to be approved, or than the one that is approved already. Nothing was recorded.',
    remedy:
      'Look at both with `assay source find`. A package that names a new repository may be a stolen one that points at a fork.',
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
