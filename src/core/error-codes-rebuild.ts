/** Errors of building from source and of comparing. Kept sorted. */
export const rebuildErrors = {
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
} as const;
