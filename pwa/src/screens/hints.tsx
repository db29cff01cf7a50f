/** What Today says below its lists: shared pictures that wait for their visit, and once how to install. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { me } from "../data/session";
import { waitingFor } from "../data/shared";
import { recall, remember } from "../data/small";
import { standalone, visible } from "../device/lifecycle";
import { go } from "../ui/app";
import { Icon } from "../ui/icons";
import { words } from "../ui/text";

const SAID = "install-hint";
/** Whether this page is inside another app (device/browser.ts knows which). */
export const within = /MicroMessenger|\bQQ\/|AlipayClient|DingTalk|Weibo/i.test(navigator.userAgent);

export function Hints() {
  const w = words.value;
  const shared = useSignal(0);
  const said = useSignal(standalone() || Boolean(recall(SAID)));
  const shown = visible.value;
  useEffect(() => { if (shown) waitingFor(me.peek()!.user.id).then((found) => (shared.value = found.length), () => undefined); }, [shown]);
  const done = () => { remember(SAID, "1"); said.value = true; };
  return (
    <>
      {shared.value > 0 && <button type="button" class="notice hint" data-testid="shared-hint" onClick={() => go("/shared")}><Icon name="album" /><span>{w.hintShared(shared.value)}</span><Icon name="next" /></button>}
      {(within || !said.value) && (
        <p class={`notice once${within ? "" : " calm"}`} data-testid="install-hint">
          <span>{within ? w.hintInside : w.hintInstall}</span>
          <button type="button" class="quiet" onClick={() => { done(); go("/install"); }}>{w.hintHow}</button>
          {!within && <button type="button" class="icon-button" aria-label={w.close} onClick={done}><Icon name="cross" /></button>}
        </p>
      )}
    </>
  );
}
