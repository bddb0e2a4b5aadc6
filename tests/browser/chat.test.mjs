// The page of the chat example against the local gateway, four environments and a real browser.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startGateway } from "./gateway.mjs";
import { OWN_SOCKETS, Person, launch, screenshotFolder } from "./person.mjs";

const WIDE = { viewport: { width: 1280, height: 800 }, colorScheme: "light" };
const NARROW = { viewport: { width: 390, height: 844 }, colorScheme: "dark", isMobile: true, hasTouch: true };

let gateway, browser, shots;

before(async () => {
  [gateway, browser, shots] = await Promise.all([startGateway(), launch(), screenshotFolder()]);
  console.log(`screenshots: ${shots}`);
});

after(async () => {
  await browser?.close();
  await gateway?.stop();
});

const arrive = (options) => Person.arrive(browser, gateway.page, options);
const shoot = (person, name) => person.page.screenshot({ path: join(shots, `${name}.png`) });

test("two people meet in a room, talk, and see each other go", async () => {
  const [ada, ben] = await Promise.all([arrive(WIDE), arrive(NARROW)]);
  await ada.connected();
  await shoot(ada, "lobby-wide");
  await ben.connected();
  await shoot(ben, "lobby-narrow");
  await Promise.all([ada.fitsTheScreen(), ben.fitsTheScreen()]);

  await ada.join("blue", "Ada");
  await ada.sees("Ada");
  await ben.join("blue", "Ben");
  await Promise.all([ada.sees("Ada", "Ben"), ben.sees("Ada", "Ben")]);

  await ada.say("Hello Ben");
  await Promise.all([ada.hears("Ada", "Hello Ben"), ben.hears("Ada", "Hello Ben")]);
  await ben.say("Good morning, Ada. A longer line shows how words wrap on a narrow screen, where there is little room.");
  await ada.hears("Ben", "Good morning, Ada. A longer line shows how words wrap on a narrow screen, where there is little room.");
  assert.equal(await ada.page.locator("#messages .mine").count(), 1);
  assert.equal(await ada.element("text").inputValue(), "", "what was sent is not in the field any more");
  await Promise.all([ada.fitsTheScreen(), ben.fitsTheScreen()]);
  await shoot(ada, "room-wide");
  await shoot(ben, "room-narrow");

  await ben.page.getByRole("button", { name: "Leave" }).click();
  await ada.sees("Ada");
  assert.ok(await ben.element("lobby").isVisible());

  await ben.join("blue", "Ben");
  await ada.sees("Ada", "Ben");
  await ben.vanish();
  await ada.sees("Ada");
  await ada.vanish();
});

test("rooms do not hear each other", async () => {
  const [ada, ben] = await Promise.all([arrive(WIDE), arrive(WIDE)]);
  await ada.join("red", "Ada");
  await ben.join("green", "Ben");
  await Promise.all([ada.sees("Ada"), ben.sees("Ben")]);
  await ben.say("only for green");
  await ben.hears("Ben", "only for green");
  // Ada's own message comes after Ben's would have come.
  await ada.say("only for red");
  await ada.hears("Ada", "only for red");
  assert.equal(await ada.page.locator("#messages .said").count(), 1);
  await Promise.all([ada.vanish(), ben.vanish()]);
});

test("what people write is shown as text, whatever it looks like", async () => {
  const ada = await arrive(WIDE);
  const name = "<b>Ada</b>";
  await ada.join("<i>attic</i>", name);
  await ada.sees(name);
  for (const text of ['<img src="x" onerror="window.broken = true">', 'say "caf\u00e9"\\ 👋\u{1F3FD}', "two\nlines"]) {
    await ada.say(text);
    await ada.hears(name, text);
  }
  assert.equal(await ada.page.locator("main img, main b, main i").count(), 0);
  assert.equal(await ada.page.evaluate(() => window.broken), undefined);
  await ada.vanish();
});

test("a blank field is marked, explained and not sent", async () => {
  const ada = await arrive(NARROW);
  await ada.join("  ", "");
  assert.equal(await ada.element("room").getAttribute("aria-invalid"), "true");
  assert.match(await ada.element("room-problem").textContent(), /name a room/);
  assert.match(await ada.element("name-problem").textContent(), /who you are/);
  assert.ok(await ada.element("lobby").isVisible());
  await shoot(ada, "blank-fields");

  await ada.join("plain", "Ada");
  await ada.sees("Ada");
  await ada.say("   ");
  assert.match(await ada.element("text-problem").textContent(), /write something/);
  assert.equal(await ada.page.locator("#messages .said").count(), 0);
  await ada.vanish();
});

test("an error from the server is told in words, and the page goes on", async () => {
  let server;
  const ada = await arrive({
    ...WIDE,
    beforePage: (page) => page.routeWebSocket(OWN_SOCKETS, (socket) => { server = socket.connectToServer(); }),
  });
  await ada.join("errors", "Ada");
  await ada.sees("Ada");
  server.send(JSON.stringify({ action: "say", room: "errors" }));
  await ada.notices(/\w{3,} \w+/);
  await shoot(ada, "error-notice");
  await ada.element("notice-close").click();
  await ada.element("notice").waitFor({ state: "hidden" });
  await ada.say("still here");
  await ada.hears("Ada", "still here");
  await ada.vanish();
});

test("a lost connection comes back by itself, into the same room", async () => {
  const sockets = [];
  const ada = await arrive({
    ...WIDE,
    beforePage: (page) => page.routeWebSocket(OWN_SOCKETS, (socket) => {
      sockets.push({ socket, server: socket.connectToServer() });
    }),
  });
  const ben = await arrive(WIDE);
  await ada.join("lost", "Ada");
  await ben.join("lost", "Ben");
  await ben.sees("Ada", "Ben");

  const [{ socket, server }] = sockets;
  await Promise.all([server.close(), socket.close({ code: 1001, reason: "Going away" })]);
  await ben.page.locator("#messages .event", { hasText: "Ada left" }).waitFor();
  await ada.page.locator("#messages .event", { hasText: "connected again" }).waitFor();
  await Promise.all([ada.sees("Ada", "Ben"), ben.sees("Ada", "Ben")]);
  await ben.say("welcome back");
  await ada.hears("Ben", "welcome back");
  assert.equal(sockets.length, 2);
  await Promise.all([ada.vanish(), ben.vanish()]);
});
