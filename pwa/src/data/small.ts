/** Small texts beside the store: localStorage, where there is one and the browser lets us near it. */

/** A worker has none, and with site data blocked even asking throws. */
function room(): Storage | undefined {
  try {
    return (globalThis as { localStorage?: Storage }).localStorage;
  } catch {
    return undefined;
  }
}

export function recall(key: string): string | null {
  return room()?.getItem(key) ?? null;
}

/** null takes it away. */
export function remember(key: string, text: string | null): void {
  try {
    if (text === null) room()?.removeItem(key);
    else room()?.setItem(key, text);
  } catch (problem) {
    // Full, or private: what stands here is worth less than what is being done.
    console.info("not remembered:", key, problem);
  }
}
