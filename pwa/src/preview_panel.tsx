/** The panel beside the phone of the preview: what is shown, under which facts, which sample answers, and the score as it grows. */
import { signal, useSignal } from "@preact/signals";
import { render } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Checklist } from "./data/types";
import type { How } from "./preview_answers";
import { allowed, asked, begun, offered, type Fact, type VisitFacts } from "./preview_facts";
import type { Link, Phone, Told } from "./preview_phone";
import { own } from "./preview_words";
import { Icon } from "./ui/icons";
import { setLanguage } from "./screens/language";
import { language, read, words } from "./ui/text";

/** What the page holds as JSON. */
interface Data { checklist: Checklist; facts: Record<string, string> | null; language: string }

const told = signal<Told | null>(null);
const failure = signal<string | null>(null);
let phone: Phone | null = null;

/** Draws the page. `script` is the one that runs here, and runs in the frame too. */
export function startPanel(script: HTMLScriptElement): void {
  const host = document.getElementById("preview")!;
  document.body.classList.add("pv-page");
  const data = JSON.parse(document.getElementById("preview-data")?.textContent || "null") as Data | null;
  void setLanguage(data?.language ?? "zh").then(() => render(data ? <Page data={data} script={script} /> : <p class="notice bad" role="alert">{own.value.noData}</p>, host));
}

function Page({ data, script }: { data: Data; script: HTMLScriptElement }) {
  const { checklist } = data;
  const facts = useSignal(begun(checklist, data.facts));
  const seed = useSignal(1);
  const open = useSignal(false);
  const w = own.value;
  useEffect(() => { document.documentElement.lang = language.value === "zh" ? "zh-CN" : "en"; document.title = `${read(checklist.title)} · ${w.preview}`; });

  const ask = async (work: Promise<void>) => {
    // What happens in the frame takes the focus there; the person is still here.
    const here = document.activeElement as HTMLElement | null;
    try {
      await work;
    } catch (problem) {
      failure.value = String(problem);
    }
    if (document.activeElement === frameIn(document)) here?.tagName === "IFRAME" || here === document.body ? frameIn(document)?.blur() : here?.focus({ preventScroll: true });
  };
  const choose = (fact: Fact, value: string) => {
    const next = { ...facts.peek(), [fact]: value } as VisitFacts;
    facts.value = begun(checklist, next as unknown as Record<string, string>);
    void ask(phone!.begin(facts.peek()));
  };
  const fill = (how: How) => ask(phone!.fill(how, seed.peek()));
  const chance = () => { seed.value = 1 + Math.floor(Math.random() * 9999); void fill("random"); };
  const speak = async (name: string) => { await setLanguage(name); await phone?.speak(name); };

  return (
    <div class="pv">
      <main class="pv-panel">
        <header class="pv-head">
          <p class="pv-name"><b>{w.preview}</b><span data-testid="pv-id">{checklist.id} · v{checklist.version}</span><Languages onPick={(name) => void speak(name)} /></p>
          <h1>{read(checklist.title)}</h1>
          <Sum checklist={checklist} />
        </header>
        <div class="pv-now">
          <Total checklist={checklist} />
          <button type="button" class="outline pv-more" aria-expanded={open.value} aria-controls="pv-fold" onClick={() => (open.value = !open.value)}>{open.value ? words.value.close : w.controls}</button>
        </div>
        <div id="pv-fold" class={`pv-fold${open.value ? " on" : ""}`}>
          {failure.value && <p class="notice bad" role="alert"><Icon name="warn" /><span>{w.failed}: {failure.value}</span></p>}
          <Facts checklist={checklist} facts={facts.value} onChoose={choose} />
          <section class="pv-block">
            <h2>{w.samples}</h2>
            <div class="pv-samples">
              <button type="button" class="outline" data-testid="pv-met" onClick={() => void fill("met")}>{w.met}</button>
              <button type="button" class="outline" data-testid="pv-some" onClick={() => void fill("some")}>{w.some}</button>
              <button type="button" class="outline" data-testid="pv-random" onClick={chance}>{w.random}</button>
              <button type="button" class="outline" data-testid="pv-clear" onClick={() => void ask(phone!.begin(facts.peek()))}>{w.clear}</button>
            </div>
            <label class="pv-seed"><span>{w.seed}</span><input type="number" inputMode="numeric" min={0} max={4294967295} value={seed.value} data-testid="pv-seed" onChange={(event) => { seed.value = Math.max(0, Math.floor(event.currentTarget.valueAsNumber) || 0); void fill("random"); }} /><span class="pv-hint">{w.seedHint}</span></label>
          </section>
          <Sections checklist={checklist} />
          <Prohibitions checklist={checklist} />
          <p class="pv-hint pv-promise">{w.promise}</p>
        </div>
      </main>
      <div class="pv-phone"><Frame data={data} script={script} onReady={() => void ask(phone!.begin(facts.peek()))} /></div>
    </div>
  );
}

const frameIn = (page: Document) => page.querySelector<HTMLIFrameElement>(".pv-phone iframe");

/** The phone's own page, in which this very script runs once more: in a realm of its own, so that nothing of one run is left in the next. */
function Frame({ data, script, onReady }: { data: Data; script: HTMLScriptElement; onReady: () => void }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const lay = () => {
    const inside = frame.current!.contentDocument!;
    inside.documentElement.lang = language.peek() === "zh" ? "zh-CN" : "en";
    const link: Link = {
      checklist: data.checklist, language: language.peek(), tell: (now) => (told.value = now),
      ready: (one) => { phone = one; onReady(); },
    };
    (frame.current!.contentWindow as Window).previewLink = link;
    const sheets = [...document.querySelectorAll<HTMLElement>("style, link[rel=stylesheet]")].map((sheet) => inside.importNode(sheet, true));
    const drawn = sheets.filter((sheet) => sheet.tagName === "LINK").map((sheet) => new Promise<void>((done) => { sheet.onload = sheet.onerror = () => done(); }));
    inside.head.append(...sheets);
    void Promise.all(drawn).then(() => {
      const copy = inside.createElement("script");
      if (script.src) copy.src = script.src;
      else copy.textContent = script.textContent;
      inside.body.append(copy);
    });
  };
  const page = `<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${own.peek().phone}</title></head><body><div id="app"></div></body></html>`;
  const first = useRef(page);
  return <iframe ref={frame} title={own.value.phone} srcdoc={first.current} onLoad={lay} />;
}

function Languages({ onPick }: { onPick: (name: string) => void }) {
  return (
    <span class="pv-languages" role="group" aria-label={own.value.language}>
      {([["zh", "中文"], ["en", "English"]] as const).map(([name, label]) => <button type="button" key={name} lang={name === "zh" ? "zh-CN" : "en"} aria-pressed={language.value === name} onClick={() => onPick(name)}>{label}</button>)}
    </span>
  );
}

/** Hundredths as people write them. */
const points = (hundredths: number): string => String(hundredths / 100);
const sumOf = (checklist: Checklist): number => checklist.sections.reduce((sum, section) => sum + section.points, 0);

function Sum({ checklist }: { checklist: Checklist }) {
  const w = own.value;
  const sum = sumOf(checklist);
  return <p class={`pv-sum ${sum === 10_000 ? "good" : "wrong"}`} data-testid="pv-sum"><Icon name={sum === 10_000 ? "check" : "warn"} />{w.points(points(sum))}{sum !== 10_000 && `, ${w.pointsWrong}`}</p>;
}

function Total({ checklist }: { checklist: Checklist }) {
  const w = own.value;
  const now = told.value?.score;
  const count = (what: string) => now?.missing.filter((one) => one.what === what).length ?? 0;
  const [answers, photos, notes] = [count("answer"), count("photo"), count("note")] as const;
  return (
    <div class="pv-total" role="status">
      <p class="pv-score"><span class="sr">{w.score} </span><b class={now?.score ? "" : "none"} data-testid="pv-score">{now?.score ?? "–"}</b><small>{now?.voided ? w.unsettled : now?.score ? w.score : w.noScore}</small></p>
      <p class="pv-missing" data-testid="pv-missing" data-count={now?.missing.length ?? ""}>{now && (now.missing.length ? w.missing(answers, photos, notes) : <span class="good"><Icon name="check" />{w.complete}</span>)}</p>
      {now && now.grave.length > 0 && <p class="pv-warn" data-testid="pv-grave"><Icon name="warn" />{w.grave(checklist.critical_cap)}</p>}
      {now?.voided && <p class="pv-warn" data-testid="pv-voided"><Icon name="warn" />{w.voided}</p>}
    </div>
  );
}

function Facts({ checklist, facts, onChoose }: { checklist: Checklist; facts: VisitFacts; onChoose: (fact: Fact, value: string) => void }) {
  const w = own.value;
  const p = words.value;
  const values = allowed(checklist);
  const shown = offered(checklist, facts.kind);
  const idle = (["class", "setting"] as const).filter((fact) => !asked(checklist).has(fact));
  const named: Record<Fact, (value: string) => string> = {
    kind: (one) => p.kinds[one] ?? one, tier: (one) => p.tiers[one] ?? one, class: p.classOf, setting: (one) => p.settings[one] ?? one, part: (one) => p.parts[one] ?? one,
  };
  return (
    <section class="pv-block">
      <h2>{w.facts}</h2>
      <div class="pv-facts">
        {shown.map((fact) => (
          <label key={fact}>
            <span>{w.names[fact]}</span>
            {values[fact].length > 1
              ? <select data-testid={`pv-${fact}`} value={(fact === "part" ? told.value?.part : null) ?? facts[fact] ?? ""} onChange={(event) => onChoose(fact, event.currentTarget.value)}>{values[fact].map((value) => <option key={value} value={value}>{named[fact](value)}</option>)}</select>
              : <output>{named[fact](values[fact][0] ?? "")}</output>}
          </label>
        ))}
      </div>
      <p class="pv-hint">{w.restarts} {idle.length > 0 && w.idle(idle.map((fact) => w.names[fact]))}</p>
    </section>
  );
}

function Sections({ checklist }: { checklist: Checklist }) {
  const w = own.value;
  const now = told.value?.score;
  const seen = new Set(now?.visible);
  return (
    <section class="pv-block">
      <h2 id="pv-sections">{w.sections}</h2>
      <table aria-labelledby="pv-sections">
        <thead><tr><th scope="col">{w.section}</th><th scope="col">{w.worth}</th><th scope="col">{w.score}</th></tr></thead>
        <tbody>
          {checklist.sections.map((section) => {
            const shown = section.items.some(({ id }) => seen.has(id));
            return <tr key={section.id} class={shown ? "" : "pv-off"}><th scope="row">{read(section.title)}</th><td>{points(section.points)}</td><td data-testid={`pv-section-${section.id}`}>{shown ? now?.sections[section.id] ?? "–" : w.hidden}</td></tr>;
          })}
        </tbody>
      </table>
    </section>
  );
}

function Prohibitions({ checklist }: { checklist: Checklist }) {
  const w = own.value;
  const lost = new Set(told.value?.score.violated);
  const items = new Map(checklist.sections.flatMap((section) => section.items).map((item) => [item.id, item]));
  const grave = told.value?.score.grave ?? [];
  return (
    <section class="pv-block" data-testid="pv-violated">
      <h2>{w.violated}</h2>
      {checklist.prohibitions.length === 0 ? <p class="pv-hint">{w.noProhibitions}</p>
        : lost.size === 0 ? <p class="good"><Icon name="check" />{w.noneViolated}</p>
        : <ul>{checklist.prohibitions.filter(({ id }) => lost.has(id)).map(({ id, text }) => <li key={id} data-id={id}><Icon name="cross" /><span>{read(text)}</span></li>)}</ul>}
      {grave.length > 0 && <><h3>{words.value.critical}</h3><ul>{grave.map((id) => <li key={id} data-id={id}><Icon name="cross" /><span>{read(items.get(id)?.text)}</span></li>)}</ul></>}
    </section>
  );
}

