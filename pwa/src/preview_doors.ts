/** What the preview has in the place of the browser's doors: a store, an address and a network that end in this page's memory.
 *
 *  build.mjs puts these under the browser's own names into every file of the preview. So the phone's code that runs in it cannot
 *  reach the phone's real database, session, worker, address or server, whatever it asks for, and runs from a file as well.
 */
export {
  indexedDB, IDBCursor, IDBCursorWithValue, IDBDatabase, IDBFactory, IDBIndex, IDBKeyRange, IDBObjectStore, IDBOpenDBRequest, IDBRequest, IDBTransaction,
  IDBVersionChangeEvent,
} from "fake-indexeddb";

/** No network, no place, no locks, no service worker: what each of them is asked for is then missing, which the app is made for. */
export const navigator = { onLine: false, language: window.navigator.language, userAgent: "", platform: "", maxTouchPoints: 0 };

/** Not offered, as in a browser that does not know them. */
export const BroadcastChannel = undefined;
export const XMLHttpRequest = undefined;
export const caches = undefined;
export const Worker = undefined;

export const fetch = (): Promise<never> => Promise.reject(new TypeError("the preview has no network"));

const kept = new Map<string, string>();
export const localStorage = {
  getItem: (key: string): string | null => kept.get(key) ?? null,
  setItem: (key: string, text: string): void => void kept.set(key, text),
  removeItem: (key: string): void => void kept.delete(key),
};
export const sessionStorage = localStorage;

/** The address of the app in the preview; the page's own stays as it is. */
export const location = { hash: "", search: "", href: "", reload: (): void => undefined };

const past: { state: unknown; hash: string }[] = [];
export const history = {
  state: null as unknown,
  scrollRestoration: "manual",
  pushState(state: unknown, _: string, address: string): void {
    past.push({ state: history.state, hash: location.hash });
    history.replaceState(state, _, address);
  },
  replaceState(state: unknown, _: string, address: string): void {
    history.state = state;
    location.hash = address;
  },
  back(): void {
    const last = past.pop();
    if (!last) return;
    history.replaceState(last.state, "", last.hash);
    dispatchEvent(new Event("popstate"));
  },
};
