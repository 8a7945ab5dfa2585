// Runs instances of the Worker for the tests: real workerd, real D1, one instance a test.
//
// Reads a command a line from stdin, writes an event a line to stdout, both JSON:
//   {"do":"start","id":1,"config":"/…/wrangler.toml","storage":"/…","bindings":{…},"rateLimit":null}
//     → {"id":1,"event":"started","url":"http://127.0.0.1:…/","workerd":1234}, the last its process id,
//       or {"id":1,"event":"failed","message":"…"}
//   {"do":"stop","id":1} → {"id":1,"event":"stopped"}
//   {"do":"kill","id":1} → the same, after SIGKILL to workerd at once, whatever it is doing
//   unasked: {"id":1,"event":"log","level":"log","message":"…"}
// Ends, with every instance, when stdin does: the test process has ended then, in whatever way.
//
// Bindings and compatibility date come from wrangler.toml, read by wrangler itself; the code from build/,
// read once, so that a build during the tests does not change it. wrangler's own `createTestHarness`
// was tried: it starts a second workerd in front of each, and takes two and a half times as long.

import { AsyncLocalStorage } from "node:async_hooks";
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const require = createRequire(import.meta.url);

// Which process is an instance's workerd, Miniflare does not say.
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
		// The first is the main module.
		read("index.js", "ESModule"),
		...wasm.map((name) => read(name, "CompiledWasm")),
	];
}

function send(event) {
	process.stdout.write(JSON.stringify(event) + "\n");
}

/** What workerd or Miniflare itself has to say, as log lines of the instance. */
class InstanceLog extends Log {
	constructor(id) {
		super(LogLevel.WARN);
		this.id = id;
	}
	log(message) {
		send({ id: this.id, event: "log", level: "runtime", message });
	}
}

async function start({ id, config, storage, bindings, rateLimit }) {
	const { workerOptions } = optionsOf(config);
	// Null: as wrangler.toml has it. Zero: there is none.
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
			// Without it Miniflare asks the internet where this machine is.
			cf: false,
			telemetry: { enabled: false },
			logRequests: false,
			// GET /cdn-cgi/local/scheduled is then what the cron trigger is in production.
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
	// In the same turn, or Miniflare would start another workerd.
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

// Nobody reads any more: the end of stdin follows.
process.stdout.on("error", () => {});

// Ctrl-C in a terminal reaches this process too; the end of stdin is what counts.
process.on("SIGINT", () => {});
