/** Names the tool that runs and watches, and its version: what another one saw is not compared. Raised with what it tells. */
export const observer = 'assay/behaviour 1';
