/** The app lock: only the PIN opens it, each wait is longer, and no clock that is set shortens one. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { appLock, digits, loadLock, moment, overdue, removeLock, setAfter, setPin, tryPin, waitLeft } from "../../pwa/src/data/lock";
import { cameraFresh, coverSet, hearCover, keepDiscreet, keepPlace } from "../../pwa/src/data/cover_set";
import { db } from "../../pwa/src/data/records";
import { me } from "../../pwa/src/data/session";
import { signIn, signOut } from "../../pwa/src/data/signing";
import { code, killed, pass, readyPhone, time } from "./make";
import { Stub } from "./stub_server";

const stub = new Stub();
let base = "";
before(async () => void (base = await stub.listen()));
after(() => stub.close());
beforeEach(async () => {
  await readyPhone(stub, base);
  await loadLock();
});

/** Wrong entries, one after the other, each as soon as it is taken. */
async function wrong(times: number): Promise<void> {
  for (let at = 0; at < times; at += 1) {
    pass(waitLeft());
    assert.equal(await tryPin("9999"), false);
  }
}

async function restarted(): Promise<void> {
  await killed();
  time.mono = 5;
  appLock.value = null;
  await loadLock();
}

test("only the PIN opens it, after a restart too, and neither it nor a plain hash of it is stored", async () => {
  await setPin("２０２６１１");
  await restarted();
  assert.equal(await tryPin("202612"), false);
  assert.equal(await tryPin("202611"), true);
  assert.equal(appLock.value?.wrong, 0);
  const kept = JSON.stringify(await db().get("meta", "app-lock"));
  assert.ok(!kept.includes("202611") && (appLock.value?.rounds ?? 0) >= 210_000, kept);
  const first = appLock.value?.hash;
  await setPin("202611");
  assert.notEqual(appLock.value?.hash, first);
});

test("four to eight digits, whatever keyboard they come from", async () => {
  assert.deepEqual(["123", "123456789", "12a4", "１２３４", " 12345678 "].map(digits), [null, null, null, "1234", "12345678"]);
  assert.equal(await code(setPin("123")), "pin-digits");
  assert.equal(appLock.value, null);
});

test("two slips are free, then each wait is twice the one before, up to a quarter of an hour, and right ends it", async () => {
  await setPin("2580");
  const waits: number[] = [];
  for (let at = 0; at < 11; at += 1) {
    await wrong(1);
    waits.push(waitLeft() / 1000);
  }
  assert.deepEqual(waits, [0, 0, 15, 30, 60, 120, 240, 480, 900, 900, 900]);
  assert.equal(await code(tryPin("2580")), "pin-wait");
  pass(waitLeft());
  assert.equal(await tryPin("2580"), true);
  assert.equal(waitLeft(), 0);
});

test("a wait survives a restart, and a kill in the middle of an entry wins none", async () => {
  await setPin("2580");
  await wrong(4);
  pass(10_000);
  await restarted();
  assert.equal(waitLeft(), 20_000);
  pass(20_000);
  const trying = tryPin("1111");
  await new Promise<void>((counted) => void appLock.subscribe((lock) => lock?.wrong === 5 && counted()));
  await db().close();
  await trying.catch(() => undefined);
  await restarted();
  assert.deepEqual([appLock.value?.wrong, waitLeft()], [5, 60_000]);
});

test("a clock that is set back begins the wait anew, one that is set forward under the open page wins nothing", async () => {
  await setPin("2580");
  await wrong(4);
  time.now += 86_400_000;
  assert.equal(waitLeft(), 30_000);
  time.now -= 86_400_000;
  pass(12_000);
  assert.equal(waitLeft(), 18_000);
  time.now -= 3_600_000;
  assert.equal(waitLeft(), 30_000);
  await new Promise<void>((stored) => void appLock.subscribe((lock) => lock?.since === time.now && stored()));
  await restarted();
  assert.equal(waitLeft(), 30_000);
  pass(29_000);
  assert.equal(waitLeft(), 1000);
});

test("it locks after the chosen time in the background by whichever clock went on, and when the clock went back", () => {
  const left = moment();
  time.now += 59_000;
  assert.deepEqual([overdue(left, 0, false), overdue(left, 1, false)], [true, false]);
  time.mono += 60_000;
  assert.deepEqual([overdue(left, 1, false), overdue(left, 5, false)], [true, false]);
  time.now += 241_000;
  assert.deepEqual([overdue(left, 5, false), overdue(left, 15, false)], [true, false]);
  time.now -= 3_600_000;
  assert.equal(overdue(left, 15, false), true);
});

test("a photo that is awaited keeps it open, for five minutes at most", () => {
  const left = moment();
  pass(299_000);
  assert.deepEqual([overdue(left, 0, true), cameraFresh(left.now)], [false, true]);
  pass(1000);
  assert.deepEqual([overdue(left, 0, true), overdue(left, 15, true), cameraFresh(left.now), cameraFresh(time.now + 1)], [true, false, false, false]);
});

test("each user has a lock of the own, and taking it off takes all of it", async () => {
  await setPin("2580");
  await setAfter(15);
  const found = async () => { await loadLock(); return appLock.value?.after ?? null; };
  await signOut();
  assert.equal(await found(), null);
  await signIn("wang", "right");
  assert.equal(await found(), null);
  await signIn("lin", "right");
  assert.equal(await found(), 15);
  await removeLock();
  assert.equal(await db().get("meta", "app-lock"), undefined);
});

test("the lock of whoever leaves locks nobody else, and no PIN opens a lock that is not found", async () => {
  await setPin("2580");
  await signOut();
  assert.equal(appLock.value, null);
  await signIn("lin", "right");
  await loadLock();
  await signIn("wang", "right");
  assert.equal(appLock.value, null);
  assert.equal(await tryPin("2580"), false);
  await signIn("lin", "right");
  await db().tx(["meta"], "readwrite", (tx) => tx.objectStore("meta").put({}, "app-lock"));
  assert.equal(await tryPin("2580"), false);
});

test("the other pages of the same user hear of the lock and of discreet mode, and a page that has not heard yet switches nothing on again", async () => {
  const user = me.value!.user.id;
  hearCover(user, () => undefined);
  const other = new BroadcastChannel(`xunting-cover-${user}`);
  const heard = () => new Promise<void>((done) => { other.onmessage = () => done(); });
  const changes: (() => Promise<unknown>)[] = [() => setPin("2580"), () => setAfter(0), () => removeLock(), () => keepDiscreet("/today"), () => keepDiscreet(null)];
  for (const change of changes) await Promise.all([heard(), change()]);
  await keepPlace("/me");
  assert.equal((await coverSet()).place, null);
  await keepDiscreet("/today");
  await keepPlace("/me");
  assert.equal((await coverSet()).place, "/me");
  other.close();
  hearCover(undefined, () => undefined);
});
