/** The phone's stores as somebody reads them who has the phone and no key: every row of every database, with its bytes as text. */

export interface RawRow { database: string; store: string; key: IDBValidKey; value: unknown }

const answered = <T>(request: IDBRequest<T>): Promise<T> => new Promise((done, failed) => {
  request.onsuccess = () => done(request.result);
  request.onerror = () => failed(request.error);
});

export async function rawRows(only?: string): Promise<RawRow[]> {
  const rows: RawRow[] = [];
  for (const { name } of await indexedDB.databases()) {
    if (!name || (only && name !== only)) continue;
    const database = await answered(indexedDB.open(name));
    for (const store of database.objectStoreNames) {
      const room = database.transaction(store).objectStore(store);
      const [keys, values] = await Promise.all([answered(room.getAllKeys()), answered(room.getAll())]);
      keys.forEach((key, at) => rows.push({ database: name, store, key, value: values[at] }));
    }
    database.close();
  }
  return rows;
}

/** All that can be read, UTF-8 in buffers too. */
export function readable(rows: readonly RawRow[]): string {
  return rows.map(({ database, store, key, value }) => `${database}/${store}/${String(key)}: ${text(value)}`).join("\n");
}

function text(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => {
    if (one instanceof CryptoKey) return one.extractable ? "a key that can be read" : "a key";
    if (one instanceof ArrayBuffer || ArrayBuffer.isView(one)) return new TextDecoder().decode(one as ArrayBuffer);
    return one;
  }) ?? "";
}
