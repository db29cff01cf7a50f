"""Reads the phone's own stores from within its page: what lies sealed there is opened with the key that lies on the phone while somebody is signed in."""

from __future__ import annotations

READER = """
const asked = (request) => new Promise((done, no) => { request.onsuccess = () => done(request.result); request.onerror = () => no(request.error); });
const CLEAR = { visits: ["id"], photos: ["key", "visit", "sha256"], bytes: ["sha256", "stored_at"], outbox: ["visit"], notes: ["id"], replies: ["id"], meta: [] };
const opened = async (store, row) => {
    if (!row?.sealed) return row;
    const phone = await asked(indexedDB.open("xunting"));
    const rings = await asked(phone.transaction("meta").objectStore("meta").getAll(IDBKeyRange.bound("keys/", "keys0")));
    phone.close();
    // Of who is not signed in now.
    const key = rings.map(({ all }) => all[row.by]).find(Boolean);
    if (!key) return undefined;
    const additionalData = new TextEncoder().encode([store, ...CLEAR[store].map((name) => row[name])].join(" "));
    const bytes = await crypto.subtle.decrypt({ name: "AES-GCM", iv: row.iv, additionalData }, key, row.sealed);
    return JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, new DataView(bytes).getUint32(0))));
};
const rows = async (store) => {
    const found = [];
    for (const { name } of await indexedDB.databases()) {
        if (!name.startsWith("xunting-")) continue;
        const db = await asked(indexedDB.open(name));
        const all = await asked(db.transaction(store).objectStore(store).getAll());
        db.close();
        found.push(...(await Promise.all(all.map((row) => opened(store, row)))).filter((row) => row !== undefined));
    }
    return found;
};
"""


def reading(body: str) -> str:
    """A function for the page, of one argument `given`, whose body may use `rows(store)` of all users and `opened(store, row)`."""
    return f"async (given) => {{ {READER} {body} }}"
