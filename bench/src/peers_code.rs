//! The Workers' code as folders that a workerd is started with: bundled by esbuild, once a run.

use std::fs;
use std::path::{Path, PathBuf};

use jobs_ingest_core::field::{FIELDS, Kind, TextLimit};
use jobs_ingest_core::limits::{
    MAX_ASCII_GROWTH_DIVISOR, MAX_BODY_BYTES, MAX_EXTERNAL_ID_CHARS, MAX_ITEMS,
    MAX_LISTED_FINDINGS, MAX_ROW_BYTES, TARGET_PARAM_BYTES,
};
use jobs_ingest_core::sql::Upsert;
use serde_json::{Value, json};
use xtask::process::{self, Hints};
use xtask::project;

const WASM: &str = "index_bg.wasm";

fn bench_dir() -> PathBuf {
    project::target_dir().join("bench")
}

/// The folder of a Worker of bench/peers/src, bundled.
pub fn of(name: &str) -> PathBuf {
    bundle(name, &source(name), &[])
}

/// The same inside of probe.mjs; `None` is the product.
pub fn probed(name: Option<&str>) -> PathBuf {
    let build = product();
    let inner = name.map_or_else(|| build.join("index.js"), source);
    let label = format!("probed-{}", name.unwrap_or("jobs-ingest"));
    let alias = format!("--alias:jobs-ingest-bench-inner={}", inner.display());
    let folder = bundle(&label, &source("probe"), &[alias]);
    if name.is_none() {
        fs::copy(build.join(WASM), folder.join(WASM)).expect("copy the wasm");
    }
    folder
}

/// The folder of the product as it is deployed.
pub fn product() -> PathBuf {
    project::root().join("build")
}

fn source(name: &str) -> PathBuf {
    project::root().join(format!("bench/peers/src/{name}.mjs"))
}

fn bundle(label: &str, entry: &Path, more: &[String]) -> PathBuf {
    let folder = bench_dir().join("code").join(label);
    fs::create_dir_all(&folder).expect("create a folder");
    let contract = bench_dir().join("contract.mjs");
    fs::write(&contract, contract_module()).expect("write the contract");
    let mut command = project::command(project::node_bin_dir().join("esbuild"))
        .expect("a command of the project");
    command
        .arg(entry)
        .args(["--bundle", "--format=esm", "--platform=neutral"])
        .args(["--main-fields=module,main", "--log-level=warning"])
        .args(["--external:cloudflare:*", "--external:*.wasm"])
        .arg(format!(
            "--alias:jobs-ingest-bench-contract={}",
            contract.display()
        ))
        .args(more)
        .arg(format!("--outfile={}", folder.join("index.js").display()));
    process::run(&mut command, "esbuild", Hints::OUR_TOOL)
        .unwrap_or_else(|error| panic!("{error}"));
    folder
}

/// The product's statements, limits and fields as a JavaScript module, so that there is one source.
fn contract_module() -> String {
    let mut module = String::new();
    let mut export = |name: &str, value: Value| {
        module.push_str(&format!("export const {name} = {value};\n"));
    };
    for (name, sql) in [
        ("UPSERT", Upsert::Changed.sql(false)),
        ("UPSERT_TOUCH", Upsert::Touch.sql(false)),
        ("COUNT", Upsert::Changed.count_sql()),
        ("COUNT_TOUCH", Upsert::Touch.count_sql()),
    ] {
        export(name, sql.into());
    }
    for (name, limit) in [
        ("MAX_ASCII_GROWTH_DIVISOR", MAX_ASCII_GROWTH_DIVISOR),
        ("MAX_BODY_BYTES", MAX_BODY_BYTES),
        ("MAX_ITEMS", MAX_ITEMS),
        ("MAX_LISTED_FINDINGS", MAX_LISTED_FINDINGS),
        ("MAX_ROW_BYTES", MAX_ROW_BYTES),
        ("TARGET_PARAM_BYTES", TARGET_PARAM_BYTES),
    ] {
        export(name, limit.into());
    }
    let fields = FIELDS.map(|spec| {
        let (kind, limit) = match spec.kind {
            Kind::Key => ("key", Some(TextLimit::CharsCut(MAX_EXTERNAL_ID_CHARS))),
            Kind::Text(text) => ("text", Some(text.limit)),
            Kind::Reference => ("reference", None),
            Kind::Flag => ("flag", None),
        };
        let (limit, unit, cut) = match limit {
            Some(TextLimit::CharsCut(limit)) => (limit, "characters", true),
            Some(TextLimit::Chars(limit)) => (limit, "characters", false),
            Some(TextLimit::Bytes(limit)) => (limit, "bytes", false),
            None => (0, "", false),
        };
        let (number, fallback) = match spec.kind {
            Kind::Text(text) => (text.accepts_number, text.default_json),
            _ => (false, "null"),
        };
        let fallback: Value = serde_json::from_str(fallback).expect("a default is JSON");
        json!({
            "name": spec.json_name, "kind": kind, "limit": limit, "unit": unit, "cut": cut,
            "number": number, "fallback": fallback,
        })
    });
    export("FIELDS", fields.to_vec().into());
    module
}
