/** What a reviewer typed stays in this tab until the visit is decided: next, previous and links lose nothing. */

const BEGIN = "review:";

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement;

/** Puts back what was typed on this page before, and keeps what is typed from now on; signing in forgets all of it. */
export function keepTyped(): void {
  const form = document.querySelector<HTMLFormElement>("form[data-kept]");
  if (location.pathname === "/login") {
    for (const key of Object.keys(sessionStorage).filter((each) => each.startsWith(BEGIN))) sessionStorage.removeItem(key);
  }
  if (!form) return;
  const key = BEGIN + (form.dataset["kept"] ?? "");
  const fields = ([...form.elements] as Field[]).filter((field) => field.name && field.type !== "hidden" && !field.matches("button"));
  const ticked = (field: Field): field is HTMLInputElement => field instanceof HTMLInputElement && field.type === "checkbox";
  const kept = read(key);
  for (const field of fields) {
    const before = kept[field.name];
    if (before === undefined) continue;
    if (ticked(field)) field.checked = true;
    else if (!field.value) field.value = before;
    const fold = field.closest("details");
    if (fold) fold.open = true;
  }
  const keep = (): void => {
    const typed: Record<string, string> = {};
    for (const field of fields) if (ticked(field) ? field.checked : field.value.trim()) typed[field.name] = field.value;
    sessionStorage.setItem(key, JSON.stringify(typed));
  };
  document.addEventListener("input", keep);
  document.addEventListener("change", keep);
}

/** What is being worked on is looked at again soon; not while somebody writes or looks at a photo. */
export function lookAgain(): void {
  if (!document.querySelector("[data-again]")) return;
  const soon = (): void => void setTimeout(() => (document.activeElement?.matches("input, textarea, select, dialog[open] *") ? soon() : location.reload()), 3000);
  soon();
}

function read(key: string): Record<string, string> {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? "{}") as Record<string, string>;
  } catch {
    return {};
  }
}
