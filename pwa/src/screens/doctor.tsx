/** The check-up: whether this phone can be trusted with a visit, each check in a sentence with a way on, and a code for the helper. */
import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { RUN, type Found } from "./checkup";
import { CHECKS, encode, type Check, type Results } from "../device/checkup_code";
import { go, Screen } from "../ui/app";
import { Icon } from "../ui/icons";
import { more } from "./more";
import { size } from "../ui/moments";
import { words } from "../ui/text";
import { Inside } from "./install";

type Shown = Exclude<Check, "system">;
const ORDER = Object.keys(CHECKS) as Check[];
/** Results that are as good as the first one. */
const FINE = ["picture page"];
const fine = (check: Check, state: string): boolean => CHECKS[check][0] === state || FINE.includes(`${check} ${state}`);

export function DoctorScreen() {
  const m = more.value;
  const found = useSignal<Partial<Record<Check, Found>>>({});
  const busy = useSignal<Check | null>(null);
  const run = async (checks: readonly Check[], ask: boolean) => {
    for (const check of checks) {
      busy.value = check;
      const result: Found = await RUN[check](ask);
      found.value = { ...found.value, [check]: result };
    }
    busy.value = null;
  };
  const all = () => { found.value = {}; void run(ORDER, false); };
  useEffect(all, []);
  const whole = useComputed(() => (ORDER.every((check) => found.value[check]) ? found.value as Record<Check, Found> : null)).value;
  const wrong = ORDER.filter((check) => check !== "system" && found.value[check] && !fine(check, found.value[check].state)).length;
  return (
    <Screen name="doctor" title={m.check} up="/me">
      <p class="under lead">{m.checkLead}</p>
      <section class="block result" role="status" data-testid="doctor-result">
        {whole ? <><h2 class={wrong ? "warn-line" : "good"}><Icon name={wrong ? "warn" : "check"} />{wrong ? m.checkBad(wrong) : m.checkGood}</h2><Code results={whole} /></> : <h2>{m.checking}</h2>}
      </section>
      <ul class="checks">
        {ORDER.map((check) => check !== "system" && <Line key={check} check={check} found={found.value[check]} busy={busy.value === check} disabled={busy.value !== null} onTry={() => void run([check], true)} />)}
      </ul>
      <button type="button" class="outline wide" data-testid="doctor-again" disabled={busy.value !== null} onClick={all}>{m.checkAgain}</button>
    </Screen>
  );
}

function Code({ results }: { results: Record<Check, Found> }) {
  const m = more.value;
  const code = encode(Object.fromEntries(ORDER.map((check) => [check, results[check].state])) as Results, __APP_VERSION__);
  return (
    <>
      <p class="meta">{m.checkCode}</p>
      <p class="code" data-testid="doctor-code">{code}</p>
      <p class="under">{m.checkCodeHint}</p>
      <p class="meta">{words.value.version} {__APP_VERSION__}</p>
    </>
  );
}

function Line({ check, found, busy, disabled, onTry }: { check: Shown; found: Found | undefined; busy: boolean; disabled: boolean; onTry: () => void }) {
  const m = more.value;
  const good = found && fine(check, found.state);
  return (
    <li data-testid={`check-${check}`} data-state={found?.state}>
      <span class={found ? good ? "good" : "warn-line" : "waits"}><Icon name={found ? good ? "check" : "warn" : "more"} />{found && <span class="sr">{good ? m.checkOk : m.checkWarn}</span>}</span>
      <div>
        <b>{m.checkNames[check]}</b>
        {found ? check === "browser" && found.state !== "plain" ? <Inside /> : <p class="under">{meaning(check, found)}</p> : busy && <p class="under">{m.checking}</p>}
        {found && check === "installed" && !good && <button type="button" class="quiet" onClick={() => go("/install")}>{m.guide}</button>}
        {found && ((check === "kept" && found.state === "no") || ((check === "camera" || check === "position") && !good)) && <button type="button" class="quiet" disabled={disabled} data-testid={`try-${check}`} onClick={onTry}>{check === "kept" ? m.askToKeep : m.tryIt}</button>}
      </div>
    </li>
  );
}

function meaning(check: Shown, { state, fact = 0 }: Found): string {
  const m = more.value;
  if (check === "browser") return m.browserPlain;
  const number = check === "clock" ? m.seconds(fact) : check === "position" ? words.value.metres(Math.max(fact, 10)) : size(fact);
  return ((m.meanings[check] as Record<string, string>)[state] ?? "").replace("{n}", number);
}
