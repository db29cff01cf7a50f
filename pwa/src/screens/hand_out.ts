/** A file that leaves the app: by the phone's share sheet where it takes files, else as a download. */
export async function handOut(name: string, blob: Blob): Promise<void> {
  const file = forSheet(name, blob);
  return file ? share(file) : keep(name, blob);
}

/** What the share sheet takes of it: the file itself or, with `plain`, the same bytes named as a text where the browser shares known kinds alone. */
export function forSheet(name: string, blob: Blob, plain = false): File | null {
  const files = [new File([blob], name, { type: blob.type }), ...(plain ? [new File([blob], name.replace(/\.\w+$/, ".txt"), { type: "text/plain" })] : [])];
  return files.find((file) => navigator.canShare?.({ files: [file] })) ?? null;
}

/** Must be called in a tap. */
export async function share(file: File): Promise<void> {
  await navigator.share({ files: [file] }).catch((problem: Error) => { if (problem.name !== "AbortError") throw problem; });
}

/** Into the phone's downloads. */
export function keep(name: string, blob: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
