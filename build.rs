//! Tells the Worker which migrations it was built with: the names of the files in migrations/.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=migrations");
    let mut names = Vec::new();
    for entry in fs::read_dir("migrations")? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "sql") {
            names.extend(
                path.file_name()
                    .map(|name| name.to_string_lossy().into_owned()),
            );
        }
    }
    names.sort();
    let mut source = String::from("&[\n");
    for name in names {
        let _ = writeln!(source, "    {name:?},");
    }
    source.push(']');
    let out_dir = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&out_dir).join("migrations.rs"), source)
}
