// The page: one view at a time, one stream of changes for all of them.

import { $, number, setText } from "./dom.js";
import { follow, get } from "./api.js";
import { Connections } from "./connections.js";
import { Console } from "./console.js";
import { Faults } from "./faults.js";
import { Store } from "./store.js";
import { Tables } from "./tables.js";
import { Timeline } from "./timeline.js";

const OVERVIEW_EVERY = 2_000;

const store = new Store();
const timeline = new Timeline(store);
const views = {
  timeline: { enter: () => timeline.grid.draw(), leave() {} },
  connections: new Connections(store, { onMessages: (id) => { timeline.only(id); open("timeline", true); } }),
  tables: new Tables(),
  console: new Console(),
  faults: new Faults(),
};
let current = null;

function open(name, focus = false) {
  if (!(name in views)) return;
  if (current && current !== name) views[current].leave();
  for (const each of Object.keys(views)) {
    const isIt = each === name;
    $(each).hidden = !isIt;
    $(`tab-${each}`).setAttribute("aria-selected", String(isIt));
    $(`tab-${each}`).tabIndex = isIt ? 0 : -1;
  }
  current = name;
  history.replaceState(null, "", `#/${name}`);
  views[name].enter();
  if (focus) $(`tab-${name}`).focus();
}

function listen() {
  const tabs = [...$("tabs").children];
  tabs.forEach((tab, at) => {
    tab.addEventListener("click", () => open(tab.getAttribute("aria-controls")));
    tab.addEventListener("keydown", (event) => {
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      open(tabs[(to + tabs.length) % tabs.length].getAttribute("aria-controls"), true);
    });
  });
  addEventListener("keydown", (event) => {
    const isTyping = event.target.closest?.("input, textarea, select");
    if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey) {
      const search = current === "connections" ? $("connections-search") : $("search");
      if (current !== "connections") open("timeline");
      event.preventDefault();
      search.focus();
    }
  });
  addEventListener("hashchange", () => open(viewOf(location.hash)));
}

/** `#/tables`; with the bare name, the browser would scroll to the element of that id. */
function viewOf(hash) {
  return hash.slice(2);
}

async function overview() {
  if (document.hidden) return;
  try {
    const { app, stages, connections, environments, maxEnvironments } = await get("overview");
    setText($("app"), app || "lift-ws");
    document.title = `${app ? `${app} · ` : ""}Inspector · lift-ws`;
    const endpoints = stages.map(({ domainName, stage }) => `${location.protocol === "https:" ? "wss" : "ws"}://${hostOf(domainName)}/${stage}`);
    setText($("endpoint"), endpoints.join("  "));
    setText($("figure-connections"), number(connections));
    setText($("figure-environments"), `${environments.length} of ${maxEnvironments}`);
    views.console.endpoints = endpoints;
    views.faults.environments = environments;
  } catch { /* the stream of changes says it */ }
}

/** The page may have been reached by another name of the loopback. */
function hostOf(domainName) {
  const port = domainName.split(":").at(-1);
  return port === location.port ? location.host : domainName;
}

function live(isLive) {
  const state = isLive ? "live" : "lost";
  $("live").dataset.state = state;
  setText($("live"), isLive ? "live" : "no answer, trying again");
}

listen();
open(viewOf(location.hash) in views ? viewOf(location.hash) : "timeline");
overview();
setInterval(overview, OVERVIEW_EVERY);
follow((changes) => store.take(changes), live);
