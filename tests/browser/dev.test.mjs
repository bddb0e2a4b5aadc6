// The script that pages get in development: build errors in sight, and the page anew when its files change.
//
// The app here needs no dependencies, so that its builds take no time; nobody calls its function.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { launch, screenshotFolder } from "./person.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const COMMAND = process.env.LIFT_WS_TOOL ?? `cargo run --quiet --manifest-path ${JSON.stringify(join(ROOT, "Cargo.toml"))} --bin cargo-lift-ws -- lift-ws`;
const CARGO_TOML = `
[package]
name = "page"
edition = "2021"
[package.metadata.lift-ws]
web = "web"
[workspace]
`;
/** Nothing of another origin and no inline script: what strict pages ask for. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:";
const html = (text) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Page</title><link rel="icon" href="data:,">
<meta http-equiv="Content-Security-Policy" content="${POLICY}"></head>
<body><h1>${text}</h1><label>Words <input></label></body></html>`;
const main = (body) => `fn main() {
    ${body}
    println!("{}", r#"{"routes":[{"routeKey":"$default"}]}"#);
}
`;

let folder, tool, browser, shots;

const save = (name, text) => writeFile(join(folder, name), text);

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "lift-ws-dev-page-"));
  await Promise.all([mkdir(join(folder, "src")), mkdir(join(folder, "web"))]);
  await Promise.all([save("Cargo.toml", CARGO_TOML), save("src/main.rs", main("")), save("web/index.html", html("First"))]);
  [tool, browser, shots] = await Promise.all([serve(), launch(), screenshotFolder()]);
  console.log(`screenshots: ${shots}`);
});

after(async () => {
  await browser?.close();
  await tool?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
});

/** Resolves to `{page, log, stop}` when the tool serves. */
async function serve(port = 0, ...options) {
  const command = [COMMAND, "dev", "--port", String(port), ...options].join(" ");
  // Cargo is told by these which package it works for.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^CARGO_(?!HOME)/.test(name)));
  const child = spawn(command, { cwd: folder, shell: true, detached: true, env, stdio: ["ignore", "pipe", "pipe"] });
  const log = [];
  createInterface({ input: child.stderr }).on("line", (line) => log.push(line));
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const page = await Promise.race([
    new Promise((resolve) => createInterface({ input: child.stdout }).on("line", (line) => {
      const found = /^page (http:\S+)/.exec(line);
      if (found) resolve(found[1]);
    })),
    exited.then(() => { throw new Error(`the tool ended:\n${log.join("\n")}`); }),
  ]);
  const stop = async () => {
    try { process.kill(-child.pid, "SIGINT"); } catch { /* it has ended */ }
    await exited;
  };
  return { page, log, stop };
}

/** A page whose faults are collected: errors in its console, and requests to other hosts. */
async function open(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1000, height: 700 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(`error: ${error}`));
  page.on("console", (line) => line.type() === "error" && page.faults.push(`console: ${line.text()}`));
  page.on("request", (request) => {
    const { protocol, host } = new URL(request.url());
    if (protocol !== "data:" && host !== new URL(tool.page).host) page.faults.push(`other host: ${request.url()}`);
  });
  page.heard = new Promise((resolve) => page.on("websocket", (socket) => socket.on("framereceived", resolve)));
  await page.goto(tool.page);
  page.alert = page.getByRole("alert");
  page.close = async () => {
    await context.close();
    assert.deepEqual(page.faults, []);
  };
  return page;
}

const BROKEN = main('let number: u8 = "<b onclick=alert(1)>words</b>";');
const MENDED = main("");

test("errors of the compiler are on every open page as text until they are mended", async () => {
  const [page, other] = await Promise.all([open(), open({ viewport: { width: 390, height: 800 }, colorScheme: "dark" })]);
  await Promise.all([page.heard, other.heard]);
  assert.equal(await page.alert.count(), 0);
  await save("src/main.rs", BROKEN);
  await Promise.all([page.alert.waitFor(), other.alert.waitFor()]);
  const text = await page.alert.innerText();
  assert.match(text, /The build failed/);
  assert.match(text, /error\[E0308\]: mismatched types/);
  assert.match(text, /src\/main\.rs:2:/);
  assert.match(text, /"<b onclick=alert\(1\)>words<\/b>"/);
  assert.equal(await page.alert.locator("b").count(), 0, "it is text and no markup");
  await page.screenshot({ path: join(shots, "build-errors-wide.png") });
  await other.screenshot({ path: join(shots, "build-errors-narrow.png") });

  // who comes now sees it too
  const late = await open();
  await late.alert.waitFor();

  await save("src/main.rs", MENDED);
  await Promise.all([page, other, late].map((each) => each.alert.waitFor({ state: "detached" })));
  await Promise.all([page.close(), other.close(), late.close()]);
});

test("errors are read and put away by keyboard alone, and others come back", async () => {
  const page = await open();
  await page.heard;
  const words = page.getByLabel("Words");
  await words.focus();
  await save("src/main.rs", BROKEN);
  await page.alert.waitFor();
  assert.ok(await words.evaluate((input) => document.activeElement === input), "nobody is torn out of what they type");
  await page.keyboard.press("Tab");
  const focused = () => page.evaluate(() => document.activeElement.shadowRoot?.activeElement?.textContent ?? "");
  assert.equal(await focused(), "Dismiss");
  await page.keyboard.press("Tab");
  assert.match(await focused(), /E0308/);
  await page.keyboard.press("Escape");
  await page.alert.waitFor({ state: "detached" });
  assert.ok(await words.evaluate((input) => document.activeElement === input), "and the focus goes back");

  await save("src/main.rs", main("no_such_function();"));
  await page.alert.waitFor();
  assert.match(await page.alert.innerText(), /no_such_function/);
  await page.getByRole("button", { name: "Dismiss" }).click();
  await page.alert.waitFor({ state: "detached" });
  await save("src/main.rs", MENDED);
  await page.close();
});

test("the page loads anew when its own files change, and when the tool comes back", async () => {
  const page = await open();
  await page.heard;
  await save("web/index.html", html("Second"));
  await page.getByRole("heading", { name: "Second" }).waitFor();
  await page.waitForFunction(() => document.readyState === "complete");

  const again = new Promise((resolve) => page.on("websocket", (socket) => socket.on("framereceived", resolve)));
  const port = new URL(tool.page).port;
  await save("web/index.html", html("Third"));
  await page.getByRole("heading", { name: "Third" }).waitFor();
  await again;
  await tool.stop();
  await save("web/index.html", html("Fourth"));
  tool = await serve(port);
  await page.getByRole("heading", { name: "Fourth" }).waitFor();
  // a browser writes a line for each time that nobody was there
  page.faults = page.faults.filter((fault) => !/WebSocket connection to .* failed/.test(fault));
  await page.close();
});

test("a page that is to be left as it is has no script", async () => {
  await tool.stop();
  tool = await serve(0, "--no-overlay");
  const page = await open();
  assert.equal(await page.locator("script").count(), 0);
  await page.close();
});
