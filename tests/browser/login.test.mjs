// The chat for members: in by a token, in by a ticket, and turned away.
import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startGateway } from "./gateway.mjs";
import { OWN_SOCKETS, Person, launch, screenshotFolder } from "./person.mjs";

const WIDE = { viewport: { width: 1280, height: 800 }, colorScheme: "light" };
const NARROW = { viewport: { width: 390, height: 844 }, colorScheme: "dark", isMobile: true, hasTouch: true };
const SECRET = randomBytes(32).toString("hex");

let gateway, browser, shots;
/** All that nobody may find in a log or an address. */
const secrets = [];

before(async () => {
  [gateway, browser, shots] = await Promise.all([
    startGateway({ CHAT_TOKEN_SECRET: SECRET, RUST_LOG: "trace" }), launch(), screenshotFolder(),
  ]);
  console.log(`screenshots: ${shots}`);
});

after(async () => {
  await browser?.close();
  await gateway?.stop();
  const log = gateway?.log.join("\n") ?? "";
  for (const secret of secrets) {
    const kept = secret.split(".").filter((part) => part.length > 24 && log.includes(part));
    assert.deepEqual(kept, [], "no token and no ticket is in the log");
  }
});

/** HS256, good for `life` seconds. */
function token(user, life = 600, secret = SECRET) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const exp = Math.floor(Date.now() / 1000) + life;
  // a header of its own: the usual one is a text that stands in many places
  const signed = `${part({ alg: "HS256", typ: "JWT", n: randomBytes(18).toString("hex") })}.${part({ sub: user, aud: "chat", exp })}`;
  const whole = `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
  secrets.push(whole);
  return whole;
}

const arrive = (fragment = "", options = WIDE) => Person.arrive(browser, gateway.page + fragment, options);
const withToken = (user, options) => arrive(`#token=${token(user)}`, options);
const shoot = (person, name) => person.page.screenshot({ path: join(shots, `${name}.png`) });
const ticketOf = (person) => {
  const ticket = new URL(person.sockets[0]).searchParams.get("ticket");
  secrets.push(ticket);
  return ticket;
};

test("a token lets its holder in, who goes by that name on every message", async () => {
  const [ann, ben] = await Promise.all([withToken("ann"), withToken("ben", NARROW)]);
  await Promise.all([ann.isLoggedInAs("ann"), ben.isLoggedInAs("ben")]);
  assert.equal(new URL(ann.page.url()).hash, "", "the token is out of the address");
  assert.deepEqual(ann.sockets.map((socket) => new URL(socket).search), [""], "and never was in the socket's");
  assert.equal(await ann.page.getByRole("textbox", { name: "Your name" }).count(), 0, "she need not say who she is");
  await Promise.all([shoot(ann, "member-lobby-wide"), shoot(ben, "member-lobby-narrow")]);
  await Promise.all([ann.fitsTheScreen(), ben.fitsTheScreen()]);

  await ann.join("blue");
  await ann.sees("ann");
  await ben.join("blue");
  await Promise.all([ann.sees("ann", "ben"), ben.sees("ann", "ben")]);
  for (const text of ["first", "second", "third"]) {
    await ben.say(text);
    await ann.hears("ben", text);
  }
  await ann.say("I hear you");
  await ben.hears("ann", "I hear you");
  assert.equal(await ann.page.locator("#messages .mine").count(), 1);
  await Promise.all([shoot(ann, "member-room-wide"), shoot(ben, "member-room-narrow")]);
  await Promise.all([ann.fitsTheScreen(), ben.fitsTheScreen()]);
  await Promise.all([ann.vanish(), ben.vanish()]);
});

test("a name in a message is not believed", async () => {
  let server;
  const ann = await withToken("ann");
  const eve = await arrive(`#token=${token("eve")}`, {
    ...WIDE,
    beforePage: (page) => page.routeWebSocket(OWN_SOCKETS, (socket) => { server = socket.connectToServer(); }),
  });
  await ann.join("names");
  await ann.sees("ann");
  await eve.connected();
  server.send(JSON.stringify({ action: "join", room: "names", name: "ann" }));
  await ann.sees("ann", "eve");
  server.send(JSON.stringify({ action: "say", room: "names", from: "ann", name: "ann", user: "ann", text: "I am ann" }));
  await ann.hears("eve", "I am ann");
  await Promise.all([ann.vanish(), eve.vanish()]);
});

test("who shows no token, or no good one, is told so and may log in", async () => {
  const ann = await arrive("", NARROW);
  await ann.isTurnedAway(/for members/);
  assert.equal(await ann.page.evaluate(() => document.activeElement.id), "token", "the keyboard is where it is needed");
  await ann.fitsTheScreen();
  await shoot(ann, "door-narrow");
  await ann.logIn("no token");
  assert.match(await ann.element("token-problem").textContent(), /three words/);
  await ann.logIn(token("ann", -3600));
  await ann.isTurnedAway(/expired/);
  await ann.logIn(token("ann", 600, "another secret of more than thirty-two bytes"));
  await ann.isTurnedAway(/did not accept/);
  assert.equal(ann.sockets.length, 3, "none of them is tried again by itself");
  await ann.logIn(token("ann"));
  await ann.isLoggedInAs("ann");
  await ann.join("doors");
  await ann.sees("ann");

  await ann.page.reload();
  await ann.isLoggedInAs("ann");
  await ann.page.getByRole("button", { name: "Log out" }).click();
  await ann.isTurnedAway(/logged out/);
  await ann.page.reload();
  await ann.isTurnedAway(/for members/);
  await ann.vanish();
});

test("a token that has expired is refused at the door", async () => {
  const ann = await arrive(`#token=${token("ann", -60)}`);
  await ann.isTurnedAway(/expired/);
  await shoot(ann, "door-wide");
  await ann.vanish();
});

test("a login that ends while connected leads to the door", async () => {
  // within the 30 seconds by which clocks may differ a token still opens the door, and the login is over
  const ann = await arrive(`#token=${token("ann", -5)}`);
  await ann.isTurnedAway(/expired/);
  await ann.logIn(token("ann"));
  await ann.isLoggedInAs("ann");
  await ann.vanish();
});

test("a second window comes in by a ticket, which is good once", async () => {
  const [ann, ben] = await Promise.all([withToken("ann"), withToken("ben")]);
  await ben.join("windows");
  await ann.join("windows");
  await ben.sees("ann", "ben");
  const second = await ann.opens(() => ann.page.getByRole("button", { name: "Second window" }).click());
  await second.isLoggedInAs("ann");
  assert.equal(await second.page.evaluate(() => sessionStorage.getItem("chat.token")), "", "it has no token");
  assert.equal(new URL(second.page.url()).hash, "", "and no ticket in its address any more");
  assert.equal(await second.element("room").inputValue(), "windows");
  await second.join("windows");
  await second.sees("ann", "ben");
  await second.say("from the second");
  await Promise.all([ben.hears("ann", "from the second"), ann.hears("ann", "from the second")]);
  await shoot(second, "second-window");

  const thief = await arrive(`#ticket=${ticketOf(second)}`);
  await thief.isTurnedAway(/good once/);
  assert.equal(thief.sockets.length, 1);

  // of two windows one goes: she is still here, for everybody
  await ann.page.close();
  await second.say("still here");
  await ben.hears("ann", "still here");
  await ben.sees("ann", "ben");
  await second.page.reload();
  await second.isTurnedAway(/for members/);
  await ben.sees("ben");
  assert.deepEqual(second.faults, []);
  await Promise.all([ann.vanish(), ben.vanish(), thief.vanish()]);
});

test("of two windows with one ticket one comes in", async () => {
  const ann = await withToken("ann");
  await ann.isLoggedInAs("ann");
  const ticket = await ann.page.evaluate(() => new Promise((resolve) => {
    window.open = (url) => resolve(new URLSearchParams(new URL(url, location).hash.slice(1)).get("ticket"));
    document.getElementById("window").click();
  }));
  secrets.push(ticket);
  const both = await Promise.all([arrive(`#ticket=${ticket}`), arrive(`#ticket=${ticket}`)]);
  const outcomes = await Promise.all(both.map((one) =>
    Promise.any([one.isLoggedInAs("ann").then(() => "in"), one.isTurnedAway(/good once/).then(() => "out")])));
  assert.deepEqual(outcomes.sort(), ["in", "out"]);
  await Promise.all([ann.vanish(), ...both.map((one) => one.vanish())]);
});

test("a user's name is shown as text, whatever it looks like", async () => {
  const name = '<img src="x" onerror="window.broken = true"><b>ann</b>';
  const [ann, ben] = await Promise.all([withToken(name), withToken("ben", NARROW)]);
  await ann.isLoggedInAs(name);
  await ann.join("attic");
  await ben.join("attic");
  await ben.sees("ben", name);
  await ann.say("hello");
  await ben.hears(name, "hello");
  await ben.fitsTheScreen();
  await ann.fitsTheScreen();
  await shoot(ann, "strange-name");
  for (const person of [ann, ben]) {
    assert.equal(await person.page.locator("body img, body b").count(), 0);
    assert.equal(await person.page.evaluate(() => window.broken), undefined);
    await person.vanish();
  }
});

test("a lost connection comes back with the token, and the name with it", async () => {
  const sockets = [];
  const ann = await arrive(`#token=${token("ann")}`, {
    ...WIDE,
    beforePage: (page) => page.routeWebSocket(OWN_SOCKETS, (socket) => {
      sockets.push({ socket, server: socket.connectToServer() });
    }),
  });
  await ann.join("lost");
  await ann.sees("ann");
  const [{ socket, server }] = sockets;
  await Promise.all([server.close(), socket.close({ code: 1001, reason: "Going away" })]);
  await ann.page.locator("#messages .event", { hasText: "connected again" }).waitFor();
  await ann.isLoggedInAs("ann");
  await ann.say("back");
  await ann.hears("ann", "back");
  assert.equal(sockets.length, 2);
  await ann.vanish();
});
