// Added by the local gateway in development: shows on the page why the last build failed, and loads the page anew when its
// files change. `cargo lift-ws dev --no-overlay` leaves it out.
(() => {
  "use strict";
  if (window.top !== window) return; // the page around this one shows it

  const address = new URL("/_lift/dev", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  const FIRST_PAUSE = 250, LONGEST_PAUSE = 5_000;

  let known;            // what was heard first: the gateway, and how often its page had changed
  let pause = FIRST_PAUSE;
  let overlay;          // while it is shown
  let dismissed;        // the errors that somebody has read and put away

  function listen() {
    let socket;
    try {
      socket = new WebSocket(address);
    } catch {
      return; // the page's policy forbids it
    }
    socket.addEventListener("message", ({ data }) => {
      pause = FIRST_PAUSE;
      hear(JSON.parse(data));
    });
    socket.addEventListener("close", () => {
      if (!known) return; // never heard: forbidden, or turned off
      setTimeout(whenVisible, pause, listen);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    });
  }

  /** A page that nobody looks at need not knock at a gateway that has ended. */
  function whenVisible(act) {
    if (document.visibilityState === "visible") return act();
    document.addEventListener("visibilitychange", () => whenVisible(act), { once: true });
  }

  function hear(news) {
    known ??= news;
    if (news.gateway !== known.gateway || news.page !== known.page) return location.reload();
    if (!news.errors) {
      dismissed = undefined;
      return hide();
    }
    if (news.build === "failed" && news.errors !== dismissed) show(news.errors);
    if (overlay) overlay.title.textContent = news.build === "running" ? "Building again …" : "The build failed";
  }

  function show(errors) {
    overlay ??= build();
    // As text: whatever a compiler quotes, it stays words.
    if (overlay.errors.textContent !== errors) overlay.errors.textContent = errors;
  }

  function hide() {
    if (!overlay) return;
    const { host, before } = overlay;
    const hadFocus = document.activeElement === host;
    overlay = undefined;
    host.remove();
    if (hadFocus && before instanceof HTMLElement && before.isConnected) before.focus();
  }

  function dismiss() {
    dismissed = overlay?.errors.textContent;
    hide();
  }

  // Before the page's own: while errors are in sight, this key is for them.
  window.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !overlay) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    dismiss();
  }, true);

  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  /** In a shadow, so that the page's styles and these leave each other alone. */
  function build() {
    const before = document.activeElement;
    const host = element("lift-ws-build-errors", { "data-testid": "lift-ws-build-errors" });
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet]; // which no policy on styles forbids
    const title = element("h2", { id: "title" }, "The build failed");
    const note = element("p", {}, "The last build that passed keeps running. Escape puts this away.");
    const button = element("button", { type: "button" }, "Dismiss");
    button.addEventListener("click", dismiss);
    const errors = element("pre", { tabindex: "0", "aria-labelledby": "title" });
    const bar = element("div", { class: "bar" }, title, button);
    root.append(element("section", { role: "alert", "aria-labelledby": "title" }, bar, note, errors));
    document.documentElement.append(host);
    return { host, before, title, errors };
  }

  const STYLE = `
    :host { all: initial; }
    section {
      position: fixed; inset: auto 0 0 0; z-index: 2147483647; box-sizing: border-box;
      display: flex; flex-direction: column; gap: .5rem; max-height: 70vh; padding: 1rem;
      background: #201318; color: #fbf2f4; border-top: 4px solid #ff6b81;
      font: 15px/1.45 system-ui, sans-serif;
    }
    .bar { display: flex; align-items: center; justify-content: space-between; gap: 1rem; }
    h2 { margin: 0; font-size: 1.1rem; }
    p { margin: 0; color: #dcc8cd; }
    pre {
      margin: 0; padding: .75rem; overflow: auto; overscroll-behavior: contain; min-height: 3rem;
      background: #12090c; border-radius: 4px; tab-size: 4;
      font: 13px/1.45 ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace;
    }
    button {
      padding: .4rem .9rem; border: 1px solid #fbf2f4; border-radius: 4px; background: transparent; color: inherit;
      font: inherit; cursor: pointer;
    }
    button:hover { background: #3a232b; }
    :focus-visible { outline: 3px solid #ffd166; outline-offset: 2px; }
  `;

  listen();
})();
