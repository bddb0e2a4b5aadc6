// Starts the local gateway with the chat example and reads where it serves.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const COMMAND = process.env.LIFT_WS_DEV ?? "cargo dev --port 0 --environments 4";
/** From nothing, the build comes first. */
const READY_WITHIN = 20 * 60_000;
const STOPPED_WITHIN = 15_000;

/** Resolves to `{page, socket, log, stop}` as soon as the gateway says `ready ws://HOST/STAGE`. */
export async function startGateway(environment = {}) {
  // A group of its own, so that nothing of it outlives the test.
  const env = { ...process.env, ...environment };
  const child = spawn(COMMAND, { cwd: ROOT, shell: true, detached: true, env, stdio: ["ignore", "pipe", "pipe"] });
  const log = [];
  const exited = new Promise((resolve) => child.once("exit", (code, signal) => resolve(signal ?? code)));
  createInterface({ input: child.stderr }).on("line", (line) => log.push(line));

  const ready = new Promise((resolve) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      log.push(line);
      const found = /\bready (ws:\/\/\S+)/.exec(line);
      if (found) resolve(new URL(found[1]));
    });
  });
  const stop = () => stopGroup(child, exited);
  const socket = await Promise.race([
    ready,
    exited.then((how) => fail(`ended (${how}) before it was ready`, log)),
    after(READY_WITHIN).then(() => stop().then(() => fail("was not ready in time", log))),
  ]);
  const stage = socket.pathname.slice(1);
  return { page: `http://${socket.host}/?stage=${stage}`, socket: socket.href, log, stop };
}

function fail(what, log) {
  throw new Error(`\`${COMMAND}\` ${what}\n${log.slice(-40).join("\n")}`);
}

async function stopGroup(child, exited) {
  const signal = (name) => {
    try { process.kill(-child.pid, name); } catch { /* nobody is left */ }
  };
  signal("SIGINT");
  await Promise.race([exited, after(STOPPED_WITHIN)]);
  signal("SIGKILL");
  await exited;
}

/** Does not keep the process alive. */
function after(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}
