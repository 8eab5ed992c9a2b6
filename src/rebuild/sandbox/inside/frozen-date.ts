/**
 * JavaScript that is loaded before everything in any Node inside, from 10 on: `Date` stands still. Timers and
 * `performance.now()` go on, because they measure and do not tell the date. Only where the base has no libfaketime.
 */
export function frozenDateScript(seconds: number): string {
  return `'use strict';
const now = ${seconds} * 1000;
const RealDate = Date;
const frozenNow = () => now;
globalThis.Date = new Proxy(RealDate, {
  apply: () => new RealDate(now).toString(),
  construct: (target, given, newTarget) =>
    Reflect.construct(target, given.length === 0 ? [now] : given, newTarget),
  get: (target, key, receiver) => (key === 'now' ? frozenNow : Reflect.get(target, key, receiver)),
});
RealDate.prototype.constructor = globalThis.Date;
`;
}
