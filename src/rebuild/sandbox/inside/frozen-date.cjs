'use strict';
// Loaded before everything in any Node inside, from 10 on: `Date` stands still at ASSAY_FROZEN_DATE (seconds). Timers and
// `performance.now()` go on, because they measure and do not tell the date. Only where libfaketime is not in the base.
const seconds = Number(process.env.ASSAY_FROZEN_DATE);
if (Number.isFinite(seconds)) {
  const now = seconds * 1000;
  const RealDate = Date;
  globalThis.Date = new Proxy(RealDate, {
    apply: () => new RealDate(now).toString(),
    construct: (target, given, newTarget) =>
      Reflect.construct(target, given.length === 0 ? [now] : given, newTarget),
    get: (target, key, receiver) => (key === 'now' ? frozenNow : Reflect.get(target, key, receiver)),
  });
  function frozenNow() {
    return now;
  }
  RealDate.prototype.constructor = globalThis.Date;
}
