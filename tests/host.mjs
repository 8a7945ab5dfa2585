// Runs instances of the Worker for the tests: real workerd, real D1, one instance per test.
//
// Reads commands from stdin and writes events to stdout, as one JSON object per line:
//   {"do":"start","id":1,"config":"/…/wrangler.toml","storage":"/…","bindings":{…},"rateLimit":null,
//    "console":true}
//     → {"id":1,"event":"started","url":"http://127.0.0.1:…/","workerd":1234}, workerd's process id last,
//       or {"id":1,"event":"failed","message":"…"}
//   {"do":"stop","id":1} → {"id":1,"event":"stopped"}
//   {"do":"kill","id":1} → the same event, after an immediate SIGKILL to workerd
//   at any time: {"id":1,"event":"log","level":"log","message":"…"}
// Ends all instances when stdin is closed, because the test process has then ended.
//
// Bindings and compatibility date come from wrangler.toml, read by wrangler itself. The code in build/ is
// read once, so a build during the tests has no effect. wrangler's own `createTestHarness` starts a second
// workerd in front of each instance and takes two and a half times as long.

import { AsyncLocalStorage } from "node:async_hooks";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const require = createRequire(import.meta.url);

// Miniflare does not report which process is an instance's workerd.
const starting = new AsyncLocalStorage();
const workerds = new Map();
const childProcess = require("node:child_process");
const { spawn } = childProcess;
childProcess.spawn = (...command) => {
	const child = spawn(...command);
	workerds.set(starting.getStore(), child);
	return child;
};

const { unstable_getMiniflareWorkerOptions: optionsOf } = require("wrangler");
const { Miniflare, Log, LogLevel, convertV4MiniflareOptions } = createRequire(
	require.resolve("wrangler")
)("miniflare");

const [buildDir] = process.argv.slice(2);
const modules = readModules(buildDir);
const instances = new Map();

function readModules(folder) {
	const read = (name, type) => ({
		type,
		path: join(folder, name),
		contents: readFileSync(join(folder, name)),
	});
	const wasm = readdirSync(folder).filter((name) => name.endsWith(".wasm"));
	return [
		// The first module is the main one.
		read("index.js", "ESModule"),
		...wasm.map((name) => read(name, "CompiledWasm")),
	];
}

function send(event) {
	process.stdout.write(JSON.stringify(event) + "\n");
}

/** Messages of workerd or Miniflare itself, as log lines of the instance. */
class InstanceLog extends Log {
	constructor(id) {
		super(LogLevel.WARN);
		this.id = id;
	}
	log(message) {
		send({ id: this.id, event: "log", level: "runtime", message });
	}
}

async function start({ id, config, storage, bindings, rateLimit, console: hasConsole }) {
	// The config is a copy in another folder.
	const assets = { directory: join(import.meta.dirname, "../console") };
	const { workerOptions } = optionsOf(config, undefined, { overrides: { assets } });
	if (!hasConsole) {
		delete workerOptions.assets;
	}
	// Null keeps the limits of wrangler.toml; zero removes them.
	if (rateLimit === 0) {
		delete workerOptions.ratelimits;
	} else if (rateLimit !== null) {
		for (const { simple } of Object.values(workerOptions.ratelimits ?? {})) {
			simple.limit = rateLimit;
		}
	}
	const instance = starting.run(id, () => new Miniflare(
		convertV4MiniflareOptions({
			host: "127.0.0.1",
			port: 0,
			// Otherwise Miniflare queries the location of this machine from the internet.
			cf: false,
			telemetry: { enabled: false },
			logRequests: false,
			// Makes GET /cdn-cgi/local/scheduled act as the cron trigger.
			unsafeTriggerHandlers: true,
			log: new InstanceLog(id),
			handleStructuredLogs: ({ level, message }) =>
				send({ id, event: "log", level, message }),
			resourcePersistencePath: storage,
			workers: [
				{
					name: "jobs-ingest",
					...workerOptions,
					bindings: { ...workerOptions.bindings, ...bindings },
					modulesRoot: buildDir,
					modules,
				},
			],
		})
	));
	instances.set(id, instance);
	const url = await instance.ready;
	send({ id, event: "started", url: url.href, workerd: workerds.get(id).pid });
}

async function stop({ id }) {
	await instances.get(id)?.dispose();
	instances.delete(id);
	workerds.delete(id);
	send({ id, event: "stopped" });
}

async function kill({ id }) {
	workerds.get(id).kill("SIGKILL");
	// In the same event-loop iteration, or Miniflare would start another workerd.
	await stop({ id });
}

const commands = { start, stop, kill };

createInterface({ input: process.stdin })
	.on("line", (line) => {
		const command = JSON.parse(line);
		commands[command.do](command).catch((error) =>
			send({ id: command.id, event: "failed", message: String(error?.stack ?? error) })
		);
	})
	.on("close", async () => {
		await Promise.allSettled([...instances.values()].map((instance) => instance.dispose()));
		process.exit(0);
	});

// The reader is gone; the end of stdin follows.
process.stdout.on("error", () => {});

// Ctrl-C in a terminal also reaches this process; only the end of stdin ends it.
process.on("SIGINT", () => {});
