// Somebody who looks at the inspector, and clients that are looked at.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

export class Observer {
  /** Opens the inspector of a gateway in a browser of its own. Refused requests are faults, unless they are expected. */
  static async look(browser, gateway, options = {}) {
    const observer = new Observer();
    const origin = new URL(gateway.page).origin;
    observer.origin = origin;
    observer.socket = gateway.socket;
    observer.context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"], ...options });
    const page = (observer.page = await observer.context.newPage());
    page.setDefaultTimeout(20_000);
    observer.faults = [];
    page.on("pageerror", (error) => observer.faults.push(`error: ${error}`));
    // Also what the content security policy refuses is an error in the console.
    page.on("console", (line) => line.type() === "error" && observer.faults.push(`console: ${line.text()}`));
    page.on("response", (response) => response.status() >= 400 && observer.faults.push(`${response.status()}: ${response.url()}`));
    page.on("request", (request) => new URL(request.url()).origin !== origin && observer.faults.push(`other origin: ${request.url()}`));
    page.on("websocket", (socket) => new URL(socket.url()).host !== new URL(origin).host && observer.faults.push(`other host: ${socket.url()}`));
    await page.goto(`${origin}/_lift`);
    await page.locator('#live[data-state="live"]').waitFor();
    return observer;
  }

  async open(tab) {
    await this.page.getByRole("tab", { name: tab }).click();
  }

  rows(view = "timeline") {
    return this.page.locator(`#${view}-grid .rows .row:visible`);
  }

  /** The row of the timeline that has this text. */
  row(text) {
    return this.rows().filter({ hasText: text });
  }

  async filter(text) {
    await this.page.getByRole("searchbox", { name: "Search" }).fill(text);
    // The rows of before may still be there until the next frame.
    await this.page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  }

  get detail() {
    return this.page.locator("#timeline-detail");
  }

  toast(text) {
    return this.page.locator("#toast", { hasText: text }).waitFor();
  }

  async fitsTheScreen() {
    const [wide, window] = await this.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= window, `the page is ${wide} px wide in a window of ${window} px`);
  }

  /** What axe finds wrong, in a line each. It is evaluated, as the policy lets no script of others in. */
  async barriers() {
    await this.page.evaluate(await readFile(AXE, "utf8"));
    const { violations } = await this.page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    return violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id} ${target.join(" ")}: ${failureSummary}`));
  }

  async leave() {
    await this.context.close();
    assert.deepEqual(this.faults, []);
  }
}

/** A client outside of the inspector's page. */
export class Client {
  static async connect(page, url) {
    const client = new Client();
    client.page = page;
    client.handle = await page.evaluateHandle((address) => new Promise((resolve, reject) => {
      const socket = new WebSocket(address);
      const heard = [];
      const client = { socket, heard, closed: null };
      socket.onmessage = ({ data }) => heard.push(data);
      socket.onclose = ({ code }) => { client.closed = code; };
      socket.onopen = () => resolve(client);
      socket.onerror = () => reject(new Error("the handshake failed"));
    }), url);
    return client;
  }

  say(message) {
    const text = typeof message === "string" ? message : JSON.stringify(message);
    return this.handle.evaluate(({ socket }, text) => socket.send(text), text);
  }

  /** Many at once: `text` with the number in place of `#`. */
  sayMany(count, text) {
    return this.handle.evaluate(({ socket }, [count, text]) => {
      for (let n = 0; n < count; n += 1) socket.send(text.replace("#", n));
    }, [count, text]);
  }

  hears(part) {
    return this.page.waitForFunction(([client, part]) => client.heard.some((text) => text.includes(part)), [this.handle, part]);
  }

  closed() {
    return this.page.waitForFunction((client) => client.closed, this.handle).then((handle) => handle.jsonValue());
  }

  close() {
    return this.handle.evaluate(({ socket }) => socket.close(1000, "bye"));
  }
}
