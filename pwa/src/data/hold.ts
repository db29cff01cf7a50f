/** A visit is written by one tab: the others show it, say so, and may take it over. */
import { signal, type Signal } from "@preact/signals";

export interface Hold { elsewhere: Signal<boolean>; takeOver(): Promise<void>; release(): void }

/** Without Web Locks (old WebKit) the number of the stored change in records.ts is the only guard. */
export async function hold(name: string): Promise<Hold> {
  const locks = (globalThis.navigator as Navigator | undefined)?.locks;
  const elsewhere = signal(false);
  let release = (): void => {};
  const take = (options: LockOptions): Promise<void> =>
    new Promise((answered) => {
      const held = locks?.request(name, options, (lock) => {
        elsewhere.value = lock === null;
        answered();
        return lock && new Promise<void>((end) => {
          release = end;
        });
      });
      // Another tab took the lock away.
      held?.catch(() => {
        elsewhere.value = true;
      });
    });
  if (locks) await take({ ifAvailable: true });
  return { elsewhere, takeOver: async () => (locks ? take({ steal: true }) : undefined), release: () => release() };
}
