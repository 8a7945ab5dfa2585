//! What the Worker is built with from other folders: the names of the files in migrations/, and
//! docs/openapi.yaml as JSON.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let out_dir = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out_dir).join("migrations.rs"), migrations()?)?;
    fs::write(Path::new(&out_dir).join("openapi.json"), openapi()?)
}

fn openapi() -> io::Result<String> {
    println!("cargo::rerun-if-changed=docs/openapi.yaml");
    let yaml = fs::read_to_string("docs/openapi.yaml")?;
    let description: serde_json::Value =
        serde_yaml_ng::from_str(&yaml).map_err(io::Error::other)?;
    serde_json::to_string(&description).map_err(io::Error::other)
}

fn migrations() -> io::Result<String> {
    println!("cargo::rerun-if-changed=migrations");
    let files = d1_project::migrations::read(Path::new("migrations")).map_err(io::Error::other)?;
    let mut source = String::from("&[\n");
    for file in files {
        let _ = writeln!(source, "    {:?},", file.name);
    }
    source.push(']');
    Ok(source)
}
