// The inspector beside a running chat, in a real browser: four environments, real clients.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { startGateway } from "./gateway.mjs";
import { Client, Observer } from "./observer.mjs";
import { launch, screenshotFolder } from "./person.mjs";

const WIDE = { viewport: { width: 1280, height: 800 }, colorScheme: "light" };
const NARROW = { viewport: { width: 320, height: 640 }, colorScheme: "light" };

let gateway, browser, shots, elsewhere;

before(async () => {
  [gateway, browser, shots] = await Promise.all([startGateway(), launch(), screenshotFolder()]);
  console.log(`screenshots: ${shots}`);
  // Clients live in a page of their own, which is not looked at.
  elsewhere = await (await browser.newContext()).newPage();
  await elsewhere.goto(gateway.page);
});

after(async () => {
  await browser?.close();
  await gateway?.stop();
});

const look = (options = WIDE) => Observer.look(browser, gateway, options);
const connect = (query = "") => Client.connect(elsewhere, `${gateway.socket}${query}`);
const shoot = (observer, name) => observer.page.screenshot({ path: join(shots, `inspector-${name}.png`) });

/** A client in a room, who has the answer. */
async function inRoom(room, name, query) {
  const client = await connect(query);
  await client.say({ action: "join", room, name });
  await client.hears('"joined"');
  return client;
}

test("a conversation arrives row by row, and each row opens", async () => {
  const observer = await look();
  const { page } = observer;
  const ann = await inRoom("blue", "Ann", "?ticket=secret-of-ann");
  await ann.say({ action: "say", room: "blue", text: "hello inspector" });
  await ann.hears("hello inspector");

  await observer.filter("hello inspector message");
  await observer.row('"text":"hello inspector"').click();
  await observer.detail.getByText("Message", { exact: true }).waitFor();
  assert.match(await observer.detail.locator(".json").first().textContent(), /"action": "say"/);
  assert.match(await observer.detail.locator("h3").textContent(), /message.*say.*200/s);
  await shoot(observer, "detail-light");
  await page.emulateMedia({ colorScheme: "dark" });
  await shoot(observer, "detail-dark");
  await page.emulateMedia({ colorScheme: "light" });

  await observer.filter("post hello inspector");
  await observer.row('"type":"said"').waitFor();
  await observer.filter("$connect");
  await observer.row("$connect").last().click();
  await observer.detail.getByRole("heading", { name: "$connect" }).waitFor();
  const shown = () => observer.detail.textContent();
  assert.ok(!(await shown()).includes("secret-of-ann"), "tokens are covered");
  await observer.detail.getByRole("button", { name: "Reveal the value" }).first().click();
  await observer.detail.getByText('"secret-of-ann"').first().waitFor();
  await observer.filter("");
  await ann.close();
  await observer.row("closed").filter({ hasText: "by the client: bye" }).waitFor();
  await shoot(observer, "timeline-light");
  await observer.leave();
});

test("what happened before anybody looked is there too", async () => {
  const ben = await inRoom("early", "Ben");
  await ben.say({ action: "say", room: "early", text: "nobody looks" });
  await ben.hears("nobody looks");
  const observer = await look();
  await observer.filter("nobody looks");
  await observer.row("nobody looks").first().waitFor();
  await ben.close();
  await observer.leave();
});

test("rows are found by text, route, kind, connection and failure", async () => {
  const observer = await look();
  const { page } = observer;
  const [ann, ben] = await Promise.all([inRoom("find", "Ann"), inRoom("find", "Ben")]);
  await ann.say({ action: "say", room: "find", text: "needle" });
  await ben.say({ action: "say", room: "find", text: "straw" });
  await Promise.all([ann.hears("straw"), ben.hears("needle")]);

  await observer.filter("needle message");
  await observer.row("needle").waitFor();
  assert.equal(await observer.rows().count(), 1);
  assert.match(await page.locator("#count").textContent(), /^1 of /);

  await observer.filter("");
  await page.getByLabel("Route").selectOption("say");
  await page.waitForFunction(() => [...document.querySelectorAll("#timeline-grid .rows .row:not([hidden]) .route")].every((cell) => cell.textContent === "say"));
  await observer.row("straw").click();
  await observer.detail.getByRole("button", { name: /=$/ }).click();
  await page.getByRole("button", { name: /show all connections/ }).waitFor();
  assert.equal(await observer.row("needle").count(), 0, "Ben has not sent it");
  await page.getByRole("button", { name: /show all connections/ }).click();
  await page.getByLabel("Route").selectOption("");

  await page.getByLabel("Kind").selectOption("environments");
  await observer.row("started").first().waitFor();
  assert.equal(await observer.row("needle").count(), 0);
  await page.getByLabel("Kind").selectOption("");
  await page.getByLabel("Errors only").check();
  await page.waitForFunction(() => [...document.querySelectorAll("#timeline-grid .rows .row:not([hidden])")].every((row) => row.dataset.failed === "true"));
  await Promise.all([ann.close(), ben.close()]);
  await observer.leave();
});

test("paused, the page keeps still, and nothing is lost; cleared, it is empty", async () => {
  const observer = await look();
  const { page } = observer;
  const ann = await inRoom("still", "Ann");
  await observer.row('"room":"still"').first().waitFor();
  await page.getByRole("button", { name: "Pause" }).click();
  await ann.say({ action: "say", room: "still", text: "while paused" });
  await page.locator("#count", { hasText: "held back" }).waitFor();
  assert.equal(await observer.row("while paused").count(), 0);
  await page.getByRole("button", { name: "Resume" }).click();
  await observer.row("while paused").first().waitFor();
  await page.getByRole("button", { name: "Clear" }).click();
  await page.getByText("Nothing has happened yet.").waitFor();
  await ann.say({ action: "say", room: "still", text: "after that" });
  await observer.row("after that").first().waitFor();
  assert.equal(await observer.row("while paused").count(), 0);
  await ann.close();
  await observer.leave();
});

test("connections are listed, searched, and ended", async () => {
  const observer = await look();
  const { page } = observer;
  const ann = await inRoom("list", "Ann");
  await observer.open("Connections");
  await observer.rows("connections").first().click();
  const detail = page.locator("#connections-detail");
  await detail.getByText(/1 in, 1 out/).waitFor();
  await detail.locator(".recent li", { hasText: '"action":"join"' }).waitFor();
  await shoot(observer, "connections-light");
  await page.getByRole("searchbox", { name: "Search" }).fill("no such thing");
  await page.getByText("No connection matches.").waitFor();
  await page.getByRole("searchbox", { name: "Search" }).fill("");
  await detail.getByRole("button", { name: "Disconnect" }).click();
  assert.equal(await ann.closed(), 1000);
  await detail.getByText("closed", { exact: true }).waitFor();
  await detail.getByRole("button", { name: "Show its messages" }).click();
  await observer.row("by the gateway").waitFor();
  await observer.row("$disconnect").waitFor();
  await observer.leave();
});

test("items of the table are shown, typed and plain", async () => {
  const observer = await look();
  const { page } = observer;
  const ann = await inRoom("table", "Ann");
  await observer.open("Tables");
  const member = observer.rows("tables").filter({ hasText: "#G#table" });
  await member.click();
  const detail = page.locator("#tables-detail");
  await detail.locator(".json", { hasText: "Ann" }).first().waitFor();
  await shoot(observer, "tables-light");
  await ann.close();
  await page.waitForFunction(() => {
    document.getElementById("table-refresh").click();
    return ![...document.querySelectorAll("#tables-grid .row")].some((row) => !row.hidden && row.textContent.includes("#G#table"));
  }, undefined, { polling: 300 });
  await observer.leave();
});

test("items of a table that comes late are not shown as those of another", async () => {
  const observer = await look();
  const { page } = observer;
  let answerLate;
  const fastIsShown = new Promise((resolve) => (answerLate = resolve));
  const table = (name) => ({ TableName: name, KeySchema: [{ AttributeName: "PK", KeyType: "HASH" }] });
  await page.route("**/_lift/api/tables", (route) => route.fulfill({ json: { tables: [table("Slow"), table("Fast")] } }));
  await page.route("**/_lift/api/tables/Fast/scan", (route) => route.fulfill({ json: { Items: [{ PK: { S: "of the fast" } }] } }));
  await page.route("**/_lift/api/tables/Slow/scan", async (route) => {
    await fastIsShown;
    await route.fulfill({ json: { Items: [{ PK: { S: "of the slow" } }] } });
  });
  await observer.open("Tables");
  await page.locator("#table").selectOption("Fast");
  await observer.rows("tables").filter({ hasText: "of the fast" }).waitFor();
  const late = page.waitForResponse("**/Slow/scan");
  answerLate();
  await (await late).finished();
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  assert.deepEqual(await observer.rows("tables").filter({ hasText: "of the slow" }).count(), 0);
  assert.equal(await page.locator("#table-count").textContent(), "1 item");
  await observer.leave();
});

test("the console opens connections, sends, and remembers what was sent", async () => {
  const observer = await look();
  const { page } = observer;
  await observer.open("Console");
  await page.getByLabel("Query string").fill("name=Cleo");
  await page.getByRole("button", { name: "Connect", exact: true }).click();
  await page.getByRole("button", { name: /Console 1 ?open/ }).waitFor();
  await page.getByRole("textbox", { name: "Message" }).fill('{"action":"join","room":"console","name":"Cleo"}');
  await page.getByRole("button", { name: "Send" }).click();
  const frames = page.getByRole("list", { name: "Frames of this connection" });
  await frames.getByText('"joined"').waitFor();
  await page.getByRole("textbox", { name: "Message" }).fill('{"action":"say","room":"console","text":"by key"}');
  await page.keyboard.press("Control+Enter");
  await frames.getByText('"type":"said"').waitFor();
  await page.keyboard.press("Alt+ArrowUp");
  await page.keyboard.press("Alt+ArrowUp");
  assert.match(await page.getByRole("textbox", { name: "Message" }).inputValue(), /"join"/);
  await shoot(observer, "console-light");
  await page.getByRole("button", { name: "Close", exact: true }).click();
  await frames.getByText("closed with 1000").waitFor();
  await observer.leave();
});

test("a fault is turned on by a button, happens, and is turned off", async () => {
  const observer = await look();
  const { page } = observer;
  await observer.open("Faults");
  await page.getByRole("button", { name: "Once: throttle-messages" }).click();
  await observer.toast("throttle-messages happens at the next occasion");
  await page.getByRole("button", { name: "Always: slow" }).click();
  await page.getByRole("button", { name: "Turn off slow:500ms" }).waitFor();
  await shoot(observer, "faults-light");
  const ann = await connect();
  await ann.say({ action: "join", room: "faults", name: "Ann" });
  await page.getByText("happened once").first().waitFor();
  await page.getByRole("button", { name: "Turn off slow:500ms" }).click();
  await observer.toast("slow:500ms is off");
  await page.getByText("No fault is on").waitFor();

  await page.getByLabel("Rule").fill("slwo");
  await page.getByRole("button", { name: "Turn on" }).click();
  await observer.toast("there is no fault `slwo`");
  observer.faults = observer.faults.filter((fault) => !/400/.test(fault));
  await page.getByRole("button", { name: "2 hours: the limit of a connection" }).click();
  await ann.closed();
  await page.getByRole("button", { name: /^Kill \d/ }).first().click();
  await observer.open("Timeline");
  await page.getByLabel("Errors only").check();
  await observer.row("fault").first().waitFor();
  await observer.leave();
});

test("an event is replayed, marked as such, and copied as a test", async () => {
  const observer = await look();
  const ann = await inRoom("again", "Ann");
  await ann.say({ action: "say", room: "again", text: "once more" });
  await ann.hears("once more");
  // Rows that still come would move the one that is clicked.
  await observer.filter("once more message");
  await observer.row("once more").click();
  await observer.detail.getByRole("button", { name: "Copy as test" }).click();
  await observer.toast("Test copied");
  const copied = await observer.page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /^#\[tokio::test\]\nasync fn say_as_recorded\(\) \{/);
  assert.match(copied, /TestApp::<Chat>::new\(/);
  assert.match(copied, /client\s*\.send_text\(r#"\{"action":"say","room":"again","text":"once more"\}"#\)/);
  await observer.detail.getByRole("button", { name: "Replay" }).click();
  await observer.row("replay").waitFor();
  await observer.detail.getByText(/Replay of/).waitFor();
  await observer.detail.getByText("answered").waitFor();
  await shoot(observer, "replay-light");
  await ann.close();
  await observer.leave();
});

test("what clients send stays text, wherever it is shown", async () => {
  const evil = "<img src=x onerror=broken=1>";
  const context = await browser.newContext({ userAgent: `evil ${evil}` });
  const page = await context.newPage();
  await page.goto(gateway.page);
  const observer = await look();
  const client = await Client.connect(page, `${gateway.socket}?x=${encodeURIComponent(evil)}`);
  await client.say({ action: evil, text: evil });
  await client.say(evil);
  await client.say({ action: "join", room: evil, name: evil });
  await client.hears("joined");
  await observer.filter("onerror");
  await observer.row("onerror").first().click();
  await observer.detail.getByText("onerror").first().waitFor();
  await observer.filter("$connect");
  await observer.row("$connect").last().click();
  await observer.detail.getByText("onerror").first().waitFor();
  await observer.open("Connections");
  await observer.rows("connections").filter({ hasText: "evil" }).first().click();
  await observer.open("Tables");
  await observer.rows("tables").filter({ hasText: "onerror" }).first().click();
  assert.equal(await observer.page.locator("main img, main script, header script").count(), 0);
  assert.equal(await observer.page.evaluate(() => window.broken), undefined);
  await observer.leave();
  await context.close();
});

test("everything is reached by keys alone", async () => {
  const observer = await look();
  const { page } = observer;
  const ann = await inRoom("keys", "Ann");
  await observer.row('"room":"keys"').first().waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("keys");
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent);
  assert.equal(await focused(), "search");
  for (let n = 0; (await focused()) !== "timeline-grid"; n += 1) {
    assert.ok(n < 12, "the grid is reached");
    await page.keyboard.press("Tab");
  }
  await page.keyboard.press("Home");
  await page.locator('#timeline-grid [aria-selected="true"]').waitFor();
  assert.ok(await page.locator("#timeline-grid").getAttribute("aria-activedescendant"));
  await page.keyboard.press("Enter");
  await observer.detail.locator("h3:focus").waitFor();
  await page.keyboard.press("Escape");
  assert.equal(await focused(), "timeline-grid");
  await page.keyboard.press("ArrowDown");
  for (let n = 0; (await focused()) !== "tab-timeline"; n += 1) {
    assert.ok(n < 20, "the tabs are reached");
    await page.keyboard.press("Shift+Tab");
  }
  for (const tab of ["connections", "tables", "console", "faults"]) {
    await page.keyboard.press("ArrowRight");
    assert.equal(await focused(), `tab-${tab}`);
    assert.ok(await page.locator(`#${tab}`).isVisible());
  }
  await ann.close();
  await observer.leave();
});

test("10,000 messages are a few dozen elements, and filtered as fast as they are typed", async () => {
  const observer = await look();
  const { page } = observer;
  const client = await connect();
  // Each message gets a frame of its own, so there are as many entries again.
  for (let batch = 0; batch < 10; batch += 1) {
    await client.sayMany(500, `{"action":"whoami","n":"${batch}-#"}`);
    await client.page.waitForFunction(([client, count]) => client.heard.length >= count, [client.handle, (batch + 1) * 500], { timeout: 120_000 });
  }
  await page.waitForFunction(() => {
    const [rows, missed = "0"] = document.getElementById("count").textContent.replaceAll(",", "").split(" · ");
    return Number.parseInt(rows, 10) + Number.parseInt(missed, 10) >= 10_000;
  });
  const elements = () => page.locator("#timeline-grid *").count();
  assert.ok((await elements()) < 800, `${await elements()} elements`);
  await page.locator("#timeline-grid").evaluate((grid) => { grid.scrollTop = grid.scrollHeight / 2; });
  await page.getByRole("button", { name: /Newest/ }).or(page.locator("#count")).first().waitFor();
  assert.ok((await elements()) < 800);
  await observer.filter('"n":"9-499"');
  await page.waitForFunction(() => /^[1-9] of /.test(document.getElementById("count").textContent));
  await client.close();
  await observer.leave();
});

test("nothing bars people: names, roles, contrast, in both themes, wide, narrow and enlarged", async () => {
  const ann = await inRoom("axe", "Ann");
  for (const colorScheme of ["light", "dark"]) {
    for (const viewport of [WIDE.viewport, NARROW.viewport]) {
      const observer = await look({ viewport, colorScheme });
      for (const tab of ["Timeline", "Connections", "Tables", "Console", "Faults"]) {
        await observer.open(tab);
        if (tab === "Faults") await observer.page.getByRole("button", { name: "Once: slow" }).waitFor();
        else if (tab !== "Console") await observer.rows(tab.toLowerCase()).first().click();
        await observer.fitsTheScreen();
        assert.deepEqual(await observer.barriers(), [], `${tab}, ${colorScheme}, ${viewport.width}`);
        await shoot(observer, `${tab.toLowerCase()}-${viewport.width}-${colorScheme}`);
      }
      await observer.leave();
    }
  }
  // 200 % of 1280 × 800.
  const enlarged = await look({ viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 });
  await enlarged.fitsTheScreen();
  await shoot(enlarged, "enlarged");
  await enlarged.leave();
  await ann.close();
});
