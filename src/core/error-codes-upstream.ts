/** Errors of fetching from upstreams and of reading their indexes. Kept sorted. */
export const upstreamErrors = {
  INDEX_INVALID: {
    meaning:
      'What the upstream sent as the index of a package is not one: not JSON, about another package, or over a bound.',
    remedy:
      'Look at the upstream (assay doctor); nothing new of this package is admitted until it sends a proper index.',
  },
  INDEX_PARTS_CORRUPT: {
    meaning: 'The stored form of an index that was read is damaged or of another version of Assay.',
    remedy: 'It is made anew from the stored index; if it happens again, check the disk.',
  },
  INDEX_READER_FAILED: {
    meaning: 'The thread that reads indexes ended before it answered.',
    remedy: 'Try again; if one package always fails, its index is too large for this gate.',
  },
  INDEX_VERSION_ABSENT: {
    meaning: 'A version is not in the index that was read.',
    remedy: 'Ask for a version that the package lists.',
  },
  UPSTREAM_BUSY: {
    meaning:
      'An upstream is left alone for a while after repeated failures, or too many requests to it are waiting.',
    remedy: "Try again after the time given; the status page shows the upstream's last error.",
  },
  UPSTREAM_DIGEST_MISMATCH: {
    meaning: 'The bytes an upstream sent are not those its index claims a digest for.',
    remedy: "Do not install it. Ask the upstream's operator; a mirror may hold a damaged or altered copy.",
  },
  UPSTREAM_FILE_ABSENT: {
    meaning: 'An upstream has no file at the place its index names.',
    remedy: "Use another version, or ask the upstream's operator.",
  },
  UPSTREAM_HOST_REFUSED: {
    meaning:
      "An upstream's index names a place that it may not name, or a host leads to an address that is not public.",
    remedy:
      "If the host is right, add it to the upstream's fileHosts; a mirror inside your network needs allowInsecure.",
  },
  UPSTREAM_INVALID_ENCODING: {
    meaning: 'An answer is encoded in a way that was not asked for, or is not what its header says.',
    remedy: "Ask the upstream's operator: a proxy on the way may label or compress answers wrongly.",
  },
  UPSTREAM_IS_ASSAY: {
    meaning:
      'The registry this machine is configured with is this gate itself, and what it was before is not known.',
    remedy:
      'Set `upstreams.npm.url` in assay.yaml to the registry the gate shall take packages from, or run `assay use npm --undo` first.',
  },
  UPSTREAM_NOT_CONFIGURED: {
    meaning: 'It is not known which registry the gate shall take packages from.',
    remedy:
      'Set `upstreams.npm.url` in assay.yaml, or install npm and let `npm config get registry` name it.',
  },
  UPSTREAM_NOT_JSON: {
    meaning: 'An upstream answered with something other than a JSON index, often a login or error page.',
    remedy: "Open the upstream's URL with the same network and credentials and see what it answers.",
  },
  UPSTREAM_PROTOCOL: {
    meaning: "An upstream's answer breaks the rules of HTTP, or answers nothing that was asked.",
    remedy: "Ask the upstream's operator: a proxy on the way may be broken.",
  },
  UPSTREAM_REDIRECT_REFUSED: {
    meaning:
      'An upstream redirects to a host, scheme or address that is not allowed, in a circle, or too often.',
    remedy: "If the target is right, add its host to the upstream's fileHosts.",
  },
  UPSTREAM_STATUS: {
    meaning: 'An upstream answered with an error status.',
    remedy: "Try again later; the status page shows the upstream's health.",
  },
  UPSTREAM_TIMEOUT: {
    meaning: 'An upstream did not connect, answer or finish in time.',
    remedy: 'Try again later; check the network between the gate and the upstream.',
  },
  UPSTREAM_TOO_LARGE: {
    meaning: 'An answer is larger than the limit.',
    remedy: 'Raise the limit in fetchLimits if the package is really that large.',
  },
  UPSTREAM_TRUNCATED: {
    meaning: 'An answer ended before its end.',
    remedy: 'Try again; if it stays, a proxy on the way or the upstream cuts answers.',
  },
  UPSTREAM_UNAUTHORIZED: {
    meaning: "An upstream refuses the gate's credentials, or wants some (401 or 403).",
    remedy: 'Check the credentials that are configured for this upstream.',
  },
  UPSTREAM_UNKNOWN: {
    meaning: 'No upstream with this id is configured.',
    remedy: 'Run `assay config` to see the upstreams in force.',
  },
  UPSTREAM_UNREACHABLE: {
    meaning: 'No connection to an upstream could be made or kept.',
    remedy: 'Check name resolution, network and TLS trust between the gate and the upstream.',
  },
} as const;
