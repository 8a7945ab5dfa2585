// Runs cases on real D1 (workerd, by way of Miniflare), all in one process: a wrangler for each would take minutes.
// Arguments: the package.json of wrangler. stdin: [case], a case being [step], and a step
//   {"script": "…"}: statements, split and run as one batch as `wrangler d1 migrations apply --local` does it, or
//   {"sql": "…", "params": ["…"]}: one statement.
// stdout, the last line: for each case, for each step that ran, {"rows": […]} or {"error": "…"}; a case ends at its
// first error. A case of one step shares its database with the others of one step.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(process.argv[2]);
const { Miniflare, convertV4MiniflareOptions } = require("miniflare");
const { unstable_splitSqlQuery: split } = require("wrangler");

const cases = JSON.parse(readFileSync(0, "utf8"));
const name = (steps, index) => (steps.length > 1 ? `D${index}` : "SHARED");
const d1Databases = Object.fromEntries(cases.map((steps, index) => [name(steps, index), name(steps, index).toLowerCase()]));
const miniflare = new Miniflare(convertV4MiniflareOptions({ modules: true, script: "", d1Databases }));
const results = [];
for (const [index, steps] of cases.entries()) {
  const database = await miniflare.getD1Database(name(steps, index));
  const result = [];
  results.push(result);
  for (const { script, sql, params = [] } of steps) {
    try {
      if (script === undefined) {
        const { results: rows } = await database.prepare(sql).bind(...params).all();
        result.push({ rows });
      } else {
        const statements = split(script);
        if (statements.length > 0) await database.batch(statements.map((one) => database.prepare(one)));
        result.push({ rows: [] });
      }
    } catch (error) {
      result.push({ error: String(error.message) });
      break;
    }
  }
}
await miniflare.dispose();
console.log(JSON.stringify(results));
