/** Fetches parts of the app when they are needed first. Each is a plain script that lays what it gives into `self.parts` (parts.mjs). */
declare global {
  // eslint-disable-next-line no-var
  var parts: Record<string, unknown> | undefined;
  var part: ((names: string[]) => Promise<unknown>) | undefined;
}

const begun = new Map<string, Promise<void>>();

/** The last of these parts, when all of them are here. Rejects when one cannot be fetched; then the next time asks again. */
self.part = async (names) => {
  // One after the other, since each needs those before it; and no other part waits for one that does not come.
  for (const name of names) await (begun.get(name) ?? fetched(name));
  return self.parts![names.at(-1)!];
};

function fetched(name: string): Promise<void> {
  const address = `/app/build/${name}.js`;
  const away = (): Error => Object.assign(new Error(address), { code: "network" });
  const coming = new Promise<void>((resolve, reject) => {
    if (self.parts?.[name]) return resolve();
    // One that the page itself begins with is on its way.
    const own = document.querySelector<HTMLScriptElement>(`script[src="${address}"]`);
    const script = own ?? document.createElement("script");
    script.addEventListener("load", () => (self.parts?.[name] ? resolve() : reject(away())));
    script.addEventListener("error", () => reject(away()));
    if (own) return;
    script.src = address;
    document.head.append(script);
  });
  begun.set(name, coming);
  coming.catch(() => {
    begun.delete(name);
    document.querySelector(`script[src="${address}"]`)?.remove();
  });
  return coming;
}

export {};
