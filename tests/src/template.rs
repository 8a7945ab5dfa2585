//! Databases with migrations applied by `wrangler d1 migrations apply`. Each is created once and
//! kept in target/ under a name derived from its inputs; every test works on a copy.

use std::collections::HashMap;
use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use tempfile::TempDir;
use xtask::project;

/// Which migrations the database of a test has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Migrations {
    All,
    None,
    /// The first n, by name.
    First(usize),
}

/// A folder with wrangler.toml, migrations/ and the D1 files.
///
/// There is no `.dev.vars` next to its wrangler.toml: tests set their own secrets.
pub struct Template {
    folder: PathBuf,
}

type Slot = Arc<OnceLock<Template>>;

static TEMPLATES: LazyLock<Mutex<HashMap<Migrations, Slot>>> = LazyLock::new(Mutex::default);

impl Template {
    /// Passes the template to `use_it`; creates it on first use.
    pub fn with<T>(migrations: Migrations, use_it: impl FnOnce(&Self) -> T) -> T {
        // Outside the lock of the map: other templates can be created concurrently.
        let slot = Arc::clone(TEMPLATES.lock().unwrap().entry(migrations).or_default());
        use_it(slot.get_or_init(|| Self::make(migrations)))
    }

    pub fn copy_to(&self, folder: &Path) {
        copy_dir(&self.folder, folder);
    }

    fn make(migrations: Migrations) -> Self {
        let files = migration_files();
        let n_wanted = match migrations {
            Migrations::All => files.len(),
            Migrations::None => 0,
            Migrations::First(n) => n,
        };
        let wanted = files
            .get(..n_wanted)
            .unwrap_or_else(|| panic!("there are only {} migrations", files.len()));
        let databases = project::target_dir().join("test-databases");
        let folder = databases.join(format!("{:016x}", made_from(wanted)));
        if !folder.is_dir() {
            fs::create_dir_all(&databases).expect("create target/test-databases");
            let unfinished = TempDir::with_prefix_in("unfinished-", &databases)
                .expect("a temporary folder")
                .keep();
            fill(&unfinished, wanted);
            // Another process may have created it first.
            if fs::rename(&unfinished, &folder).is_err() {
                assert!(folder.is_dir(), "cannot create {}", folder.display());
                fs::remove_dir_all(&unfinished).expect("remove a folder");
            }
        }
        Self { folder }
    }
}

/// A hash of everything that a template depends on.
fn made_from(migrations: &[PathBuf]) -> u64 {
    let mut hasher = DefaultHasher::new();
    let root = project::root();
    // package-lock.json, because another version of wrangler may use another file layout.
    let fixed = ["wrangler.toml", "package-lock.json"].map(|name| root.join(name));
    for path in fixed.iter().chain(migrations) {
        path.file_name().hash(&mut hasher);
        fs::read(path)
            .expect("read a file of the project")
            .hash(&mut hasher);
    }
    hasher.finish()
}

fn fill(folder: &Path, migrations: &[PathBuf]) {
    fs::copy(project::root().join("wrangler.toml"), config(folder)).expect("copy wrangler.toml");
    fs::create_dir(folder.join("migrations")).expect("create migrations/");
    fs::create_dir(storage(folder)).expect("create the storage");
    for file in migrations {
        let name = file.file_name().expect("a migration has a name");
        fs::copy(file, folder.join("migrations").join(name)).expect("copy a migration");
    }
    if !migrations.is_empty() {
        apply(folder);
    }
}

/// The names of the files in migrations/, in the order in which they are applied.
pub fn migration_names() -> Vec<String> {
    let name = |path: &PathBuf| {
        path.file_name()
            .map(|name| name.to_string_lossy().into_owned())
    };
    migration_files().iter().filter_map(name).collect()
}

fn migration_files() -> Vec<PathBuf> {
    let folder = project::root().join("migrations");
    let files = d1_project::migrations::read(&folder).expect("read migrations/");
    files.iter().map(|file| folder.join(&file.name)).collect()
}

pub fn config(folder: &Path) -> PathBuf {
    folder.join("wrangler.toml")
}

/// wrangler adds the version of its layout below the folder of `--persist-to`.
pub fn storage(folder: &Path) -> PathBuf {
    folder.join("v3")
}

fn apply(folder: &Path) {
    let output = project::wrangler()
        .unwrap()
        .current_dir(folder)
        .args([
            "d1",
            "migrations",
            "apply",
            "jobs",
            "--local",
            "--persist-to",
        ])
        .arg(folder)
        .env("CI", "1")
        .stdin(Stdio::null())
        .output()
        .expect("cannot start wrangler: run `cargo xtask setup`, which installs it");
    assert!(
        output.status.success(),
        "wrangler d1 migrations apply failed:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("create a folder");
    for entry in fs::read_dir(from).expect("read a folder") {
        let entry = entry.expect("read a folder");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("the type of a file").is_dir() {
            copy_dir(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("copy a file");
        }
    }
}
