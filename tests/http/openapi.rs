//! `GET /openapi.json` describes the actual responses: every response here is validated against the
//! description by status, headers, media type and body.

use std::collections::BTreeSet;
use std::thread;

use boon::{Compiler, SchemaIndex, Schemas};
use jobs_ingest_core::limits::{MAX_BODY_BYTES, MAX_GZIP_BLOCKS, MAX_ITEMS, MAX_LISTED_IDS};
use jobs_ingest_tests::http::{Answer, Request};
use jobs_ingest_tests::{Migrations, TOKEN, Worker};
use serde_json::{Value, json};

use crate::support::{cancelled_and_interrupted, gzip, gzip_of_empty_blocks};

/// Base URL of the description, for references within it.
const URL: &str = "http://description.test/openapi.json";

struct Description {
    document: Value,
    schemas: Schemas,
    compiler: Compiler,
    /// Operation, status and code of the responses that were validated.
    seen: BTreeSet<(String, u16, String)>,
}

impl Description {
    fn of(worker: &Worker) -> Self {
        let answer = worker.get("/openapi.json").send();
        assert_eq!(answer.status, 200);
        let document = answer.json();
        let mut compiler = Compiler::new();
        compiler
            .add_resource(URL, document.clone())
            .expect("a document with schemas");
        let mut description = Self {
            document,
            schemas: Schemas::new(),
            compiler,
            seen: BTreeSet::new(),
        };
        description.holds("openapi", &answer);
        description
    }

    /// Validates a response against the description of this operation.
    fn holds(&mut self, operation: &str, answer: &Answer) {
        let response = self.response(operation, answer.status);
        let described = self.value(&response);
        let headers = described["headers"].as_object().expect("headers");
        for (name, header) in headers {
            let header = match header["$ref"].as_str() {
                Some(reference) => self.value(reference.trim_start_matches('#')),
                None => header,
            };
            match answer.header(&name.to_lowercase()) {
                None => assert_ne!(header["required"], true, "{operation}: no header {name}"),
                Some(value) => {
                    if let Some(wanted) = header["schema"]["const"].as_str() {
                        assert_eq!(value, wanted, "{operation}: {name}");
                    }
                }
            }
        }
        let media_type = answer.header("content-type").expect("a Content-Type");
        let content = described["content"].as_object().expect("content");
        assert!(
            content.contains_key(media_type),
            "{operation} {}: {media_type}",
            answer.status
        );
        let media_type = media_type.replace('/', "~1");
        let schema = self.compile(&format!("{response}/content/{media_type}/schema"));
        let body = answer.json();
        if let Err(error) = self.schemas.validate(&body, schema) {
            panic!("{operation} {}: {error:#}\n{body:#}", answer.status);
        }
        let code = body["code"].as_str().unwrap_or_default().to_owned();
        self.seen
            .insert((operation.to_owned(), answer.status, code));
    }

    /// The JSON pointer of a response, with references resolved.
    fn response(&self, operation: &str, status: u16) -> String {
        let paths = self.document["paths"].as_object().expect("paths");
        for (path, methods) in paths {
            for (method, described) in methods.as_object().expect("methods") {
                if described["operationId"] != operation {
                    continue;
                }
                let response = &described["responses"][status.to_string()];
                assert!(
                    response.is_object(),
                    "{operation}: {status} is not described"
                );
                return match response["$ref"].as_str() {
                    Some(reference) => reference.trim_start_matches('#').to_owned(),
                    None => format!(
                        "/paths/{}/{method}/responses/{status}",
                        path.replace('/', "~1")
                    ),
                };
            }
        }
        panic!("no operation {operation}");
    }

    fn value(&self, pointer: &str) -> &Value {
        let value = self.document.pointer(pointer);
        value.unwrap_or_else(|| panic!("nothing at {pointer}"))
    }

    fn compile(&mut self, pointer: &str) -> SchemaIndex {
        // Escapes characters that a path may contain but a URL may not.
        let pointer = pointer.replace('{', "%7B").replace('}', "%7D");
        self.compiler
            .compile(&format!("{URL}#{pointer}"), &mut self.schemas)
            .unwrap_or_else(|error| panic!("the schema at {pointer}: {error:#}"))
    }
}

fn ingest(worker: &Worker, query: &str) -> Request {
    worker.post(&format!("/jobs/ingest{query}")).token(TOKEN)
}

/// Expected status and code; query, headers and body to send.
type Sent<'s> = (&'s str, &'s str, &'s [(&'s str, &'s str)], &'s [u8]);

#[test]
fn every_kind_of_response_is_described() {
    let worker = Worker::start();
    let mut description = Description::of(&worker);
    let one = r#"[{"externalId":"a","title":"b","source":"c"}]"#;
    let mixed = r#"[{"externalId":"d"},{"externalId":"e","title":[]},7]"#;
    let many_errors = format!("[{}]", vec!["{}"; 150].join(","));
    let too_many = format!("[{}]", vec!["1"; MAX_ITEMS + 1].join(","));
    let (gzipped, too_long) = (gzip(one), gzip(vec![b' '; MAX_BODY_BYTES + 1]));
    let too_many_blocks = gzip_of_empty_blocks(MAX_GZIP_BLOCKS + 1);
    let bodies: &[Sent] = &[
        ("200", "", &[], one.as_bytes()),
        ("200", "?dry_run=true", &[], one.as_bytes()),
        (
            "200",
            "?touch=true",
            &[("idempotency-key", "k")],
            one.as_bytes(),
        ),
        (
            "200",
            "?touch=true",
            &[("idempotency-key", "k")],
            one.as_bytes(),
        ),
        ("200", "", &[("content-encoding", "gzip")], &gzipped),
        ("207", "?on_error=skip", &[], mixed.as_bytes()),
        ("207", "?on_error=skip&dry_run=true", &[], mixed.as_bytes()),
        (
            "207",
            "?on_error=skip",
            &[("content-type", "application/jsonl")],
            b"{}\n{\n",
        ),
        ("400 items_required", "", &[], b"[]"),
        ("400 invalid_json", "", &[], b"["),
        (
            "400 invalid_json",
            "",
            &[("content-type", "application/x-ndjson")],
            b"{\n{}",
        ),
        ("400 invalid_utf8", "", &[], b"\"\xff\""),
        (
            "400 invalid_gzip",
            "",
            &[("content-encoding", "gzip")],
            b"x",
        ),
        ("400 invalid_option", "?dry_run=yes", &[], one.as_bytes()),
        (
            "400 invalid_idempotency_key",
            "",
            &[("idempotency-key", "a b")],
            one.as_bytes(),
        ),
        (
            "413 body_too_large",
            "",
            &[("content-encoding", "gzip")],
            &too_long,
        ),
        ("413 too_many_items", "", &[], too_many.as_bytes()),
        (
            "413 too_many_blocks",
            "",
            &[("content-encoding", "gzip")],
            &too_many_blocks,
        ),
        (
            "415 unsupported_media_type",
            "",
            &[("content-type", "text/csv")],
            one.as_bytes(),
        ),
        (
            "415 unsupported_encoding",
            "",
            &[("content-encoding", "br")],
            one.as_bytes(),
        ),
        ("422 invalid_items", "", &[], mixed.as_bytes()),
        (
            "422 invalid_items",
            "?dry_run=true",
            &[],
            many_errors.as_bytes(),
        ),
        (
            "422 idempotency_key_reused",
            "",
            &[("idempotency-key", "k")],
            one.as_bytes(),
        ),
    ];
    for (wanted, query, headers, body) in bodies {
        let mut request = ingest(&worker, query);
        for (name, value) in *headers {
            request = request.header(name, value);
        }
        let answer = request.body(*body).send();
        let code = answer.json()["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let found = format!("{} {code}", answer.status);
        assert_eq!(found.trim(), *wanted, "{}", answer.body);
        description.holds("ingest", &answer);
    }
    let alias = worker.post("/.netlify/functions/jobsIngest").token(TOKEN);
    description.holds("ingestAlias", &alias.json(one).send());
    description.holds("ingest", &worker.post("/jobs/ingest").json(one).send());

    let list = worker.get("/runs?limit=2").token(TOKEN).send();
    description.holds("listRuns", &list);
    let page = list.json();
    let cursor = page["next_cursor"].as_str().expect("there is a next page");
    let next = worker
        .get(&format!("/runs?cursor={cursor}"))
        .token(TOKEN)
        .send();
    description.holds("listRuns", &next);
    description.holds("listRuns", &worker.get("/runs").send());
    description.holds("listRuns", &worker.get("/runs?limit=0").token(TOKEN).send());
    let selected = worker.get("/runs?status=422").token(TOKEN).send();
    description.holds("listRuns", &selected);
    let runs = page["runs"].as_array().expect("runs").iter();
    for run in runs.chain(next.json()["runs"].as_array().expect("runs")) {
        let path = format!("/runs/{}", run["id"].as_str().expect("an id"));
        description.holds("getRun", &worker.get(&path).token(TOKEN).send());
        let rejects = worker.get(&format!("{path}/rejects")).token(TOKEN).send();
        description.holds("getRunRejects", &rejects);
    }
    for (operation, path) in [
        ("getRun", "/runs/none"),
        ("getRunRejects", "/runs/none/rejects"),
    ] {
        description.holds(operation, &worker.get(path).token(TOKEN).send());
        description.holds(operation, &worker.get(path).send());
    }
    description.holds("health", &worker.get("/health").send());
    lists_are_described(&mut description);

    for answer in [forbidden(), quota_exceeded()] {
        description.holds("ingest", &answer);
    }
    let misconfigured = Worker::builder().variable("RETENTION_DAYS", "x").start();
    description.holds("health", &misconfigured.get("/health").send());
    let fresh = Worker::builder().migrations(Migrations::None).start();
    description.holds("health", &fresh.get("/health").send());
    description.holds("ingest", &ingest(&fresh, "").json(one).send());
    let closed = Worker::builder().without_ingest_tokens().start();
    description.holds("ingest", &ingest(&closed, "").json(one).send());
    for answer in [
        internal(),
        rate_limited(),
        database_unavailable(),
        database_full(),
        idempotency_key_in_use(),
    ]
    .into_iter()
    .chain(cancelled_and_interrupted(&Worker::start()))
    {
        description.holds("ingest", &answer);
    }

    every_operation_and_code_was_seen(&description);
}

/// Complete lists, and what else closes postings or asks about sources.
fn lists_are_described(description: &mut Description) {
    const COMPANY: &str = "token-of-company-7-0f1e2d";
    const ACME: &str = "token-of-acme-alone-0f1e2d";
    let tokens = format!("all:{TOKEN},company:{COMPANY}?companyId=7,acme:{ACME}:acme");
    let worker = Worker::builder().ingest_tokens(&tokens).start();
    let mut send =
        |operation: &str, path: &str, token: &str, body: &str, status: u16, code: &str| {
            let method = match operation {
                "putSnapshot" => "PUT",
                "listSources" | "getSource" => "GET",
                _ => "POST",
            };
            let mut request = worker.http().request(method, path).token(token);
            if path.contains("allow_empty") {
                request = request.header("idempotency-key", "k");
            }
            let answer = match body {
                "" => request.send(),
                body => request.json(body).send(),
            };
            assert_eq!(answer.status, status, "{path}: {}", answer.body);
            assert_eq!(answer.json()["code"].as_str().unwrap_or_default(), code);
            description.holds(operation, &answer);
        };
    let list = |more: &str| format!("/jobs/ingest?source=acme&snapshot=complete{more}");
    let three = r#"[{"externalId":1},{"externalId":2},{"externalId":3}]"#;
    send("ingest", &list(""), TOKEN, three, 200, "");
    let one = r#"[{"externalId":1}]"#;
    send("ingest", &list("&dry_run=true"), TOKEN, one, 200, "");
    send("ingest", &list(""), TOKEN, "[]", 207, "");
    send(
        "ingest",
        &list(""),
        COMPANY,
        "[]",
        403,
        "closing_not_allowed",
    );
    let other = "/jobs/ingest?source=globex";
    send("ingest", other, ACME, three, 403, "source_not_allowed");
    send("listSources", "/sources", TOKEN, "", 200, "");

    let put = |query: &str| format!("/sources/acme/snapshot{query}");
    let too_many = format!("[{}]", vec!["1"; MAX_LISTED_IDS + 1].join(","));
    for (query, body, status, code) in [
        ("", "[1,2,3]", 200, ""),
        ("?dry_run=true", "[1,2]", 200, ""),
        ("?max_close=0&dry_run=true", "[1,2]", 207, ""),
        ("?max_close=0", "[1,2]", 207, ""),
        ("?observed_at=2026-01-01", "[1]", 207, ""),
        ("?x=1", "[1]", 400, "invalid_option"),
        ("", "{}", 400, "ids_required"),
        ("", "[null]", 422, "invalid_ids"),
        ("", "[9]", 409, "snapshot_incomplete"),
        ("", &too_many, 413, "too_many_items"),
    ] {
        send("putSnapshot", &put(query), TOKEN, body, status, code);
    }
    send("putSnapshot", &put(""), "wrong", "[1]", 401, "unauthorized");
    let nowhere = "/sources/%00/snapshot";
    send("putSnapshot", nowhere, TOKEN, "[]", 404, "source_not_found");
    send("getSource", "/sources/acme", TOKEN, "", 200, "");
    for _ in 0..2 {
        send(
            "putSnapshot",
            &put("?allow_empty=true"),
            TOKEN,
            "[]",
            200,
            "",
        );
    }
    let reused = put("?allow_empty=true&max_close=1");
    send(
        "putSnapshot",
        &reused,
        TOKEN,
        "[]",
        422,
        "idempotency_key_reused",
    );

    for (operation, path) in [
        ("closePostings", "/jobs/close"),
        ("comparePostings", "/jobs/compare"),
    ] {
        let of_acme = format!("{path}?source=acme");
        send(operation, &of_acme, TOKEN, "[1,2,9]", 200, "");
        send(operation, &of_acme, TOKEN, "[[]]", 422, "invalid_ids");
        send(operation, path, TOKEN, "[1]", 400, "invalid_option");
        let of_globex = format!("{path}?source=globex");
        send(
            operation,
            &of_globex,
            ACME,
            "[1]",
            403,
            "source_not_allowed",
        );
    }
    let dry = "/jobs/close?source=acme&dry_run=true";
    send("closePostings", dry, TOKEN, "[1,2,9]", 200, "");
    send("listSources", "/sources?limit=1", TOKEN, "", 200, "");
    send(
        "listSources",
        "/sources?limit=0",
        TOKEN,
        "",
        400,
        "invalid_option",
    );
    send("listSources", "/sources", "wrong", "", 401, "unauthorized");
    send("getSource", "/sources/acme", TOKEN, "", 200, "");
    send(
        "getSource",
        "/sources/globex",
        ACME,
        "",
        404,
        "source_not_found",
    );

    let runs = worker.get("/runs").token(TOKEN).send();
    description.holds("listRuns", &runs);
}

/// A Worker whose D1 fails with this message at each posting.
fn failing_with(message: &str) -> Worker {
    let worker = Worker::start();
    worker.execute(&format!(
        "CREATE TRIGGER fault BEFORE INSERT ON jobs BEGIN SELECT RAISE(ABORT, '{message}'); END"
    ));
    worker
}

const ONE: &str = r#"[{"externalId":"a"}]"#;

fn internal() -> Answer {
    ingest(&failing_with("something"), "").json(ONE).send()
}

fn forbidden() -> Answer {
    let worker = Worker::builder()
        .ingest_tokens(&format!("reader:{TOKEN}?rights=read"))
        .start();
    ingest(&worker, "").json(ONE).send()
}

fn quota_exceeded() -> Answer {
    let worker = Worker::builder().variable("BYTES_PER_DAY", 1).start();
    ingest(&worker, "").json(ONE).send()
}

fn database_unavailable() -> Answer {
    ingest(&failing_with("D1 DB is overloaded."), "")
        .json(ONE)
        .send()
}

fn database_full() -> Answer {
    ingest(&failing_with("database or disk is full: SQLITE_FULL"), "")
        .json(ONE)
        .send()
}

fn rate_limited() -> Answer {
    const LIMIT: u32 = 3;
    let worker = Worker::builder().rate_limit(LIMIT).start();
    // A period may end in between and a new one begin.
    let mut answers = (0..=2 * LIMIT).map(|_| ingest(&worker, "").json(ONE).send());
    let limited = answers.find(|answer| answer.status == 429);
    limited.expect("one more than the limit, in a period")
}

/// A retried fault keeps the key in use for a while, because there are waits between the retries.
fn idempotency_key_in_use() -> Answer {
    let worker = failing_with("Network connection lost.");
    let send = || {
        let request = ingest(&worker, "").header("idempotency-key", "k");
        request.json(ONE).send()
    };
    for _ in 0..20 {
        let answers = thread::scope(|scope| {
            let clients = [(); 2].map(|()| scope.spawn(send));
            clients.map(|client| client.join().expect("a client"))
        });
        if let Some(in_use) = answers.into_iter().find(|answer| answer.status == 409) {
            return in_use;
        }
    }
    panic!("two requests with one key, and never is it in use")
}

fn every_operation_and_code_was_seen(description: &Description) {
    let operations: BTreeSet<&str> = description.seen.iter().map(|(name, ..)| &**name).collect();
    let paths = description.document["paths"].as_object().expect("paths");
    for methods in paths.values() {
        for described in methods.as_object().expect("methods").values() {
            let name = described["operationId"].as_str().expect("an operationId");
            assert!(operations.contains(name), "{name} was never called");
        }
    }
    let mut described = BTreeSet::new();
    codes(
        &description.document["components"]["responses"],
        &mut described,
    );
    let seen: BTreeSet<&str> = description.seen.iter().map(|(.., code)| &**code).collect();
    // No operation handles an unknown path.
    described.remove("not_found");
    for code in &described {
        assert!(
            seen.contains(&**code),
            "{code} is described and was never answered"
        );
    }
}

/// The values of every `code` in the responses.
fn codes(value: &Value, found: &mut BTreeSet<String>) {
    if let Some(code) = value.get("code").filter(|code| code.is_object()) {
        let one = code.get("const").into_iter();
        let several = code["enum"].as_array().into_iter().flatten();
        found.extend(
            one.chain(several)
                .filter_map(Value::as_str)
                .map(str::to_owned),
        );
    }
    match value {
        Value::Object(object) => object.values().for_each(|value| codes(value, found)),
        Value::Array(array) => array.iter().for_each(|value| codes(value, found)),
        _ => {}
    }
}

#[test]
fn page_limits_match_the_description() {
    let worker = Worker::start();
    let document = worker.get("/openapi.json").send().json();
    for path in ["/runs", "/sources"] {
        let limit = &document["paths"][path]["get"]["parameters"][0];
        assert_eq!(limit["name"], "limit");
        let most = limit["schema"]["maximum"].as_u64().expect("a maximum");
        let status = |limit: u64| {
            let answer = worker
                .get(&format!("{path}?limit={limit}"))
                .token(TOKEN)
                .send();
            answer.status
        };
        assert_eq!((status(1), status(most)), (200, 200));
        assert_eq!((status(0), status(most + 1)), (400, 400));
    }
}

#[test]
fn is_json_and_needs_no_token() {
    let worker = Worker::builder().without_ingest_tokens().start();
    let answer = worker.get("/openapi.json").send();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.json()["openapi"], json!("3.1.0"));
}
