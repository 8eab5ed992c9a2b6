/** Names as Debian Policy allows them (5.6.1, 5.6.12): what reaches a path or a program is one of these. */
export const packageNameForm = /^[a-z0-9][a-z0-9+.-]{1,127}$/;
export const debianVersionForm = /^(?:\d{1,9}:)?\d[A-Za-z0-9.+~-]{0,120}$/;
/** Of a file in a source package. */
export const sourceFileForm = /^[a-zA-Z0-9][A-Za-z0-9.+~_-]{1,200}$/;
