/** How to put the app on the home screen: the browser's own question where it has one, else its menu in words. */
import { useSignal } from "@preact/signals";
import { inside } from "../device/browser";
import { canInstall, install, iOS, standalone } from "../device/lifecycle";
import { menuOf, type Menu } from "../device/menus";
import { complain, route, Screen } from "../ui/app";
import { Icon } from "../ui/icons";
import { more } from "./more";

const MENUS: readonly Menu[] = ["ios", "chrome", "huawei", "xiaomi"];

export function InstallScreen() {
  const m = more.value;
  const mine = menuOf(navigator.userAgent, iOS());
  const within = inside() !== "plain";
  return (
    <Screen name="install" title={m.guide} up="/me">
      {route.value.query.has("start") && <p class="notice bad" role="alert" data-testid="no-start"><Icon name="warn" /><span>{within ? m.startInside : m.startTab}</span></p>}
      <p class="under lead">{m.installLead}</p>
      {standalone() && <p class="notice calm"><Icon name="check" /><span>{m.installed}</span></p>}
      {within && <div class="notice"><Icon name="warn" /><Inside /></div>}
      <section class="block">
        <h2>{m.installThis} · {m.menus[mine]}</h2>
        {canInstall.value && <button type="button" class="primary wide" data-testid="install-now" onClick={() => void install()}>{m.installNow}</button>}
        <Steps menu={mine} />
        <p class="under">{m.installName}</p>
      </section>
      <section class="block others">
        <h2>{m.installOthers}</h2>
        {MENUS.filter((menu) => menu !== mine).map((menu) => <details key={menu}><summary>{m.menus[menu]}</summary><Steps menu={menu} /></details>)}
      </section>
    </Screen>
  );
}

function Steps({ menu }: { menu: Menu }) {
  return <ol class="steps">{more.value.menuSteps[menu].map((step) => <li key={step}>{step}</li>)}</ol>;
}

/** The way out of another app's own browser. */
export function Inside() {
  const m = more.value;
  const copied = useSignal(false);
  const app = inside();
  if (app === "plain") return null;
  const copy = () => navigator.clipboard.writeText(`${location.origin}/app/`).then(() => { copied.value = true; }, complain);
  return <div class="inside"><p class="under">{m.insideLead(...m.inside[app])}</p><p class="address">{`${location.origin}/app/`}</p><button type="button" class="quiet" onClick={() => void copy()}>{copied.value ? m.copied : m.copyAddress}</button></div>;
}
