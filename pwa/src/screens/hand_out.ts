/** A file that leaves the app: by the phone's share sheet where it takes files, else as a download. */
export async function handOut(name: string, blob: Blob): Promise<void> {
  const file = new File([blob], name, { type: blob.type });
  if (navigator.canShare?.({ files: [file] })) return navigator.share({ files: [file] }).catch((problem: Error) => { if (problem.name !== "AbortError") throw problem; });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
