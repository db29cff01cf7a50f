/** What the service worker has in the place of signals: it draws nothing, so a value is only kept and worked out when asked for. */

export const signal = <T>(value: T) => ({ value, subscribe: (): void => undefined });

export const computed = <T>(work: () => T) => ({ get value(): T { return work(); } });
