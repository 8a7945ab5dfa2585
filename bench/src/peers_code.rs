//! The Workers' code, bundled by esbuild into folders that workerd is started with.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use jobs_ingest_core::field::{FIELDS, Kind};
use jobs_ingest_core::ingest::DEFAULT_SOURCE;
use jobs_ingest_core::limits::{
    MAX_ASCII_GROWTH_DIVISOR, MAX_BODY_BYTES, MAX_EXTERNAL_ID_CHARS, MAX_EXTRA_BYTES, MAX_ITEMS,
    MAX_LABEL_CHARS, MAX_LANGUAGE_CHARS, MAX_LISTED_FINDINGS, MAX_URL_CHARS, TARGET_PARAM_BYTES,
};
use jobs_ingest_core::options::Defaults;
use jobs_ingest_core::row_size::MAX_ROW_BYTES;
use jobs_ingest_core::sql::Upsert;
use serde_json::Value;
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

/// The product's statements, limits and fields as a JavaScript module, so that they are defined once.
fn contract_module() -> String {
    let mut module = String::new();
    let mut export = |name: &str, value: &str| {
        writeln!(module, "export const {name} = {value};").expect("memory takes all bytes");
    };
    // By the number of values of a parameter's longest row.
    let statements = |touch: bool, sql: fn(Upsert, usize) -> String| {
        let upsert = Upsert {
            touch,
            ..Upsert::default()
        };
        let texts = (0..=FIELDS.len()).map(|n_fields| sql(upsert, n_fields));
        Value::from_iter(texts).to_string()
    };
    export("UPSERT", &statements(false, Upsert::sql));
    export("UPSERT_TOUCH", &statements(true, Upsert::sql));
    export("COUNT", &statements(false, Upsert::count_sql));
    export("COUNT_TOUCH", &statements(true, Upsert::count_sql));
    for (name, limit) in [
        ("MAX_ASCII_GROWTH_DIVISOR", MAX_ASCII_GROWTH_DIVISOR),
        ("MAX_BODY_BYTES", MAX_BODY_BYTES),
        ("MAX_ITEMS", MAX_ITEMS),
        ("MAX_LISTED_FINDINGS", MAX_LISTED_FINDINGS),
        ("MAX_ROW_BYTES", MAX_ROW_BYTES),
        ("TARGET_PARAM_BYTES", TARGET_PARAM_BYTES),
    ] {
        export(name, &limit.to_string());
    }
    export("DEFAULT_SOURCE", &Value::from(DEFAULT_SOURCE).to_string());
    export("rowOf", &row_function());
    module
}

/// A function that reads the row of an item with the methods of a validator. Unrolled, so that each access to
/// a property sees one shape.
fn row_function() -> String {
    let values = FIELDS.each_ref().map(|spec| {
        let (method, limit) = match spec.kind {
            Kind::Source => ("source", MAX_LABEL_CHARS),
            Kind::Id => ("id", MAX_EXTERNAL_ID_CHARS),
            Kind::Text { max_chars } | Kind::Texts { max_chars } => ("text", max_chars),
            Kind::LongText { max_bytes } => ("longText", max_bytes),
            Kind::Reference => ("reference", 0),
            Kind::Flag => ("flag", 0),
            Kind::Url => ("url", MAX_URL_CHARS),
            Kind::Time => ("time", 0),
            Kind::Country => ("country", 0),
            Kind::Language => ("language", MAX_LANGUAGE_CHARS),
            Kind::Amount => ("amount", 0),
            Kind::Currency => ("currency", 0),
            Kind::Period => ("period", 0),
            Kind::Object => ("object", MAX_EXTRA_BYTES),
        };
        let (name, column) = (spec.json_name, spec.column);
        let sent = match name == column {
            true => format!("item.{name}"),
            false => format!("item.{name} ?? item.{column}"),
        };
        let default = spec.default_json(Defaults::Legacy);
        format!("is.{method}({sent}, \"{name}\", {default}, {limit})")
    });
    format!("(item, is) => [null, {}]", values.join(",\n  "))
}
