// One person with a page of their own: what they do, and what they must come to see.
import assert from "node:assert/strict";
import { mkdtemp, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

/** The sockets of the page itself: all but that of the script that pages get in development. */
export const OWN_SOCKETS = /^(?!.*\/_lift\/dev$)/;

export function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
}

export async function screenshotFolder() {
  const asked = process.env.LIFT_WS_SCREENSHOTS;
  if (!asked) return mkdtemp(join(tmpdir(), "lift-ws-screenshots-"));
  await mkdir(asked, { recursive: true });
  return asked;
}

export class Person {
  /** Opens the page in a context of its own, as another browser would. */
  static async arrive(browser, address, options = {}) {
    const { beforePage, ...context } = options;
    const person = await Person.#with(await browser.newContext(context), new URL(address).host);
    if (beforePage) await beforePage(person.page);
    await person.page.goto(address);
    return person;
  }

  static async #with(context, host) {
    const person = new Person();
    person.context = context;
    person.page = await context.newPage();
    person.#look(host);
    return person;
  }

  /** The window that `open` opens, in the same browser. */
  async opens(open) {
    const [page] = await Promise.all([this.context.waitForEvent("page"), open()]);
    const other = new Person();
    Object.assign(other, { context: this.context, page });
    other.#look(new URL(this.page.url()).host);
    return other;
  }

  #look(host) {
    this.page.setDefaultTimeout(20_000);
    this.faults = [];
    /** Addresses of the sockets that were opened. */
    this.sockets = [];
    this.page.on("websocket", (socket) => {
      if (OWN_SOCKETS.test(socket.url())) this.sockets.push(socket.url());
    });
    this.#watch(host);
  }

  /** Whatever a clean page never does: errors in the console, requests that fail or go to another host. */
  #watch(host) {
    this.page.on("pageerror", (error) => this.faults.push(`error: ${error}`));
    this.page.on("console", (line) => {
      const isOfGateway = /WebSocket connection to '[^']*\/_lift\/dev' failed/.test(line.text());
      if (line.type() === "error" && !isOfGateway) this.faults.push(`console: ${line.text()}`);
    });
    this.page.on("requestfailed", (request) => this.faults.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
    this.page.on("response", (response) => response.status() >= 400 && this.faults.push(`${response.status()}: ${response.url()}`));
    this.page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.protocol !== "data:" && url.host !== host) this.faults.push(`other host: ${url}`);
    });
  }

  element(id) {
    return this.page.getByTestId(id);
  }

  async connected() {
    await this.page.locator('[data-testid="status"][data-state="open"]').waitFor();
  }

  /** Whoever is logged in has a name. */
  async join(room, name) {
    await this.connected();
    await this.page.getByRole("textbox", { name: "Room" }).fill(room);
    if (name !== undefined) await this.page.getByRole("textbox", { name: "Your name" }).fill(name);
    await this.page.getByRole("button", { name: "Join" }).click();
  }

  async isLoggedInAs(user) {
    await this.#until(`is logged in as ${user}`, ([name]) =>
      !document.getElementById("me").hidden && document.getElementById("me-name").textContent === name, [user]);
  }

  /** Waits at the door until the page says why. A refused handshake is a line in the browser's console. */
  async isTurnedAway(pattern) {
    await this.#until(`is turned away: ${pattern}`, ([source]) =>
      !document.getElementById("door").hidden && new RegExp(source, "i").test(document.getElementById("door-why").textContent), [pattern.source]);
    this.faults = this.faults.filter((fault) => !/^console: WebSocket connection to .* failed: .*(401|Authentication)/.test(fault));
  }

  async logIn(token) {
    await this.page.getByLabel("Token").fill(token);
    await this.page.getByRole("button", { name: "Log in" }).click();
  }

  async say(text) {
    await this.page.getByRole("textbox", { name: "Message" }).fill(text);
    await this.page.getByRole("button", { name: "Send" }).click();
  }

  /** Waits until exactly these people are listed. */
  async sees(...names) {
    const expected = JSON.stringify(names.sort());
    await this.#until(`sees ${expected}`, ([list]) =>
      JSON.stringify([...document.querySelectorAll("#members li")].map((item) => item.dataset.member).sort()) === list, [expected]);
    assert.equal(await this.element("member-count").textContent(), String(names.length));
  }

  /** Waits for a message, compared as text, whole. */
  async hears(from, text) {
    await this.#until(`hears ${from}: ${text}`, ([name, words]) =>
      [...document.querySelectorAll("#messages li")].some((item) =>
        item.querySelector(".from")?.firstChild.data === name && item.querySelector(".said").textContent === words), [from, text]);
  }

  async notices(pattern) {
    await this.#until(`is told ${pattern}`, ([source]) => {
      const notice = document.getElementById("notice");
      return !notice.hidden && new RegExp(source, "i").test(notice.textContent);
    }, [pattern.source]);
  }

  async #until(what, condition, args) {
    try {
      await this.page.waitForFunction(condition, args);
    } catch (error) {
      const seen = await this.page.locator("body").innerText().catch(() => "(no page)");
      throw new Error(`nobody ${what}; the page shows:\n${seen}\nfaults: ${this.faults.join("; ") || "none"}`, { cause: error });
    }
  }

  async fitsTheScreen() {
    const [wide, window] = await this.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= window, `the page is ${wide} px wide in a window of ${window} px`);
  }

  /** Closes the page as somebody who shuts the browser does. */
  async vanish() {
    await this.context.close();
    assert.deepEqual(this.faults, []);
  }
}
