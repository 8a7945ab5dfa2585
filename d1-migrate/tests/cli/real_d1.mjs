// Runs every fixture of validate on real D1, split and recorded as `wrangler d1 migrations apply --local` does it, in one
// process: a wrangler for each would take minutes. Prints {file: "recorded" | "lost" | error} as JSON.
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [fixtures, wranglerPackage] = process.argv.slice(2);
const require = createRequire(wranglerPackage);
const { Miniflare, convertV4MiniflareOptions } = require("miniflare");
const { unstable_splitSqlQuery: split } = require("wrangler");

const files = readdirSync(fixtures);
const d1Databases = Object.fromEntries(files.map((_, index) => [`D${index}`, `d${index}`]));
const miniflare = new Miniflare(convertV4MiniflareOptions({ modules: true, script: "", d1Databases }));
const results = {};
for (const [index, file] of files.entries()) {
  const database = await miniflare.getD1Database(`D${index}`);
  const run = (sql) => database.batch(split(sql).map((one) => database.prepare(one)));
  const text = readFileSync(join(fixtures, file), "utf8");
  const base = text.split("\n").filter((line) => line.startsWith("-- base: ")).map((line) => line.slice(9));
  await run("CREATE TABLE d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE);");
  if (base.length > 0) await run(base.join("\n"));
  try {
    await run(`${text}\nINSERT INTO d1_migrations (name)\nvalues ('x');`);
    const { n } = await database.prepare("SELECT count(*) AS n FROM d1_migrations").first();
    results[file] = n === 1 ? "recorded" : "lost";
  } catch (error) {
    results[file] = String(error.message);
  }
}
await miniflare.dispose();
console.log(JSON.stringify(results));
