/** Originals: pictures that an item wants unshrunk, many times as large as others, and whether they wait for Wi-Fi. */
import { signal, type Signal } from "@preact/signals";
import { db } from "./records";
import type { Checklist, Sha256, VisitDocument } from "./types";

const KEY = "wifi-only";

/** What the person wants, as stored for this user; read when a screen shows it. */
export const wifiOnly: Signal<boolean> = signal(false);

/** Of the files that a document names, with their bytes. */
export function originals({ files }: VisitDocument, checklist: Checklist | undefined): ReadonlyMap<Sha256, number> {
  const items = new Set(checklist?.sections.flatMap((section) => section.items).filter((item) => item.original).map(({ id }) => id));
  return new Map(files.filter(({ kind, item }) => kind === "original" || (item !== null && items.has(item))).map((file) => [file.sha256, file.bytes]));
}

/** What carries the phone's data: null where the browser does not say. */
export function carrier(): string | null {
  return (globalThis as { navigator?: { connection?: { type?: string } } }).navigator?.connection?.type ?? null;
}

/** The files that stay here for now. Where the browser does not say what carries it, all of them do. */
export async function heldBack(document: VisitDocument): Promise<ReadonlyMap<Sha256, number>> {
  if (["wifi", "ethernet"].includes(carrier() ?? "") || !(await readWifiOnly())) return new Map();
  return originals(document, await db().get("checklists", `${document.checklist.id}@${document.checklist.version}`));
}

export async function readWifiOnly(): Promise<boolean> {
  return (wifiOnly.value = (await db().get("meta", KEY)) === true);
}

export async function setWifiOnly(wanted: boolean): Promise<void> {
  await db().tx(["meta"], "readwrite", (tx) => tx.objectStore("meta").put(wanted, KEY));
  wifiOnly.value = wanted;
}
