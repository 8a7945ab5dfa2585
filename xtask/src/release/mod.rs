//! What a release holds for an operator without Rust: the built Worker and all that wrangler needs to deploy it.

mod archive;
mod config;

use std::fs;
use std::path::Path;

use serde_json::Value;

use self::archive::Files;
use crate::error::Error;
use crate::progress::{step, tell};
use crate::subcommand::{Subcommand, no_arguments};
use crate::{build, project, sbom, setup};

pub const COMMAND: Subcommand = Subcommand {
    name: "release",
    about: "Pack the built Worker so that it can be deployed without Rust",
    help: "\
Usage: cargo xtask release

Builds the Worker and its bills of materials, and packs them into target/dist/jobs-ingest-worker-vVERSION.tar.gz
with migrations/, schema.sql, docs/, the static assets, a wrangler.toml without a build command, the pinned wrangler
(package.json) and SHA256SUMS. The same commit and toolchain give the same bytes.
",
    run: |arguments| {
        no_arguments(arguments)?;
        setup::setup()?;
        release()
    },
};

/// Taken as they are.
const COPIED: &[&str] = &[
    "schema.sql",
    "package-lock.json",
    "CHANGELOG.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
];

const COPIED_FOLDERS: &[&str] = &["migrations", "docs"];

const README: &str = include_str!("README.md");

/// The folder of the bundle, and the name of its archive without the ending.
fn name() -> &'static str {
    concat!("jobs-ingest-worker-v", env!("CARGO_PKG_VERSION"))
}

fn release() -> Result<(), Error> {
    build::build()?;
    sbom::sbom()?;
    let archive = step("packing the release", |_| {
        let mut files = files()?;
        let sums = archive::sha256_sums(&files);
        files.insert("SHA256SUMS".to_owned(), sums.into_bytes());
        let folder = project::target_dir().join("dist");
        fs::create_dir_all(&folder).map_err(Error::file("create", &folder))?;
        let path = folder.join(format!("{}.tar.gz", name()));
        archive::write(&path, name(), &files)?;
        Ok(path)
    })?;
    tell("==> the release:");
    println!("{}", archive.display());
    Ok(())
}

fn files() -> Result<Files, Error> {
    let root = project::root();
    let mut files = Files::new();
    for name in COPIED.iter().chain(&build::OUTPUTS) {
        files.insert((*name).to_owned(), read(&root.join(name))?);
    }
    for name in COPIED_FOLDERS {
        add_folder(&mut files, &root.join(name), name)?;
    }
    add_folder(&mut files, &sbom::folder(), "sbom")?;
    let config = read_text(&root.join("wrangler.toml"))?;
    if let Some(assets) = config::assets_folder(&config) {
        add_folder(&mut files, &root.join(&assets), &assets)?;
    }
    files.insert(
        "wrangler.toml".to_owned(),
        config::without_build(&config).into_bytes(),
    );
    let package = without_scripts(&read_text(&root.join("package.json"))?)?;
    files.insert("package.json".to_owned(), package.into_bytes());
    let readme = README.replace("VERSION", env!("CARGO_PKG_VERSION"));
    files.insert("README.md".to_owned(), readme.into_bytes());
    Ok(files)
}

/// Adds the files of a folder and of those in it.
fn add_folder(files: &mut Files, folder: &Path, name: &str) -> Result<(), Error> {
    let failed = || Error::file("read", folder);
    for entry in fs::read_dir(folder).map_err(failed())? {
        let path = entry.map_err(failed())?.path();
        let file_name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{name}/{file_name}");
        if path.is_dir() {
            add_folder(files, &path, &name)?;
        } else {
            files.insert(name, read(&path)?);
        }
    }
    Ok(())
}

/// The scripts call cargo.
fn without_scripts(package: &str) -> Result<String, Error> {
    let invalid = |cause| {
        Error::other(
            format!("package.json is not JSON: {cause}"),
            "correct package.json",
        )
    };
    let mut package: Value = serde_json::from_str(package).map_err(invalid)?;
    if let Some(package) = package.as_object_mut() {
        package.remove("scripts");
    }
    let text = serde_json::to_string_pretty(&package).map_err(invalid)?;
    Ok(text + "\n")
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(Error::file("read", path))
}

fn read_text(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(Error::file("read", path))
}
