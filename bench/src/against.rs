//! The Worker of this tree and that of another commit, in turns.

use std::fs;
use std::path::{Path, PathBuf};

use d1_project::migrations;
use xtask::error::Error;
use xtask::process::{self, Hints};
use xtask::progress::{step, timed};
use xtask::project;

use crate::markdown::{Table as Tabular, range};
use crate::peer::{Contestant, Peer, Taken};
use crate::result::Operation;
use crate::speed::{
    ALL_FIELDS_2_000, Bodies, REAL_2_000, SMALL_1_000, SMALL_10_000, Workload, assert_equal_tables,
    in_cycles,
};
use crate::stats::Summary;
use crate::table::Table;

/// More than elsewhere, to see a difference of a few per cent.
const N_ROUNDS: usize = 31;
const N_QUICK_ROUNDS: usize = 3;

/// How much slower a request may be than before, and one with all fields than one without them before.
const MAX_RATIO: f64 = 1.05;
const MAX_RATIO_ALL_FIELDS: f64 = 1.25;

/// The comparison as a table.
pub fn against(revision: &str, quick: bool) -> Result<String, Error> {
    let commit = commit_of(revision)?;
    let tree = built(&commit)?;
    let n_migrations = n_migrations(&tree, &commit)?;
    let n_rounds = if quick { N_QUICK_ROUNDS } else { N_ROUNDS };
    let before = || Contestant::of_commit(&tree.join("build"), n_migrations);
    let now = || Contestant::start(Peer::JobsIngest, Table::Empty);
    let title = format!("This tree against {revision} ({commit:.7}), {n_rounds} rounds");
    let columns = [
        "postings",
        "operation",
        "before, ms",
        "now, ms",
        "now divided by before, in one round",
        "at most",
        "reached",
    ];
    let mut table = Tabular::new(&title, &columns);
    for (workload, all_fields) in [
        (SMALL_1_000, None),
        (SMALL_10_000, None),
        (REAL_2_000, Some(ALL_FIELDS_2_000)),
    ] {
        let mut contestants = vec![before(), now()];
        contestants.extend(all_fields.map(|_| now()));
        let further = all_fields.map(|workload| Bodies::of(&workload, Table::Empty));
        let bodies = Bodies::of(&workload, Table::Empty);
        let of_each: Vec<&Bodies> = [&bodies, &bodies].into_iter().chain(&further).collect();
        let what = format!("{}, in turns with {revision}", workload.name);
        let taken = timed(&what, || {
            in_cycles(&mut contestants, &of_each, Table::Empty, n_rounds)
        });
        assert_equal_tables(&mut contestants[..2]);
        for (place, (operation, _)) in bodies.of_round(0).into_iter().enumerate() {
            let of_before = &taken[0][place];
            let mut line = |workload: &Workload, of_now: &[Taken], max_ratio| {
                // A load has no goal: a feed is posted for the first time only once.
                let max_ratio = Some(max_ratio).filter(|_| operation != Operation::Load);
                table.line(cells(workload, operation, of_before, of_now, max_ratio));
            };
            line(&workload, &taken[1][place], MAX_RATIO);
            if let Some(workload) = &all_fields {
                line(workload, &taken[2][place], MAX_RATIO_ALL_FIELDS);
            }
        }
    }
    Ok(table.finish())
}

fn cells(
    workload: &Workload,
    operation: Operation,
    before: &[Taken],
    now: &[Taken],
    max_ratio: Option<f64>,
) -> Vec<String> {
    let summary = |taken: &[Taken]| {
        let ms: Vec<f64> = taken.iter().map(|taken| taken.ms).collect();
        range(&Summary::of(&ms))
    };
    // Of neighbours in time, so that a disturbance slows both.
    let ratios: Vec<f64> = now
        .iter()
        .zip(before)
        .map(|(now, before)| now.ms / before.ms)
        .collect();
    let ratio = Summary::of(&ratios);
    let reached = max_ratio.map(|max| if ratio.median <= max { "yes" } else { "no" });
    vec![
        workload.name.to_owned(),
        operation.title().to_owned(),
        summary(before),
        summary(now),
        format!("{:.3} ({:.3}–{:.3})", ratio.median, ratio.q1, ratio.q3),
        max_ratio.map(|max| max.to_string()).unwrap_or_default(),
        reached.unwrap_or_default().to_owned(),
    ]
}

const GIT: Hints<'_> = Hints {
    missing: "install git",
    failed: "its output above says why",
};

fn commit_of(revision: &str) -> Result<String, Error> {
    let mut command = project::command("git")?;
    command.args(["rev-parse", "--verify", "--quiet"]);
    let mut commit = String::new();
    process::run_lines(
        command.arg(format!("{revision}^{{commit}}")),
        &format!("looking for commit {revision}"),
        Hints {
            failed: "name a commit, branch or tag of this repository",
            ..GIT
        },
        |line| line.clone_into(&mut commit),
    )?;
    Ok(commit)
}

/// The folder of the commit's tree, with its Worker in build/. It is kept for the next comparison, outside this
/// repository: Cargo would merge our `.cargo/config.toml` with that of the commit.
fn built(commit: &str) -> Result<PathBuf, Error> {
    let folder = std::env::temp_dir().join("jobs-ingest-bench/commits");
    let tree = folder.join(commit);
    if !tree.is_dir() {
        let unfinished = folder.join("unfinished");
        if unfinished.is_dir() {
            fs::remove_dir_all(&unfinished).map_err(Error::file("remove", &unfinished))?;
        }
        fs::create_dir_all(&unfinished).map_err(Error::file("create", &unfinished))?;
        let archive = folder.join("unfinished.tar");
        let mut git = project::command("git")?;
        git.arg("archive").arg("--output").arg(&archive);
        process::run(git.arg(commit), "git archive", GIT)?;
        let mut tar = project::command("tar")?;
        tar.arg("-xf").arg(&archive).arg("-C").arg(&unfinished);
        let hints = Hints {
            missing: "install tar",
            failed: "its output above says why",
        };
        process::run(&mut tar, "tar", hints)?;
        fs::remove_file(&archive).map_err(Error::file("remove", &archive))?;
        // Tools of the same version need not be installed again.
        let mut copy = project::command("cp")?;
        copy.args(["-a", ".tools", "node_modules"]).arg(&unfinished);
        let hints = Hints {
            missing: "install cp",
            failed: "its output above says why",
        };
        process::run(&mut copy, "cp", hints)?;
        fs::rename(&unfinished, &tree).map_err(Error::file("rename", &unfinished))?;
    }
    let mut build = project::command("cargo")?;
    build
        .args(["xtask", "build"])
        .current_dir(&tree)
        .env_remove("CARGO_TARGET_DIR");
    let what = format!("building the Worker of {commit:.7} (about 3 min when nothing is cached)");
    step(&what, |log| {
        let hints = Hints {
            missing: "install Rust with rustup (https://rustup.rs)",
            failed: "its output above says why",
        };
        log.run(&mut build, "cargo xtask build", hints)
    })?;
    Ok(tree)
}

/// How many migrations the commit has, which must be the first of ours.
fn n_migrations(tree: &Path, commit: &str) -> Result<usize, Error> {
    let files = |root: &Path| {
        migrations::read(&root.join("migrations")).map_err(|cause| Error::Other {
            message: cause.to_string(),
            hint: None,
        })
    };
    let (theirs, ours) = (files(tree)?, files(project::root())?);
    for (number, their) in theirs.iter().enumerate() {
        if ours.get(number) != Some(their) {
            return Err(Error::other(
                format!(
                    "migrations/{} of {commit:.7} is not one of ours",
                    their.name
                ),
                "name a commit whose migrations are the first of this tree",
            ));
        }
    }
    Ok(theirs.len())
}
